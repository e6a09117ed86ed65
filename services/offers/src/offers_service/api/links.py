"""Short links: made by who talks to the customer, opened by whoever holds them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Header, Path, Request, Response, status
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import OctKey

from offers_service.domain.errors import LinkExpired, OfferExpired, UnknownCustomer, UnknownLink, UnknownOffer
from offers_service.domain.previewers import is_previewer
from offers_service.handlers import links
from offers_service.repository.links import Link
from offers_service.schemas import links as schemas
from offers_service.settings import Settings
from rapport.auth import Principal, requires
from rapport.contracts.vocabulary import Channel
from rapport.db import Connection, transaction
from rapport.ids import ID_PATTERN
from rapport.links import address
from rapport.problems import problem_responses
from rapport.web import Guesses, Now, Reading, Router, TooManyGuesses, Writing, answers

router = Router(tags=["links"])
public = Router(prefix="", tags=["links"])

CLAIM_SECONDS = 600
"""Long enough to open a page and to log in; then the customer opens the link again."""

_DISCREET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""The address is a credential: no cache may keep it, and no page that it leads to may tell it on."""

_LINK = {
    "link_id": "lnk_019cb9a1c3d07e518a6f0c2b4d8e9f10",
    "customer_id": "c-1001",
    "offer_id": "term-deposit-2026",
    "channel": "sms",
    "contact_id": "ctc_0192f0c1a2b37c4d8e5f60718293a4b5",
    "agent": "hana",
    "unit": "/hotline",
    "created_at": "2026-11-02T09:30:00Z",
    "expires_at": "2026-11-09T09:30:00Z",
    "opened_at": None,
    "opens": 0,
}
_TOKEN = "AAAAAAFbP1JcQ9rXw0sK"  # noqa: S105 - an example


@router.post(
    "/links",
    status_code=status.HTTP_201_CREATED,
    summary="Make a short link",
    responses=answers(
        _LINK | {"token": _TOKEN, "url": f"https://go.example/l/{_TOKEN}"},
        UnknownOffer,
        UnknownCustomer,
        OfferExpired,
        status=201,
        what="The link; its token is told here only.",
    ),
)
async def create_link(
    caller: Annotated[Principal, requires("offers.link")],
    body: schemas.LinkRequest,
    conn: Writing,
    now: Now,
    request: Request,
) -> schemas.NewLink:
    """A link by which one customer opens one offer on the web, credited to the contact and the agent that sent it.

    It ends with its time or with the offer's, whichever is first.
    """
    settings: Settings = request.app.state.settings
    sending = links.Sending(
        customer_id=body.customer_id,
        offer_id=body.offer_id,
        contact_id=body.contact_id,
        channel=body.channel,
        agent=caller.subject,
        unit=caller.org,
        lifetime=timedelta(seconds=body.expires_in),
    )
    link, token = await links.send(conn, sending, settings.link_keys, now)
    url = address(settings.link_url, token)
    return schemas.NewLink(**_shown(link).model_dump(), token=token, url=url)


@router.get(
    "/links/{link_id}",
    summary="Read a short link",
    responses=answers(_LINK, UnknownLink),
)
async def get_link(
    _caller: Annotated[Principal, requires("offers.link")],
    link_id: Annotated[str, Path(pattern=ID_PATTERN)],
    conn: Reading,
) -> schemas.Link:
    """Whether and when it was opened, and how often. The token is not told again.

    A link that a message carries is known as soon as its contact is released, whether or not the message is sent.
    """
    return _shown(await links.read(conn, link_id))


