"""Quantiles of the errors of a panel so small that no step has enough of them: one or a few dozen past forecasts.

All errors are taken together, whatever their step and sign, since a quantile of a dozen errors is the luck of two.
"""

import polars as pl

from forecaster.domain.vintage import QUANTILE_COLUMNS, QUANTILES

GROWTH = 0.25
"""Errors are taken to grow with the step to this power."""

FREEDOM = 2
"""Degrees of freedom that each past forecast gives: its errors go together, but not wholly.

Both were chosen on single series of M1 and Tourism: docs/decisions.md.
"""


def quantiles_of_few(errors: pl.DataFrame, *, horizon: int) -> pl.DataFrame:
    """Quantiles of the errors by step, alike on both sides of 0.

    The errors of one past forecast go together, so that there are as many as forecasts and not as months: quantiles
    are widened as Student's t of so many is wider than the normal distribution.

    Args:
        errors: step, error (dimensionless); at least one row.
        horizon: steps wanted.

    Returns:
        step, one column a quantile, ascending in a row; every step from 1 to `horizon`.

    Source: ours; Student (1908) for the distribution.
    """
    import numpy as np  # noqa: PLC0415  # serving has neither, and this module's constants
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415  # the same

    forecasts = errors.group_by("step").len()["len"].max()
    assert isinstance(forecasts, int), "there is an error at least"
    freedom = FREEDOM * forecasts
    sizes = (errors["error"].abs() / errors["step"].cast(pl.Float64) ** GROWTH).sort().to_numpy()
    levels = np.array(QUANTILES)
    size = np.quantile(sizes, np.abs(2 * levels - 1))
    wider = np.divide(stdtrit(freedom, levels), ndtri(levels), out=np.ones_like(levels), where=levels != 0.5)
    signed = np.sign(levels - 0.5) * size * wider
    steps = pl.DataFrame({"step": range(1, horizon + 1)}, schema={"step": pl.Int32()})
    grown = pl.col("step").cast(pl.Float64) ** GROWTH
    return steps.with_columns(
        (grown * float(at)).alias(name) for name, at in zip(QUANTILE_COLUMNS, signed, strict=True)
    )
