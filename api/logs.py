"""Log records as JSON, one a line, with the request that they belong to."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from api.tracing import current

FACTS = "facts"
"""The `extra` of a record whose members become members of the line."""

TEXT = logging.Formatter()


class JsonLines(logging.Handler):
    """Writes each record as one JSON object to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of a record, whole."""
        try:
            sys.stderr.buffer.write(line_of(record))
            sys.stderr.buffer.flush()
        except Exception:  # noqa: BLE001  # as every handler of `logging`: what can't be logged fails no request
            self.handleError(record)


def line_of(record: logging.LogRecord) -> bytes:
    """A record as JSON, with its end of line."""
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
        line["traceback"] = TEXT.formatException(record.exc_info)
    return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
