"""Work orders: what one channel asks of another, whose it is, what was promised, and what came of it.

What always holds:
- what changes an order for others is an entry of its customer's timeline, in the transaction of the change and under
  the lock of the customer; what is said in words stays in the tables;
- an order is opened once and ends once, whatever the number of times that is asked for, or heard of;
- each reminder and each escalation is told once, and none of a promise that was kept by then;
- one person at a time has it in hand; a lease that has lapsed leaves it in the queue of its unit;
- from the entry that opens an order until the one that ends it the policy's holds see it; the end decides what waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.auth import Principal
from rapport.clock import from_micros, to_micros
from rapport.contracts.touchpoint import (
    WorkOrderAppointed,
    WorkOrderAssigned,
    WorkOrderCommented,
    WorkOrderEscalated,
    WorkOrderOpened,
    WorkOrderReminded,
    WorkOrderResolved,
)
from rapport.contracts.vocabulary import Outcome, WorkOrderKind, WorkOrderResult
from rapport.db import lock
from rapport.errors import Conflict, FieldError, Forbidden, Malformed, NotFound
from rapport.ids import new_id
from touchpoint_service.domain.business_time import next_open
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.policy_document import PolicyDocument
from touchpoint_service.domain.words import ORDER_NAMES
from touchpoint_service.domain.work_orders import (
    ESCALATE,
    RESOLUTION,
    RESPONSE,
    Promise,
    branch_hours,
    home_of,
    hours_of,
    promise,
    rule_for,
)
from touchpoint_service.handlers.gate import Gate
from touchpoint_service.repository import work_orders
from touchpoint_service.repository.work import Contact, Work
from touchpoint_service.repository.work_orders import AlarmRow, OrderRow


class WorkOrderExists(Conflict):
    """The id is taken by a work order, or a comment, of another customer or order."""


class WorkOrderTaken(Conflict):
    """Somebody else has the work order in hand, or it is theirs."""


class WorkOrderEnded(Conflict):
    """The work order has a result already."""


class BranchClosed(Conflict):
    """The branch is closed at that time."""


class ForeignWorkOrder(Forbidden):
    """The work order is another unit's: its originator may read it, say something, and call it off."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks for a work order."""

    channel: str | None = None
    place: str | None = None
    unit: str | None = None
    agent: str | None = None
    contact_id: str | None = None

    def told(self) -> dict[str, str]:
        """As the contract `Originator` has it."""
        named = {"channel": self.channel, "place": self.place, "unit": self.unit, "agent": self.agent}
        return {name: value for name, value in (named | {"contact_id": self.contact_id}).items() if value is not None}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A work order that is asked for. What is None the policy says."""

    work_order_id: str
    customer_id: str
    kind: WorkOrderKind
    origin: Origin
    unit: str | None = None
    owner: str | None = None
    priority: int | None = None
    subject: str | None = None
    note: str | None = None
    offer_id: str | None = None
    campaign_id: str | None = None
    acceptance_id: str | None = None
    outcome_id: str | None = None
    opened_by: str | None = None
    appointment_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What the caller may do with an order, by where it is in the organisation."""

    reads: bool
    works: bool

    @classmethod
    def of(cls, caller: Principal, order: Any) -> Access:
        """Who is responsible for its unit, or for the one that it was escalated to, works it; who asked reads it."""
        works = any(path is not None and caller.covers(path) for path in (order["unit"], order["escalated_to"]))
        return cls(works or (order["origin_unit"] is not None and caller.covers(order["origin_unit"])), works)


@dataclass(slots=True)
class Desk:
    """One caller at one order of a locked customer."""

    work: Work
    caller: Principal
    order: Any
    access: Access = field(init=False)

    def __post_init__(self) -> None:
        self.access = Access.of(self.caller, self.order)

    @property
    def order_id(self) -> str:
        """The order's id."""
        return str(self.order["work_order_id"])

    @property
    def by(self) -> str:
        """Who the caller is."""
        return self.caller.subject

    def must_work(self) -> None:
        """Only for whose it is, and while it has not ended.

        Raises:
            ForeignWorkOrder, WorkOrderEnded: as their names say.
        """
        if not self.access.works:
            raise ForeignWorkOrder("the work order is another unit's", work_order_id=self.order_id)
        self.must_be_open()

    def must_be_open(self) -> None:
        """Raises WorkOrderEnded once there is a result."""
        if self.order["state"] == "resolved":
            raise WorkOrderEnded("the work order has a result already", work_order_id=self.order_id)

    def must_be_free(self) -> None:
        """Raises WorkOrderTaken while somebody else has it in hand."""
        if self.order["state"] == "taken" and self.order["leased_by"] != self.by:
            raise WorkOrderTaken(
                "somebody else has the work order in hand", leased_until=_text(self.order["leased_until"])
            )

    def record(self, event: Any, **facts: Any) -> None:
        """Put an entry about it on the timeline."""
        told = {
            "work_order_id": self.order_id,
            "order_kind": self.order["kind"],
            "unit": self.order["unit"],
            "owner": self.order["owner"],
            "by": self.by,
        }
        self.work.record(event, self.order["customer_id"], told | facts)


