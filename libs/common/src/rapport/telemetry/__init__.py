"""What a running process tells its operators: logs, metrics, traces, and whether it is ready.

What always holds: none of it carries personal data. Logs name customers by id only, exceptions are logged without the
values they mention, and metric labels come from closed lists.
"""

from rapport.telemetry.logs import configure_logging, get_logger
from rapport.telemetry.metrics import DECISIONS, RECALL_SECONDS, exposition
from rapport.telemetry.status import Ready, StatusServer, readiness
from rapport.telemetry.traces import continued, current_traceparent, new_traceparent, tracing

__all__ = [
    "DECISIONS",
    "RECALL_SECONDS",
    "Ready",
    "StatusServer",
    "configure_logging",
    "continued",
    "current_traceparent",
    "exposition",
    "get_logger",
    "new_traceparent",
    "readiness",
    "tracing",
]
