"""How commands speak: tables and progress for people, JSON for machines."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from forecaster.domain.progress import said

debug = False
"""Whether `--debug` was given; set once by the command's callback."""


def show_json(answer: Any) -> None:
    """Print an answer as JSON, for `--json`."""
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")


def show_table(rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str]) -> None:
    """Print rows as aligned columns; nothing but the header where there are none."""
    cells = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def progress(line: str) -> None:
    """Show a line of progress, unless about a model that failed: on standard error, so that answers stay clean."""
    if said(line).failed is None:
        _tell(line)


def progress_for_worker(line: str) -> None:
    """Show a line of progress to the worker that started this run, with all that it knows."""
    from forecaster.adapters.told_lines import written

    _tell(written(line))


def _tell(line: str) -> None:
    """A line at once: threads tell theirs too, and `print` writes its end apart."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
