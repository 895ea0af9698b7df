"""The panel against rows taken as they come: the same models, cutoffs, scored figures and scales.

"As they come" is what a forecasting library gets when nobody looks: the stated figures one after the other as if each
were a month, January and February being one row, holes passed over.

    python -m bench.conventions
"""

from datetime import UTC, date, datetime

import polars as pl

from forecaster.adapters.bundled_reports import bundled_reports
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.experiment_files import load_experiment
from forecaster.adapters.statsforecast_engine import StatsforecastEngine, statsforecast_engine
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.combination import combine
from forecaster.domain.conventions import build_panel
from forecaster.domain.eligibility import reasons_against
from forecaster.domain.experiment import Experiment
from forecaster.domain.folds import rolling_cutoffs
from forecaster.domain.months import month_after
from forecaster.domain.panel import PANEL, latest_stretch
from forecaster.domain.scores import error_scales, score, scored_blocks
from forecaster.settings import load_settings

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
ORIGIN = date(1990, 1, 1)
KEYS = ["unique_id", "cutoff", "model", "block_start", "block_end"]


def main() -> None:
    """Print the mean MASE of both ways, series by series and in all, and their ratio."""
    settings = load_settings({})
    catalogue = load_catalogue(settings.catalogue_file)
    experiment = load_experiment(settings.experiments_folder, "production")
    panel = _messy(catalogue, horizon=experiment.horizon)
    cutoffs = rolling_cutoffs(panel, folds=experiment.folds)
    scales = error_scales(panel, cutoffs=cutoffs)
    with statsforecast_engine() as engine:
        proper = scored_blocks(_combined(panel, cutoffs, experiment, engine), panel=panel)
        plain = _as_they_come(panel, cutoffs, experiment, engine)
    both = proper.join(plain.select(*KEYS, "y_hat"), on=KEYS, suffix="_plain")
    by_series = _scores(both, scales).join(
        _scores(both.with_columns(y_hat="y_hat_plain"), scales), on="id", suffix="_p"
    )
    print(f"{'series':34} {'panel':>8} {'as they come':>13} {'ratio':>7}")
    for series_id, mase, plain_mase in by_series.select("id", "mase", "mase_p").iter_rows():
        print(f"{series_id:34} {mase:8.3f} {plain_mase:13.3f} {mase / plain_mase:7.2f}")
    mase, plain_mase = (float(by_series.select(pl.col(name).mean()).item()) for name in ("mase", "mase_p"))
    print(f"{'mean':34} {mase:8.3f} {plain_mase:13.3f} {mase / plain_mase:7.2f}")


def _messy(catalogue: Catalogue, *, horizon: int) -> pl.DataFrame:
    """Reported series with at least three figures that cover several months, and enough data to be forecast."""
    panel = latest_stretch(build_panel(bundled_reports(), catalogue=catalogue).panel)
    shared = panel.filter(pl.col("block_end") > pl.col("block_start")).unique(["unique_id", "block_start"])
    often = shared.group_by("unique_id").len().filter(pl.col("len") >= 3)["unique_id"]
    reasons = reasons_against(panel, catalogue=catalogue, today=AS_OF.date(), horizon=horizon)
    return panel.filter(pl.col("unique_id").is_in([name for name in often if name not in reasons]))


def _combined(
    panel: pl.DataFrame, cutoffs: pl.DataFrame, experiment: Experiment, engine: StatsforecastEngine
) -> pl.DataFrame:
    found = engine.predict(
        panel, cutoffs=cutoffs, candidates=experiment.candidates, horizon=experiment.horizon, progress=lambda _: None
    )
    return combine(found.points, candidates=experiment.candidates, how=experiment.combination)


def _as_they_come(
    panel: pl.DataFrame, cutoffs: pl.DataFrame, experiment: Experiment, engine: StatsforecastEngine
) -> pl.DataFrame:
    """Forecasts of the stated figures as if they were consecutive months, with the blocks that they stand for."""
    stated = (
        panel.filter(pl.col("block_start").is_not_null())
        .group_by("unique_id", "block_start", "block_end")
        .agg(pl.col("y").sum())
        .sort("unique_id", "block_end", "block_start")
        .with_columns(row=pl.int_range(pl.len()).over("unique_id"))
    )
    fake = [month_after(ORIGIN, months=row) for row in stated["row"]]
    rows = stated.with_columns(ds=pl.Series(fake))
    last = cutoffs.join(rows, on="unique_id").filter(pl.col("block_end") <= pl.col("cutoff"))
    last = last.group_by("unique_id", "cutoff").agg(fake=pl.col("ds").max())
    as_panel = rows.select("unique_id", "ds", "y", obtained=pl.lit("reported"), block_start="ds", block_end="ds")
    as_panel = as_panel.with_columns(reports=pl.lit([], pl.List(pl.String()))).select(PANEL.names())
    fits = last.select("unique_id", cutoff="fake").unique()
    found = _combined(as_panel, fits, experiment, engine)
    blocks = rows.select("unique_id", "ds", "block_start", "block_end")
    placed = found.join(blocks, on=["unique_id", "ds"])
    real = placed.join(last, left_on=["unique_id", "cutoff"], right_on=["unique_id", "fake"], suffix="_real")
    return real.with_columns(cutoff="cutoff_real")


def _scores(blocks: pl.DataFrame, scales: pl.DataFrame) -> pl.DataFrame:
    return score(blocks.with_columns(id="unique_id"), scales=scales, by=["id"]).select("id", "mase")


if __name__ == "__main__":
    main()
