"""Logs: one JSON object a line on standard error, and nothing in it that anybody sent us.

Of an exception its type, its database code and its frames are written, never its text: that may
quote a body, a query or the parameters of a statement. Of other people's log records only what
stands in their program is written. An API key that slipped in all the same is cut to its prefix.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from re import compile as pattern
from traceback import walk_tb
from typing import Any, BinaryIO

import orjson
import structlog

OURS = "app."
FOREIGN_LEVEL = logging.WARNING
EXCEPTIONS_MAX = 5
FRAMES_MAX = 20
FOREIGN_MAX = 200
"""How many letters of another program's line are written."""

_KEY = pattern(rb"(eac_[0-9a-f]{16})_[A-Za-z0-9_-]{43}")


class LineFormatter(logging.Formatter):
    """Writes a record of the standard library's logging as a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        event: dict[str, Any] = {
            "at": _moment(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "event": _said(record),
            "logger": record.name,
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            event["exception"] = describe(error)
        return render(event).decode()


def configure(stream: BinaryIO | None = None) -> None:
    """Let structlog and the standard library's logging write lines, to standard error by default.

    Called once by whatever runs a process; libraries and tests keep what they have.
    """
    target = sys.stderr.buffer if stream is None else stream
    structlog.configure(
        processors=[_write],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = _BytesHandler(target)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(handlers=[handler], level=FOREIGN_LEVEL, force=True)
    logging.raiseExceptions = False
    logging.getLogger(OURS.rstrip(".")).setLevel(logging.INFO)


def render(event: Mapping[str, Any]) -> bytes:
    """Return an event as a line of JSON, without its end and without the secret of any key."""
    line = orjson.dumps(event, default=_name_of_type)
    return _KEY.sub(rb"\1_...", line) if b"eac_" in line else line


def describe(error: BaseException) -> list[dict[str, Any]]:
    """Return what may be told of an exception and of those that led to it, innermost last."""
    return [
        {
            "type": f"{type(found).__module__}.{type(found).__qualname__}",
            "code": getattr(found, "sqlstate", None) or getattr(found, "sqlite_errorname", None),
            "frames": _frames(found),
        }
        for found in _chain(error)
    ]


class _BytesHandler(logging.Handler):
    """Hands lines to a stream of bytes; a line that cannot be written stops nobody's work."""

    def __init__(self, target: BinaryIO) -> None:
        super().__init__()
        self._target = target

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._target.write(self.format(record).encode() + b"\n")
            self._target.flush()
        except (OSError, ValueError, TypeError):
            self.handleError(record)


def _frames(error: BaseException) -> list[str]:
    """Return the innermost frames as file, line and function."""
    frames = [
        f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return frames[-FRAMES_MAX:]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(EXCEPTIONS_MAX):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _write(_: object, level: str, event: MutableMapping[str, Any]) -> bytes:
    """Render what structlog was given, the final processor."""
    at = _moment(datetime.now(UTC))
    return render({"at": at, "level": level, "event": event.pop("event"), **event})


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _said(record: logging.LogRecord) -> str:
    """Return our own words in full; of another program its format, or where it met an error."""
    if record.name.startswith(OURS):
        return record.getMessage()
    if record.exc_info:
        return f"failed in {record.module}.{record.funcName}"
    return str(record.msg).partition("\n")[0][:FOREIGN_MAX]


def _name_of_type(value: object) -> str:
    return type(value).__qualname__
