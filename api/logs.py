"""Log records as JSON, one a line, with the request that they belong to."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from api.tracing import current

FACTS = "facts"
"""The `extra` of a record whose members become members of the line."""


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        trace = current.get()
        if trace is not None:
            line |= {"request_id": trace.request_id, "trace_id": trace.trace_id, "span_id": trace.span_id}
            line |= {"parent_id": trace.parent_id} if trace.parent_id else {}
        line |= getattr(record, FACTS, {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode(errors="replace")
