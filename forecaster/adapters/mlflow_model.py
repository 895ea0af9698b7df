"""The registered model: forecasts of one run behind `mlflow.pyfunc`, from code, without pickle."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd  # noqa: TID251  # MLflow's pyfunc speaks pandas
import polars as pl
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

CODE = Path(__file__).with_name("mlflow_model_code.py")


def log(forecasts: Path, *, name: str, registered_as: str | None) -> Any:
    """Log the model in the active run, and register it.

    Args:
        forecasts: a Parquet file with the FORECASTS columns; it becomes the model's only artifact.
        name: of the model in the run.
        registered_as: of the registered model; None: it stays in its run.

    Returns:
        MLflow's ModelInfo, with the registered version.
    """
    first = pl.read_parquet(forecasts, n_rows=1)
    example = pd.DataFrame({"series_id": first["series_id"].to_list(), "horizon": [3]})
    inputs = Schema([ColSpec(DataType.string, "series_id"), ColSpec(DataType.long, "horizon")])
    numbers = [column for column in first.columns if column not in ("series_id", "period", "step")]
    outputs = Schema(
        [
            ColSpec(DataType.string, "series_id"),
            ColSpec(DataType.string, "period"),
            ColSpec(DataType.integer, "step"),
            *(ColSpec(DataType.double, column) for column in numbers),
        ]
    )
    return mlflow.pyfunc.log_model(
        name=name,
        python_model=str(CODE),
        artifacts={"forecasts": str(forecasts)},
        signature=ModelSignature(inputs=inputs, outputs=outputs),
        input_example=example,
        pip_requirements=[f"mlflow=={mlflow.__version__}", f"polars=={pl.__version__}", f"pandas=={pd.__version__}"],
        registered_model_name=registered_as,
    )
