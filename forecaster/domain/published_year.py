"""The year as it is published: January and February as one figure, so that models see eleven periods.

A body that never states January and February apart leaves models two shares of one figure. Here such a series is
forecast in periods that were all stated, with a season of eleven, and the sum of January and February that is forecast
is then shared out as the panel shares out a known one: by working days and the series' own earlier years.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from forecaster.domain.bridges import Month
from forecaster.domain.catalogue import FLOW, Catalogue
from forecaster.domain.conventions import country_of
from forecaster.domain.experiment import Candidate
from forecaster.domain.months import month_from_number, month_number
from forecaster.domain.ports import Engine, Predictions, Progress, together
from forecaster.domain.profiles import profile
from forecaster.domain.progress import uncounted
from forecaster.domain.published_basis import JAN_FEB

MONTHS, PERIODS = 12, 11
"""Of a calendar year, and of one whose January and February are one period."""

SHARES = pl.Schema({"unique_id": pl.String(), "cutoff": pl.Date(), "ds": pl.Date(), "share": pl.Float64()})
"""What of its period's sum each January and February ahead is; the other months are their periods."""


def published_so(panel: pl.DataFrame, *, catalogue: Catalogue) -> frozenset[str]:
    """Series of which a January and February were stated as one figure, by a body that publishes so.

    Args:
        panel: PANEL columns.
        catalogue: what each body publishes.
    """
    of_both = (pl.col("block_start").dt.month() == 1) & (pl.col("block_end").dt.month() == 2)
    joint = panel.filter(of_both & (pl.col("block_start").dt.year() == pl.col("block_end").dt.year()))
    found = (catalogue.find(key) for key in joint["unique_id"].unique())
    return frozenset(
        series.series_id
        for series in found
        if series.kind == FLOW and JAN_FEB in catalogue.sources[series.source].publishes
    )