def must_see(caller: Principal, order: Any) -> None:
    """Raises NotFound where there is no order, or none that this caller may know of."""
    if order is None or not Access.of(caller, order).reads:
        raise NotFound("there is no such work order")


def shown(order: Any, comments: Sequence[Any] | None = None) -> dict[str, Any]:
    """An order as whoever may read it sees it."""
    found = {name: value for name, value in order.items() if not name.startswith("origin_") and name != "due_at"}
    if order["state"] != "taken":
        found |= {"leased_by": None, "leased_until": None}  # a lease that has lapsed is none
    named = ("channel", "place", "unit", "agent")
    found["originator"] = {name: order[f"origin_{name}"] for name in named} | {"contact_id": order["origin_contact"]}
    if comments is not None:
        found["comments"] = [dict(comment) for comment in comments]
    return found


async def open_order(work: Work, gate: Gate, caller: Principal, order: NewOrder) -> None:
    """The caller opens an order of the locked customer. One of this id that the customer has already stays as it is.

    Raises:
        WorkOrderExists: the id is another customer's.
        BranchClosed: an appointment is asked for at a time at which the unit is closed.
    """
    await lock(work.conn, f"touchpoint.work_order.{order.work_order_id}")  # for another customer it may be opened now
    known = await work_orders.find(work.conn, order.work_order_id, work.at)
    if known is not None:
        if known["customer_id"] != order.customer_id:
            raise WorkOrderExists("the work order is another customer's", work_order_id=order.work_order_id)
        return
    policy = await gate.policy(work)
    await begin(work, policy, order)
    if order.appointment_at is not None:
        row = await work_orders.find(work.conn, order.work_order_id, work.at)
        await appoint(Desk(work, caller, row), policy, order.appointment_at)


async def begin(work: Work, policy: Policy | None, order: NewOrder, traceparent: str | None = None) -> None:
    """Open an order that is not known yet, by what the policy promises of its kind."""
    document = _document(policy)
    rule = rule_for(document, order.kind)
    unit = order.unit or home_of(document, rule, order.origin.place)
    hours = hours_of(document, rule, unit)
    respond, resolve = (promise(rule, about, work.now, hours) for about in (RESPONSE, RESOLUTION))
    origin = order.origin
    row = OrderRow(
        order.work_order_id,
        order.customer_id,
        order.kind.value,
        order.priority or rule.priority,
        unit,
        order.owner,
        order.subject,
        order.offer_id,
        order.campaign_id,
        order.acceptance_id,
        origin.channel,
        origin.place,
        origin.unit,
        origin.agent,
        origin.contact_id,
        work.at,
        order.opened_by,
        _deadline(respond),
        _deadline(resolve),
        rule.escalate_to,
    )
    await work_orders.insert(work.conn, row)
    await work_orders.set_alarms(work.conn, _rows(row.work_order_id, row.customer_id, respond, resolve))
    facts = {
        "channel": origin.channel,
        "offer_id": order.offer_id,
        "campaign_id": order.campaign_id,
        "work_order_id": order.work_order_id,
        "order_kind": order.kind.value,
        "unit": unit,
        "owner": order.owner,
        "by": order.opened_by,
        "priority": row.priority,
        "respond_by": _text(row.respond_by),
        "resolve_by": _text(row.resolve_by),
        "originator": origin.told(),
        "caused_by": order.acceptance_id or order.outcome_id,
    }
    work.record(WorkOrderOpened, order.customer_id, facts, traceparent=traceparent)
    if order.note is not None:
        await work_orders.comment(
            work.conn, new_id("cmt", work.at), row._asdict(), work.at, order.opened_by, order.note
        )
    work.standings[order.customer_id].orders[order.work_order_id] = order.kind.value


async def take(desk: Desk, seconds: float) -> None:
    """Have it in hand for so long from now on, or longer. The first time it is an answer to the customer.

    Raises:
        ForeignWorkOrder, WorkOrderEnded, WorkOrderTaken: as their names say.
    """
    desk.must_work()
    desk.must_be_free()
    work, order = desk.work, desk.order
    if order["owner"] not in (None, desk.by):
        raise WorkOrderTaken("the work order is somebody's; refer it first", owner=order["owner"])
    await work_orders.lease(work.conn, desk.order_id, desk.by, work.at + timedelta(seconds=seconds), work.at)
    await work_orders.answered(work.conn, desk.order_id)
    if order["leased_by"] != desk.by:
        desk.record(WorkOrderAssigned, owner=desk.by, how="taken")


