"""The parts that `sectorcast up` runs, and how each shows that it is ready."""

import hashlib
import json
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

from forecaster.cli.supervisor import Part
from forecaster.settings import Settings

SECTORCAST = (sys.executable, "-m", "forecaster")


def api_part(settings: Settings) -> Part:
    """The API and the page; ready when it is alive, with a vintage or without."""
    return _served("api", "serve", address=f"{settings.service_url}/healthz", settings=settings)


def mlflow_part(settings: Settings) -> Part:
    """The MLflow UI, without which forecasts are served and made all the same."""
    address = f"http://127.0.0.1:{settings.mlflow_port}/health"
    return replace(_served("mlflow", "mlflow", address=address, settings=settings), spare=True)


def worker_part(settings: Settings) -> Part:
    """The worker; it says in its log that it is ready."""
    log = settings.logs_folder / "worker.log"
    return Part("worker", (*SECTORCAST, "worker"), log, lambda: "worker: ready" in _lines(log))


def first_run_part(settings: Settings) -> Part:
    """The first training, which speaks to the terminal; it is never ready, but ends.

    Its job id is always the same for a home folder, so that the next one closes what a killed one left in MLflow.
    """
    job_id = f"first-training-{hashlib.sha256(str(settings.root).encode()).hexdigest()[:12]}"
    return Part("first training", (*SECTORCAST, "retrain", "--job-id", job_id), None, lambda: False)


def forecast_text(settings: Settings, series_id: str) -> str:
    """A forecast, read from the running API as anybody would."""
    address = f"{settings.service_url}/v1/forecasts/{series_id}?horizon=6"
    key = settings.first_key_file
    headers = {"X-API-Key": key.read_text().strip()} if key.exists() else {}
    asked = urllib.request.Request(address, headers=headers)  # noqa: S310  # our own address
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310  # our own address
        return json.dumps(json.load(answer), indent=2, ensure_ascii=False)


def _served(name: str, command: str, *, address: str, settings: Settings) -> Part:
    log = settings.logs_folder / f"{name}.log"
    return Part(name, (*SECTORCAST, command), log, lambda: _answers(address))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
