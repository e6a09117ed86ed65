"""Logs: one JSON object per line on standard error, from our code and from libraries alike.

What always holds:
- an event has a static name; what varies is in fields;
- the trace of the work at hand is on every line;
- libraries speak from `warning` on (below, an HTTP client writes each URL with its query), the web server from `info`;
- an exception is logged as its types and frames. Its message stays out, because messages quote values (a database
  error the duplicate key, a validation error the input), except in development and for errors of our own making.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import asyncpg
import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from rapport.errors import DomainError
from rapport.telemetry.traces import current_traceparent

_FRAMES = 12  # innermost; the outer ones are the server's

_SPEAKING = (DomainError, OSError)
"""Exceptions whose messages name no values of a customer: our own, and refused connections."""


def get_logger() -> FilteringBoundLogger:
    """A logger; call its methods with a static event name and fields."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def configure_logging(
    service: str, *, level: str = "info", messages: bool = False, stream: TextIO | None = None
) -> None:
    """Send all logs of this process to `stream`, standard error by default.

    Args:
        service: named on every line.
        level: the lowest level that is written.
        messages: also write exception messages. They may hold personal data: for development only.
        stream: where to.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace,
            _exceptions(messages=messages),
            _named(service),
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=stream is None,  # a process configures once; whoever gives a stream, again
    )
    logging.basicConfig(handlers=[_Bridge()], level=max(number, logging.WARNING), force=True)
    logging.getLogger("uvicorn").setLevel(max(number, logging.INFO))


class _Bridge(logging.Handler):
    """Takes the standard library's log records, so that libraries' lines look like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = get_logger()
        log.log(
            record.levelno,
            "library_message",
            logger=record.name,
            message=record.getMessage(),
            exc_info=record.exc_info or None,
        )


def _named(service: str) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return process


def _trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    traceparent = current_traceparent()
    if traceparent is not None:
        event["trace_id"] = traceparent[3:35]
    return event


def _exceptions(*, messages: bool) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        found = event.pop("exc_info", None)
        error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
        if isinstance(error, BaseException):
            event["exception"] = [_describe(one, messages=messages) for one in _chain(error)]
        return event

    return process


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, outermost first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _describe(error: BaseException, *, messages: bool) -> dict[str, Any]:
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, asyncpg.PostgresError):
        described["sqlstate"] = error.sqlstate
        described["constraint"] = getattr(error, "constraint_name", None)
    if isinstance(error, BaseExceptionGroup):
        described["errors"] = [_describe(one, messages=messages) for one in error.exceptions]
    if messages or isinstance(error, _SPEAKING) or kind.__module__.startswith("rapport."):
        described["message"] = str(error)
    return described


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