async def give_back(desk: Desk) -> None:
    """It is in its unit's queue again. What nobody has in hand stays there.

    Raises:
        ForeignWorkOrder, WorkOrderEnded, WorkOrderTaken: as their names say.
    """
    desk.must_work()
    desk.must_be_free()
    await work_orders.put_back(desk.work.conn, desk.order_id)


async def refer(desk: Desk, unit: str | None, owner: str | None, note: str | None) -> None:
    """It goes to another unit, or a person in it. Where it is already it stays, and nothing is told.

    Raises:
        ForeignWorkOrder, WorkOrderEnded, WorkOrderTaken: as their names say.
    """
    desk.must_work()
    desk.must_be_free()
    work, order = desk.work, desk.order
    unit = unit or order["unit"]
    if (unit, owner) == (order["unit"], order["owner"]) and order["leased_by"] is None:
        return
    comment_id = None
    if note is not None:
        comment_id = new_id("cmt", work.at)
        await work_orders.comment(work.conn, comment_id, order, work.at, desk.by, note)
    await work_orders.refer(work.conn, desk.order_id, unit, owner)
    desk.record(WorkOrderAssigned, unit=unit, owner=owner, how="referred", comment_id=comment_id)


async def comment(desk: Desk, comment_id: str, text: str) -> None:
    """Say something of it; the same comment counts once.

    Raises:
        WorkOrderEnded: it has a result.
        WorkOrderExists: the comment's id is that of another order's.
    """
    owner = await work_orders.comment_owner(desk.work.conn, comment_id)
    if owner == desk.order_id:
        return
    desk.must_be_open()
    if owner is not None or not await work_orders.comment(
        desk.work.conn, comment_id, desk.order, desk.work.at, desk.by, text
    ):
        raise WorkOrderExists("the comment is another work order's", comment_id=comment_id)
    desk.record(WorkOrderCommented, comment_id=comment_id)


async def appoint(desk: Desk, policy: Policy | None, at: datetime) -> None:
    """The customer comes to the unit at `at`: an answer, and what is promised counts from then on where that is later.

    Raises:
        WorkOrderEnded: it has a result.
        BranchClosed: the unit is closed then.
        Malformed: it is not ahead.
    """
    desk.must_be_open()
    at = at.astimezone(UTC)
    work, order, document = desk.work, desk.order, _document(policy)
    if order["appointment_at"] == at:
        return
    if at <= work.at:
        raise Malformed("the appointment is not ahead", errors=[FieldError("#/at", "must be later than now")])
    hours = branch_hours(document, order["unit"])
    opens = None if hours is None else next_open(to_micros(at), hours)
    if hours is not None and opens != to_micros(at):
        raise BranchClosed("the branch is closed at that time", opens_at=None if opens is None else _iso(opens))
    rule = rule_for(document, WorkOrderKind(order["kind"]))
    after = promise(rule, RESOLUTION, to_micros(at), hours_of(document, rule, order["unit"]))
    resolve_by = order["resolve_by"]
    if after is not None and (resolve_by is None or from_micros(after.due) > resolve_by):
        resolve_by = from_micros(after.due)
        await work_orders.set_alarms(work.conn, _rows(desk.order_id, order["customer_id"], after))
    await work_orders.appoint(work.conn, desk.order_id, at, resolve_by, work.at)
    await work_orders.answered(work.conn, desk.order_id)
    desk.record(WorkOrderAppointed, appointment_at=_text(at), resolve_by=_text(resolve_by))


async def resolve(desk: Desk, gate: Gate, result: WorkOrderResult, note: str | None) -> None:
    """It ends; its originator is told by the timeline, and what waited for its end is decided. The same result again
    changes nothing.

    Raises:
        ForeignWorkOrder: another unit's; its originator may only call it off (`cancelled`).
        WorkOrderEnded: it has another result already.
        WorkOrderTaken: somebody else has it in hand.
    """
    work, order = desk.work, desk.order
    if order["result"] == result.value and (desk.access.works or result is WorkOrderResult.CANCELLED):
        return
    if result is WorkOrderResult.CANCELLED:
        desk.must_be_open()
    else:
        desk.must_work()
    desk.must_be_free()
    await work_orders.resolve(work.conn, desk.order_id, result.value, desk.by, note, work.at)
    origin = Origin(*(order[f"origin_{name}"] for name in ("channel", "place", "unit", "agent", "contact")))
    desk.record(
        WorkOrderResolved,
        channel=origin.channel,
        offer_id=order["offer_id"],
        campaign_id=order["campaign_id"],
        result=result.value,
        originator=origin.told(),
    )
    work.standings[order["customer_id"]].orders.pop(desk.order_id, None)
    await gate.decide(work)


