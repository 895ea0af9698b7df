"""Small hierarchies with forecasts, figures and errors, for tests of what adds up."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecaster.domain.catalogue import Catalogue, Sum
from forecaster.domain.experiment import Folds
from forecaster.domain.folds import fold_numbers
from forecaster.domain.hierarchy import hierarchies
from forecaster.domain.moments import Ground
from forecaster.domain.months import month_after
from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES
from tests.panels import panel

START = date(2020, 1, 1)
STEP = 3  # months between folds


def declared(*sums: Sum) -> Catalogue:
    """A catalogue of nothing but sums."""
    return Catalogue(units={}, sources={}, sectors={}, measures={}, regions={}, series={}, sums=sums, breaks=())


def grid(rows: int, columns: int, *, crossing: bool) -> tuple[list[str], list[Sum]]:
    """Cells that add up along rows and in all, and along columns where they cross; and the names of all."""
    cells = [[f"c{row}{column}" for column in range(columns)] for row in range(rows)]
    sums = [Sum(f"r{row}", tuple(cells[row])) for row in range(rows)]
    if crossing:
        sums += [Sum(f"k{column}", tuple(line[column] for line in cells)) for column in range(columns)]
        sums.append(Sum("all", tuple(f"k{column}" for column in range(columns))))
    sums.append(Sum("all", tuple(f"r{row}" for row in range(rows))))
    members = sorted({*(one.parent for one in sums), *(child for one in sums for child in one.children)})
    return members, sums


@dataclass(frozen=True)
class World:
    """What a run knows when it reconciles."""

    sums: tuple[Sum, ...]
    ground: Ground
    points: pl.DataFrame  # unique_id, cutoff, ds, step, y_hat, model of every fold
    errors: pl.DataFrame

    @property
    def quantiles(self) -> pl.DataFrame:
        """Around the points, skewed, never below 0."""
        spread = [
            ((pl.col("y_hat") * (0.5 + q) ** 2).alias(c)) for q, c in zip(QUANTILES, QUANTILE_COLUMNS, strict=True)
        ]
        return self.points.with_columns(spread)


def world(
    sums: list[Sum],
    truth: dict[str, list[float]],
    *,
    behind: dict[str, int],
    seed: int = 0,
    horizon: int = 6,
    folds: int = 3,
    late: tuple[str, ...] = (),
    gaps: float = 0.0,
) -> World:
    """Forecasts that don't add up of series that do.

    Args:
        sums: what adds up.
        truth: every month of each series that is forecast, of equal length; the last `behind` are not known yet.
        behind: months by which a series lags.
        seed: of the noise.
        horizon: months ahead.
        folds: how many, `STEP` months apart.
        late: series of which no error is known.
        gaps: share of the errors that is missing.
    """
    noise = np.random.default_rng(seed)
    known = {key: values[: len(values) - behind.get(key, 0)] for key, values in truth.items()}
    cutoffs = pl.DataFrame(
        [
            (key, month_after(START, months=len(values) - 1 - fold * STEP))
            for key, values in known.items()
            for fold in range(folds)
        ],
        schema={"unique_id": pl.String(), "cutoff": pl.Date()},
        orient="row",
    )
    rows = []
    for key, cutoff in cutoffs.iter_rows():
        for step in range(1, horizon + 1):
            y_hat = truth[key][-1] * float(noise.lognormal(0.0, 0.8)) * float(noise.random() > 0.1)
            rows.append((key, cutoff, month_after(cutoff, months=step), step, y_hat, "combination"))
    names = ["unique_id", "cutoff", "ds", "step", "y_hat", "model"]
    points = pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("step").cast(pl.Int32))
    scales = cutoffs.with_columns(scale=pl.Series(10 ** noise.uniform(-2, 2, len(cutoffs))))
    errors = points.select("unique_id", "cutoff", "ds", "step", error=pl.Series(noise.standard_t(3, len(points))))
    kept = errors.filter(pl.Series(noise.random(len(errors)) >= gaps), ~pl.col("unique_id").is_in(late))
    return World(
        sums=tuple(sums),
        ground=Ground(
            hierarchies=hierarchies(declared(*sums)),
            folds=fold_numbers(cutoffs, folds=Folds(count=1, step=STEP, min_train=1)),
            panel=pl.concat([panel(values, unique_id=key, start=START) for key, values in known.items()]),
            scales=scales,
            signed=frozenset(),
        ),
        points=points,
        errors=kept,
    )


def lacks(found: pl.DataFrame, *, of: World) -> list[tuple[str, float, float]]:
    """The name, the sum of the parts and the value of every total, in every month that is whole and not all known."""
    known = of.ground.panel.select("unique_id", "ds", "y")
    rows = []
    for (_,), fold in found.join(of.ground.folds, on=["unique_id", "cutoff"]).group_by("fold"):
        ends = dict(fold.select("unique_id", "cutoff").unique().iter_rows())
        values = {(key, ds): y for key, ds, y in known.iter_rows() if key in ends and ds <= ends[key]}
        ahead = {(key, ds): y for key, ds, y in fold.select("unique_id", "ds", "y_hat").iter_rows()}
        for one in of.sums:
            members = (one.parent, *one.children)
            for ds in sorted({ds for _, ds in ahead}):
                whole = all((key, ds) in values or (key, ds) in ahead for key in members)
                if whole and any((key, ds) in ahead for key in members):
                    got = {key: ahead.get((key, ds), values.get((key, ds), 0.0)) for key in members}
                    rows.append((one.parent, sum(got[child] for child in one.children), got[one.parent]))
    return rows
