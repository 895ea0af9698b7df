"""What is said of releases that were taken in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecaster.cli import output

if TYPE_CHECKING:
    import polars as pl

    from forecaster.releases import Taken

SHOWN = 20  # warnings and changes, for people; --json tells all


def show(taken: "Sequence[Taken]", *, dry_run: bool) -> None:
    """Print a table of counts, then for each file what to look at."""
    counts = ("new", "revised", "repeated", "further")
    rows = [
        {"file": one.file, **{name: getattr(one, name) for name in counts}, "warnings": one.doubtful} for one in taken
    ]
    output.show_table(rows, columns=("file", *counts, "warnings"))
    for one in taken:
        _show_changes(one)
        if one.left_out:
            shown = ", ".join(one.left_out[:SHOWN])
            print(
                f"{one.file}: left out, since the layout names no series for them: {shown}{_more(len(one.left_out))}."
            )
        for warning in one.warnings[:SHOWN]:
            print(f"{one.file}, line {warning.line}, {warning.column}: {warning.what}")
        if one.doubtful > SHOWN:
            print(f"{one.file}: {one.doubtful - SHOWN} more warnings.")
    if dry_run:
        print("Dry run: nothing was stored.")


def as_json(one: "Taken") -> dict[str, Any]:
    """A release as JSON tells it, with every warning that is kept and every change."""
    plain = {name: getattr(one, name) for name in ("file", "release_id", "new", "revised", "repeated", "further")}
    warnings = [asdict(warning) for warning in one.warnings]
    changes = {} if one.changes is None else {"changes": one.changes.to_dicts()}
    return {**plain, "doubtful": one.doubtful, "warnings": warnings, "left_out": list(one.left_out), **changes}


def _show_changes(one: "Taken") -> None:
    if one.changes is None or one.changes.is_empty():
        return
    # What is revised is of interest before what is new.
    first: pl.DataFrame = one.changes.sort("what", "line", descending=[True, False]).head(SHOWN)
    columns = ("line", "what", "series_id", "period_start", "period_end", "basis", "kind", "value", "unit", "was")
    output.show_table(first.to_dicts(), columns=columns)
    if one.changes.height > SHOWN:
        print(f"{one.file}: {one.changes.height - SHOWN} more changes.")


def _more(count: int) -> str:
    return f" and {count - SHOWN} more" if count > SHOWN else ""
