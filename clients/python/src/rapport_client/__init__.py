"""Rapport from Python: `Rapport` for plain code, `AsyncRapport` for async code.

What always holds:
- a write carries an `Idempotency-Key`, the same in every attempt, so an attempt too many has no effect;
- what may pass is tried again: a connection that breaks, 429 and 5xx, as often as `Retries` says;
- what the services refuse is a `Problem`, with the type that the documentation of the route names.
"""

from rapport_client.client import AsyncRapport, Rapport
from rapport_client.events import Event
from rapport_client.leases import AsyncTask, Task
from rapport_client.problems import ContactRecalled, FieldProblem, LeaseLost, NotThere, Problem, Unreachable
from rapport_client.retries import Retries

__all__ = [
    "AsyncRapport",
    "AsyncTask",
    "ContactRecalled",
    "Event",
    "FieldProblem",
    "LeaseLost",
    "NotThere",
    "Problem",
    "Rapport",
    "Retries",
    "Task",
    "Unreachable",
]
