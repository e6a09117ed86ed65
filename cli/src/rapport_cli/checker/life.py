"""One customer's life as the timeline tells it, entry by entry, and nothing else.

What counts, what a channel holds, which goals are met and which pauses run follow from the entries alone:
- a contact counts from its release until it is given back: it was answered with `gives_back`, or recalled or expired
  before anybody had reached the customer. It counts again when the customer was reached after all;
- a channel holds a contact until it is answered, recalled, expired, or delivered where nothing stays (call, SMS,
  e-mail), or until the ledger takes the acceptance made in it;
- a goal is met from the first word of an acceptance until the ledger refuses or revokes that acceptance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

OPEN, SHOWN, CLOSED = "o", "s", "c"
STAYS = frozenset(("web", "branch", "hotline"))
"""Channels in which a contact that was shown can still be answered later."""
MESSAGES = frozenset(("sms", "email"))
"""Channels whose contacts leave the house: from then on no recall reaches them, and the timeline does not tell when."""

Entry = Mapping[str, Any]


@dataclass(slots=True)
class Contact:
    """A released contact, and how it stands."""

    contact_id: str
    request_id: str
    at: datetime
    channel: str
    category: str | None
    purpose: str | None
    contact_class: str | None
    campaign_id: str | None
    offer_id: str | None
    goal: str | None
    counts: bool = True
    mark: str = OPEN
    held: bool = True
    ending: str | None = None
    """`recalled` or `expired`, if that is how it ended."""
    outcome: str | None = None
    """The newest that was reported while it counted."""
    place: str | None = None
    again: bool = False
    """It was given back, and counts because the customer was reached after all."""
    perhaps_sent: bool = False
    """Closed by an acceptance made in it, unless it had left the house by then."""
    reminded: int = 0
    """How often its channel was said to owe the answer to a recall."""
    answered: bool = False
    """Since it was recalled its channel has answered, or told of it."""

    def reach(self, mark: str, outcome: str | None = None) -> None:
        """The customer was reached: it counts, for good."""
        self.outcome = outcome or (self.outcome if self.counts else None)
        if not self.counts:
            self.counts, self.mark, self.again = True, mark, True
        elif self.mark != CLOSED:
            self.mark = mark

    def end(self, how: str) -> None:
        """The channel no longer holds it: it counts only if the customer was reached."""
        self.held, self.ending = False, how
        if self.counts and self.mark == OPEN:
            self.counts = False
        elif self.counts:
            self.mark = CLOSED


class Pause(NamedTuple):
    """No contact of a scope for a while, after an outcome, or a freeze. `until` None: for good, or until closed."""

    until: datetime | None
    scope: str
    key: str | None
    rule: str
    outcome: str
    freeze_id: str | None = None


class Word(NamedTuple):
    """What the customer said of an offer."""

    at: datetime
    outcome: str
    channel: str
    call_back_at: datetime | None


class Acceptance(NamedTuple):
    """What meets a goal."""

    acceptance_id: str
    goal: str
    offer_id: str | None
    contact_id: str | None


Note = Callable[[int, str], None]
"""Takes a broken invariant and what is wrong."""


@dataclass(slots=True)
class Life:
    """Everything that follows from the entries so far."""

    note: Note
    contacts: dict[str, Contact] = field(default_factory=dict)
    acceptances: dict[tuple[str, str], Acceptance] = field(default_factory=dict)
    """Those that stand, by id and goal."""
    pauses: list[Pause] = field(default_factory=list)
    said: dict[str, Word] = field(default_factory=dict)
    """The newest word on each offer that has not been accepted since."""
    ends: dict[str, list[str]] = field(default_factory=dict)
    """How each request ended, in as many words as there were."""
    settled: list[tuple[str, str]] = field(default_factory=list)
    """(acceptance, status) in the ledger's words."""
    stopped: dict[str, int] = field(default_factory=dict)
    """Campaigns whose stop shows here, with the number of the first entry that shows it."""
    yielded: dict[str, list[Contact]] = field(default_factory=dict)
    """Contacts whose slots were taken, by the contact that is to take them."""
    owed: dict[str, str] = field(default_factory=dict)
    """Contacts that must be recalled before anything else happens, and the acceptance or freeze that demands it."""
    complained: set[str] = field(default_factory=set)
    """Rules that demand a freeze after the complaint just made."""

    def counting(self) -> list[Contact]:
        """The contacts that count, in the order of their release."""
        return [contact for contact in self.contacts.values() if contact.counts]

    def accepted(self, goal: str | None) -> Acceptance | None:
        """What meets the goal, if anything does."""
        return next((a for a in self.acceptances.values() if a.goal == goal), None) if goal is not None else None

    def pause(self, pauses: Iterable[Pause]) -> None:
        """Leave the customer alone."""
        self.pauses += pauses

    def of(self, entry: Entry) -> Contact | None:
        """The contact that an entry is about; one that was never released is noted."""
        contact = self.contacts.get(entry["contact_id"])
        if contact is None:
            self.note(6, f"entry {entry['seq']} is about {entry['contact_id']}, which was never released")
        return contact

    def take(self, kind: str, entry: Entry) -> None:
        """Go on by one entry, whose type is `kind` without service and version."""
        if kind == "freeze.opened":
            self.complained.discard(entry.get("rule", ""))
        elif kind != "contact.recalled":
            self.pay(f"before entry {entry['seq']}")
            self._give_way(entry)
        _TAKE[kind](self, entry)

    def pay(self, when: str) -> None:
        """What an acceptance had to recall must have been recalled by now."""
        for contact_id, acceptance_id in self.owed.items():
            self.note(2, f"{contact_id} was open when {acceptance_id} was accepted and is not recalled {when}")
        self.owed.clear()
        for rule in self.complained:
            self.note(6, f"{rule} asks for a freeze after a complaint, and none was opened {when}")
        self.complained.clear()

    def _give_way(self, entry: Entry) -> None:
        """Slots are taken only for a more important contact, which is released next."""
        for winner, contacts in self.yielded.items():
            for contact in contacts:
                if winner != entry.get("contact_id"):
                    self.note(1, f"{contact.contact_id} was recalled for {winner}, which was not released next")
                elif _rank(entry.get("contact_class")) >= _rank(contact.contact_class):
                    self.note(1, f"{contact.contact_id} was recalled for {winner}, which is not more important")
        self.yielded.clear()


