"""Figures to look at twice: stored as they stand, and told to whoever brings them in."""

from collections.abc import Iterator

import polars as pl

from forecaster.domain.catalogue import Catalogue
from forecaster.domain.conventions import in_own_units
from forecaster.domain.errors import LineProblem
from forecaster.domain.months import month_numbers, months_between
from forecaster.domain.notation import shown
from forecaster.domain.reports import KEY, VALUE, leading

APART = 0.05
"""Share by which a month may miss the difference of two totals."""

JUMP = 6.0
"""Times by which a figure may stand off both its neighbours: a slip of ten times beside a usual change is caught."""

NEAR = 370
"""Days between figures that are neighbours: a year at most."""

_SPAN = ("series_id", "period_start")


def doubts_of(given: pl.DataFrame, *, known: pl.DataFrame, catalogue: Catalogue) -> list[LineProblem]:
    """What is doubtful among the figures of a file, beside those known already.

    Args:
        given: the NUMBERED columns.
        known: the REPORTS columns of the same series.
        catalogue: units of the series.

    Returns:
        By line. Of figures stated several times, the one that leads is looked at. A doubt about several figures
        is told of the one that the file states; if it states more, of the month or the later total.
    """
    told = given.filter(pl.col("kind") == VALUE)
    if told.is_empty():
        return []
    before = known.filter(pl.col("kind") == VALUE).join(given, on="report_id", how="anti")
    both = pl.concat([told, before.with_columns(line=pl.lit(None, dtype=pl.Int64)).select(told.columns)])
    figures = in_own_units(both, catalogue=catalogue)
    told = figures.filter(pl.col("line").is_not_null())
    # Where nobody can tell which of two leads, the one in the file is looked at.
    lead = leading(figures).sort(*KEY, pl.col("line").is_null(), maintain_order=True).unique(KEY, keep="first")
    totals = _totals(lead)
    found = [*_twice(told), *_falling(totals), *_apart(lead, totals), *_jumping(lead), *_outdated(told, lead)]
    return sorted(found, key=lambda doubt: doubt.line)


def _twice(told: pl.DataFrame) -> Iterator[LineProblem]:
    """Figures of one file for one key that differ."""
    ordered = told.sort("line")
    first = [pl.col(name).first().over(KEY).alias(f"first_{name}") for name in ("line", "value", "rounding")]
    rows = ordered.with_columns(*first).filter(pl.col("value") != pl.col("first_value"))
    gap = (pl.col("value") - pl.col("first_value")).abs()
    alike = (gap <= pl.max_horizontal("rounding", "first_rounding") * (1 + 1e-9)).alias("alike")
    for line, value, other, at, mild in rows.select("line", "value", "first_value", "first_line", alike).iter_rows():
        what = f"{shown(value)}, and line {at} states {shown(other)} for the same span: the later or more exact leads."
        yield LineProblem(line, "value", what, mild=mild)


def _outdated(told: pl.DataFrame, lead: pl.DataFrame) -> Iterator[LineProblem]:
    """Figures without a release date that another, of a later stated one, leads over: nothing changes by them."""
    others = lead.filter(pl.col("line").is_null(), ~pl.col("released_assumed"))
    others = others.select(*KEY, leads="value", at="released_at", slack="rounding")
    rows = told.filter("released_assumed").join(others, on=KEY)
    beyond = (pl.col("value") - pl.col("leads")).abs() > pl.max_horizontal("rounding", "slack") * (1 + 1e-9)
    for line, leads, at in rows.filter(beyond).select("line", "leads", "at").iter_rows():
        what = f"has no date, and {shown(leads)}, released on {at:%Y-%m-%d}, leads: say when this was, with --released."
        yield LineProblem(line, "released_at", what)


def _totals(lead: pl.DataFrame) -> pl.DataFrame:
    """One figure from January to each month, with the one before it in its year."""
    from_january = lead.filter(pl.col("period_start").dt.month() == 1, pl.col("basis") != "level")
    # A total goes before a month, a quarter or a year of the same span.
    ordered = from_january.sort("basis", descending=True).unique(
        ["series_id", "period_start", "period_end"], keep="first"
    )
    ordered = ordered.sort("series_id", "period_start", "period_end")
    shifted = {name: pl.col(name).shift().over(_SPAN) for name in ("value", "rounding", "line", "period_end")}
    return ordered.with_columns(**{f"before_{name}": column for name, column in shifted.items()})


