"""Champion against challenger."""

from dataclasses import dataclass

import polars as pl

from forecaster.domain.experiment import Gate


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a run's forecasts go into service, and why."""

    promote: bool
    reason: str
    by_sector: pl.DataFrame  # sector, series, champion, challenger (mean MASE on common folds)


BY_SECTOR = pl.Schema(
    {"sector": pl.String(), "series": pl.UInt32(), "champion": pl.Float64(), "challenger": pl.Float64()}
)


def decide(challenger: pl.DataFrame, *, champion: pl.DataFrame | None, gate: Gate) -> Decision:
    """Compare a run with what is in service, on the series and cutoffs that both were tested on.

    Args:
        challenger: unique_id, cutoff, mase of the run's combination.
        champion: the same of the vintage in service; None if there is none.
        gate: the experiment's rule.

    Returns:
        The decision with its reason in one sentence.
    """
    if champion is None:
        return Decision(True, "Nothing was in service.", pl.DataFrame(schema=BY_SECTOR))
    common = challenger.join(champion, on=["unique_id", "cutoff"], suffix="_champion")
    common = common.drop_nulls(["mase", "mase_champion"])
    table = (
        common.group_by(sector=pl.col("unique_id").str.split(".").list.first())
        .agg(
            pl.col("unique_id").n_unique().alias("series"),
            champion=pl.col("mase_champion").mean(),
            challenger=pl.col("mase").mean(),
        )
        .sort("sector")
    )
    if gate.rule == "always":
        return Decision(True, "The experiment's gate always promotes.", table)
    if common.is_empty():
        return Decision(True, "No fold is common to both, so that nothing speaks against the newer data.", table)
    mine, theirs = (float(common.select(pl.col(name).mean()).item()) for name in ("mase", "mase_champion"))
    found = f"mean MASE {mine:.4f} against {theirs:.4f} of the champion on {common.height} common folds"
    promote = mine <= theirs * (1 + gate.tolerance)
    verdict = "within" if promote else "beyond"
    return Decision(promote, f"{found[0].upper()}{found[1:]}: {verdict} the tolerance of {gate.tolerance:.0%}.", table)
