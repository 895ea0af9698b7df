"""What tests begin with: a home whose MLflow database needs no migration any more."""

import sqlite3
from contextlib import closing
from pathlib import Path

from forecaster.adapters import mlflow_server
from forecaster.settings import Settings


def test_the_product_takes_the_database_of_a_home_for_migrated(home: Path) -> None:
    settings = Settings(home=home)

    assert not mlflow_server.migrate(settings.mlflow_address, stamp=settings.mlflow_stamp)


def test_a_home_begins_without_experiments_runs_and_models(home: Path) -> None:
    with closing(sqlite3.connect(home / "mlflow.db")) as database:
        counts = [
            database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for table in ("experiments", "runs", "registered_models")
        ]

    assert counts == [0, 0, 0]
