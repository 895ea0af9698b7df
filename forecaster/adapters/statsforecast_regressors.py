"""A fit by a model that is given columns: aligned by name and date here, since the vendor goes by position."""

from typing import Any

import polars as pl


def fitted_with(rows: pl.DataFrame, *, columns: pl.DataFrame, model: Any, horizon: int) -> pl.DataFrame:
    """The forecast of one series.

    Args:
        rows: ds, y: training rows, months consecutive.
        columns: ds, name, value of the training months and those ahead, in any order.
        model: of `statsforecast.models`, its forecast called y_hat.
        horizon: months ahead.

    Returns:
        ds, y_hat.

    Raises:
        ValueError: the model would ignore the columns, or one lacks a month; the caller names the fit.
    """
    from statsforecast import StatsForecast  # noqa: PLC0415  # 2 s, and only the engine's processes need it

    if not model.uses_exog:
        raise ValueError(f"{type(model).__name__} takes no regressors")
    months = rows.select("ds").extend(_ahead(rows, horizon=horizon))
    wide = months
    for (name,), part in columns.sort("name", "ds").group_by("name", maintain_order=True):
        value = months.join(part, on="ds", how="left", maintain_order="left")["value"]
        gone = months.filter(value.is_null())["ds"]
        if len(gone):
            raise ValueError(f"{name} lacks {gone[0]:%Y-%m}")
        known = value.head(rows.height)
        spread = float(known.std() or 0.0)  # type: ignore[arg-type]  # of numbers it is one
        if spread > 0:  # a column that never moved before the cutoff can tell nothing, and the fit would be singular
            wide = wide.with_columns(((value - known.mean()) / spread).alias(str(name)))
    if wide.width == 1:
        raise ValueError("no regressor moved before the cutoff")
    named = wide.with_columns(unique_id=pl.lit(0, dtype=pl.UInt32)).select("unique_id", *wide.columns)
    train = named.head(rows.height).with_columns(y=rows["y"]).select("unique_id", "ds", "y", *wide.columns[1:])
    vendor = StatsForecast(models=[model], freq="1mo", n_jobs=1)
    return vendor.forecast(df=train, h=horizon, X_df=named.tail(horizon)).select("ds", "y_hat")


def _ahead(rows: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    steps = pl.DataFrame({"step": range(1, horizon + 1)})
    ahead = rows.select(pl.col("ds").max()).join(steps, how="cross")
    return ahead.select(pl.col("ds").dt.offset_by(pl.format("{}mo", "step")))
