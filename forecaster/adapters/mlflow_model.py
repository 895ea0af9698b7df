"""The registered model: forecasts of one run behind `mlflow.pyfunc`, from code, without pickle."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd  # noqa: TID251  # MLflow's pyfunc speaks pandas
import polars as pl
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.utils import requirements_utils

CODE = Path(__file__).with_name("mlflow_model_code.py")
NEEDED = {"mlflow": mlflow.__version__, "polars": pl.__version__, "pandas": pd.__version__}
"""Packages that this code needs: each is imported under its own name."""


def log(forecasts: Path, *, name: str, registered_as: str | None) -> Any:
    """Log the model in the active run, and register it.

    Args:
        forecasts: a Parquet file with the FORECASTS columns; it becomes the model's only artifact.
        name: of the model in the run.
        registered_as: of the registered model; None: it stays in its run.

    Returns:
        MLflow's ModelInfo, with the registered version.
    """
    # MLflow would read the files of every package that is installed, to learn what these are imported as: 1 s and more.
    requirements_utils._MODULES_TO_PACKAGES = {  # type: ignore[assignment]  # MLflow has not typed it
        name: [name] for name in NEEDED
    }
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
        pip_requirements=[f"{name}=={version}" for name, version in NEEDED.items()],
        registered_model_name=registered_as,
    )