_CLASSES = ("service_critical", "service", "retention", "marketing")


def _rank(contact_class: str | None) -> int:
    """Smaller is more important; unknown is least."""
    return _CLASSES.index(contact_class) if contact_class in _CLASSES else len(_CLASSES)


def _released(life: Life, entry: Entry) -> None:
    contact_id = entry["contact_id"]
    if contact_id in life.contacts:
        life.note(3, f"{contact_id} was released twice")
    _end(life, entry, "released")
    life.contacts[contact_id] = Contact(
        contact_id,
        entry["request_id"],
        datetime.fromisoformat(entry["at"]),
        entry["channel"],
        entry.get("category"),
        entry.get("purpose"),
        entry.get("contact_class"),
        entry.get("campaign_id"),
        entry.get("offer_id"),
        entry.get("goal"),
        place=entry.get("place"),
    )


def _deferred(_life: Life, _entry: Entry) -> None:
    """Nothing follows: the request waits."""


def _suppressed(life: Life, entry: Entry) -> None:
    _end(life, entry, "suppressed")
    if entry["because"]["reason"] == "campaign_stopped" and entry.get("campaign_id"):
        life.stopped.setdefault(entry["campaign_id"], entry["seq"])


def _expired(life: Life, entry: Entry) -> None:
    if entry.get("contact_id") is None:
        _end(life, entry, "expired")
    elif contact := life.of(entry):
        contact.end("expired")


def _withdrawn(life: Life, entry: Entry) -> None:
    _end(life, entry, "withdrawn")


def _end(life: Life, entry: Entry, how: str) -> None:
    life.ends.setdefault(entry["request_id"], []).append(how)


def _recalled(life: Life, entry: Entry) -> None:
    life.owed.pop(entry["contact_id"], None)
    if entry["reason"] == "campaign_stopped" and entry.get("campaign_id"):
        life.stopped.setdefault(entry["campaign_id"], entry["seq"])
    if contact := life.of(entry):
        if not contact.held:
            life.note(6, f"{contact.contact_id} was recalled by entry {entry['seq']} though no channel held it")
        if entry["reason"] == "pre_empted":
            life.yielded.setdefault(entry.get("caused_by", "nothing"), []).append(contact)
            if contact.mark != OPEN:
                life.note(1, f"{contact.contact_id} had reached the customer when its slot was taken")
            ended = life.ends.get(contact.request_id, [])
            if "released" in ended:
                ended.remove("released")  # it waits again
        contact.end("recalled")


