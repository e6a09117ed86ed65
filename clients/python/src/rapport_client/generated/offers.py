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
    unit: NotRequired[str | None]
    """Of whoever took it, for quotas."""
    agent: NotRequired[str | None]
    """Who is credited with it."""
    link_id: NotRequired[str | None]
    """The short link through which it came."""
    revocable_until: NotRequired[str | None]
    """The end of its cooling-off period, as the offer had it then; null: until it is fulfilled."""
    revoked_because: NotRequired[Literal["withdrawn", "not-delivered"] | None]
    note: NotRequired[str | None]
    """Why it could not be delivered."""


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
    unit: NotRequired[str | None]
    """Which unit takes it, for quotas: the caller's own, which it is when left out, or one below it."""
    link: NotRequired[str | None]
    """The token of the short link through which the customer came: its contact and agent are credited."""


Channel: TypeAlias = "Literal['call', 'branch', 'hotline', 'web', 'sms', 'email']"


class EligibleOffer(TypedDict):
    """One offer for the customer, in the language that serves best."""

    offer_id: str
    title: str
    body: str
    script: str
    """What is said in this channel."""
    objections: list[SaidObjection]
    """What the customer may hold against it and the answers, where an agent speaks."""
    image: str | None
    goal: str
    price: str | None
    """What the customer pays, in `currency`; null where there is no one price."""
    price_period: Literal["once", "month", "year"]
    currency: str
    valid_until: str | None
    contact_id: str | None
    """The open web contact for this offer: report the customer's answer to it."""
    priority: NotRequired[int | None]
    """What decides the rank, with `explain=true` only: a customer's page has no use for the worth of a
    customer.
    """
    value: NotRequired[str | None]
    score: NotRequired[float | None]
    """Decides within a priority; the product of the shares of its factors."""
    factors: NotRequired[list[FactorShare] | None]
    segment: NotRequired[str | None]
    """Whose propensity it is; null is everybody's."""
    promised: NotRequired[bool | None]
    """The customer, or somebody of the household, was interested: it goes first."""


class EligibleOffers(TypedDict):
    """Offers of open contacts first, then the others, each part best first."""

    customer_id: str
    items: list[EligibleOffer]
    refused: NotRequired[list[RefusedOffer] | None]
    """With `explain=true` only."""


class Factor(TypedDict):
    """One factor of a rank: whether it counts, and the exponent with which it does."""

    on: NotRequired[bool]
    weight: NotRequired[float]


class FactorShare(TypedDict):
    """What one factor has to do with an offer's score."""

    factor: Literal["propensity", "context", "value", "lever"]
    figure: float
    weight: float
    """0 when the factor is off."""
    share: float
    """What it multiplies the score by: the figure to the power of the weight."""


class FailedCondition(TypedDict):
    """A leaf of the offer's rule that this customer does not meet: where in the rule, and what it asks for."""

    pointer: str
    text: str


class FulfilmentRequest(TypedDict):
    """What became of what was accepted: delivered, or it could not be."""

    result: NotRequired[Literal["delivered", "failed"]]
    """`failed`: the acceptance stands no more, and its stock returns."""
    reference: NotRequired[str | None]
    """Of the order or contract, in the system that fulfilled it."""
    reason: NotRequired[str | None]
    """Why it could not be delivered; no personal data."""


class GetOfferDifferencesAnswer(TypedDict):
    offer_id: str
    version: int
    against: int
    differences: list[GetOfferDifferencesDifferences]


class GetOfferDifferencesDifferences(TypedDict):
    pointer: str
    old: str
    new: str


class LayerFit(TypedDict):
    """One layer of the offer's rules: whether the customer passes, and else the leaves to blame."""

    layer: Literal["eligibility", "applicability", "suitability"]
    fits: bool
    failed: list[FailedCondition]


class Link(TypedDict):
    """A short link, without its token."""

    link_id: str
    customer_id: str
    offer_id: str
    channel: Channel
    contact_id: str | None
    agent: str | None
    """Who sent it, or asked for the message that carries it; null: a campaign did."""
    unit: NotRequired[str | None]
    """Whose unit that is."""
    created_at: str
    expires_at: str
    opened_at: str | None
    """The first time."""
    opens: int


class LinkRequest(TypedDict):
    """To whom, for what and by which channel a link is sent."""

    customer_id: str
    offer_id: str
    contact_id: NotRequired[str | None]
    """The contact in which it is sent, such as the hotline's: what comes of the link is told of it."""
    channel: NotRequired[Channel]
    """By which it is sent."""
    expires_in: NotRequired[int]
    """Seconds."""


class NewLink(TypedDict):
    """A link that was just made."""

    link_id: str
    customer_id: str
    offer_id: str
    channel: Channel
    contact_id: str | None
    agent: str | None
    """Who sent it, or asked for the message that carries it; null: a campaign did."""
    unit: NotRequired[str | None]
    """Whose unit that is."""
    created_at: str
    expires_at: str
    opened_at: str | None
    """The first time."""
    opens: int
    token: str
    url: str


class ObjectionAnswer(TypedDict):
    """What a customer may hold against the offer, and what an agent answers."""

    objection: str
    answer: str


