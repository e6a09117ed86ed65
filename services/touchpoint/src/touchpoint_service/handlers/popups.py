"""The pop-up: a customer appears at a counter or on the phone, and the agent sees what to say and what not.

What always holds:
- it obeys the same policy and spends the same budget as every other contact: one contact for each pop-up that shows
  something new, whatever the number of offers on the screen;
- contacts that campaigns released to this channel come first; they have their slot already;
- the same customer within a minute gets the same pop-up;
- it asks no other service;
- what is stored of it holds no personal data: the greeting is made for each answer, for whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from rapport.clock import from_micros, to_micros
from rapport.contracts.campaign import ContactRequestWithdrawn
from rapport.contracts.offers import OfferChanged
from rapport.contracts.touchpoint import ContactDelivered
from rapport.contracts.vocabulary import ContactClass, Outcome
from rapport.db import Connection, Queryable, transaction
from rapport.errors import FieldError, Malformed, NotFound
from rapport.ids import new_id
from rapport.phones import InvalidPhone, phone_index, to_e164
from rapport.ranking import Refused, rank
from rapport.sealing import Keyring
from rapport.telemetry import current_traceparent
from touchpoint_service.domain.appearance import not_to_mention, promises, warnings, why
from touchpoint_service.domain.decide import RELEASED, first_objection
from touchpoint_service.domain.facts import Customer, Facts, Request, World
from touchpoint_service.domain.objection import Objection
from touchpoint_service.domain.policy import Policy
from touchpoint_service.domain.standing import CLOSED, SHOWN, Entry, Standing
from touchpoint_service.domain.windows import HOUR
from touchpoint_service.domain.words import because as in_words
from touchpoint_service.domain.words import describe, tongue_of
from touchpoint_service.handlers.gate import Arrival, Gate, because_of, facts_of
from touchpoint_service.handlers.greeting import greeting
from touchpoint_service.handlers.requests import take_in
from touchpoint_service.handlers.work_orders import open_for_popup
from touchpoint_service.repository import reads
from touchpoint_service.repository.together import PopupsTogether
from touchpoint_service.repository.work import Work

SAME_FOR = timedelta(minutes=1)
_TRIES = 3
"""Without a lock: another contact of the same customer in the same milliseconds is rare, two in a row are rarer."""
MOST_NOT_NOW = 10
_UNSAID: Mapping[str, Any] = {"title": None, "body": None, "script": None, "objections": []}
"""Of an offer that has left the catalogue within the minute."""
PURPOSE = "marketing"


@dataclass(slots=True)
class Appearance:
    """A customer is here: in which channel, where, with whom, and how many offers there is room for."""

    channel: str
    place: str | None
    agent: str
    limit: int
    lang: str | None
    unit: str | None = None
    """Of the caller, for quotas of units."""
    keys: Keyring | None = None
    """To show personal data with; None for whoever may not see any."""


@dataclass(slots=True)
class _Scene:
    """What the pop-up is made from."""

    ask: Appearance
    lang: str
    zone: ZoneInfo
    """Of the customer, or UTC."""
    customer: Customer
    policy: Policy | None
    world: World
    popup_id: str

    def title(self, offer_id: str) -> str:
        """What an offer is called in the language of the pop-up; its id where it is not known any more."""
        offer = self.world.offers.get(offer_id)
        wording = None if offer is None else offer.scripts.wording(self.lang)
        return offer_id if wording is None else wording.title.render(self.customer.document, personal=False)


@dataclass(slots=True)
class _Choice:
    """What the ranking and the policy say: what may be shown, what the policy keeps back, what the ranking does."""

    shown: list[OfferChanged]
    held_back: list[tuple[OfferChanged, Objection]]
    refused: Sequence[Refused]


async def customer_with_phone(conn: Queryable, keys: Keyring, text: str, country: str | None) -> str:
    """Who has this phone, in E.164 or as dialled inside `country`. Nobody's is unsealed to find out.

    Raises:
        Malformed: it is no phone.
        NotFound: nobody, or more than one, has it.
    """
    try:
        phone = to_e164(text, country)
    except InvalidPhone as error:
        raise Malformed("the phone cannot be used", errors=[FieldError("#/phone", str(error))]) from None
    return _one(await reads.customer_by(conn, "phone_index", phone_index(keys, phone)), "phone")


async def customer_with_account(conn: Queryable, account: str) -> str:
    """Who has this account.

    Raises:
        NotFound: nobody, or more than one, has it.
    """
    return _one(await reads.customer_by(conn, "account", account), "account")


def _one(found: str | None, attribute: str) -> str:
    if found is None:
        raise NotFound(f"no one customer is known by this {attribute}")
    return found


async def pop_up(
    where: Queryable,
    gate: Gate,
    together: PopupsTogether,
    ask: Appearance,
    customer_id: str,
    now: datetime,
    partition: int,
) -> dict[str, Any]:
    """What to show for a customer; it is recorded as shown.

    Mostly one read and one write, where it is the pool `together` with those of other customers: nothing is locked in
    between, and the write has no effect when the customer's standing has changed since the read. Then it is tried
    again, in the end with a lock.

    Raises:
        NotFound: the customer is not known.
    """
    for attempt in range(_TRIES):
        work = Work(cast("Connection", where), to_micros(now))  # until it locks, each of its statements stands alone
        seen = await together.see(where, _wanted(work, gate, ask, customer_id))
        if seen["popup"] is not None:
            return _served(seen["popup"], seen["doc"], ask, gate)
        if seen["row"] is None or seen["live"] or seen["household"] is not None:
            break  # a plan must stay as it is while a request of it may be released along, and so must a shared budget
        work.look_at(customer_id, seen)
        body = await _compose(work, gate, ask, customer_id, partition, seen)
        if not work.recorded:
            break  # nothing would tell two such pop-ups apart but a lock
        if await (together.write(work) if attempt == 0 else work.write_unless_changed()):
            return _served(body, seen["doc"], ask, gate)
    async with transaction(where) as conn:
        work = Work(conn, to_micros(now))
        await work.lock([customer_id])
        [seen] = await reads.scenes(conn, [_wanted(work, gate, ask, customer_id)])
        if seen["popup"] is None:
            body = await _compose(work, gate, ask, customer_id, partition, seen)
            await work.flush()
        else:
            body = seen["popup"]
        return _served(body, seen["doc"], ask, gate)


def _wanted(work: Work, gate: Gate, ask: Appearance, customer_id: str) -> reads.Ask:
    offers = gate.foremost_offers(ask.channel)
    return reads.Ask(customer_id, ask.channel, work.at - SAME_FOR, offers, work.at, gate.looks_back)


async def _compose(
    work: Work, gate: Gate, ask: Appearance, customer_id: str, partition: int, seen: Any
) -> dict[str, Any]:
    """The pop-up for a customer of `work`, and what is to be written of it."""
    waiting = _waiting(work.standings[customer_id], ask.channel)
    await gate.look(work, seen, customer_id)
    offers = await gate.offers(work, {e.offer_id for e in waiting if e.offer_id is not None})
    customer = (await gate.customers(work)).get(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id}")
    lang = ask.lang or customer.document.get("language") or "en"
    zone = customer.zone or ZoneInfo("UTC")
    policy = await gate.policy(work)
    world = World({}, offers, await gate.minutes_old(work.conn, policy))
    scene = _Scene(ask, lang, zone, customer, policy, world, new_id("pop", work.at))
    held = [e for e in waiting if e.offer_id in offers and world.minutes_old is None][: ask.limit]
    choice = _choose(work, scene, exclude={e.offer_id for e in held})
    shown = choice.shown
    said = dict(work.standings[customer_id].said)
    own = await _reserve(work, gate, scene, shown[0], partition) if shown else None
    if own is None:
        shown = []
    standing = work.standings[customer_id]
    held = [e for e in held if standing.find(e.contact_id)]  # a request that waited may have taken it
    items = [_item(scene, e.offer_id, e.contact_id, why(said.get(e.offer_id or ""), None, lang, zone)) for e in held]
    for place, offer in enumerate(shown, len(held) + 1):
        items.append(_item(scene, offer.offer_id, own, why(said.get(offer.offer_id), place, lang, zone)))
    for entry in held:
        _mark_shown(work, entry, scene)
    body = {
        "popup_id": scene.popup_id,
        "customer_id": customer_id,
        "at": work.at.isoformat(),
        "offers": items,
        "not_now": [
            *(_refusal(offer, objection, lang) for offer, objection in choice.held_back),
            *not_to_mention(choice.refused, lang),
        ][:MOST_NOT_NOW],
        "warnings": warnings(standing, work.now, lang, zone),
        "promises": promises(standing, work.now, lang, zone, scene.title),
        "history": _history(seen["history"] or (), scene),
        "work_orders": open_for_popup(seen["work_orders"], lang),
    }
    row = (scene.popup_id, customer_id, work.at, ask.place, ask.agent, ask.channel, body)
    work.new_popups.append(row)
    return body


def _served(body: Mapping[str, Any], document: Mapping[str, Any] | None, ask: Appearance, gate: Gate) -> dict[str, Any]:
    """The pop-up as this caller may see it: whom they are about to speak to, and what to say to them."""
    customer = document or {}
    offers = []
    for item in body["offers"]:
        offer = gate.prepared(item["offer_id"])
        said = (
            None
            if offer is None
            else offer.scripts.said(ask.lang, ask.channel, customer, personal=ask.keys is not None)
        )
        offers.append({**item, **(_UNSAID if said is None else said.as_json())})
    return {**body, "greeting": greeting(customer, ask.keys), "offers": offers}


def _history(rows: Iterable[tuple[str, str, Mapping[str, Any]]], scene: _Scene) -> list[dict[str, Any]]:
    return [
        {
            "at": datetime.fromisoformat(at).astimezone(UTC).isoformat(),
            "channel": body.get("channel"),
            "text": describe(_kind(kind), body, scene.lang, scene.zone, scene.title),
        }
        for at, kind, body in rows
    ]


def _waiting(standing: Standing, channel: str) -> list[Entry]:
    """Contacts that wait in this channel for the customer to appear, most important first."""
    found = (e for e in standing.entries if e.state != CLOSED and e.channel == channel)
    return sorted(found, key=lambda e: (e.contact_class, e.at, e.contact_id))


def _choose(work: Work, scene: _Scene, exclude: set[str | None]) -> _Choice:
    """The best offers that may be shown besides the held ones, and why others may not."""
    standing, others = work.standings[scene.customer.customer_id], work.others(scene.customer.customer_id)
    ranked = rank(
        scene.customer.document,
        scene.world.offers.values(),
        channel=scene.ask.channel,
        now=work.at,
        accepted_goals=standing.goals.keys(),
        accepted_offers=standing.accepted_offers,
        once_accepted=work.once_accepted,
        household_accepted={offer_id for other in others for offer_id in other.accepted_offers},
        refused={o: from_micros(said.at) for o, said in standing.said.items() if said.outcome == "refused"},
        promised=_promised((standing, *others)),
        weights=work.weights,
        unit=scene.ask.unit,
    )
    shown: list[OfferChanged] = []
    held_back = []
    room = scene.ask.limit - len(exclude)
    for offer in ranked.offers:
        if len(shown) >= room:
            break
        if offer.offer_id in exclude or scene.policy is None:
            continue
        request = _request(work, scene, offer)
        channel = scene.ask.channel
        facts = Facts(work.now, scene.policy, standing, scene.customer, request, scene.world, channel, others)
        objection, _ = first_objection(facts)
        if objection is None:
            shown.append(offer)
        else:
            held_back.append((offer, objection))
    return _Choice(shown, held_back, ranked.refused)


def _promised(standings: Iterable[Standing]) -> dict[str, datetime]:
    """Offers that somebody was interested in or wants to be called back about, and the later of word and date."""
    found: dict[str, int] = {}
    for standing in standings:
        for offer_id, said in standing.said.items():
            if said.outcome != "refused":
                found[offer_id] = max(found.get(offer_id, 0), said.at, said.call_back_at or 0)
    return {offer_id: from_micros(at) for offer_id, at in found.items()}


async def _reserve(work: Work, gate: Gate, scene: _Scene, offer: OfferChanged, partition: int) -> str | None:
    """The contact that showing these offers is; None when a waiting request is more important and takes the slot."""
    request = _request(work, scene, offer)
    decisions = await take_in(work, gate, [Arrival(request, partition, current_traceparent(), unheard=True)])
    mine = next((d for d in decisions if d.request.request_id == request.request_id), None)
    if mine is None or mine.kind != RELEASED or mine.contact_id is None:
        gone = ContactRequestWithdrawn(request_id=scene.popup_id, customer_id=request.customer_id, at=work.at)
        await take_in(work, gate, [], [gone])
        return None
    entry = work.standings[request.customer_id].find(mine.contact_id)
    assert entry is not None
    _mark_shown(work, entry, scene)
    return mine.contact_id


def _mark_shown(work: Work, entry: Entry, scene: _Scene) -> None:
    standing = work.standings[scene.customer.customer_id]
    standing.mark(entry.contact_id, SHOWN, Outcome.SHOWN.value)
    work.contact_states[entry.contact_id] = "shown"
    facts = facts_of(entry) | {"outcome": Outcome.SHOWN.value, "outcome_id": scene.popup_id}
    work.record(ContactDelivered, standing.customer_id, facts, traceparent=current_traceparent())


def _request(work: Work, scene: _Scene, offer: OfferChanged) -> Request:
    return Request(
        scene.popup_id,
        scene.customer.customer_id,
        (scene.ask.channel,),
        PURPOSE,
        offer.category,
        ContactClass.MARKETING.rank,
        1.0,
        offer.goal,
        None,
        offer.offer_id,
        scene.ask.place,
        work.now,
        None,
        work.now + HOUR,
    )


def _item(scene: _Scene, offer_id: str | None, contact_id: str | None, because: dict[str, Any]) -> dict[str, Any]:
    assert offer_id is not None
    offer = scene.world.offers[offer_id].document
    return {
        "offer_id": offer_id,
        "contact_id": contact_id,
        "goal": offer.goal,
        "category": offer.category,
        "image": offer.image,
        "why": because,
    }


def _refusal(offer: OfferChanged, objection: Objection, lang: str) -> dict[str, Any]:
    because = because_of(objection) or {}
    until = None if objection.until is None else from_micros(objection.until).isoformat()
    text = in_words(because, tongue_of(lang))
    return {"offer_id": offer.offer_id, "because": because, "text": text, "until": until}


def _kind(event_type: str) -> str:
    return event_type.partition(".")[2].rpartition(".")[0]
