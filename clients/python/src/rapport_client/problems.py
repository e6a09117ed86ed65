"""What may go wrong, as exceptions: a service's refusal (RFC 9457), or no answer at all."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class FieldProblem(NamedTuple):
    """One thing wrong with a request: where (`#/answers/0/offer_id`, `query/limit`), and what."""

    pointer: str
    message: str


class Unreachable(Exception):
    """No answer, however often it was tried. A write may or may not have had its effect: send it again with the same
    `idempotency_key` to know."""


class Problem(Exception):
    """A service refused. `type` says which kind, and never changes; `title` and `detail` are for people."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        """Take the problem document."""
        self.status = status
        self.type = str(document.get("type", "about:blank"))
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail", ""))
        self.errors = [FieldProblem(each["pointer"], each["message"]) for each in document.get("errors") or ()]
        self.document = document
        """All of it, with members of its own such as `retry_at`."""
        told = [f"{each.pointer}: {each.message}" for each in self.errors]
        super().__init__(f"{status} {self.type}: {'; '.join(told) or self.detail or self.title}")


class NotThere(Problem):
    """404: there is no such thing, or none that you may know of."""


class ContactRecalled(Problem):
    """The contact was taken back, usually because the customer has accepted elsewhere: do not carry it out."""


class LeaseLost(Problem):
    """The lease has lapsed, or somebody else has the contact now."""


_KINDS: dict[str, type[Problem]] = {"contact-recalled": ContactRecalled, "lease-lost": LeaseLost}


def problem_of(status: int, body: bytes) -> Problem:
    """The exception for an answer that is no success."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):  # not from a service of ours, but from something in front of it
        document = {"type": "about:blank", "title": f"HTTP {status}", "detail": body[:200].decode(errors="replace")}
    kind = _KINDS.get(str(document.get("type")), NotThere if status == 404 else Problem)
    return kind(status, document)