class Offer(TypedDict):
    """An offer as planners see it: the content as last edited, and what customers see of it."""

    category: str
    goal: str
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: NotRequired[int]
    """Larger goes first."""
    value: NotRequired[str]
    """Worth of one acceptance to the business."""
    cost: NotRequired[str]
    """What one acceptance costs the business; a ranking counts `value` less `cost`."""
    price: NotRequired[str | None]
    """What the customer pays; null where there is no one price."""
    price_period: NotRequired[Literal["once", "month", "year"]]
    customer_value: NotRequired[str | None]
    """Worth of the offer to the customer."""
    currency: NotRequired[str]
    channels: NotRequired[list[Channel]]
    valid_from: NotRequired[str | None]
    valid_until: NotRequired[str | None]
    """The instant itself is outside."""
    stock: NotRequired[int | None]
    """How many may be accepted in all; null is without limit."""
    quotas: NotRequired[list[Quota]]
    """Shares of it for channels or units, each counted on its own; whatever runs out first ends it there."""
    cooling_off_days: NotRequired[int | None]
    """For so long after an acceptance it may be revoked; null: until it is fulfilled."""
    never_with: NotRequired[list[str]]
    """Products held or offers accepted that exclude this one."""
    never_after: NotRequired[list[str]]
    """Offers that exclude this one once they were accepted, also when the acceptance was taken back."""
    only_after: NotRequired[list[str]]
    """Products held or offers accepted that this one needs, each of them."""
    per_household: NotRequired[bool]
    """What one member of a household has accepted is not offered to the others."""
    image: NotRequired[str | None]
    texts: NotRequired[dict[str, Any]]
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: NotRequired[dict[str, Any] | None]
    """May the customer have it? A rule tree over the customer document; null is everybody."""
    applicability: NotRequired[dict[str, Any] | None]
    """Does it make sense now? It binds whoever proposes, not an acceptance."""
    suitability: NotRequired[dict[str, Any] | None]
    """Is it good for the customer?"""
    propensity: NotRequired[Propensity]
    """How likely a customer accepts: the first segment that holds, else `default`."""
    context: NotRequired[dict[str, float]]
    """How well it goes with a channel; 1 where nothing is said."""
    lever: NotRequired[float]
    """What the business does to push it (above 1) or to hold it back."""
    offer_id: str
    version: int
    """Rises with every change; also the `ETag`."""
    state: Literal["draft", "submitted", "approved", "published", "withdrawn"]
    """`draft`, `submitted`, `approved`: the content shown has not been published as it stands."""
    in_force: int | None
    """The version that customers see; null when they see none."""
    accepted: int
    """How many acceptances stand."""
    sold_out: bool
    above: list[str]
    """What of the content is above a limit, so that another person must approve it, by JSON pointers."""
    authors: list[str]
    """Who has edited the content since it was last published."""
    submitted_by: str | None
    approved_by: str | None
    changed_at: str


class OfferContentInput(TypedDict):
    """What planners write of an offer."""

    category: str
    goal: str
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: NotRequired[int]
    """Larger goes first."""
    value: NotRequired[float | str]
    """Worth of one acceptance to the business."""
    cost: NotRequired[float | str]
    """What one acceptance costs the business; a ranking counts `value` less `cost`."""
    price: NotRequired[float | str | None]
    """What the customer pays; null where there is no one price."""
    price_period: NotRequired[Literal["once", "month", "year"]]
    customer_value: NotRequired[float | str | None]
    """Worth of the offer to the customer."""
    currency: NotRequired[str]
    channels: NotRequired[list[Channel]]
    valid_from: NotRequired[str | None]
    valid_until: NotRequired[str | None]
    """The instant itself is outside."""
    stock: NotRequired[int | None]
    """How many may be accepted in all; null is without limit."""
    quotas: NotRequired[list[Quota]]
    """Shares of it for channels or units, each counted on its own; whatever runs out first ends it there."""
    cooling_off_days: NotRequired[int | None]
    """For so long after an acceptance it may be revoked; null: until it is fulfilled."""
    never_with: NotRequired[list[str]]
    """Products held or offers accepted that exclude this one."""
    never_after: NotRequired[list[str]]
    """Offers that exclude this one once they were accepted, also when the acceptance was taken back."""
    only_after: NotRequired[list[str]]
    """Products held or offers accepted that this one needs, each of them."""
    per_household: NotRequired[bool]
    """What one member of a household has accepted is not offered to the others."""
    image: NotRequired[str | None]
    texts: NotRequired[dict[str, Any]]
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: NotRequired[dict[str, Any] | None]
    """May the customer have it? A rule tree over the customer document; null is everybody."""
    applicability: NotRequired[dict[str, Any] | None]
    """Does it make sense now? It binds whoever proposes, not an acceptance."""
    suitability: NotRequired[dict[str, Any] | None]
    """Is it good for the customer?"""
    propensity: NotRequired[Propensity]
    """How likely a customer accepts: the first segment that holds, else `default`."""
    context: NotRequired[dict[str, float]]
    """How well it goes with a channel; 1 where nothing is said."""
    lever: NotRequired[float]
    """What the business does to push it (above 1) or to hold it back."""


