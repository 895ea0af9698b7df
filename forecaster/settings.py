"""Settings: `SECTORCAST_*` variables, all of them here and nowhere else."""

import os
import re
import socket
from collections.abc import Mapping
from difflib import get_close_matches
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from forecaster.domain.errors import BadSetting

PREFIX = "SECTORCAST_"


class Settings(BaseSettings):
    """Where things lie and where the services listen."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: Path = Path(".sectorcast")
    reports: str | None = Field(default=None, description="folder or object-store address of the report table")
    vintages: Path | None = None
    mlflow_uri: str | None = Field(default=None, description="MLflow's tracking store or server")
    jobs_url: str | None = Field(default=None, description="database of jobs and schedules")
    alerts_url: str | None = Field(default=None, description="database of alerts; where jobs_url is set, that one")
    public_url: str | None = Field(default=None, description="address by which others reach it; links begin with it")
    webhooks: str = Field(default="", description="addresses that alerts are sent to, with commas")
    webhook_secret: str | None = Field(default=None, description="whsec_ and base64: what webhooks are signed with")
    disk_floor_bytes: int = Field(
        default=1 << 30, ge=0, description="free space of home under which an alert is raised"
    )
    retrain_on_drift: bool = Field(default=False, description="accuracy drift starts a job of its sector")
    catalogue: Path | None = Field(default=None, description="another catalogue.toml")
    experiments: Path | None = Field(default=None, description="another folder of experiments")
    keys: Path | None = Field(default=None, description="file of API keys, hashes only")
    client_key: str | None = Field(default=None, description="API key for commands with --url")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    mlflow_port: int = Field(default=5000, ge=1, le=65535)
    cors_origins: str = Field(default="", description="other sites whose pages may ask, with commas; none by default")
    max_body_bytes: int = Field(default=1 << 20, ge=1, description="largest body of a request")
    max_upload_bytes: int = Field(default=100 << 20, ge=1, description="largest release sent to /v1/observations")
    body_seconds: float = Field(default=120.0, gt=0, description="in which a whole body has to come")
    otel_endpoint: str | None = Field(default=None, description="OpenTelemetry collector (OTLP over HTTP)")
    worker_name: str | None = Field(default=None, min_length=1, max_length=100, description="of several, each its own")
    gather_seconds: float = Field(
        default=300.0, ge=0, description="that a release is gathered for before a job, told by whoever takes it in"
    )
    workers: int | None = Field(default=None, ge=1, description="training processes; default: usable cores")
    fits_mb: int = Field(default=256, ge=1, description="largest size of the fits kept for later runs, in megabytes")

    @property
    def root(self) -> Path:
        """The home folder, absolute."""
        return self.home.expanduser().absolute()

    @property
    def service_url(self) -> str:
        """Where the API and the page are, without a slash at its end."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # every address is this one too
        host = f"[{here}]" if ":" in here else here  # IPv6, RFC 3986, 3.2.2
        return f"http://{host}:{self.port}"

    @property
    def told_url(self) -> str:
        """The address that others are told, without a slash at its end."""
        return (self.public_url or self.service_url).rstrip("/")

    @property
    def origins(self) -> tuple[str, ...]:
        """Other sites whose pages may ask."""
        return tuple(origin.strip() for origin in self.cors_origins.split(",") if origin.strip())

    @property
    def reports_address(self) -> str:
        """Where the report table lies."""
        return self.reports or str(self.root / "reports")

    @property
    def vintages_folder(self) -> Path:
        """Where published vintages lie."""
        return self.vintages or self.root / "vintages"

    @property
    def fits_file(self) -> Path:
        """Fits that later runs need not make again."""
        return self.root / "fits.db"

    @property
    def mlflow_address(self) -> str:
        """MLflow's tracking address."""
        return self.mlflow_uri or f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def mlflow_url(self) -> str:
        """Where an MLflow server answers, if it runs: the one that is named, else the UI on this machine."""
        address = self.mlflow_address
        return address if address.startswith(("http://", "https://")) else f"http://127.0.0.1:{self.mlflow_port}"

    @property
    def artifacts_folder(self) -> Path:
        """Where MLflow keeps artifacts of a store on this machine."""
        return self.root / "mlartifacts"

    @property
    def mlflow_stamp(self) -> Path:
        """What remembers that MLflow's database is up to date."""
        return self.root / "mlflow.migrated"

    @property
    def unrecorded_folder(self) -> Path:
        """Runs that wait until MLflow can be reached."""
        return self.root / "unrecorded"

    @property
    def logs_folder(self) -> Path:
        """Logs of the parts that `sectorcast up` runs."""
        return self.root / "logs"

    @field_validator("public_url")
    @classmethod
    def _is_http(cls, address: str | None) -> str | None:
        if address is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", address):
            raise ValueError("is no address such as https://forecasts.example.org")
        return address

    @field_validator("jobs_url", "alerts_url")
    @classmethod
    def _is_known(cls, address: str | None) -> str | None:
        if address is not None and not address.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("is neither a sqlite:/// nor a postgresql:// address")
        return address

    @property
    def jobs_address(self) -> str:
        """Database of jobs and schedules."""
        return self.jobs_url or f"sqlite:///{self.root / 'jobs.db'}"

    @property
    def alerts_address(self) -> str:
        """Database of alerts: that of jobs if it is named, else a file of their own."""
        return self.alerts_url or self.jobs_url or f"sqlite:///{self.root / 'alerts.db'}"

    @property
    def receivers(self) -> tuple[str, ...]:
        """Addresses that alerts are sent to."""
        return tuple(address.strip() for address in self.webhooks.split(",") if address.strip())

    @property
    def worker_id(self) -> str:
        """The name by which a restarted worker takes up what it left: on a database of several, of host and home."""
        if self.worker_name is not None or not self.jobs_address.startswith("postgresql"):
            return self.worker_name or "worker"
        return f"{socket.gethostname()}-{sha256(str(self.root).encode()).hexdigest()[:8]}"

    @property
    def keys_file(self) -> Path:
        """Names, scopes and hashes of API keys."""
        return self.keys or self.root / "keys.json"

    @property
    def first_key_file(self) -> Path:
        """The key made at first start, in clear, for its owner alone."""
        return self.root / "api-key"

    @property
    def catalogue_file(self) -> Path:
        """The catalogue in use."""
        return self.catalogue or Path(str(files("forecaster") / "bundled" / "catalogue.toml"))

    @property
    def experiments_folder(self) -> Path:
        """The folder of experiments in use."""
        return self.experiments or Path(str(files("experiments")))


def load_settings(environ: Mapping[str, str] | None = None, **changed: Any) -> Settings:
    """The settings of the environment.

    Args:
        environ: variables to check for misspelt names; the process's own by default.
        changed: fields that the caller sets itself.

    Raises:
        BadSetting: an unknown SECTORCAST_* variable (with the nearest known one) or an impossible value.
    """
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in environ if environ is not None else os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}."
            raise BadSetting(name=name, what=f"is unknown; {hint}")
    try:
        return Settings(**changed)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSetting(
            name=PREFIX + str(first["loc"][0]).upper(), what=first["msg"].removeprefix("Value error, ") + "."
        ) from error
