"""Champion against challenger."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from forecaster.domain.experiment import Gate
from forecaster.domain.panel import SECTOR
from forecaster.domain.vintage import Vintage

SHOWN = 5  # lost series that a reason names; the decision holds all


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a run's forecasts go into service, and why."""

    promote: bool
    reason: str
    by_sector: pl.DataFrame  # sector, series, champion, challenger (mean MASE on common folds)
    lost: pl.DataFrame  # series_id, status: forecast in service, and why the run does not


BY_SECTOR = pl.Schema(
    {"sector": pl.String(), "series": pl.UInt32(), "champion": pl.Float64(), "challenger": pl.Float64()}
)
LOST = pl.Schema({"series_id": pl.String(), "status": pl.String()})


def decide(
    challenger: Vintage,
    *,
    champion: Vintage | None,
    gate: Gate,
    sectors: Collection[str] | None = None,
    force: bool = False,
) -> Decision:
    """Compare a run with what is in service: its figures' age, the series it forecasts, its errors on common folds.

    Args:
        challenger: what the run would put in service, of the sectors that it trained.
        champion: the vintage in service; None if there is none.
        gate: the experiment's rule about errors.
        sectors: those that the run trained; None for all.
        force: promote whatever speaks against it.

    Returns:
        The decision with its reasons. Older figures and lost series keep the champion whatever the gate's rule.
    """
    if champion is None:
        return Decision(True, "Nothing was in service.", pl.DataFrame(schema=BY_SECTOR), pl.DataFrame(schema=LOST))
    trained = set(challenger.series["sector"]) if sectors is None else set(sectors)
    lost = lost_series(challenger, champion=champion, sectors=trained)
    objections = [*_older(challenger, champion=champion, sectors=trained), *_losses(lost)]
    common = _common(challenger.scores, champion.scores)
    promote, found = _judged(common, gate=gate)
    table = _by_sector(common)
    if force:
        return Decision(True, " ".join(["Forced into service.", *objections, found]), table, lost)
    if objections:
        told = [*objections, "`sectorcast retrain --force` puts such a run in service.", found]
        return Decision(False, " ".join(told), table, lost)
    return Decision(promote, found, table, lost)


def despite(broken: str, *, whole: bool, force: bool) -> Decision:
    """Decide where what is in service can't be read, so that nothing of it can be compared or carried over.

    Args:
        broken: what is wrong with it.
        whole: the run trained every sector; else the others would be gone.
        force: promote whatever speaks against it.
    """
    told = f"What was in service can't be read: {broken}"
    if not whole:
        told += " The sectors that the run did not train would be lost."
        told += " Forced into service." if force else " Train all, or put the run in service with --force."
    return Decision(whole or force, told, pl.DataFrame(schema=BY_SECTOR), pl.DataFrame(schema=LOST))


def lost_series(challenger: Vintage, *, champion: Vintage, sectors: Collection[str]) -> pl.DataFrame:
    """Series of which service would lose its forecast, though they are declared and have figures.

    One whose forecasts in service are all of months that are past is no loss.

    Args:
        challenger: what the run would put in service.
        champion: the vintage in service.
        sectors: those that the run trained.

    Returns:
        series_id, and as status why the run does not forecast it; sorted.
    """
    month = challenger.issue.issued_at.date().replace(day=1)
    ahead = champion.forecasts.filter(pl.col("period") >= month)["series_id"].unique()
    missing = (pl.col("row_count") == 0) & (pl.col("panel_count") > 0)
    mine = challenger.series.filter(missing, pl.col("sector").is_in(list(sectors)))
    return mine.filter(pl.col("series_id").is_in(ahead.implode())).select(LOST.names()).sort("series_id")


def _losses(lost: pl.DataFrame) -> list[str]:
    if lost.is_empty():
        return []
    names = lost["series_id"].head(SHOWN).to_list()
    more = f" and {lost.height - SHOWN} more" if lost.height > SHOWN else ""
    return [f"The run does not forecast {lost.height} series that service forecasts: {', '.join(names)}{more}."]


def _older(challenger: Vintage, *, champion: Vintage, sectors: Collection[str]) -> list[str]:
    """That what is in service knows later figures than the run; sector by sector, since each may be of another run."""
    declared = set(challenger.series["sector"]).intersection(sectors)
    forecast = champion.series.filter(pl.col("row_count") > 0)["sector"].unique()
    known = {sector: champion.issue.of(sector).data_as_of for sector in declared.intersection(forecast)}
    mine = challenger.issue.data_as_of
    later = [f"{sector} {at:%Y-%m-%d %H:%M}" for sector, at in sorted(known.items()) if at > mine]
    if not later:
        return []
    return [f"The run knows figures as of {mine:%Y-%m-%d %H:%M} UTC, service later ones: {', '.join(later)}."]


def _common(challenger: pl.DataFrame, champion: pl.DataFrame) -> pl.DataFrame:
    common = challenger.join(champion, on=["unique_id", "cutoff"], suffix="_champion")
    return common.drop_nulls(["mase", "mase_champion"])


def _judged(common: pl.DataFrame, *, gate: Gate) -> tuple[bool, str]:
    if gate.rule == "always":
        return True, "The experiment's gate always promotes."
    if common.is_empty():
        return True, "No fold is common to both, so that nothing speaks against the newer data."
    mine, theirs = (float(common.select(pl.col(name).mean()).item()) for name in ("mase", "mase_champion"))
    found = f"Mean MASE {mine:.4f} against {theirs:.4f} of the champion on {common.height} common folds"
    promote = mine <= theirs * (1 + gate.tolerance)
    verdict = "within" if promote else "beyond"
    return promote, f"{found}: {verdict} the tolerance of {gate.tolerance:.0%}."


def _by_sector(common: pl.DataFrame) -> pl.DataFrame:
    return (
        common.group_by(SECTOR)
        .agg(
            pl.col("unique_id").n_unique().alias("series"),
            champion=pl.col("mase_champion").mean(),
            challenger=pl.col("mase").mean(),
        )
        .sort("sector")
    )
