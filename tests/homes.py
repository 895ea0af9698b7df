"""Homes whose MLflow database is up to date already: each begins with a copy of one, which is migrated once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from forecaster.adapters import mlflow_server
from forecaster.settings import Settings


@dataclass(frozen=True)
class Homes:
    """Gives out homes.

    Args:
        template: the home that the others begin as; processes may share it, and the first of them migrates it.
    """

    template: Path

    def begin(self, home: Path) -> Path:
        """The folder, made if need be, with MLflow's database and the stamp that says that it is migrated."""
        first, own = Settings(home=self.template), Settings(home=home)
        mlflow_server.migrate(first.mlflow_address, stamp=first.mlflow_stamp)
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.template / "mlflow.db", home / "mlflow.db")
        stamp = first.mlflow_stamp.read_text(encoding="utf-8")
        own.mlflow_stamp.write_text(stamp.replace(first.mlflow_address, own.mlflow_address), encoding="utf-8")
        return home
