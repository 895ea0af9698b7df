"""What is said of a release that was taken in."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecaster.cli import output

if TYPE_CHECKING:
    import polars as pl

    from forecaster.domain.unforeseen import Unforeseen
    from forecaster.releases import Seen, Taken

SHOWN = 20  # warnings and changes of a file, for people; --json tells all
COUNTS = ("new", "revised", "repeated", "further")


def show(taken: "Taken", *, store: str, dry_run: bool) -> None:
    """Print a table of counts, then of each file what to look at, then what became of the release."""
    files = taken.files
    what = {"file": files[0].file if len(files) == 1 else f"{len(files)} files"}
    row = {**what, **{name: getattr(taken, name) for name in COUNTS}, "warnings": taken.doubtful}
    output.show_table([row], columns=("file", *COUNTS, "warnings"))
    for one in files:
        _show_changes(one)
        if one.left_out:
            shown = ", ".join(one.left_out[:SHOWN])
            print(f"{one.file}: left out, since the layout does not know them: {shown}{_more(len(one.left_out))}.")
        if one.assumed:
            assumed = f"{one.assumed:,} figures without a release date are taken to be as late as usual"
            print(f"{one.file}: {assumed}; --released or a column released_at says when.")
        grave_first = sorted(one.warnings, key=lambda warning: (warning.mild, warning.line))
        for warning in grave_first[:SHOWN]:
            print(f"{one.file}, line {warning.line}, {warning.column}: {warning.what}")
        if one.doubtful > SHOWN:
            print(f"{one.file}: {one.doubtful - SHOWN} more warnings.")
    print(_end(taken, store=store, dry_run=dry_run))


def as_json(taken: "Taken") -> dict[str, Any]:
    """A release as JSON tells it, with every warning that is kept and every change."""
    counts = {name: getattr(taken, name) for name in ("release_id", *COUNTS, "doubtful")}
    return {**counts, "files": [_file_as_json(one) for one in taken.files]}


def _file_as_json(one: "Seen") -> dict[str, Any]:
    warnings = [asdict(warning) for warning in one.warnings]
    changes = {} if one.changes is None else {"changes": one.changes.to_dicts()}
    plain = {"file": one.file, "reports": one.reports, "assumed": one.assumed, "doubtful": one.doubtful}
    outside = [outside_as_json(figure) for figure in one.unforeseen]
    return {**plain, "warnings": warnings, "unforeseen": outside, "left_out": list(one.left_out), **changes}


def outside_as_json(one: "Unforeseen") -> dict[str, Any]:
    """A figure outside the band in service as JSON tells it; months by their first day as YYYY-MM."""
    return {**asdict(one), "first": f"{one.first:%Y-%m}", "last": f"{one.last:%Y-%m}"}


def _end(taken: "Taken", *, store: str, dry_run: bool) -> str:
    if dry_run:
        return "Dry run: nothing was stored."
    if not taken.changed:
        return f"{store} has all of it already; nothing was stored."
    return f"Stored in {store}. Forecasts take it up with the next run."


def _show_changes(one: "Seen") -> None:
    if one.changes is None or one.changes.is_empty():
        return
    # What is revised is of interest before what is new.
    first: pl.DataFrame = one.changes.sort("what", "line", descending=[True, False]).head(SHOWN)
    columns = ("line", "what", "series_id", "period_start", "period_end", "basis", "kind", "value", "unit", "was")
    rows = [{**row, "value": _as_stated(row["value"]), "was": _as_stated(row["was"])} for row in first.to_dicts()]
    output.show_table(rows, columns=columns)
    if one.changes.height > SHOWN:
        print(f"{one.file}: {one.changes.height - SHOWN} more changes.")


def _as_stated(value: float | None) -> str | None:
    return None if value is None else f"{value:,.15g}"


def _more(count: int) -> str:
    return f" and {count - SHOWN} more" if count > SHOWN else ""