async def ring(work: Work, work_order_ids: Sequence[str]) -> None:
    """Tell of promises that are due soon, or were not kept, by the locked customers' time."""
    taken = await work_orders.take_alarms(work.conn, work_order_ids, work.at)
    orders = await work_orders.several(work.conn, [alarm["work_order_id"] for alarm in taken], work.at)
    for alarm in taken:
        order = orders[alarm["work_order_id"]]
        facts = {
            "work_order_id": order["work_order_id"],
            "order_kind": order["kind"],
            "unit": order["unit"],
            "owner": order["owner"] or (order["leased_by"] if order["state"] == "taken" else None),
            "about": alarm["about"],
            "due_at": _text(alarm["due_at"]),
        }
        if alarm["step"] == ESCALATE:
            await work_orders.escalate(work.conn, order["work_order_id"], work.at)
            work.record(WorkOrderEscalated, order["customer_id"], facts | {"to": order["escalate_to"]})
        else:
            work.record(WorkOrderReminded, order["customer_id"], facts)


# --- what opens one by itself


@dataclass(frozen=True, slots=True)
class Cause:
    """What happened in a contact: an outcome that the policy lets open orders, or an acceptance that was refused."""

    customer_id: str
    key: str
    """Of the outcome or the acceptance: the natural key of what follows."""
    contact: Contact | None
    channel: str
    agent: str | None = None
    offer_id: str | None = None
    outcome: Outcome | None = None
    traceparent: str | None = None


async def open_after_outcomes(work: Work, policy: Policy | None, causes: Iterable[Cause]) -> None:
    """The orders that the policy wants opened after these outcomes, each of which is heard the first time."""
    for cause in causes:
        if policy is None or cause.outcome is None:
            continue
        for rule in policy.orders_after(cause.outcome.value):
            order_id = natural_id("wo", work.now, cause.customer_id, cause.key, rule.kind.value)
            await begin(work, policy, _following(cause, order_id, rule.kind), cause.traceparent)


async def open_after_refusal(work: Work, policy: Policy | None, cause: Cause) -> None:
    """What the customer has accepted cannot be had: somebody where it was said tells them. Heard the first time."""
    order_id = natural_id("wo", work.now, cause.customer_id, cause.key, WorkOrderKind.ACCEPTANCE_REFUSED.value)
    if cause.agent is None and cause.contact is not None:
        agent = await work_orders.who_said_yes(work.conn, cause.customer_id, cause.contact.contact_id, cause.key)
        cause = replace(cause, agent=agent)
    await begin(work, policy, _following(cause, order_id, WorkOrderKind.ACCEPTANCE_REFUSED), cause.traceparent)


def _following(cause: Cause, order_id: str, kind: WorkOrderKind) -> NewOrder:
    contact = cause.contact
    place = None if contact is None else contact.place
    origin = Origin(cause.channel, place, None, cause.agent, None if contact is None else contact.contact_id)
    return NewOrder(
        order_id,
        cause.customer_id,
        kind,
        origin,
        offer_id=cause.offer_id,
        campaign_id=None if contact is None else contact.campaign_id,
        acceptance_id=None if cause.outcome is not None else cause.key,
        outcome_id=None if cause.outcome is None else cause.key,
    )


# --- pop-ups


def open_for_popup(rows: Iterable[Mapping[str, Any]] | None, lang: str) -> list[dict[str, Any]]:
    """The customer's open orders as the agent before the customer sees them, most important first.

    Args:
        rows: as `repository.work_orders.OPEN_OF_CUSTOMER` reads them.
        lang: in which they are called.
    """
    place = int(lang.startswith("zh"))
    return [
        {name: _utc(value) if name in _INSTANTS else value for name, value in row.items() if name != "due_at"}
        | {"text": ORDER_NAMES[row["kind"]][place]}
        for row in rows or ()
    ]


_INSTANTS = frozenset(("opened_at", "resolve_by", "appointment_at"))


def _utc(text: str | None) -> str | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _document(policy: Policy | None) -> PolicyDocument | None:
    return None if policy is None else policy.document


def _deadline(found: Promise | None) -> datetime | None:
    return None if found is None else from_micros(found.due)


def _rows(work_order_id: str, customer_id: str, *promises: Promise | None) -> list[AlarmRow]:
    return [
        AlarmRow(work_order_id, alarm.about, alarm.step, customer_id, from_micros(alarm.at), from_micros(alarm.due))
        for found in promises
        if found is not None
        for alarm in found.alarms
    ]


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _iso(at: int) -> str:
    return from_micros(at).isoformat()
