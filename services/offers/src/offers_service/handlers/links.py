"""Short links: made for one customer and one offer, opened on the web, and credited to whoever sent them.

Some are made here, for who asks. Those that messages carry are made where the message is sent, and known here once its
contact is released, which is before it is sent.

What always holds: the token is told to the sender alone, and is in no event, log or table; what was opened is counted
with every opening and told with the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from offers_service import SOURCE
from offers_service.domain.errors import (
    LinkExpired,
    LinkNotForThis,
    OfferExpired,
    UnknownCustomer,
    UnknownLink,
    UnknownOffer,
)
from offers_service.repository import links, offers
from offers_service.repository.links import Link, MessageLink
from rapport.contracts.offers import LinkOpened, LinkSent
from rapport.contracts.touchpoint import ContactReleased
from rapport.contracts.vocabulary import Channel
from rapport.db import Connection
from rapport.ids import new_id
from rapport.links import LONGEST_DAYS, link_of, seal, unseal
from rapport.messaging import outbox
from rapport.scripts import MESSAGES

LIFETIME = timedelta(days=7)
"""How long a link is good for unless somebody says otherwise; that of a message from the last instant at which it may
be sent."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a link is for, and who sends it."""

    customer_id: str
    offer_id: str
    contact_id: str | None
    channel: Channel
    agent: str
    unit: str
    lifetime: timedelta


async def send(conn: Connection, sending: Sending, keys: Sequence[str], now: datetime) -> tuple[Link, str]:
    """A new link and its token. It ends no later than its offer.

    Raises:
        UnknownOffer, OfferExpired: there is nothing to open.
        UnknownCustomer: not known here, or erased.
    """
    offer = await offers.find(conn, sending.offer_id)
    if offer is None or offer.announced is None:
        raise UnknownOffer
    until = offer.announced["valid_until"]
    ends = now + sending.lifetime
    if until is not None:
        ends = min(ends, datetime.fromisoformat(until))
    if offer.in_force is None or ends <= now:
        raise OfferExpired
    link = await links.insert(
        conn,
        new_id("lnk", now),
        sending.customer_id,
        sending.offer_id,
        sending.contact_id,
        sending.agent,
        sending.unit,
        sending.channel,
        now,
        ends,
    )
    if link is None:
        raise UnknownCustomer
    told = LinkSent(
        link_id=link.link_id,
        customer_id=link.customer_id,
        offer_id=link.offer_id,
        channel=sending.channel,
        contact_id=link.contact_id,
        agent=link.agent,
        at=now,
        expires_at=ends,
    )
    await outbox.publish(conn, [told], source=SOURCE, now=now)
    return link, seal(link.number, keys)


async def keep_for_messages(conn: Connection, released: Sequence[ContactReleased]) -> None:
    """Keep the links that the messages of these contacts may carry; of contacts in other channels none.

    Whether a text holds a link is decided when the message is sent, which may be in the night after.
    """
    kept = [
        MessageLink(
            link_of(event.contact_id),
            event.customer_id,
            event.offer_id,
            event.contact_id,
            event.agent or "",
            event.unit or "",
            event.channel.value,
            event.at,
            min((event.expires_at or event.at) + LIFETIME, event.at + timedelta(days=LONGEST_DAYS)),
        )
        for event in released
        if event.channel in MESSAGES and event.offer_id is not None
    ]
    if kept:
        await links.insert_of_messages(conn, kept)


async def opened(conn: Connection, token: str, keys: Sequence[str], now: datetime) -> Link:
    """Count that the customer opened the link; the first time it is told.

    Raises:
        UnknownLink: altered or made up, or its customer has been erased.
        LinkExpired: it is over; its end itself is outside.
    """
    known = unseal(token, keys)
    if known is None:
        raise UnknownLink
    link = await links.open_link(conn, known, now)
    if link is None:
        raise LinkExpired if await links.find(conn, known) else UnknownLink
    if link.opens == 1:
        told = LinkOpened(
            link_id=link.link_id,
            customer_id=link.customer_id,
            offer_id=link.offer_id,
            channel=Channel(link.channel),
            contact_id=link.contact_id,
            agent=link.agent,
            at=now,
        )
        await outbox.publish(conn, [told], source=SOURCE, now=now)
    return link


async def looked_at(conn: Connection, token: str, keys: Sequence[str], now: datetime) -> Link:
    """The link as it is; nothing is counted or told.

    Raises:
        UnknownLink, LinkExpired: as for `opened`.
    """
    known = unseal(token, keys)
    link = None if known is None else await links.find(conn, known)
    if link is None:
        raise UnknownLink
    if link.expires_at <= now:
        raise LinkExpired
    return link


async def credited(
    conn: Connection, token: str, customer_id: str, offer_id: str, keys: Sequence[str], now: datetime
) -> Link:
    """The link through which a customer accepts an offer.

    Raises:
        UnknownLink, LinkExpired: as their names say.
        LinkNotForThis: it was sent to another customer, or for another offer.
    """
    known = unseal(token, keys)
    link = None if known is None else await links.find(conn, known)
    if link is None:
        raise UnknownLink
    if (link.customer_id, link.offer_id) != (customer_id, offer_id):
        raise LinkNotForThis
    if link.expires_at <= now:
        raise LinkExpired
    return link


async def read(conn: Connection, link_id: str) -> Link:
    """One link, by its id.

    Raises:
        UnknownLink: there is none.
    """
    link = await links.find(conn, link_id)
    if link is None:
        raise UnknownLink
    return link