class OfferContentOutput(TypedDict):
    """What planners write of an offer."""

    category: str
    goal: str
    """Accepting this offer meets the goal, and stops every contact for it."""
    priority: NotRequired[int]
    """Larger goes first."""
    value: NotRequired[str]
    """Worth of one acceptance to the business."""
    cost: NotRequired[str]
    """What one acceptance costs the business; a ranking counts `value` less `cost`."""
    price: NotRequired[str | None]
    """What the customer pays; null where there is no one price."""
    price_period: NotRequired[Literal["once", "month", "year"]]
    customer_value: NotRequired[str | None]
    """Worth of the offer to the customer."""
    currency: NotRequired[str]
    channels: NotRequired[list[Channel]]
    valid_from: NotRequired[str | None]
    valid_until: NotRequired[str | None]
    """The instant itself is outside."""
    stock: NotRequired[int | None]
    """How many may be accepted in all; null is without limit."""
    quotas: NotRequired[list[Quota]]
    """Shares of it for channels or units, each counted on its own; whatever runs out first ends it there."""
    cooling_off_days: NotRequired[int | None]
    """For so long after an acceptance it may be revoked; null: until it is fulfilled."""
    never_with: NotRequired[list[str]]
    """Products held or offers accepted that exclude this one."""
    never_after: NotRequired[list[str]]
    """Offers that exclude this one once they were accepted, also when the acceptance was taken back."""
    only_after: NotRequired[list[str]]
    """Products held or offers accepted that this one needs, each of them."""
    per_household: NotRequired[bool]
    """What one member of a household has accepted is not offered to the others."""
    image: NotRequired[str | None]
    texts: NotRequired[dict[str, Any]]
    """By BCP 47 language. `en` and `zh-CN` are needed to publish."""
    eligibility: NotRequired[dict[str, Any] | None]
    """May the customer have it? A rule tree over the customer document; null is everybody."""
    applicability: NotRequired[dict[str, Any] | None]
    """Does it make sense now? It binds whoever proposes, not an acceptance."""
    suitability: NotRequired[dict[str, Any] | None]
    """Is it good for the customer?"""
    propensity: NotRequired[Propensity]
    """How likely a customer accepts: the first segment that holds, else `default`."""
    context: NotRequired[dict[str, float]]
    """How well it goes with a channel; 1 where nothing is said."""
    lever: NotRequired[float]
    """What the business does to push it (above 1) or to hold it back."""


class OfferText(TypedDict):
    """The wording of an offer in one language. Each text is a template (`rapport.scripts`)."""

    title: str
    body: NotRequired[str]
    script: NotRequired[str]
    """What an agent says, where the channel has no script of its own."""
    scripts: NotRequired[dict[str, str]]
    """What is said in a channel instead of `script`."""
    objections: NotRequired[list[ObjectionAnswer]]


class OfferVersion(TypedDict):
    """One step in an offer's or a ranking's life."""

    version: int
    state: Literal["draft", "submitted", "approved", "published", "withdrawn"]
    by: str | None
    """Who did it."""
    at: str


class OpenedLink(TypedDict):
    """Where a link leads."""

    offer_id: str
    url: str
    expires_at: str


class PageAcceptance(TypedDict):
    items: list[Acceptance]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class PageOffer(TypedDict):
    items: list[Offer]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class PageOfferVersion(TypedDict):
    items: list[OfferVersion]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class PageRankingVersion(TypedDict):
    items: list[RankingVersion]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class Preview(TypedDict):
    """An offer as it was last edited, as one customer would meet it."""

    offer_id: str
    version: int
    customer_id: str
    channel: Channel
    texts: SaidTexts | None
    """Null while there are none."""
    faults: list[TextFault]
    """What keeps the texts from being published."""
    layers: list[LayerFit]
    """Those that have a rule."""
    reason: Refusal | None
    """The first reason why this customer would not be shown it; null when they would."""
    detail: str | None
    place: int | None
    """Where it would stand among the offers for this customer, from 1."""
    of: int
    """How many offers there would be."""
    score: float
    factors: list[FactorShare]
    segment: str | None
    promised: bool


class Propensity(TypedDict):
    """How likely a customer accepts: a constant per segment, the first that holds, else `default`."""

    default: NotRequired[float]
    by_segment: NotRequired[list[SegmentPropensity]]


class PublicOffer(TypedDict):
    """One offer that is for everybody."""

    offer_id: str
    title: str
    body: str
    image: str | None
    goal: str
    price: str | None
    price_period: str
    currency: str
    valid_until: str | None


class PublicOffers(TypedDict):
    """Offers for a visitor of whom nothing is known, best first."""

    items: list[PublicOffer]


class Quota(TypedDict):
    """How much of the stock a channel, or a unit with all below it, may give away."""

    scope: Literal["channel", "unit"]
    name: str
    """The channel, or the path of the unit such as `/north`."""
    limit: int


class Ranking(TypedDict):
    """The ranking as planners see it: the content as last edited, and what is in force."""

    version: int
    """Rises with every change; also the `ETag`. 0 until somebody writes one."""
    state: Literal["draft", "submitted", "approved", "published", "withdrawn"]
    content: RankingContent
    in_force: NotRequired[dict[str, Any] | None]
    """The document by which every channel ranks; null while the defaults are in force."""
    authors: NotRequired[list[str]]
    submitted_by: NotRequired[str | None]
    approved_by: NotRequired[str | None]
    changed_at: NotRequired[str | None]


class RankingContent(TypedDict):
    """How offers are weighed: within a priority by the product of the factors that are on, each to its weight."""

    propensity: NotRequired[Factor]
    """How likely the customer accepts."""
    context: NotRequired[Factor]
    """How well the offer goes with the channel."""
    value: NotRequired[Factor]
    """Worth to the business, less the cost."""
    lever: NotRequired[Factor]
    """How much the business pushes the offer."""
    refused_days: NotRequired[int]
    """For how long an offer that the customer has refused is not shown; 0 switches it off."""
    promised_days: NotRequired[int]
    """For how long an offer that the customer was interested in, or wants to be called about, goes before all
    others, from then or from the time of the call on; 0 switches it off.
    """