def _falling(totals: pl.DataFrame) -> Iterator[LineProblem]:
    slack = pl.col("rounding") + pl.col("before_rounding")
    rows = totals.with_columns(line=pl.coalesce("line", "before_line")).filter(
        pl.col("value") + slack < pl.col("before_value"), pl.col("line").is_not_null()
    )
    columns = ("line", "period_end", "value", "before_period_end", "before_value")
    for line, end, value, earlier, other in rows.select(columns).iter_rows():
        what = f"the total to {end:%Y-%m}, {shown(value)}, is smaller than that to {earlier:%Y-%m}, {shown(other)}."
        yield LineProblem(line, "value", what)


def _apart(lead: pl.DataFrame, totals: pl.DataFrame) -> Iterator[LineProblem]:
    """Months that are not the difference of the totals around them."""
    next_month = pl.col("before_period_end").dt.offset_by("1d").dt.month_end() == pl.col("period_end")
    settled = totals.filter(next_month).select(
        "series_id",
        "period_end",
        difference=pl.col("value") - pl.col("before_value"),
        slack=pl.col("rounding") + pl.col("before_rounding"),
        other_line=pl.coalesce("line", "before_line"),
    )
    months = lead.filter(pl.col("basis") == "month").join(settled, on=["series_id", "period_end"])
    gap = (pl.col("value") - pl.col("difference")).abs()
    far = (gap > APART * pl.col("difference").abs()) & (gap > pl.col("slack") + pl.col("rounding"))
    rows = months.with_columns(line=pl.coalesce("line", "other_line")).filter(far, pl.col("line").is_not_null())
    for line, end, value, difference in rows.select("line", "period_end", "value", "difference").iter_rows():
        what = f"{end:%Y-%m} is stated as {shown(value)}, and its totals differ by {shown(difference)}."
        yield LineProblem(line, "value", what)


def _jumping(lead: pl.DataFrame) -> Iterator[LineProblem]:
    """Figures many times above or below both their neighbours, or the only one they have; and a first zero."""
    family = ("series_id", "_basis")
    ordered = _levels(lead).sort(*family, "period_end", "period_start")
    positive = pl.when(pl.col("level") > 0).then("level")
    ordered = ordered.with_columns(level=positive, zero=pl.col("value") == 0)
    ordered = ordered.with_columns(earlier=_neighbour(1).over(family), later=_neighbour(-1).over(family))
    high, low = pl.max_horizontal("earlier", "later"), pl.min_horizontal("earlier", "later")
    near = pl.when(pl.col("level") > high).then(high).otherwise(low).alias("near")
    jump = (pl.col("level") >= JUMP * high) | (pl.col("level") <= low / JUMP)
    only_zero = pl.col("zero") & (pl.col("zero").sum().over(family) == 1) & low.is_not_null()
    rows = ordered.filter(jump | only_zero, pl.col("line").is_not_null()).select("line", "value", "level", near)
    for line, value, at, near in rows.iter_rows():
        if value == 0:
            what = f"{shown(value)} is the first zero of its kind: is it a figure, or none yet?"
        else:
            times, where = (at / near, "above") if at > near else (near / at, "below")
            what = f"{shown(value)}, by month, is {times:,.0f} times {where} the figures around it: is the unit right?"
        yield LineProblem(line, "unit", what)


def _levels(lead: pl.DataFrame) -> pl.DataFrame:
    """Figures with `_basis` (totals are of one) and `level`, output a month; of a total, since the one before it."""
    total = pl.col("basis").is_in(["ytd", "jan-feb", "year"])
    ordered = lead.with_columns(_basis=pl.when(total).then(pl.lit("total")).otherwise("basis"))
    ordered = ordered.sort("series_id", "_basis", "period_start", "period_end", "basis")
    year = ("series_id", "_basis", "period_start")
    end, value = month_numbers("period_end"), pl.col("value")
    months, value = end - end.shift().over(year), value - value.shift().over(year)
    since = pl.when(total & (months > 0)).then(value / months)
    return ordered.with_columns(
        level=pl.coalesce(since, pl.col("value") / months_between("period_start", "period_end"))
    )


def _neighbour(step: int) -> pl.Expr:
    """The level so many rows before, if it is of about the same time."""
    apart = (pl.col("period_end") - pl.col("period_end").shift(step)).abs()
    return pl.when(apart <= pl.duration(days=NEAR)).then(pl.col("level").shift(step))
