"""What a person should know of forecasts that are not made as usual."""

from collections.abc import Iterator, Sequence

import polars as pl

from forecaster.domain.ports import Outcome

NAMED = 5
"""Series that a line names; of the others it says how many they are. Those without a forecast are named each."""


def unusual(
    found: pl.DataFrame, *, final: pl.DataFrame, names: pl.DataFrame, others: pl.DataFrame, held: Sequence[Outcome]
) -> Iterator[str]:
    """A line for each way in which some series were not forecast as the others.

    Args:
        found: unique_id among other columns: what was forecast.
        final: unique_id, cutoff: the last ones.
        names: unique_id, name: what the series are called.
        others: as `stand_in.stand_in_scales` gives them.
        held: as `growth.held` tells them, of every cutoff.
    """
    now = _given(held, final=final, names=names)
    gone = final.join(found, on="unique_id", how="anti")
    told = others.join(found, on="unique_id", how="semi")
    for which, what, most in (
        (
            gone["unique_id"],
            "without a forecast, since too short for an interval or since every model failed",
            gone.height,
        ),
        (
            _ids(told, pl.col("scale") == 0),
            "zero throughout, or never missed by the models, so that intervals have no width",
            NAMED,
        ),
        (
            _ids(told, pl.col("scale") > 0),
            "too short or too regular for the usual scale of errors, which is guessed",
            NAMED,
        ),
        (
            pl.Series([one.unique_id for one in now], dtype=pl.String),
            f"held (the first: {now[0].reason})" if now else "",
            NAMED,
        ),
    ):
        if len(which):
            listed = names.filter(pl.col("unique_id").is_in(which.implode()))["name"].sort()
            more = f" and {len(which) - most:,} more" if len(which) > most else ""
            yield f"{len(which):,} series {what}: {', '.join(listed[:most])}{more}"


def _given(held: Sequence[Outcome], *, final: pl.DataFrame, names: pl.DataFrame) -> list[Outcome]:
    """Those of the forecasts that are given, by the names of their series."""
    ids = pl.Series([outcome.unique_id for outcome in held], dtype=pl.String)
    few = final.join(names, on="unique_id").filter(pl.col("unique_id").is_in(ids.implode()))
    called = {(unique_id, cutoff): name for unique_id, cutoff, name in few.iter_rows()}
    given = [outcome for outcome in held if (outcome.unique_id, outcome.cutoff) in called]
    return sorted(given, key=lambda outcome: called[outcome.unique_id, outcome.cutoff])


def _ids(told: pl.DataFrame, which: pl.Expr) -> pl.Series:
    return told.filter(which)["unique_id"]