class RankingVersion(TypedDict):
    """A step in the life of the ranking, with the weights as they were."""

    version: int
    state: Literal["draft", "submitted", "approved", "published", "withdrawn"]
    by: str | None
    """Who did it."""
    at: str
    content: RankingContent


Refusal: TypeAlias = "Literal['not_published', 'not_yet_valid', 'no_longer_valid', 'other_channel', 'sold_out', 'quota_exhausted', 'already_accepted', 'goal_met', 'household_has_it', 'excluded', 'accepted_before', 'needs_another', 'recently_refused', 'unreadable_rule', 'not_eligible', 'not_applicable', 'not_suitable']"


class RefusedOffer(TypedDict):
    """An offer that this customer is not shown, and the first reason why."""

    offer_id: str
    reason: Refusal
    detail: str | None
    """The goal that is met, the product or offer that excludes this one or that it needs, or until when it
    rests.
    """
    layer: Literal["eligibility", "applicability", "suitability"] | None
    """Which of its rules does not let the customer pass."""
    failed: list[FailedCondition]
    score: float
    factors: list[FactorShare]
    segment: str | None
    promised: bool


class SaidObjection(TypedDict):
    """What a customer may hold against the offer, and the answer."""

    objection: str
    answer: str


class SaidTexts(TypedDict):
    """What is said of an offer, filled in."""

    language: str
    title: str
    body: str
    script: str
    objections: list[SaidObjection]


class SegmentPropensity(TypedDict):
    """How likely customers of a segment accept."""

    name: str
    rule: dict[str, Any]
    """A rule tree over the customer document."""
    value: float


class TextFault(TypedDict):
    """A place in a text that cannot be filled in."""

    pointer: str
    message: str


class TextVariable(TypedDict):
    """What a text may be filled in with."""

    name: str
    """As texts write it: `{{ name }}`."""
    label: dict[str, str]
    """By language: `en`, `zh-CN`."""
    needs_default: bool
    """Whether it may be unknown, of any customer or of this kind of offer."""
    personal: bool
    """Filled in only for who may see personal data."""
    only_in: list[Channel]
    """The channels in whose scripts it may stand; empty: everywhere."""


class TextVariables(TypedDict):
    """All that texts may use, in the order in which an editor lists them."""

    items: list[TextVariable]


