"""An experiment as its file: what a run keeps, so that it can be run again when the folder says something else."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from forecaster.domain.experiment import Experiment

TABLES = ("folds", "gate")
BARE = re.compile(r"[A-Za-z0-9_-]+")


def experiment_text(experiment: Experiment) -> str:
    """The content of an experiment file with every setting spelt out.

    Args:
        experiment: as `experiment.parse_experiment` gives it.

    Returns:
        TOML that `parse_experiment` reads as the same experiment, whatever its defaults will be by then.
    """
    held = asdict(experiment)
    name, candidates = held.pop("name"), held.pop("candidates")
    tables = {key: held.pop(key) for key in TABLES}
    lines = [f"# Every setting of the experiment {name!r}, as it was run.", *_pairs(held)]
    for key, table in tables.items():
        lines += ["", f"[{key}]", *_pairs(table)]
    for candidate in candidates:
        lines += ["", "[[candidates]]", *_pairs(candidate)]
    return "\n".join([*lines, ""])


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    """A line a key; what is None is left out, since TOML has no such value."""
    for key, value in table.items():
        if value is not None:
            yield f"{key if BARE.fullmatch(key) else _text(key)} = {_value(value)}"


def _text(value: str) -> str:
    """Of the escapes that JSON writes TOML reads all, and wants one more."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)  # inf and nan are so written in both
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return str(value.isoformat())  # TOML's dates and times; no model takes one