@public.get(
    "/l/{token}",
    summary="Open a short link",
    response_model=schemas.OpenedLink,
    responses={
        **answers(
            {
                "offer_id": "term-deposit-2026",
                "url": "https://shop.example/offers?offer=term-deposit-2026&link=…&claim=…",
                "expires_at": "2026-11-09T09:30:00Z",
            },
            UnknownLink,
            LinkExpired,
            TooManyGuesses,
            what="Where it leads, for who asks for JSON.",
        ),
        302: {"description": "To the storefront."},
    },
)
async def open_link(
    token: str,
    now: Now,
    request: Request,
    accept: Annotated[str, Header()] = "",
    user_agent: Annotated[str, Header()] = "",
) -> Response:
    """Leads to the offer in the storefront. The link is the credential: nothing else is asked for.

    The address has `offer`, `link` (to be given on with the acceptance) and `claim`: a token for the storefront
    (HS256, audience `storefront`, ten minutes) that names the customer. Programs that preview links get the offer
    alone, and open nothing. An address from which many wrong links were asked for is refused for a while.
    """
    settings: Settings = request.app.state.settings
    if is_previewer(user_agent):
        link = await _asked_for(links.looked_at, token, now, request)
        url = _shop(settings, offer=link.offer_id)
    else:
        link = await _asked_for(links.opened, token, now, request)
        url = _target(settings, link, token)
    if "application/json" not in accept:
        return RedirectResponse(url, status.HTTP_302_FOUND, headers=_DISCREET)
    found = schemas.OpenedLink(offer_id=link.offer_id, url=url, expires_at=link.expires_at)
    return JSONResponse(found.model_dump(mode="json"), headers=_DISCREET)


@public.head(
    "/l/{token}",
    summary="Look at a short link",
    status_code=status.HTTP_302_FOUND,
    response_class=RedirectResponse,
    responses={
        **problem_responses(UnknownLink, LinkExpired, TooManyGuesses),
        302: {"description": "To the offer in the storefront."},
    },
)
async def look_at_link(token: str, now: Now, request: Request) -> Response:
    """What a program gets that previews links: where the offer is, for nobody in particular. It opens nothing."""
    link = await _asked_for(links.looked_at, token, now, request)
    url = _shop(request.app.state.settings, offer=link.offer_id)
    return RedirectResponse(url, status.HTTP_302_FOUND, headers=_DISCREET)


async def _asked_for(
    ask: Callable[[Connection, str, Sequence[str], datetime], Awaitable[Link]],
    token: str,
    now: datetime,
    request: Request,
) -> Link:
    """The link that somebody without a token asks for; wrong ones are counted.

    Raises:
        UnknownLink, LinkExpired: as their names say.
        TooManyGuesses: too many wrong ones came from there.
    """
    guesses: Guesses = request.app.state.guesses
    await guesses.check(request)
    try:
        async with transaction(request.app.state.pool) as conn:  # not `Writing`: a retry may well count as an opening
            return await ask(conn, token, request.app.state.settings.link_keys, now)
    except UnknownLink:
        await guesses.count(request)
        raise


def _target(settings: Settings, link: Link, token: str) -> str:
    """The storefront's address for this link. The claim ends by the machine's clock, as all tokens do."""
    began = int(time.time())
    claims = {
        "sub": link.customer_id,
        "offer_id": link.offer_id,
        "link_id": link.link_id,
        "aud": "storefront",
        "iat": began,
        "exp": began + CLAIM_SECONDS,
    }
    claim = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(settings.claim_key), algorithms=["HS256"])
    return _shop(settings, offer=link.offer_id, link=token, claim=claim)


def _shop(settings: Settings, **query: str) -> str:
    return f"{settings.storefront_url}{'&' if '?' in settings.storefront_url else '?'}{urlencode(query)}"


def _shown(link: Link) -> schemas.Link:
    return schemas.Link(
        link_id=link.link_id,
        customer_id=link.customer_id,
        offer_id=link.offer_id,
        channel=Channel(link.channel),
        contact_id=link.contact_id,
        agent=link.agent or None,
        unit=link.unit or None,
        created_at=link.created_at,
        expires_at=link.expires_at,
        opened_at=link.opened_at,
        opens=link.opens,
    )
