"""The rows of a report file restated as reports, or what is wrong with each line."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.errors import LineProblem
from forecaster.domain.reports import GROWTH, REPORTS, VALUE, identified
from forecaster.domain.resolution import resolve
from forecaster.domain.soundness import PERCENT, problems_of
from forecaster.domain.written import end_of_day, first_day, instant, last_day, number, vague

ROWS = pl.Schema(
    {
        "line": pl.Int64(),  # where the row stands in its file
        **dict.fromkeys(("series_id", "sector", "measure", "region", "segment", "source"), pl.String()),
        **dict.fromkeys(("period_start", "period_end", "basis", "kind", "value", "unit"), pl.String()),
        "growth": pl.String(),  # over a year earlier in percent, stated beside the value
        **dict.fromkeys(("released_at", "status", "title", "url", "note"), pl.String()),
    }
)
"""What readers hand over: text as it stands in the file, null where nothing stands."""

NUMBERED = pl.Schema([("line", pl.Int64()), *REPORTS.items()])
"""Reports and the line of the file that states each."""

CHINESE = {
    **{"当月": "month", "累计": "ytd", "1-2月": "jan-feb", "季度": "quarter", "全年": "year", "期末": "level"},
    **{"数值": VALUE, "增速": GROWTH, "初步": "preliminary", "修订": "revised", "最终": "final"},
}
"""What Chinese files write under basis, kind and status."""


@dataclass(frozen=True, slots=True)
class Restated:
    """Reports (NUMBERED columns), or the reasons why there are none."""

    reports: pl.DataFrame
    problems: tuple[LineProblem, ...]


def restate(rows: pl.DataFrame, *, catalogue: Catalogue, now: datetime) -> Restated:
    """Reports from the rows of a file, if every line of it is sound.

    Args:
        rows: the ROWS columns.
        catalogue: series, units and release lags.
        now: with a zone; releases must not lie after it.

    Returns:
        The reports, sorted, with their ids; no reports if any line is in error. A growth rate beside a value
        becomes a report of its own.
    """
    parsed = _parsed(resolve(rows, catalogue=catalogue), now=now)
    problems = problems_of(parsed, catalogue=catalogue, now=now)
    if problems:
        return Restated(NUMBERED.to_frame(), problems)
    values = parsed.filter(pl.col("number").is_not_null()).with_columns(value=pl.col("number"))
    growth = parsed.filter(pl.col("rate").is_not_null()).with_columns(
        kind=pl.lit(GROWTH), value=pl.col("rate"), unit=pl.lit(PERCENT)
    )
    both = pl.concat([_plain(values), _plain(growth)])
    order = ["series_id", "kind", "basis", "period_start", "period_end", "released_at", "url", "value"]
    ordered = both.sort(order, maintain_order=True)
    return Restated(identified(ordered).with_columns(ordered["line"]).select(*NUMBERED), ())


def _parsed(rows: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """The rows with `start`, `end`, `number`, `rate`, `released` and `assumed`: what their text means, or null."""
    lower = [pl.col(name).str.to_lowercase().replace(CHINESE) for name in ("basis", "kind", "status")]
    read = rows.with_columns(
        *lower,
        start=first_day("period_start"),
        end=last_day("period_end"),
        number=number("value"),
        rate=number("growth"),
    ).with_columns(kind=pl.col("kind").fill_null(VALUE))
    usual = end_of_day(pl.col("end")) + pl.duration(days="lag")
    stated = pl.col("released_at").is_not_null()
    return read.with_columns(
        # What is taken in today is known today, even where the usual lag has not passed.
        released=pl.when(stated).then(instant("released_at", now=now)).otherwise(pl.min_horizontal(usual, now)),
        assumed=~stated | vague("released_at"),
    )


def _plain(parsed: pl.DataFrame) -> pl.DataFrame:
    written = pl.format("Published in {}, day not stated.", "released_at")
    note = pl.concat_str("note", pl.when(vague("released_at")).then(written), separator=" ", ignore_nulls=True)
    restated = parsed.with_columns(
        period_start="start",
        period_end="end",
        released_at="released",
        released_assumed="assumed",
        note=pl.when(note != "").then(note),
    )
    schema = pl.Schema({name: kind for name, kind in NUMBERED.items() if name != "report_id"})
    return restated.select(*schema).cast(schema)
