"""Lines of progress between a run and the worker that started it: one JSON object a line on standard error.

What else comes there, a traceback or a vendor's warning, is a line of its own text.
"""

from typing import Any

import orjson

from forecaster.domain.progress import said

BEGINNING = '{"line":'


def written(line: str) -> str:
    """A line as it is sent."""
    own = said(line)
    told = {"line": str(line), "step": own.step, "done": own.done, "total": own.total, "failed": own.failed}
    return orjson.dumps({name: value for name, value in told.items() if value is not None}).decode()


def read(text: str) -> dict[str, Any]:
    """What a line that came says: `line`, and what else it knows."""
    if text.startswith(BEGINNING):
        try:
            told: dict[str, Any] = orjson.loads(text)
        except orjson.JSONDecodeError:  # cut short: the run was killed
            return {"line": text}
        return told
    return {"line": text}
