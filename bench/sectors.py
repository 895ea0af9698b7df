"""Year-ahead forecasts of the bundled series from the last Decembers and Junes, against naive and stock models.

What is scored is what was officially stated: January and February together where they are one figure.

    python -m bench.sectors [--experiment production]
"""

import argparse
from datetime import UTC, date, datetime

import polars as pl

from forecaster.adapters.bundled_reports import bundled_reports
from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.adapters.experiment_files import load_experiment
from forecaster.adapters.statsforecast_engine import statsforecast_engine
from forecaster.domain.calibration import coverage, honest_quantiles
from forecaster.domain.catalogue import Catalogue
from forecaster.domain.coherence import reconciled
from forecaster.domain.coherent_quantiles import coherent_quantiles
from forecaster.domain.combination import COMBINATION
from forecaster.domain.folds import rolling_cutoffs, settled_cutoffs
from forecaster.domain.hierarchy import hierarchies
from forecaster.domain.intervals import LEVELS, scaled_errors
from forecaster.domain.kinds import REGULAR
from forecaster.domain.moments import Ground
from forecaster.domain.scores import error_scales, mase, scored_blocks
from forecaster.domain.variant_choice import Footed
from forecaster.domain.variants import Setting
from forecaster.preparing import prepare
from forecaster.settings import load_settings
from forecaster.staging import Staged, staged

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
YEAR = 12
ORIGINS = pl.DataFrame({"cutoff": [date(year, month, 1) for year in range(2021, 2027) for month in (6, 12)][:-1][-10:]})
NAIVE = "seasonal_naive"
UNRECONCILED = "combination, unreconciled"
UNDRAWN = "combination, without anchor"
"""Not reconciled either."""
AS_IT_IS = "combination, as it is"
"""Neither reconciled, nor drawn to the anchor, nor on another footing."""
TOLD = "combination, told the year's sum"
"""No forecast: what is served, times what makes the sum over the year right, which nobody knew. It bounds what a better
level could reach; what it still lacks are the months."""
OWN = (COMBINATION, UNRECONCILED, UNDRAWN, AS_IT_IS, TOLD)

PARTS = pl.col("unique_id").str.split("@").list.first().str.split(".")
GROUP = pl.when(PARTS.list.get(2) == "CN").then(pl.lit("China")).otherwise(PARTS.list.slice(0, 1).list.join("."))
GROUP = GROUP.alias("group")
"""China's official series, whose conventions are the messy ones, apart from those of other countries by sector."""


def main() -> None:
    """Print mean MASE by group of every candidate and of what is served, their ratios, and the coverage."""
    options = argparse.ArgumentParser()
    options.add_argument("--experiment", default="production", help="a folder of experiments/")
    settings = load_settings({})
    catalogue = load_catalogue(settings.catalogue_file)
    experiment = load_experiment(settings.experiments_folder, options.parse_args().experiment)
    panel = _panel(catalogue)
    origins = panel.select("unique_id").unique().join(ORIGINS, how="cross")
    folds, no_trade = experiment.folds, catalogue.no_trade
    wanted = settled_cutoffs(panel, wanted=origins, min_train=folds.min_train, no_trade=no_trade)
    # The errors that intervals are made of come from the backtest's own cutoffs as well.
    rolling = rolling_cutoffs(panel, folds=folds, no_trade=no_trade)
    cutoffs = pl.concat([wanted, rolling]).unique().sort("unique_id", "cutoff")
    ground = _ground(panel, wanted=wanted, cutoffs=cutoffs, catalogue=catalogue)
    with statsforecast_engine() as engine:
        stages = staged(
            Setting(catalogue, panel, cutoffs, YEAR, folds.min_train),
            ground=ground,
            experiment=experiment,
            engine=engine,
            progress=lambda _: None,
        )
    points = _served(stages, ground=ground, how=experiment.reconciliation)
    blocks = scored_blocks(points, panel=panel)
    scaled = blocks.join(wanted, on=["unique_id", "cutoff"]).join(ground.scales, on=["unique_id", "cutoff"])
    every = {
        one.name for one in experiment.candidates if REGULAR in (one.kinds or (REGULAR,)) and not one.max_observations
    }
    scaled = pl.concat([scaled, _told_the_sum(scaled)])
    compared = _print_accuracy(scaled, every=every | {COMBINATION, UNRECONCILED, AS_IT_IS, TOLD})
    _print_rest(scaled, compared=compared)
    _print_footings(scaled, footed=stages.footed, wanted=wanted)
    covered = _covered(points, blocks=blocks, ground=ground, how=experiment.reconciliation)
    _print_coverage(covered.join(wanted, on=["unique_id", "cutoff"]))