class WholeOfferVersion(TypedDict):
    """A version with its content, as it was then."""

    version: int
    state: Literal["draft", "submitted", "approved", "published", "withdrawn"]
    by: str | None
    """Who did it."""
    at: str
    content: OfferContentOutput


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

    def list_public_offers(
        self, *, channel: Channel | None = None, limit: int | None = None, lang: str | None = None
    ) -> PublicOffers:
        """Offers for everybody.

        What a visitor may see of whom nothing is known: offers that ask for nothing of the customer.

        Any cache may keep it for the seconds that it says, never past an instant at which an offer begins or
        ends.

        Permission: `offers.storefront`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PublicOffers",
            self._transport.call(
                "GET", "/v1/eligible-offers", query={"channel": channel, "limit": limit, "lang": lang}
            ),
        )

    def accept_offer(self, body: AcceptanceRequest, *, idempotency_key: str | None = None) -> Acceptance:
        """Accept an offer.

        Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is
        sent.

        Permission: `offers.accept`.

        Problems: `acceptance-id-taken`, `already-accepted`, `body-too-large`, `forbidden`, `link-expired`,
        `link-not-for-this`, `not-eligible`, `offer-expired`, `quota-exhausted`, `sold-out`, `unauthenticated`,
        `unknown-customer`, `unknown-link`, `unknown-offer`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Acceptance", self._transport.call("POST", "/v1/acceptances", body=body, idempotency_key=idempotency_key)
        )

    def list_acceptances(
        self,
        *,
        customer_id: str | None = None,
        offer_id: str | None = None,
        state: Literal["accepted", "refused", "revoked"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageAcceptance:
        """List acceptances.

        The rows of the ledger, or those of one customer, offer or state.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageAcceptance",
            self._transport.call(
                "GET",
                "/v1/acceptances",
                query={
                    "customer_id": customer_id,
                    "offer_id": offer_id,
                    "state": state,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    def iter_acceptances(
        self,
        *,
        customer_id: str | None = None,
        offer_id: str | None = None,
        state: Literal["accepted", "refused", "revoked"] | None = None,
        limit: int | None = None,
    ) -> Iterator[Acceptance]:
        """Every item of `list_acceptances`, page after page."""
        yield from items(
            self._transport,
            "/v1/acceptances",
            {"customer_id": customer_id, "offer_id": offer_id, "state": state, "limit": limit},
        )

    def export_acceptances(
        self,
        *,
        since: str,
        until: str | None = None,
        state: Literal["accepted", "refused", "revoked", "fulfilled"] | None = None,
        format: Literal["csv", "ndjson"] | None = None,
        after: str | None = None,
    ) -> str:
        """Export acceptances.

        For billing: what was accepted (also what was revoked later), refused, revoked or fulfilled in [since,
        until).

        In the order in which it happened; the same question gives the same rows again. A channel may report an
        acceptance late, with the instant at which it was said: a month is complete once all reports of it are
        in.

        `after`: Go on after this row: the last one that came whole.

        Permission: `offers.export`.

        Problems: `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
        """
        return cast(
            "str",
            self._transport.call(
                "GET",
                "/v1/acceptances/export",
                query={"since": since, "until": until, "state": state, "format": format, "after": after},
            ),
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

        Take it back for the customer: stock and quota return and the goal is open again.

        Until `revocable_until`; where there is none, until it is fulfilled. Revoking again changes nothing.

        Permission: `offers.revoke`.

        Problems: `acceptance-not-standing`, `already-fulfilled`, `cooling-off-over`, `forbidden`,
        `unauthenticated`, `unknown-acceptance`, `validation`.
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

        Note that what was accepted has been delivered, or that it cannot be: then stock and quota return.

        The first note counts.

        Permission: `offers.accept`.

        Problems: `acceptance-not-standing`, `already-fulfilled`, `body-too-large`, `forbidden`,
        `unauthenticated`, `unknown-acceptance`, `unsupported-media-type`, `validation`.
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

    def create_link(self, body: LinkRequest, *, idempotency_key: str | None = None) -> NewLink:
        """Make a short link.

        A link by which one customer opens one offer on the web, credited to the contact and the agent that sent
        it.

        It ends with its time or with the offer's, whichever is first.

        Permission: `offers.link`.

        Problems: `body-too-large`, `forbidden`, `offer-expired`, `unauthenticated`, `unknown-customer`,
        `unknown-offer`, `unsupported-media-type`, `validation`.
        """
        return cast("NewLink", self._transport.call("POST", "/v1/links", body=body, idempotency_key=idempotency_key))

    def get_link(self, link_id: str) -> Link:
        """Read a short link.

        Whether and when it was opened, and how often. The token is not told again.

        A link that a message carries is known as soon as its contact is released, whether or not the message is
        sent.

        Permission: `offers.link`.

        Problems: `forbidden`, `unauthenticated`, `unknown-link`, `validation`.
        """
        return cast("Link", self._transport.call("GET", path_of("/v1/links/{link_id}", link_id=link_id)))

    def open_link(self, token: str) -> OpenedLink:
        """Open a short link.

        Leads to the offer in the storefront. The link is the credential: nothing else is asked for.

        The address has `offer`, `link` (to be given on with the acceptance) and `claim`: a token for the
        storefront (HS256, audience `storefront`, ten minutes) that names the customer. Programs that preview
        links get the offer alone, and open nothing. An address from which many wrong links were asked for is
        refused for a while.

        Problems: `link-expired`, `too-many-guesses`, `unknown-link`, `validation`.
        """
        return cast("OpenedLink", self._transport.call("GET", path_of("/l/{token}", token=token)))

    def put_offer(
        self, offer_id: str, body: OfferContentInput, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Write an offer.

        Store the content as a draft. What is in force stays in force until the draft is published.

        An offer that exists needs `If-Match`. An approval of what was there before is gone.

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
        state: Literal["draft", "submitted", "approved", "published", "withdrawn"] | None = None,
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
        self,
        *,
        state: Literal["draft", "submitted", "approved", "published", "withdrawn"] | None = None,
        limit: int | None = None,
    ) -> Iterator[Offer]:
        """Every item of `list_offers`, page after page."""
        yield from items(self._transport, "/v1/offers", {"state": state, "limit": limit})

    def submit_offer(self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> Offer:
        """Ask for approval of an offer.

        Submit the content as it stands. What could not be published is refused now, not after somebody has read
        it.

        Permission: `offers.manage`.

        Problems: `forbidden`, `nothing-to-approve`, `offer-expired`, `offer-incomplete`, `precondition-failed`,
        `stock-below-accepted`, `texts-not-fillable`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "Offer",
            self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/submissions", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def approve_offer(self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> Offer:
        """Approve an offer.

        Approve the version that `If-Match` names. Nobody approves what they wrote or submitted.

        Permission: `offers.approve`.

        Problems: `forbidden`, `not-submitted`, `own-change`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "Offer",
            self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/approvals", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def publish_offer(self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> Offer:
        """Publish an offer.

        Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.

        What is above a limit needs the approval of another person first.

        Permission: `offers.manage`.

        Problems: `approval-needed`, `forbidden`, `offer-expired`, `offer-incomplete`, `precondition-failed`,
        `stock-below-accepted`, `texts-not-fillable`, `unauthenticated`, `unknown-offer`, `validation`.
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

    def list_offer_versions(
        self, offer_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> PageOfferVersion:
        """The history of an offer.

        Who did what, newest first. Selling out is nobody's step and has a version number of its own.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "PageOfferVersion",
            self._transport.call(
                "GET",
                path_of("/v1/offers/{offer_id}/versions", offer_id=offer_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    def iter_offer_versions(self, offer_id: str, *, limit: int | None = None) -> Iterator[OfferVersion]:
        """Every item of `list_offer_versions`, page after page."""
        yield from items(
            self._transport, path_of("/v1/offers/{offer_id}/versions", offer_id=offer_id), {"limit": limit}
        )

    def get_offer_version(self, offer_id: str, version: int) -> WholeOfferVersion:
        """An offer as it was.

        One step with the content as it was then.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `unknown-version`, `validation`.
        """
        return cast(
            "WholeOfferVersion",
            self._transport.call(
                "GET", path_of("/v1/offers/{offer_id}/versions/{version}", offer_id=offer_id, version=version)
            ),
        )

    def get_offer_differences(
        self, offer_id: str, version: int, *, against: int | None = None
    ) -> GetOfferDifferencesAnswer:
        """What a version of an offer says differently.

        Value by value, in the order of the document. Of an approval it is nothing: it changes no content.

        `against`: The other version; the step before it if none is named.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `unknown-version`, `validation`.
        """
        return cast(
            "GetOfferDifferencesAnswer",
            self._transport.call(
                "GET",
                path_of("/v1/offers/{offer_id}/versions/{version}/differences", offer_id=offer_id, version=version),
                query={"against": against},
            ),
        )

    def list_text_variables(self) -> TextVariables:
        """What texts may be filled in with.

        For editors: each variable with its name in English and Chinese.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("TextVariables", self._transport.call("GET", "/v1/text-variables"))

    def preview_offer(
        self, offer_id: str, *, customer_id: str, channel: Channel | None = None, lang: str | None = None
    ) -> Preview:
        """Preview an offer on a customer.

        The content as last edited: its texts filled in, each layer with the leaves to blame, its factors and its
        place.

        Personal data is filled in for who may read it. A short link is shown as it begins: none is made.

        Permission: `offers.preview`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `unknown-offer`, `validation`.
        """
        return cast(
            "Preview",
            self._transport.call(
                "GET",
                path_of("/v1/offers/{offer_id}/preview", offer_id=offer_id),
                query={"customer_id": customer_id, "channel": channel, "lang": lang},
            ),
        )

    def get_ranking(self) -> Ranking:
        """Read the ranking.

        The weights as last edited, and those in force. Until somebody writes some, the order is priority, then
        value.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("Ranking", self._transport.call("GET", "/v1/ranking"))

    def put_ranking(
        self, body: RankingContent, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Ranking:
        """Write the ranking.

        Store the weights as a draft. Those in force stay until it is approved. One that exists needs `If-Match`.

        Permission: `offers.manage`.

        Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Ranking",
            self._transport.call("PUT", "/v1/ranking", body=body, if_match=if_match, idempotency_key=idempotency_key),
        )

    def submit_ranking(self, *, if_match: str | None = None, idempotency_key: str | None = None) -> Ranking:
        """Ask for approval of the ranking.

        Submit the weights as they stand.

        Permission: `offers.manage`.

        Problems: `forbidden`, `nothing-to-approve`, `precondition-failed`, `unauthenticated`, `validation`.
        """
        return cast(
            "Ranking",
            self._transport.call("POST", "/v1/ranking/submissions", if_match=if_match, idempotency_key=idempotency_key),
        )

    def approve_ranking(self, *, if_match: str | None = None, idempotency_key: str | None = None) -> Ranking:
        """Approve the ranking.

        Put the version that `If-Match` names into force. Nobody approves what they wrote or submitted.

        Permission: `offers.approve`.

        Problems: `forbidden`, `not-submitted`, `own-change`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `validation`.
        """
        return cast(
            "Ranking",
            self._transport.call("POST", "/v1/ranking/approvals", if_match=if_match, idempotency_key=idempotency_key),
        )

    def list_ranking_versions(self, *, limit: int | None = None, cursor: str | None = None) -> PageRankingVersion:
        """The history of the ranking.

        Who did what, with the weights as they were.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageRankingVersion",
            self._transport.call("GET", "/v1/ranking/versions", query={"limit": limit, "cursor": cursor}),
        )

    def iter_ranking_versions(self, *, limit: int | None = None) -> Iterator[RankingVersion]:
        """Every item of `list_ranking_versions`, page after page."""
        yield from items(self._transport, "/v1/ranking/versions", {"limit": limit})


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

    async def list_public_offers(
        self, *, channel: Channel | None = None, limit: int | None = None, lang: str | None = None
    ) -> PublicOffers:
        """Offers for everybody.

        What a visitor may see of whom nothing is known: offers that ask for nothing of the customer.

        Any cache may keep it for the seconds that it says, never past an instant at which an offer begins or
        ends.

        Permission: `offers.storefront`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PublicOffers",
            await self._transport.call(
                "GET", "/v1/eligible-offers", query={"channel": channel, "limit": limit, "lang": lang}
            ),
        )

    async def accept_offer(self, body: AcceptanceRequest, *, idempotency_key: str | None = None) -> Acceptance:
        """Accept an offer.

        Reserve one piece for the customer, or say why not. An `acceptance_id` counts once, however often it is
        sent.

        Permission: `offers.accept`.

        Problems: `acceptance-id-taken`, `already-accepted`, `body-too-large`, `forbidden`, `link-expired`,
        `link-not-for-this`, `not-eligible`, `offer-expired`, `quota-exhausted`, `sold-out`, `unauthenticated`,
        `unknown-customer`, `unknown-link`, `unknown-offer`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Acceptance",
            await self._transport.call("POST", "/v1/acceptances", body=body, idempotency_key=idempotency_key),
        )

    async def list_acceptances(
        self,
        *,
        customer_id: str | None = None,
        offer_id: str | None = None,
        state: Literal["accepted", "refused", "revoked"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageAcceptance:
        """List acceptances.

        The rows of the ledger, or those of one customer, offer or state.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageAcceptance",
            await self._transport.call(
                "GET",
                "/v1/acceptances",
                query={
                    "customer_id": customer_id,
                    "offer_id": offer_id,
                    "state": state,
                    "limit": limit,
                    "cursor": cursor,
                },
            ),
        )

    async def iter_acceptances(
        self,
        *,
        customer_id: str | None = None,
        offer_id: str | None = None,
        state: Literal["accepted", "refused", "revoked"] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Acceptance]:
        """Every item of `list_acceptances`, page after page."""
        async for item in async_items(
            self._transport,
            "/v1/acceptances",
            {"customer_id": customer_id, "offer_id": offer_id, "state": state, "limit": limit},
        ):
            yield item

    async def export_acceptances(
        self,
        *,
        since: str,
        until: str | None = None,
        state: Literal["accepted", "refused", "revoked", "fulfilled"] | None = None,
        format: Literal["csv", "ndjson"] | None = None,
        after: str | None = None,
    ) -> str:
        """Export acceptances.

        For billing: what was accepted (also what was revoked later), refused, revoked or fulfilled in [since,
        until).

        In the order in which it happened; the same question gives the same rows again. A channel may report an
        acceptance late, with the instant at which it was said: a month is complete once all reports of it are
        in.

        `after`: Go on after this row: the last one that came whole.

        Permission: `offers.export`.

        Problems: `forbidden`, `unauthenticated`, `unknown-acceptance`, `validation`.
        """
        return cast(
            "str",
            await self._transport.call(
                "GET",
                "/v1/acceptances/export",
                query={"since": since, "until": until, "state": state, "format": format, "after": after},
            ),
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

        Take it back for the customer: stock and quota return and the goal is open again.

        Until `revocable_until`; where there is none, until it is fulfilled. Revoking again changes nothing.

        Permission: `offers.revoke`.

        Problems: `acceptance-not-standing`, `already-fulfilled`, `cooling-off-over`, `forbidden`,
        `unauthenticated`, `unknown-acceptance`, `validation`.
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

        Note that what was accepted has been delivered, or that it cannot be: then stock and quota return.

        The first note counts.

        Permission: `offers.accept`.

        Problems: `acceptance-not-standing`, `already-fulfilled`, `body-too-large`, `forbidden`,
        `unauthenticated`, `unknown-acceptance`, `unsupported-media-type`, `validation`.
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

    async def create_link(self, body: LinkRequest, *, idempotency_key: str | None = None) -> NewLink:
        """Make a short link.

        A link by which one customer opens one offer on the web, credited to the contact and the agent that sent
        it.

        It ends with its time or with the offer's, whichever is first.

        Permission: `offers.link`.

        Problems: `body-too-large`, `forbidden`, `offer-expired`, `unauthenticated`, `unknown-customer`,
        `unknown-offer`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "NewLink", await self._transport.call("POST", "/v1/links", body=body, idempotency_key=idempotency_key)
        )

    async def get_link(self, link_id: str) -> Link:
        """Read a short link.

        Whether and when it was opened, and how often. The token is not told again.

        A link that a message carries is known as soon as its contact is released, whether or not the message is
        sent.

        Permission: `offers.link`.

        Problems: `forbidden`, `unauthenticated`, `unknown-link`, `validation`.
        """
        return cast("Link", await self._transport.call("GET", path_of("/v1/links/{link_id}", link_id=link_id)))

    async def open_link(self, token: str) -> OpenedLink:
        """Open a short link.

        Leads to the offer in the storefront. The link is the credential: nothing else is asked for.

        The address has `offer`, `link` (to be given on with the acceptance) and `claim`: a token for the
        storefront (HS256, audience `storefront`, ten minutes) that names the customer. Programs that preview
        links get the offer alone, and open nothing. An address from which many wrong links were asked for is
        refused for a while.

        Problems: `link-expired`, `too-many-guesses`, `unknown-link`, `validation`.
        """
        return cast("OpenedLink", await self._transport.call("GET", path_of("/l/{token}", token=token)))

    async def put_offer(
        self, offer_id: str, body: OfferContentInput, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Write an offer.

        Store the content as a draft. What is in force stays in force until the draft is published.

        An offer that exists needs `If-Match`. An approval of what was there before is gone.

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
        state: Literal["draft", "submitted", "approved", "published", "withdrawn"] | None = None,
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
        self,
        *,
        state: Literal["draft", "submitted", "approved", "published", "withdrawn"] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Offer]:
        """Every item of `list_offers`, page after page."""
        async for item in async_items(self._transport, "/v1/offers", {"state": state, "limit": limit}):
            yield item

    async def submit_offer(
        self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Ask for approval of an offer.

        Submit the content as it stands. What could not be published is refused now, not after somebody has read
        it.

        Permission: `offers.manage`.

        Problems: `forbidden`, `nothing-to-approve`, `offer-expired`, `offer-incomplete`, `precondition-failed`,
        `stock-below-accepted`, `texts-not-fillable`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "Offer",
            await self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/submissions", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def approve_offer(
        self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Approve an offer.

        Approve the version that `If-Match` names. Nobody approves what they wrote or submitted.

        Permission: `offers.approve`.

        Problems: `forbidden`, `not-submitted`, `own-change`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "Offer",
            await self._transport.call(
                "POST",
                path_of("/v1/offers/{offer_id}/approvals", offer_id=offer_id),
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def publish_offer(
        self, offer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Offer:
        """Publish an offer.

        Put the offer into force as it was last edited. Texts in `en` and `zh-CN` are needed.

        What is above a limit needs the approval of another person first.

        Permission: `offers.manage`.

        Problems: `approval-needed`, `forbidden`, `offer-expired`, `offer-incomplete`, `precondition-failed`,
        `stock-below-accepted`, `texts-not-fillable`, `unauthenticated`, `unknown-offer`, `validation`.
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

    async def list_offer_versions(
        self, offer_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> PageOfferVersion:
        """The history of an offer.

        Who did what, newest first. Selling out is nobody's step and has a version number of its own.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `validation`.
        """
        return cast(
            "PageOfferVersion",
            await self._transport.call(
                "GET",
                path_of("/v1/offers/{offer_id}/versions", offer_id=offer_id),
                query={"limit": limit, "cursor": cursor},
            ),
        )

    async def iter_offer_versions(self, offer_id: str, *, limit: int | None = None) -> AsyncIterator[OfferVersion]:
        """Every item of `list_offer_versions`, page after page."""
        async for item in async_items(
            self._transport, path_of("/v1/offers/{offer_id}/versions", offer_id=offer_id), {"limit": limit}
        ):
            yield item

    async def get_offer_version(self, offer_id: str, version: int) -> WholeOfferVersion:
        """An offer as it was.

        One step with the content as it was then.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `unknown-version`, `validation`.
        """
        return cast(
            "WholeOfferVersion",
            await self._transport.call(
                "GET", path_of("/v1/offers/{offer_id}/versions/{version}", offer_id=offer_id, version=version)
            ),
        )

    async def get_offer_differences(
        self, offer_id: str, version: int, *, against: int | None = None
    ) -> GetOfferDifferencesAnswer:
        """What a version of an offer says differently.

        Value by value, in the order of the document. Of an approval it is nothing: it changes no content.

        `against`: The other version; the step before it if none is named.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-offer`, `unknown-version`, `validation`.
        """
        return cast(
            "GetOfferDifferencesAnswer",
            await self._transport.call(
                "GET",
                path_of("/v1/offers/{offer_id}/versions/{version}/differences", offer_id=offer_id, version=version),
                query={"against": against},
            ),
        )

    async def list_text_variables(self) -> TextVariables:
        """What texts may be filled in with.

        For editors: each variable with its name in English and Chinese.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("TextVariables", await self._transport.call("GET", "/v1/text-variables"))

    async def preview_offer(
        self, offer_id: str, *, customer_id: str, channel: Channel | None = None, lang: str | None = None
    ) -> Preview:
        """Preview an offer on a customer.

        The content as last edited: its texts filled in, each layer with the leaves to blame, its factors and its
        place.

        Personal data is filled in for who may read it. A short link is shown as it begins: none is made.

        Permission: `offers.preview`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `unknown-offer`, `validation`.
        """
        return cast(
            "Preview",
            await self._transport.call(
                "GET",
                path_of("/v1/offers/{offer_id}/preview", offer_id=offer_id),
                query={"customer_id": customer_id, "channel": channel, "lang": lang},
            ),
        )

    async def get_ranking(self) -> Ranking:
        """Read the ranking.

        The weights as last edited, and those in force. Until somebody writes some, the order is priority, then
        value.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("Ranking", await self._transport.call("GET", "/v1/ranking"))

    async def put_ranking(
        self, body: RankingContent, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Ranking:
        """Write the ranking.

        Store the weights as a draft. Those in force stay until it is approved. One that exists needs `If-Match`.

        Permission: `offers.manage`.

        Problems: `body-too-large`, `forbidden`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "Ranking",
            await self._transport.call(
                "PUT", "/v1/ranking", body=body, if_match=if_match, idempotency_key=idempotency_key
            ),
        )

    async def submit_ranking(self, *, if_match: str | None = None, idempotency_key: str | None = None) -> Ranking:
        """Ask for approval of the ranking.

        Submit the weights as they stand.

        Permission: `offers.manage`.

        Problems: `forbidden`, `nothing-to-approve`, `precondition-failed`, `unauthenticated`, `validation`.
        """
        return cast(
            "Ranking",
            await self._transport.call(
                "POST", "/v1/ranking/submissions", if_match=if_match, idempotency_key=idempotency_key
            ),
        )

    async def approve_ranking(self, *, if_match: str | None = None, idempotency_key: str | None = None) -> Ranking:
        """Approve the ranking.

        Put the version that `If-Match` names into force. Nobody approves what they wrote or submitted.

        Permission: `offers.approve`.

        Problems: `forbidden`, `not-submitted`, `own-change`, `precondition-failed`, `precondition-required`,
        `unauthenticated`, `validation`.
        """
        return cast(
            "Ranking",
            await self._transport.call(
                "POST", "/v1/ranking/approvals", if_match=if_match, idempotency_key=idempotency_key
            ),
        )

    async def list_ranking_versions(self, *, limit: int | None = None, cursor: str | None = None) -> PageRankingVersion:
        """The history of the ranking.

        Who did what, with the weights as they were.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `offers.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageRankingVersion",
            await self._transport.call("GET", "/v1/ranking/versions", query={"limit": limit, "cursor": cursor}),
        )

    async def iter_ranking_versions(self, *, limit: int | None = None) -> AsyncIterator[RankingVersion]:
        """Every item of `list_ranking_versions`, page after page."""
        async for item in async_items(self._transport, "/v1/ranking/versions", {"limit": limit}):
            yield item