class PublishedYear:
    """An engine that forecasts some series in published periods, and hands the others on; implements `ports.Engine`."""

    def __init__(self, inner: Engine, *, panel: pl.DataFrame, catalogue: Catalogue) -> None:
        """`panel` holds the PANEL columns of the series that are to be forecast, months consecutive."""
        self._inner = inner
        self._catalogue = catalogue
        self._joint = published_so(panel, catalogue=catalogue)
        self._panel = panel.filter(pl.col("unique_id").is_in(list(self._joint))).sort("unique_id", "ds")

    def predict(
        self,
        panel: pl.DataFrame,
        *,
        cutoffs: pl.DataFrame,
        candidates: Sequence[Candidate],
        horizon: int,
        progress: Progress,
        regressors: pl.DataFrame | None = None,
    ) -> Predictions:
        """As `ports.Engine`; a cutoff in January has only half of its period, and stays with the months.

        So does what is given regressors, whose columns are months.
        """
        if regressors is not None:
            return self._inner.predict(
                panel,
                cutoffs=cutoffs,
                candidates=candidates,
                horizon=horizon,
                progress=progress,
                regressors=regressors,
            )
        so = pl.col("unique_id").is_in(list(self._joint)) & (pl.col("cutoff").dt.month() != 1)
        own, others = cutoffs.filter(so), cutoffs.filter(~so)
        progress = uncounted(progress)  # a series may be in either part, or in both
        found = [self._inner.predict(panel, cutoffs=others, candidates=candidates, horizon=horizon, progress=progress)]
        if not own.is_empty():
            rows = panel.filter(pl.col("unique_id").is_in(own["unique_id"].unique().implode()))
            progress(f"{own['unique_id'].n_unique()} series in published periods")
            in_periods = self._inner.predict(
                _periods(rows),
                cutoffs=own.select("unique_id", cutoff=_period_of("cutoff")),
                candidates=[_with_periods(one) for one in candidates],
                horizon=-(-horizon * PERIODS // MONTHS) + 1,  # rounded up, and a period that is half of it ahead
                progress=progress,
            )
            shares = self._shares(own, horizon=horizon)
            found.append(_in_months(in_periods, cutoffs=own, shares=shares, horizon=horizon))
        return together(found)

    def _shares(self, cutoffs: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
        """The SHARES of every January and February ahead, by nothing but the months known at each cutoff."""
        rows: list[tuple[str, date, date, float]] = []
        for (key,), of_series in cutoffs.sort("unique_id", "cutoff").group_by("unique_id", maintain_order=True):
            series_id = str(key)
            country = country_of(self._catalogue.find(series_id), self._catalogue)
            known = _months(self._panel.filter(pl.col("unique_id") == series_id))
            for cutoff in of_series["cutoff"]:
                last = month_number(cutoff)
                by_then = {number: month for number, month in known.items() if number <= last}
                for january in range(last + 12 - last % 12, last + horizon + 1, 12):
                    parts = profile((january, january + 1), known=by_then, country=country)
                    whole = sum(parts.values())
                    rows += [(series_id, cutoff, month_from_number(n), part / whole) for n, part in parts.items()]
        return pl.DataFrame(rows, schema=SHARES, orient="row")


def _period_of(column: str) -> pl.Expr:
    """Months as periods, under dates that are consecutive months to the engine: eleven a year."""
    number = PERIODS * pl.col(column).dt.year() + (pl.col(column).dt.month().cast(pl.Int32) - 2).clip(lower_bound=0)
    return pl.date(number // MONTHS, number % MONTHS + 1, 1).alias(column)


def _periods(rows: pl.DataFrame) -> pl.DataFrame:
    """The sums of periods; a February without its January, at the very start, is left out."""
    first = pl.col("ds").min().over("unique_id")
    whole = rows.filter((pl.col("ds") > first) | (pl.col("ds").dt.month() != 2))
    return whole.group_by("unique_id", _period_of("ds")).agg(pl.col("y").sum()).sort("unique_id", "ds")


def _with_periods(candidate: Candidate) -> Candidate:
    """A candidate for a year of eleven periods; one that sees no season, or another one, keeps it."""
    settings = dict(candidate.settings)
    if settings.get("season_length") == MONTHS:
        settings["season_length"] = PERIODS
    most = candidate.max_observations
    return replace(
        candidate,
        settings=settings,
        season=PERIODS if candidate.season == MONTHS else candidate.season,
        min_observations=_fewer(candidate.min_observations),
        max_observations=None if most is None else _fewer(most + 1) - 1,  # so that tiers still join
    )


def _fewer(months: int) -> int:
    """Periods in which so many months lie, rounded up."""
    return -(-months * PERIODS // MONTHS)


def _months(rows: pl.DataFrame) -> dict[int, Month]:
    found = (
        Month(month_number(ds), y, obtained, None, ())
        for ds, y, obtained in rows.select("ds", "y", "obtained").iter_rows()
    )
    return {month.number: month for month in found}


def _in_months(found: Predictions, *, cutoffs: pl.DataFrame, shares: pl.DataFrame, horizon: int) -> Predictions:
    """Forecasts of periods as forecasts of months, from the cutoffs that are meant."""
    steps = pl.DataFrame({"step": range(1, horizon + 1)}, schema={"step": found.points.schema["step"]})
    ahead = cutoffs.join(steps, how="cross").with_columns(ds=pl.col("cutoff").dt.offset_by(pl.format("{}mo", "step")))
    placed = ahead.join(shares, on=["unique_id", "cutoff", "ds"], how="left").with_columns(period=pl.col("ds"))
    placed = placed.with_columns(_period_of("period"), pl.col("share").fill_null(1.0))
    real = cutoffs.select("unique_id", pl.col("cutoff").alias("real"), _period_of("cutoff"))
    named = found.points.drop("step").rename({"ds": "period"}).join(real, on=["unique_id", "cutoff"])
    keys = ["unique_id", "cutoff", "period"]
    months = named.drop("cutoff").rename({"real": "cutoff"}).join(placed, on=keys)
    points = months.with_columns(pl.col("y_hat") * pl.col("share")).select(found.points.columns)
    dates = {(key, period): cutoff for key, cutoff, period in real.select("unique_id", "real", "cutoff").iter_rows()}
    failed = (replace(one, cutoff=dates[one.unique_id, one.cutoff]) for one in found.failed)
    return Predictions(points, tuple(failed), found.cpu_seconds)
