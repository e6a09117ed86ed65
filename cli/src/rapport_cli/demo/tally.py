"""What the demo counts of what the system says. Pure: it is handed the events of `touchpoint.contacts`.

What always holds: an entry counts once; whatever a figure says is counted from what the system itself has announced.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rapport_cli.replay.wire import Said

WEEK = 7 * 86_400.0
_MESSAGES = ("sms", "email")

Body = Mapping[str, Any]


@dataclass(slots=True)
class Life:
    """What has happened to one customer, as far as plots and stories need it."""

    seq: int = 0
    """The newest entry of the timeline, which counts them from 1."""
    counted: dict[str, float] = field(default_factory=dict)
    """Contacts that count against the budget, by id: when they were released, in seconds since 1970."""
    delivered: set[str] = field(default_factory=set)
    recalled: Counter[str] = field(default_factory=Counter)
    """By channel, because of an acceptance."""
    deferred: Counter[str] = field(default_factory=Counter)
    """By reason."""
    accepted: dict[str, str] = field(default_factory=dict)
    """Goal → the channel in which it was met first."""
    most: int = 0
    """The most contacts that counted at one time within seven days; exactly seven days ago is outside."""

    def count(self, contact_id: str, at: float) -> None:
        """A contact is released, and counts from now on."""
        self.counted[contact_id] = at
        self.most = max(self.most, sum(other > at - WEEK for other in self.counted.values()))


class Tally:
    """The figures of one run. Names of decisions, reasons, outcomes and channels are those of the public interface."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = defaultdict(Life)
        self.requests: set[str] = set()
        self.decisions: Counter[str] = Counter()
        self.because: dict[str, Counter[str]] = defaultdict(Counter)
        """Decisions other than releases: kind → how often each reason was given."""
        self.outcomes: Counter[str] = Counter()
        self.released: Counter[str] = Counter()
        """By channel; so are the next three."""
        self.reached: Counter[str] = Counter()
        """Contacts that reached the customer."""
        self.accepted: Counter[str] = Counter()
        """Confirmed acceptances."""
        self.recalled: Counter[str] = Counter()
        self.pre_empted = 0
        """How many of the recalled gave their slot to a more important contact; their requests went on."""
        self.taken_back: set[str] = set()
        """The recalled contacts."""
        self.too_late = 0
        self.unanswered = 0
        """Recalls whose channel had to be reminded of the answer."""
        self.days: dict[str, Counter[str]] = defaultdict(Counter)
        """Day (UTC) → contacts released, by channel."""
        self.recall_seconds: list[float] = []
        """Real time from an acceptance being said to each of its recalls being announced."""
        self._said_at: dict[tuple[str, str], float] = {}
        self._messages: list[tuple[str, str]] = []
        self._counts: Mapping[str, Callable[[Life, Body, float], None]] = {
            "released": self._released,
            "deferred": self._decided,
            "suppressed": self._decided,
            "withdrawn": self._decided,
            "expired": self._expired,
            "delivered": self._answered,
            "responded": self._answered,
            "recalled": self._recalled,
            "answered": self._recall_answered,
            "unanswered": self._recall_unanswered,
            "settled": self._settled,
            "opened": _nothing,
            "closed": _nothing,
            "assigned": _nothing,
            "commented": _nothing,
            "appointed": _nothing,
            "reminded": _nothing,
            "escalated": _nothing,
            "resolved": _nothing,
        }

    @property
    def reasons(self) -> Counter[str]:
        """How often each reason was given, whatever was decided."""
        return sum(self.because.values(), Counter())

    def expect_recalls(self, customer_id: str, goal: str) -> None:
        """The customer says yes just now: how long recalls take counts from here."""
        self._said_at[customer_id, goal] = time.time()

    def messages_reached(self) -> list[tuple[str, str]]:
        """(customer, request) of SMS and e-mails that reached their customer since this was asked last."""
        found, self._messages = self._messages, []
        return sorted(found)

    def take(self, said: Said, announced_at: float) -> None:
        """Count an entry that was announced at this real time, in seconds since 1970."""
        kind, body = said.kind.split(".")[2], said.body
        life = self.lives[body["customer_id"]]
        if body["seq"] <= life.seq:
            return
        life.seq = body["seq"]
        if body.get("request_id"):
            self.requests.add(body["request_id"])
        self._counts[kind](life, {**body, "kind": kind}, announced_at)

    def _released(self, life: Life, body: Body, _announced_at: float) -> None:
        self.decisions["released"] += 1
        self.released[body["channel"]] += 1
        self.days[body["at"][:10]][body["channel"]] += 1
        life.count(body["contact_id"], datetime.fromisoformat(body["at"]).timestamp())

    def _decided(self, life: Life, body: Body, _announced_at: float) -> None:
        self.decisions[body["kind"]] += 1
        if body.get("because"):
            self.because[body["kind"]][body["because"]["reason"]] += 1
            if body["kind"] == "deferred":
                life.deferred[body["because"]["reason"]] += 1

    def _expired(self, life: Life, body: Body, announced_at: float) -> None:
        if body.get("contact_id"):  # a released contact that nobody took up; its request had ended with the release
            _give_back(life, body)
        else:
            self._decided(life, body, announced_at)

    def _answered(self, life: Life, body: Body, _announced_at: float) -> None:
        contact_id = body["contact_id"]
        self.outcomes[body["outcome"]] += 1
        if body.get("gives_back"):
            life.counted.pop(contact_id, None)
        elif contact_id not in life.delivered:
            life.delivered.add(contact_id)
            self.reached[body["channel"]] += 1
            if body["kind"] == "delivered" and body["channel"] in _MESSAGES:
                self._messages.append((body["customer_id"], body["request_id"]))

    def _recalled(self, life: Life, body: Body, announced_at: float) -> None:
        self.recalled[body["channel"]] += 1
        self.pre_empted += body["reason"] == "pre_empted"
        self.taken_back.add(body["contact_id"])
        _give_back(life, body)
        if body.get("accepted_in"):
            life.recalled[body["channel"]] += 1
            said_at = self._said_at.get((body["customer_id"], body.get("goal") or ""))
            if said_at is not None:
                self.recall_seconds.append(max(0.0, announced_at - said_at))

    def _recall_answered(self, _life: Life, body: Body, _announced_at: float) -> None:
        self.too_late += body["answer"] == "too_late"

    def _recall_unanswered(self, _life: Life, body: Body, _announced_at: float) -> None:
        self.unanswered += body["level"] == 1

    def _settled(self, life: Life, body: Body, _announced_at: float) -> None:
        if body["status"] == "accepted":
            self.accepted[body["channel"]] += 1
            life.accepted.setdefault(body["goal"], body["channel"])


def _nothing(_life: Life, _body: Body, _announced_at: float) -> None:
    """A freeze begins or ends, or something is said of a work order: what that does to contacts is told by them."""


def _give_back(life: Life, body: Body) -> None:
    """What never reached the customer does not count."""
    if body["contact_id"] not in life.delivered:
        life.counted.pop(body["contact_id"], None)