def _ground(panel: pl.DataFrame, *, wanted: pl.DataFrame, cutoffs: pl.DataFrame, catalogue: Catalogue) -> Ground:
    """What reconciliation rests on; the cutoffs of a half-year belong together."""
    half = 2 * pl.col("cutoff").dt.year() + (pl.col("cutoff").dt.month() > 6).cast(pl.Int32)
    return Ground(
        hierarchies=hierarchies(catalogue),
        folds=wanted.with_columns(fold=half.cast(pl.Int64)),
        panel=panel,
        scales=error_scales(panel, cutoffs=cutoffs),
        signed=frozenset(catalogue.series.keys() - catalogue.flows),
    )


def _served(stages: Staged, *, ground: Ground, how: str) -> pl.DataFrame:
    """The points; beside the combination that is served, drawn to the anchor and adding up, what it was on the way."""
    undrawn, raw = (frame.filter(pl.col("model") == COMBINATION) for frame in (stages.footed.points, stages.points))
    errors = scaled_errors(scored_blocks(raw, panel=ground.panel), scales=ground.scales)
    on_the_way = (
        frame.with_columns(model=pl.lit(name))
        for name, frame in ((AS_IT_IS, stages.footed.plain), (UNDRAWN, undrawn), (UNRECONCILED, raw))
    )
    candidates = stages.points.filter(pl.col("model") != COMBINATION)
    return pl.concat([candidates, *on_the_way, reconciled(raw, errors=errors, how=how, ground=ground)])


def _told_the_sum(blocks: pl.DataFrame) -> pl.DataFrame:
    """What is served, with each series' and cutoff's forecasts summing to what came, under the name of TOLD."""
    came, forecast = (pl.col(name).sum().over("unique_id", "cutoff") for name in ("y", "y_hat"))
    right = pl.when(forecast > 0).then(pl.col("y_hat") * came / forecast).otherwise("y_hat")
    return blocks.filter(pl.col("model") == COMBINATION).with_columns(y_hat=right, model=pl.lit(TOLD))


def _covered(points: pl.DataFrame, *, blocks: pl.DataFrame, ground: Ground, how: str) -> pl.DataFrame:
    own = blocks.filter(pl.col("model") == COMBINATION)
    errors = scaled_errors(own, scales=ground.scales)
    served = points.filter(pl.col("model") == COMBINATION).drop("model")
    quantiles = honest_quantiles(served, errors=errors, scales=ground.scales, horizon=YEAR, signed=ground.signed)
    return coverage(coherent_quantiles(quantiles, errors=errors, how=how, ground=ground), blocks=own)


def _panel(catalogue: Catalogue) -> pl.DataFrame:
    ready = prepare(
        bundled_reports(), as_of=AS_OF, sectors=None, horizon=24, catalogue=catalogue, progress=lambda _: None
    )
    return ready.eligible


def _print_accuracy(blocks: pl.DataFrame, *, every: set[str]) -> pl.DataFrame:
    """Only forecasts that every model made are compared, each series with equal weight; returns those.

    `every`: the models that take long regular series; those of other series are no rivals.
    """
    key = ["unique_id", "cutoff", "block_start", "block_end"]
    compared = blocks.filter(pl.col("model").is_in(every)).filter(pl.len().over(key) == len(every))
    by_series = compared.group_by("unique_id", "model").agg(mase=mase()).with_columns(GROUP)
    means = by_series.group_by("group", "model").agg(pl.col("mase").mean())
    everything = by_series.group_by("model").agg(pl.col("mase").mean(), group=pl.lit("all"))
    table = pl.concat([means, everything.select(means.columns)]).pivot("group", index="model", values="mase")
    columns = [*sorted(set(table.columns) - {"model", "all"}), "all"]
    print(f"{compared['unique_id'].n_unique()} series, {compared.select(key).unique().height} figures; mean MASE:")
    print(f"{'':32}" + "".join(f"{name:>10}" for name in columns))
    for row in table.sort("all").iter_rows(named=True):
        print(f"{row['model']:32}" + "".join(f"{row[name]:10.3f}" for name in columns))
    at = {row["model"]: row for row in table.iter_rows(named=True)}
    stock = [name for name in at if name not in {*OWN, NAIVE} and not name.startswith("adjusted")]
    best = min(stock, key=lambda name: at[name]["all"])
    for rival, why in ((NAIVE, "naive"), (best, "best single stock model")):
        ratios = "".join(f"{at[COMBINATION][name] / at[rival][name]:10.3f}" for name in columns)
        print(f"{'over ' + why:32}{ratios}")
    _print_typical(by_series, columns=columns)
    return compared


