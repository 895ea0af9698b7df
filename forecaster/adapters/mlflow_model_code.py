"""The code that MLflow keeps with the registered model; it must run without this product installed."""

from typing import Any

import mlflow
import pandas as pd  # noqa: TID251  # MLflow's pyfunc speaks pandas
import polars as pl
from mlflow.pyfunc.model import PythonModel


class PublishedForecasts(PythonModel):
    """Looks forecasts up by series and horizon."""

    def load_context(self, context: Any) -> None:
        """Read the run's forecasts."""
        self._forecasts = pl.read_parquet(context.artifacts["forecasts"])

    def predict(self, model_input: pd.DataFrame) -> pd.DataFrame:  # type: ignore[override]  # MLflow takes it without context
        """Forecasts of each series asked for.

        Args:
            model_input: series_id, horizon (months).

        Returns:
            series_id, period (YYYY-MM), step, mean and one column a quantile, in the series' own unit.

        Raises:
            ValueError: a series that the run did not forecast.
        """
        asked = pl.DataFrame(
            {
                "series_id": [str(name) for name in model_input["series_id"]],
                "horizon": [int(months) for months in model_input["horizon"]],
            }
        )
        unknown = asked.join(self._forecasts, on="series_id", how="anti")["series_id"].to_list()
        if unknown:
            raise ValueError(f"This run has no forecast of {', '.join(unknown)}.")
        found = asked.join(self._forecasts, on="series_id", maintain_order="left").filter(
            pl.col("step") <= pl.col("horizon")
        )
        period = pl.col("period").dt.strftime("%Y-%m")
        rows = found.drop("horizon").with_columns(period)
        return pd.DataFrame(rows.to_dict(as_series=False)).astype({"step": "int32"})


mlflow.models.set_model(PublishedForecasts())
