"""Champion against challenger."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from forecaster.domain.comparison import COMPARED, Comparison
from forecaster.domain.experiment import ALWAYS, BETTER, Gate
from forecaster.domain.vintage import Vintage

SHOWN = 5  # lost series that a reason names; the decision holds all


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a run's forecasts go into service, and why."""

    promote: bool
    reason: str
    by_sector: pl.DataFrame  # COMPARED
    lost: pl.DataFrame  # series_id, status: forecast in service, and why the run does not


LOST = pl.Schema({"series_id": pl.String(), "status": pl.String()})


def decide(
    challenger: Vintage,
    *,
    champion: Vintage | None,
    comparison: Comparison | None,
    gate: Gate,
    sectors: Collection[str] | None = None,
    force: bool = False,
) -> Decision:
    """Compare a run with what is in service: its figures' age, the series it forecasts, its errors on common folds.

    Args:
        challenger: what the run would put in service, of the sectors that it trained.
        champion: the vintage in service; None if there is none.
        comparison: of their errors; None without a champion.
        gate: the experiment's rule about errors.
        sectors: those that the run trained; None for all.
        force: promote whatever speaks against it.

    Returns:
        The decision with its reasons. Older figures and lost series keep the champion whatever the gate's rule.
    """
    if champion is None or comparison is None:
        return Decision(True, "Nothing was in service.", pl.DataFrame(schema=COMPARED), pl.DataFrame(schema=LOST))
    trained = set(challenger.series["sector"]) if sectors is None else set(sectors)
    lost = lost_series(challenger, champion=champion, sectors=trained)
    objections = [*_older(challenger, champion=champion, sectors=trained), *_losses(lost)]
    promote, verdict = _judged(comparison, gate=gate)
    found, table = " ".join([verdict, *comparison.notes]), comparison.table
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
    return Decision(whole or force, told, pl.DataFrame(schema=COMPARED), pl.DataFrame(schema=LOST))


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


def _judged(comparison: Comparison, *, gate: Gate) -> tuple[bool, str]:
    if comparison.table.is_empty():
        if gate.rule == BETTER and not comparison.same_method:
            return False, "No fold is common to both, so that nothing shows the run to be better, as its gate asks."
        return True, "No fold is common to both, so that nothing speaks against the newer data."
    if comparison.same_numbers:
        return (
            True,
            "The champion was made by the same method, so that nothing differs but the figures: newer ones count.",
        )
    total = comparison.table.row(-1, named=True)
    chance = "too few to tell it from chance" if total["p_value"] is None else f"p = {total['p_value']:.3f}"
    found = f"Mean MASE {total['challenger']:.4f} against {total['champion']:.4f} of the champion"
    found += f" on {comparison.rows} common folds ({chance})"
    if gate.rule == ALWAYS:
        return True, f"{found}: the experiment's gate always promotes."
    if gate.rule == BETTER:
        promote, verdict = _shown(total, gate=gate, same_method=comparison.same_method)
        return promote, f"{found}: {verdict} at the level of {gate.level:g}."
    promote = total["challenger"] <= total["champion"] * (1 + gate.tolerance)
    return promote, f"{found}: {'within' if promote else 'beyond'} the tolerance of {gate.tolerance:.0%}."


def _shown(total: Mapping[str, Any], *, gate: Gate, same_method: bool) -> tuple[bool, str]:
    """Whether a run is shown to be better; one by the champion's own method only must not be shown to be worse.

    Else the first method that is in service could never take up newer figures.
    """
    sure = total["p_value"] is not None and total["p_value"] < gate.level
    if same_method:
        worse = sure and total["difference"] > 0
        return not worse, "by the same method, and worse" if worse else "by the same method, and not shown to be worse"
    better = sure and total["difference"] < 0
    return better, "better" if better else "not shown to be better"