def _print_typical(by_series: pl.DataFrame, *, columns: list[str]) -> None:
    """What the mean hides: the ratio on a usual series, and how much of the mean the five largest make."""
    table = by_series.pivot("model", index=["unique_id", "group"], values="mase")
    table = pl.concat([table, table.with_columns(group=pl.lit("all"))])
    ratio = (pl.col(COMBINATION) / pl.col(NAIVE)).filter((pl.col(COMBINATION) > 0) & (pl.col(NAIVE) > 0))
    five = pl.col(NAIVE).sort(descending=True).head(5).sum() / pl.col(NAIVE).sum()
    found = table.group_by("group").agg(typical=ratio.log().mean().exp(), five=five)
    at = {row["group"]: row for row in found.iter_rows(named=True)}
    for key, why in (("typical", "over naive, geometric mean"), ("five", "five largest of naive's mean")):
        print(f"{why:32}" + "".join(f"{at[name][key]:10.3f}" for name in columns))


def _print_rest(blocks: pl.DataFrame, *, compared: pl.DataFrame) -> None:
    """Of the figures that are not compared, since the series was short or intermittent there: served and benchmark."""
    key = ["unique_id", "cutoff", "block_start", "block_end"]
    rest = blocks.join(compared, on=key, how="anti").filter(pl.col("model").is_in([COMBINATION, NAIVE]))
    figures = f"{rest['unique_id'].n_unique()} series, {rest.select(key).unique().height} other figures"
    by_series = rest.group_by("model", "unique_id").agg(mase=mase())
    means = by_series.group_by("model").agg(mean=pl.col("mase").mean(), median=pl.col("mase").median()).sort("model")
    for model, mean, median in means.iter_rows():
        print(f"{figures}, {model}: mean MASE {mean:.3f}, median {median:.3f}")


def _print_footings(blocks: pl.DataFrame, *, footed: Footed, wanted: pl.DataFrame) -> None:
    """Of the series that have variants: from how many origins one is used, and what that does to the error."""
    at = ["unique_id", "cutoff"]
    tried = footed.trials.join(wanted, on=at)
    counts = tried.group_by("unique_id").agg(
        names=pl.col("variant").filter("used").unique().sort().str.join(", "), origins=pl.col("used").sum()
    )
    models = blocks.filter(pl.col("model").is_in([AS_IT_IS, UNDRAWN])).join(counts, on="unique_id")
    means = models.group_by("unique_id", "names", "origins", "model").agg(mase=mase())
    table = means.pivot("model", index=["unique_id", "names", "origins"], values="mase").sort("unique_id")
    print(f"\nseries with variants{'':22}as it is  as chosen  origins with a variant")
    for row in table.iter_rows(named=True):
        print(f"{row['unique_id']:42}{row[AS_IT_IS]:8.3f}{row[UNDRAWN]:11.3f}  {row['origins']} {row['names']}")
    as_it_is, chosen = table.select(pl.col(AS_IT_IS, UNDRAWN).mean()).row(0)
    print(f"{'mean':42}{as_it_is:8.3f}{chosen:11.3f}")


def _print_coverage(covered: pl.DataFrame) -> None:
    levels = [f"in_{level}" for level in LEVELS]
    by_group = covered.with_columns(GROUP).group_by("group").agg(pl.col(levels).mean()).sort("group")
    everything = covered.select(pl.lit("all").alias("group"), pl.col(levels).mean())
    print("\nshare of months inside the central intervals, made from errors known at each cutoff:")
    print(f"{'':12}" + "".join(f"{level:>8}%" for level in LEVELS))
    for name, *covered_shares in pl.concat([by_group, everything]).iter_rows():
        print(f"{name:12}" + "".join(f"{share:9.3f}" for share in covered_shares))


if __name__ == "__main__":
    main()