def _answered(life: Life, entry: Entry) -> None:
    if contact := life.of(entry):
        contact.answered = True
        if entry["answer"] == "too_late":
            contact.reach(CLOSED)


def _unanswered(life: Life, entry: Entry) -> None:
    """Once for each level, between the recall and the answer. Nothing else follows."""
    if contact := life.of(entry):
        contact.reminded += 1
        if contact.ending != "recalled" or contact.answered or entry["level"] != contact.reminded:
            life.note(6, f"entry {entry['seq']} misses an answer about {contact.contact_id} that is not owed")


def _delivered(life: Life, entry: Entry) -> None:
    if contact := life.of(entry):
        contact.answered = contact.ending == "recalled"
        contact.held = contact.held and contact.channel in STAYS
        contact.reach(SHOWN if contact.held else CLOSED, entry["outcome"])


def _responded(life: Life, entry: Entry) -> None:
    if contact := life.of(entry):
        contact.answered = contact.ending == "recalled"
        if entry.get("gives_back"):
            contact.counts = False
        else:
            contact.reach(CLOSED, entry["outcome"])
        contact.held = False
        if contact.ending == "expired":
            contact.ending = None
    if entry["outcome"] in ("interested", "refused", "call_back") and entry.get("offer_id"):
        back = entry.get("call_back_at")
        life.said[entry["offer_id"]] = Word(
            datetime.fromisoformat(entry["at"]),
            entry["outcome"],
            entry["channel"],
            None if back is None else datetime.fromisoformat(back),
        )
    if entry["outcome"] == "accepted" and entry.get("acceptance_id") and entry.get("goal"):
        _meet(life, entry)
    if entry["outcome"] == "do_not_contact":
        life.pauses.append(Pause(None, "all", None, "do-not-contact", "do_not_contact"))


def _settled(life: Life, entry: Entry) -> None:
    life.settled.append((entry["acceptance_id"], entry["status"]))
    if entry["status"] != "accepted":
        for key in [key for key in life.acceptances if key[0] == entry["acceptance_id"]]:
            del life.acceptances[key]
        return
    own = life.contacts.get(entry.get("contact_id") or "")
    if own is not None and own.held:
        own.reach(CLOSED)
        own.held = False
        own.perhaps_sent = own.channel in MESSAGES
    if entry.get("goal"):
        _meet(life, entry)


def _meet(life: Life, entry: Entry) -> None:
    acceptance = Acceptance(entry["acceptance_id"], entry["goal"], entry.get("offer_id"), entry.get("contact_id"))
    life.acceptances[acceptance.acceptance_id, acceptance.goal] = acceptance
    life.said.pop(acceptance.offer_id or "", None)
    for contact in life.contacts.values():
        other = contact.contact_id != acceptance.contact_id and contact.channel not in MESSAGES
        if contact.held and other and contact.goal == acceptance.goal:
            life.owed[contact.contact_id] = acceptance.acceptance_id


def _frozen(life: Life, entry: Entry) -> None:
    until = entry.get("until")
    ends = None if until is None else datetime.fromisoformat(until)
    life.pauses.append(Pause(ends, "all", None, entry.get("rule") or "by-hand", "freeze", entry["freeze_id"]))


def _thawed(life: Life, entry: Entry) -> None:
    left = [pause for pause in life.pauses if pause.freeze_id != entry["freeze_id"]]
    if len(left) == len(life.pauses):
        life.note(6, f"entry {entry['seq']} closes the freeze {entry['freeze_id']}, which is not open")
    life.pauses = left


_TAKE: Mapping[str, Callable[[Life, Entry], None]] = {
    "contact.released": _released,
    "contact.deferred": _deferred,
    "contact.suppressed": _suppressed,
    "contact.expired": _expired,
    "contact.withdrawn": _withdrawn,
    "contact.recalled": _recalled,
    "recall.answered": _answered,
    "recall.unanswered": _unanswered,
    "contact.delivered": _delivered,
    "contact.responded": _responded,
    "acceptance.settled": _settled,
    "freeze.opened": _frozen,
    "freeze.closed": _thawed,
}

KINDS = frozenset(_TAKE)
