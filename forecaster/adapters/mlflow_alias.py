"""MLflow's alias `champion` over its REST API: milliseconds, and no 200 MB of MLflow in the worker or the service.

https://mlflow.org/docs/latest/api_reference/rest-api.html: "Get Model Version by Alias", "Set Registered Model Alias".
"""

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from forecaster.domain.errors import MlflowFault

MODEL, CHAMPION = "sectorcast", "champion"
PATH = "/api/2.0/mlflow/registered-models/alias"
MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""How MLflow 3 says that there is no such model or run, and that a model has no such alias, or no run such an id."""
SECONDS = 5.0
"""That an answer may take: nobody waits for longer, since the worker looks again."""


class MlflowAlias:
    """The alias as an MLflow server has it; implements `service_ports.Aliases`."""

    def __init__(self, address: str, *, environ: Mapping[str, str]) -> None:
        """`environ` may hold MLFLOW_TRACKING_USERNAME and _PASSWORD, or _TOKEN, as MLflow's own clients take them."""
        self._address = address.rstrip("/")
        self._headers = {"Content-Type": "application/json", **_credentials(environ)}

    def champion(self) -> str | None:
        """The model version that it names; None if it names none.

        Raises:
            MlflowFault: the server can't be reached, or says that it can't answer.
        """
        query = urllib.parse.urlencode({"name": MODEL, "alias": CHAMPION})
        answer = self._ask(f"{PATH}?{query}", method="GET", body=None, missing=MISSING)
        return None if answer is None else str(answer["model_version"]["version"])

    def crown(self, model_version: str) -> None:
        """Point it at a model version.

        Raises:
            MlflowFault: as `champion`, or there is no such version.
        """
        body = {"name": MODEL, "alias": CHAMPION, "version": model_version}
        self._ask(PATH, method="POST", body=body, missing=())

    def _ask(
        self, path: str, *, method: str, body: Mapping[str, str] | None, missing: tuple[str, ...]
    ) -> dict[str, Any] | None:
        """The answer; None where it is an error of one of these codes."""
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(self._address + path, data, self._headers, method=method)  # noqa: S310  # http, see is_server
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  # the same
                found = json.load(answer)
                if not isinstance(found, dict):
                    raise ValueError("its answer is no object")
                return found
        except urllib.error.HTTPError as error:
            code, why = _told(error)
            if code in missing:
                return None
            raise MlflowFault(address=self._address, why=why) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise MlflowFault(address=self._address, why=str(getattr(error, "reason", error))) from error


def _told(error: urllib.error.HTTPError) -> tuple[str, str]:
    """Code and text of an error document; those of the status where there is none."""
    try:
        content = json.load(error)
        return str(content["error_code"]), str(content["message"])
    except (ValueError, KeyError, TypeError, OSError):
        return "", f"it answered {error.code} {error.reason}"


def _credentials(environ: Mapping[str, str]) -> dict[str, str]:
    user, password = (environ.get(f"MLFLOW_TRACKING_{name}", "") for name in ("USERNAME", "PASSWORD"))
    if user:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    token = environ.get("MLFLOW_TRACKING_TOKEN", "")
    return {"Authorization": f"Bearer {token}"} if token else {}
