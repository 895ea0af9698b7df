"""What is known of MLflow's alias, in a small file beside the vintages."""

import json
import logging
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from forecaster.adapters.vintage_files import replace_whole
from forecaster.domain.history import AliasState, Refusal

ALIAS = "ALIAS.json"

log = logging.getLogger(__name__)


class AliasFile:
    """The file in a folder of vintages; for one writer at a time."""

    def __init__(self, root: Path) -> None:
        self._file = root / ALIAS

    def read(self) -> AliasState:
        """What is known; nothing where the file is missing or can't be read."""
        try:
            return _state(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return AliasState()
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s can't be read and is written anew: %s", self._file, error)
            return AliasState()

    def write(self, state: AliasState) -> None:
        """Keep what is known, whole or not at all."""
        replace_whole(self._file, json.dumps(asdict(state), default=_text, indent=2) + "\n")


def _text(instant: object) -> str:
    assert isinstance(instant, datetime), "nothing else is no JSON"
    return instant.isoformat()


def _state(content: dict[str, Any]) -> AliasState:
    refused = content["refused"]
    if refused is not None:
        refused = Refusal(**{**refused, "at": datetime.fromisoformat(refused["at"])})
    return AliasState(settled=content["settled"], refused=refused, fault=content["fault"])
