"""Model versions of vintages that were issued before their runs could be recorded: a small file beside the vintages.

A manifest is never altered, so what became known later stands here.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from forecaster.adapters.vintage_files import replace_whole
from forecaster.domain.vintage import Issue

VERSIONS = "VERSIONS.json"

log = logging.getLogger(__name__)


class LateVersions:
    """The file in a folder of vintages; for one writer at a time."""

    def __init__(self, root: Path) -> None:
        self._file = root / VERSIONS

    def add(self, vintage_id: str, *, model_version: str) -> None:
        """Keep the version of a vintage."""
        known = self._read()
        if known.get(vintage_id) != model_version:
            replace_whole(self._file, json.dumps({**known, vintage_id: model_version}, indent=2) + "\n")

    def told(self, issues: Sequence[Issue]) -> list[Issue]:
        """The issues, each with its version as far as it is known by now."""
        if all(issue.model_version for issue in issues):
            return list(issues)
        known = self._read()
        return [
            issue if issue.model_version else replace(issue, model_version=known.get(issue.vintage_id, ""))
            for issue in issues
        ]

    def _read(self) -> dict[str, str]:
        try:
            found: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            log.warning("%s can't be read; versions that it held are not known: %s", self._file, error)
            return {}
        return found
