"""What may be offered, in which order, and who accepted it. Generated from the routes of the service offers by `make clients`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, cast

from rapport_client.paging import async_items, items
from rapport_client.transport import AsyncTransport, Transport, path_of


class Acceptance(TypedDict):
    """A row of the ledger."""

    acceptance_id: str
    customer_id: str
    offer_id: str
    term: str
    goal: str
    category: str | None
    channel: Channel
    contact_id: str | None
    at: str
    """When the customer said yes."""
    state: Literal["accepted", "refused", "revoked"]
    reason: str | None
    """Why it was refused: one that a channel reported and that could not be honoured."""
    revoked_at: str | None
    fulfilled_at: str | None
    reference: str | None


class AcceptanceRequest(TypedDict):
    """A customer says yes."""

    customer_id: str
    offer_id: str
    channel: Channel
    contact_id: NotRequired[str | None]
    """The contact in which it happened, if any; a storefront passes on the one it was given."""
    term: NotRequired[str]
    """Which term of the offer: one acceptance per customer, offer and term."""
    acceptance_id: NotRequired[str | None]
    """Chosen by the caller, it makes a retry safe without an `Idempotency-Key`."""


Channel: TypeAlias = "Literal['call', 'branch', 'hotline', 'web', 'sms', 'email']"


class EligibleOffer(TypedDict):
    """One offer for the customer, in the language that serves best."""

    offer_id: str
    title: str
    body: str
    script: str
    image: str | None
    goal: str
    valid_until: str | None
    contact_id: str | None
    """The open web contact for this offer: report the customer's answer to it."""
    priority: NotRequired[int | None]
    """What decides the rank, with `explain=true` only: a customer's page has no use for the worth of a
    customer.
    """
    value: NotRequired[str | None]
    currency: NotRequired[str | None]


class EligibleOffers(TypedDict):
    """Offers of open contacts first, then the others, each part best first."""

    customer_id: str
    items: list[EligibleOffer]
    refused: NotRequired[list[RefusedOffer] | None]
    """With `explain=true` only."""


class FailedCondition(TypedDict):
    """A leaf of the offer's rule that this customer does not meet: where in the rule, and what it asks for."""

    pointer: str
    text: str


class FulfilmentRequest(TypedDict):
    """What was accepted has been delivered."""

    reference: NotRequired[str | None]
    """Of the order or contract, in the system that fulfilled it."""


class Offer(TypedDict):
    """An offer as planners see it: the content as last edited, and what customers see of it."""

    category: str
    goal: str
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: NotRequired[int]
    """Larger goes first."""
    value: NotRequired[str]
    """Worth of one acceptance to the business."""
    currency: NotRequired[str]
    channels: NotRequired[list[Channel]]
    valid_from: NotRequired[str | None]
    valid_until: NotRequired[str | None]
    """The instant itself is outside."""
    stock: NotRequired[int | None]
    """How many may be accepted in all; null is without limit."""
    never_with: NotRequired[list[str]]
    """Products held or offers accepted that exclude this one."""
    image: NotRequired[str | None]
    texts: NotRequired[dict[str, Any]]
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: NotRequired[dict[str, Any] | None]
    """A rule tree over the customer document; null is everybody."""
    offer_id: str
    version: int
    """Rises with every change; also the `ETag`."""
    state: Literal["draft", "published", "withdrawn"]
    """`draft`: the content shown has not been published as it stands."""
    in_force: int | None
    """The version that customers see; null when they see none."""
    accepted: int
    """How many acceptances stand."""
    sold_out: bool
    changed_at: str


class OfferContent(TypedDict):
    """What planners write of an offer."""

    category: str
    goal: str
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: NotRequired[int]
    """Larger goes first."""
    value: NotRequired[float | str]
    """Worth of one acceptance to the business."""
    currency: NotRequired[str]
    channels: NotRequired[list[Channel]]
    valid_from: NotRequired[str | None]
    valid_until: NotRequired[str | None]
    """The instant itself is outside."""
    stock: NotRequired[int | None]
    """How many may be accepted in all; null is without limit."""
    never_with: NotRequired[list[str]]
    """Products held or offers accepted that exclude this one."""
    image: NotRequired[str | None]
    texts: NotRequired[dict[str, Any]]
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: NotRequired[dict[str, Any] | None]
    """A rule tree over the customer document; null is everybody."""


class OfferText(TypedDict):
    """The wording of an offer in one language."""

    title: str
    body: NotRequired[str]
    script: NotRequired[str]
    """What an agent says."""


class PageOffer(TypedDict):
    items: list[Offer]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


Refusal: TypeAlias = "Literal['not_published', 'not_yet_valid', 'no_longer_valid', 'other_channel', 'sold_out', 'already_accepted', 'goal_met', 'excluded', 'unreadable_rule', 'not_eligible']"


class RefusedOffer(TypedDict):
    """An offer that this customer is not shown, and the first reason why."""

    offer_id: str
    reason: Refusal
    detail: str | None
    failed: list[FailedCondition]


class Offers:
    """What may be offered, in which order, and who accepted it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_eligible_offers(
        self,
        customer_id: str,
        *,
        channel: Channel | None = None,
        limit: int | None = None,
        lang: str | None = None,
        explain: bool | None = None,
    ) -> EligibleOffers:
        """Offers for a customer.

        What the customer may have in this channel now: offers of open web contacts first, then the others by
        rank.

        Texts are in `lang`, else in the customer's language, else in English.

        `explain`: Also say why not; needs `offers.read` as well.

        Permission: `offers.storefront`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        return cast(
            "EligibleOffers",
            self._transport.call(
                "GET",
                path_of("/v1/customers/{customer_id}/eligible-offers", customer_id=customer_id),
                query={"channel": channel, "limit": limit, "lang": lang, "explain": explain},
            ),
        )

    def accept_offer(self, body: AcceptanceRequest, *, idempotency_key: str | None = None) -> Acceptance:
        """Accept an offer.

        Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is
        sent.

        Permission: `offers.accept`.

        Problems: `acceptance-id-taken`, `already-accepted`, `body-too-large`, `forbidden`, `not-eligible`,
        `offer-expired`, `sold-out`, `unauthenticated`, `unknown-customer`, `unknown-offer`, `unsupported-media-
        type`, `validation`.
        """
        return cast(
            "Acceptance", self._transport.call("POST", "/v1/acceptances", body=body, idempotency_key=idempotency_key)
        )

    def get_acceptance(self, acceptance_id: str) -> Acceptance:
        """Read an acceptance.

        What the ledger holds under this id, refusals of what channels reported included.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
        """
        return cast(
            "Acceptance",
            self._transport.call("GET", path_of("/v1/acceptances/{acceptance_id}", acceptance_id=acceptance_id)),
        )

    def revoke_acceptance(self, acceptance_id: str, *, idempotency_key: str | None = None) -> Acceptance:
        """Revoke an acceptance.

        Take it back: the stock returns and the goal is open again. Revoking again changes nothing.

        Permission: `offers.accept`.

        Problems: `acceptance-not-standing`, `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
        """
        return cast(
            "Acceptance",
            self._transport.call(
                "POST",
                path_of("/v1/acceptances/{acceptance_id}/revocation", acceptance_id=acceptance_id),
                idempotency_key=idempotency_key,
            ),
        )

    def fulfil_acceptance(
        self, acceptance_id: str, body: FulfilmentRequest, *, idempotency_key: str | None = None
    ) -> Acceptance:
        """Record a fulfilment.

        Note that what was accepted has been delivered. The first note counts.

        Permission: `offers.accept`.

        Problems: `acceptance-not-standing`, `body-too-large`, `forbidden`, `unauthenticated`, `unknown-
        acceptance`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Acceptance",
            self._transport.call(
                "POST",
                path_of("/v1/acceptances/{acceptance_id}/fulfilment", acceptance_id=acceptance_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def put_offer(
        self, offer_id: str, body: OfferContent, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Write an offer.

        Store the content as a draft. What is in force stays in force until the draft is published.

        An offer that exists needs `If-Match`.

        Permission: `offers.manage`.

        Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Offer",
            self._transport.call(
                "PUT",
                path_of("/v1/offers/{offer_id}", offer_id=offer_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def get_offer(self, offer_id: str) -> Offer:
        """Read an offer.

        The offer as last edited, and which version of it is in force.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast("Offer", self._transport.call("GET", path_of("/v1/offers/{offer_id}", offer_id=offer_id)))

    def list_offers(
        self,
        *,
        state: Literal["draft", "published", "withdrawn"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageOffer:
        """List offers.

        All offers by id, or those in one state.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageOffer",
            self._transport.call("GET", "/v1/offers", query={"state": state, "limit": limit, "cursor": cursor}),
        )

    def iter_offers(
        self, *, state: Literal["draft", "published", "withdrawn"] | None = None, limit: int | None = None
    ) -> Iterator[Offer]:
        """Every item of `list_offers`, page after page."""
        yield from items(self._transport, "/v1/offers", {"state": state, "limit": limit})

    def publish_offer(self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> Offer:
        """Publish an offer.

        Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.

        Permission: `offers.manage`.

        Problems: `forbidden`, `offer-expired`, `offer-incomplete`, `precondition-failed`, `stock-below-
        accepted`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "Offer",
            self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/publication", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def withdraw_offer(
        self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Withdraw an offer.

        Take the offer away from customers at once. What is accepted stays accepted.

        Permission: `offers.manage`.

        Problems: `forbidden`, `offer-not-published`, `precondition-failed`, `unauthenticated`, `unknown-offer`,
        `validation`.
        """
        return cast(
            "Offer",
            self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/withdrawal", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )


class AsyncOffers:
    """What may be offered, in which order, and who accepted it."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list_eligible_offers(
        self,
        customer_id: str,
        *,
        channel: Channel | None = None,
        limit: int | None = None,
        lang: str | None = None,
        explain: bool | None = None,
    ) -> EligibleOffers:
        """Offers for a customer.

        What the customer may have in this channel now: offers of open web contacts first, then the others by
        rank.

        Texts are in `lang`, else in the customer's language, else in English.

        `explain`: Also say why not; needs `offers.read` as well.

        Permission: `offers.storefront`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        return cast(
            "EligibleOffers",
            await self._transport.call(
                "GET",
                path_of("/v1/customers/{customer_id}/eligible-offers", customer_id=customer_id),
                query={"channel": channel, "limit": limit, "lang": lang, "explain": explain},
            ),
        )

    async def accept_offer(self, body: AcceptanceRequest, *, idempotency_key: str | None = None) -> Acceptance:
        """Accept an offer.

        Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is
        sent.

        Permission: `offers.accept`.

        Problems: `acceptance-id-taken`, `already-accepted`, `body-too-large`, `forbidden`, `not-eligible`,
        `offer-expired`, `sold-out`, `unauthenticated`, `unknown-customer`, `unknown-offer`, `unsupported-media-
        type`, `validation`.
        """
        return cast(
            "Acceptance",
            await self._transport.call("POST", "/v1/acceptances", body=body, idempotency_key=idempotency_key),
        )

    async def get_acceptance(self, acceptance_id: str) -> Acceptance:
        """Read an acceptance.

        What the ledger holds under this id, refusals of what channels reported included.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
        """
        return cast(
            "Acceptance",
            await self._transport.call("GET", path_of("/v1/acceptances/{acceptance_id}", acceptance_id=acceptance_id)),
        )

    async def revoke_acceptance(self, acceptance_id: str, *, idempotency_key: str | None = None) -> Acceptance:
        """Revoke an acceptance.

        Take it back: the stock returns and the goal is open again. Revoking again changes nothing.

        Permission: `offers.accept`.

        Problems: `acceptance-not-standing`, `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
        """
        return cast(
            "Acceptance",
            await self._transport.call(
                "POST",
                path_of("/v1/acceptances/{acceptance_id}/revocation", acceptance_id=acceptance_id),
                idempotency_key=idempotency_key,
            ),
        )

    async def fulfil_acceptance(
        self, acceptance_id: str, body: FulfilmentRequest, *, idempotency_key: str | None = None
    ) -> Acceptance:
        """Record a fulfilment.

        Note that what was accepted has been delivered. The first note counts.

        Permission: `offers.accept`.

        Problems: `acceptance-not-standing`, `body-too-large`, `forbidden`, `unauthenticated`, `unknown-
        acceptance`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Acceptance",
            await self._transport.call(
                "POST",
                path_of("/v1/acceptances/{acceptance_id}/fulfilment", acceptance_id=acceptance_id),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def put_offer(
        self, offer_id: str, body: OfferContent, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Write an offer.

        Store the content as a draft. What is in force stays in force until the draft is published.

        An offer that exists needs `If-Match`.

        Permission: `offers.manage`.

        Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Offer",
            await self._transport.call(
                "PUT",
                path_of("/v1/offers/{offer_id}", offer_id=offer_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_offer(self, offer_id: str) -> Offer:
        """Read an offer.

        The offer as last edited, and which version of it is in force.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast("Offer", await self._transport.call("GET", path_of("/v1/offers/{offer_id}", offer_id=offer_id)))

    async def list_offers(
        self,
        *,
        state: Literal["draft", "published", "withdrawn"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageOffer:
        """List offers.

        All offers by id, or those in one state.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageOffer",
            await self._transport.call("GET", "/v1/offers", query={"state": state, "limit": limit, "cursor": cursor}),
        )

    async def iter_offers(
        self, *, state: Literal["draft", "published", "withdrawn"] | None = None, limit: int | None = None
    ) -> AsyncIterator[Offer]:
        """Every item of `list_offers`, page after page."""
        async for item in async_items(self._transport, "/v1/offers", {"state": state, "limit": limit}):
            yield item

    async def publish_offer(
        self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Publish an offer.

        Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.

        Permission: `offers.manage`.

        Problems: `forbidden`, `offer-expired`, `offer-incomplete`, `precondition-failed`, `stock-below-
        accepted`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "Offer",
            await self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/publication", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def withdraw_offer(
        self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Withdraw an offer.

        Take the offer away from customers at once. What is accepted stays accepted.

        Permission: `offers.manage`.

        Problems: `forbidden`, `offer-not-published`, `precondition-failed`, `unauthenticated`, `unknown-offer`,
        `validation`.
        """
        return cast(
            "Offer",
            await self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/withdrawal", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )
