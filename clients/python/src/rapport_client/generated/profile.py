"""Who the customer is, what they consented to, and when they like to be contacted. Generated from the routes of the service profile by `make clients`: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, cast

from rapport_client.paging import async_items, items
from rapport_client.transport import AsyncTransport, Transport, path_of


class BodyCreateImport(TypedDict):
    file: bytes
    mapping: str
    """What the columns mean, as JSON."""


Channel: TypeAlias = "Literal['call', 'branch', 'hotline', 'web', 'sms', 'email']"


class Consent(TypedDict):
    """An opt-in or opt-out for one channel and purpose; the newest `at` counts."""

    channel: Channel
    purpose: str
    granted: bool
    at: str
    source: NotRequired[str]


class ConsentBody(TypedDict):
    """What the customer said about being contacted."""

    granted: bool
    at: NotRequired[str | None]
    """When it was said; left out: now. The newest counts; of two at one instant, the refusal."""
    source: str
    """Where it was said, such as `web-form` or `branch`."""
    proof: NotRequired[str | None]
    """Where the proof lies: a recording, a form, a log entry."""


class ConsentList(TypedDict):
    """Statements by channel and purpose, newest first."""

    items: list[ConsentStatement]
    next_cursor: NotRequired[None]


class ConsentStatement(TypedDict):
    """What was said once, with its proof."""

    channel: Channel
    purpose: str
    granted: bool
    at: str
    source: str
    proof: str | None
    recorded_at: str
    recorded_by: str


class ConsentView(TypedDict):
    """The consent that counts for a channel and purpose."""

    channel: Channel
    purpose: str
    granted: bool
    at: str
    source: str


class ContactWindow(TypedDict):
    """When the customer likes to be contacted, in their own time zone; `end` is outside."""

    days: NotRequired[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]]
    start: str
    end: str


class CustomerBody(TypedDict):
    """What is said of a customer."""

    name: NotRequired[str | None]
    phone: NotRequired[str | None]
    email: NotRequired[str | None]
    account: NotRequired[str | None]
    household: NotRequired[str | None]
    """Members share contact budgets where the policy says so; holders of a joint account are a household, too."""
    external_ids: NotRequired[dict[str, str | None]]
    """The customer's id in other systems; `PATCH` merges, null removes one."""
    language: NotRequired[str | None]
    """BCP 47."""
    country: NotRequired[str | None]
    region: NotRequired[str | None]
    """ISO 3166-2."""
    time_zone: NotRequired[str | None]
    """IANA name."""
    grade: NotRequired[str | None]
    birth_date: NotRequired[str | None]
    tags: NotRequired[list[str]]
    attributes: NotRequired[dict[str, Any]]
    """Text, numbers, booleans; `PATCH` merges, null removes one."""
    holdings: NotRequired[list[HoldingInput]]
    preferred_channel: NotRequired[Channel | None]
    contact_windows: NotRequired[list[ContactWindow]]
    consents: NotRequired[list[Consent]]
    """Added to those known; per channel and purpose the newest `at` counts. Leaving them out never takes one
    back.
    """
    do_not_call: NotRequired[bool | None]
    """Kept when left out or null."""
    do_not_disturb_until: NotRequired[str | None]


class CustomerVersion(TypedDict):
    """The document that a write made. Without its content: an answer is kept for `Idempotency-Key`, and must be
    no second place of personal data, which an erasure would miss.
    """

    customer_id: str
    version: int


class CustomerView(TypedDict):
    """The customer as the caller may see them: without `profile.read_pii` the name, phone, e-mail, account and
    birth date are masked.
    """

    customer_id: str
    version: int
    """Rises by one with each change."""
    name: NotRequired[str | None]
    phone: NotRequired[str | None]
    """E.164, or masked."""
    email: NotRequired[str | None]
    account: NotRequired[str | None]
    household: NotRequired[str | None]
    """Members share contact budgets where the policy says so; holders of a joint account are a household, too."""
    external_ids: NotRequired[dict[str, str]]
    language: NotRequired[str | None]
    """BCP 47."""
    country: NotRequired[str | None]
    region: NotRequired[str | None]
    """ISO 3166-2."""
    time_zone: NotRequired[str | None]
    """IANA name."""
    grade: NotRequired[str | None]
    birth_date: NotRequired[str | None]
    """A day, or masked."""
    tags: NotRequired[list[str]]
    attributes: NotRequired[dict[str, str | int | float | bool | None]]
    holdings: NotRequired[list[HoldingOutput]]
    preferred_channel: NotRequired[Channel | None]
    contact_windows: NotRequired[list[ContactWindow]]
    consents: NotRequired[list[Consent]]
    do_not_call: NotRequired[bool]
    """On a regulator's do-not-call list: no voice calls but the most critical."""
    do_not_disturb_until: NotRequired[str | None]
    """No contact of any kind before this instant, at the customer's own wish."""


class DoNotCallList(TypedDict):
    """Phones and customers that must not be called."""

    phones: NotRequired[list[str]]
    """In E.164, or as dialled inside `country`."""
    customer_ids: NotRequired[list[str]]
    country: NotRequired[str | None]
    source: str
    """Whose list it is."""


class DoNotCallResult(TypedDict):
    """What the list did."""

    phones: int
    """How many different ones it names; they count for whoever has one of them, now or later."""
    customers_marked: int
    """How many were not marked before."""
    unknown_customers: list[str]
    """Those of `customer_ids` that nobody has."""


class HoldingInput(TypedDict):
    """A product or contract that the customer has."""

    product: str
    since: NotRequired[str | None]
    contract_end: NotRequired[str | None]
    monthly_value: NotRequired[float | str | None]
    """In the currency of the customer's contract, per month."""


class HoldingOutput(TypedDict):
    """A product or contract that the customer has."""

    product: str
    since: NotRequired[str | None]
    contract_end: NotRequired[str | None]
    monthly_value: NotRequired[str | None]
    """In the currency of the customer's contract, per month."""


class ImportView(TypedDict):
    """How far an import is."""

    import_id: str
    state: Literal["pending", "running", "finished"]
    rows_total: int
    rows_read: int
    """Accepted and rejected."""
    accepted: int
    rejected: int
    created_by: str
    created_at: str
    finished_at: str | None


class PageCustomerView(TypedDict):
    items: list[CustomerView]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last one."""


class RuleField(TypedDict):
    """One field that rules may ask for, as react-querybuilder takes it."""

    name: str
    type: str
    label: dict[str, str]
    operators: list[str]
    values: list[dict[str, Any]]
    """Values it is known to take, with labels; rules may name others."""


class RuleFields(TypedDict):
    """The field catalogue."""

    items: list[RuleField]
    next_cursor: NotRequired[None]


class Profile:
    """Who the customer is, what they consented to, and when they like to be contacted."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def put_customer(
        self, customer_id: str, body: CustomerBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CustomerVersion:
        """Say all there is to say of a customer.

        Creates the customer, or replaces the document: what is left out is unknown then. Consents stay, and so
        does the do-not-call mark unless it is named. A body that says what is known already makes no new
        version.

        Permission: `profile.write`.

        Problems: `body-too-large`, `customer-too-large`, `forbidden`, `precondition-failed`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "CustomerVersion",
            self._transport.call(
                "PUT",
                path_of("/v1/customers/{customer_id}", customer_id=customer_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def patch_customer(
        self, customer_id: str, body: CustomerBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CustomerVersion:
        """Change what is said of a customer.

        Changes the fields that are named; null makes one unknown. Attributes and external ids are merged,
        consents are added to those known, lists (tags, holdings, windows) are replaced.

        Permission: `profile.write`.

        Problems: `body-too-large`, `customer-too-large`, `forbidden`, `precondition-failed`, `unauthenticated`,
        `unknown-customer`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "CustomerVersion",
            self._transport.call(
                "PATCH",
                path_of("/v1/customers/{customer_id}", customer_id=customer_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    def get_customer(self, customer_id: str) -> CustomerView:
        """Read a customer.

        The document; personal data is masked unless the caller's role has `profile.read_pii`.

        Permission: `profile.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        return cast(
            "CustomerView", self._transport.call("GET", path_of("/v1/customers/{customer_id}", customer_id=customer_id))
        )

    def erase_customer(
        self, customer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> None:
        """Erase a customer.

        Erases the customer here at once, and in every other service as soon as the event arrives. What was
        reported or handed in for import before does not bring the customer back.

        Permission: `profile.erase`.

        Problems: `forbidden`, `precondition-failed`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        self._transport.call(
            "DELETE",
            path_of("/v1/customers/{customer_id}", customer_id=customer_id),
            if_match=if_match,
            idempotency_key=idempotency_key,
        )

    def list_customers(
        self,
        *,
        phone: str | None = None,
        country: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageCustomerView:
        """Find customers.

        All customers by id, or those with a phone.

        `phone`: Only those who have this phone: in E.164, or as dialled inside `country`.

        `country`: ISO 3166-1 alpha-2: how `phone` is to be read.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `profile.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageCustomerView",
            self._transport.call(
                "GET", "/v1/customers", query={"phone": phone, "country": country, "limit": limit, "cursor": cursor}
            ),
        )

    def iter_customers(
        self, *, phone: str | None = None, country: str | None = None, limit: int | None = None
    ) -> Iterator[CustomerView]:
        """Every item of `list_customers`, page after page."""
        yield from items(self._transport, "/v1/customers", {"phone": phone, "country": country, "limit": limit})

    def put_consent(
        self, customer_id: str, channel: Channel, purpose: str, body: ConsentBody, *, idempotency_key: str | None = None
    ) -> ConsentView:
        """Record an opt-in or opt-out.

        Every statement is kept with its proof. The answer is the one that counts now: the newest, which an older
        one that is recorded late does not change.

        Permission: `profile.consent`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unknown-customer`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "ConsentView",
            self._transport.call(
                "PUT",
                path_of(
                    "/v1/customers/{customer_id}/consents/{channel}/{purpose}",
                    customer_id=customer_id,
                    channel=channel,
                    purpose=purpose,
                ),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def list_consents(self, customer_id: str, *, history: bool | None = None) -> ConsentList:
        """Read what a customer consents to.

        The statement that counts for each channel and purpose, with its proof.

        `history`: All that was ever said, not only what counts.

        Permission: `profile.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        return cast(
            "ConsentList",
            self._transport.call(
                "GET",
                path_of("/v1/customers/{customer_id}/consents", customer_id=customer_id),
                query={"history": history},
            ),
        )

    def add_do_not_call_list(self, body: DoNotCallList, *, idempotency_key: str | None = None) -> DoNotCallResult:
        """Take over a do-not-call list.

        Takes effect at once, for all of it or none. A phone that nobody has yet counts for whoever gets it
        later. The mark of a customer is lifted only by a `PATCH` with `do_not_call: false`.

        Permission: `profile.import`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "DoNotCallResult",
            self._transport.call("POST", "/v1/do-not-call-lists", body=body, idempotency_key=idempotency_key),
        )

    def create_import(self, body: BodyCreateImport, *, idempotency_key: str | None = None) -> ImportView:
        """Hand in a CSV file of customers.

        The first line names the columns. Rows are merged into what is known of each customer: an empty cell says
        nothing. A worker reads the file in the background; a row that cannot be taken hinders no other.

        Permission: `profile.import`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "ImportView", self._transport.call("POST", "/v1/imports", form=body, idempotency_key=idempotency_key)
        )

    def get_import(self, import_id: str) -> ImportView:
        """See how far an import is.

        Rows read, accepted, rejected, of how many.

        Permission: `profile.import`.

        Problems: `forbidden`, `unauthenticated`, `unknown-import`, `validation`.
        """
        return cast("ImportView", self._transport.call("GET", path_of("/v1/imports/{import_id}", import_id=import_id)))

    def get_import_rejects(self, import_id: str) -> str:
        """Fetch the rows that were not taken.

        A CSV file: the line in the file that was handed in, its column (empty: the whole row), and the reason,
        which never repeats the value.

        Permission: `profile.import`.

        Problems: `forbidden`, `unauthenticated`, `unknown-import`, `validation`.
        """
        return cast("str", self._transport.call("GET", path_of("/v1/imports/{import_id}/rejects", import_id=import_id)))

    def list_fields(self) -> RuleFields:
        """List what rules may ask of a customer.

        Names, types, operators, and labels in both languages, as a rule editor needs them.

        Permission: `profile.fields`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("RuleFields", self._transport.call("GET", "/v1/fields"))


class AsyncProfile:
    """Who the customer is, what they consented to, and when they like to be contacted."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def put_customer(
        self, customer_id: str, body: CustomerBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CustomerVersion:
        """Say all there is to say of a customer.

        Creates the customer, or replaces the document: what is left out is unknown then. Consents stay, and so
        does the do-not-call mark unless it is named. A body that says what is known already makes no new
        version.

        Permission: `profile.write`.

        Problems: `body-too-large`, `customer-too-large`, `forbidden`, `precondition-failed`, `unauthenticated`,
        `unsupported-media-type`, `validation`.
        """
        return cast(
            "CustomerVersion",
            await self._transport.call(
                "PUT",
                path_of("/v1/customers/{customer_id}", customer_id=customer_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def patch_customer(
        self, customer_id: str, body: CustomerBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> CustomerVersion:
        """Change what is said of a customer.

        Changes the fields that are named; null makes one unknown. Attributes and external ids are merged,
        consents are added to those known, lists (tags, holdings, windows) are replaced.

        Permission: `profile.write`.

        Problems: `body-too-large`, `customer-too-large`, `forbidden`, `precondition-failed`, `unauthenticated`,
        `unknown-customer`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "CustomerVersion",
            await self._transport.call(
                "PATCH",
                path_of("/v1/customers/{customer_id}", customer_id=customer_id),
                body=body,
                if_match=if_match,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_customer(self, customer_id: str) -> CustomerView:
        """Read a customer.

        The document; personal data is masked unless the caller's role has `profile.read_pii`.

        Permission: `profile.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        return cast(
            "CustomerView",
            await self._transport.call("GET", path_of("/v1/customers/{customer_id}", customer_id=customer_id)),
        )

    async def erase_customer(
        self, customer_id: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> None:
        """Erase a customer.

        Erases the customer here at once, and in every other service as soon as the event arrives. What was
        reported or handed in for import before does not bring the customer back.

        Permission: `profile.erase`.

        Problems: `forbidden`, `precondition-failed`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        await self._transport.call(
            "DELETE",
            path_of("/v1/customers/{customer_id}", customer_id=customer_id),
            if_match=if_match,
            idempotency_key=idempotency_key,
        )

    async def list_customers(
        self,
        *,
        phone: str | None = None,
        country: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> PageCustomerView:
        """Find customers.

        All customers by id, or those with a phone.

        `phone`: Only those who have this phone: in E.164, or as dialled inside `country`.

        `country`: ISO 3166-1 alpha-2: how `phone` is to be read.

        `limit`: Items per page.

        `cursor`: `next_cursor` of the page before.

        Permission: `profile.read`.

        Problems: `forbidden`, `unauthenticated`, `validation`.
        """
        return cast(
            "PageCustomerView",
            await self._transport.call(
                "GET", "/v1/customers", query={"phone": phone, "country": country, "limit": limit, "cursor": cursor}
            ),
        )

    async def iter_customers(
        self, *, phone: str | None = None, country: str | None = None, limit: int | None = None
    ) -> AsyncIterator[CustomerView]:
        """Every item of `list_customers`, page after page."""
        async for item in async_items(
            self._transport, "/v1/customers", {"phone": phone, "country": country, "limit": limit}
        ):
            yield item

    async def put_consent(
        self, customer_id: str, channel: Channel, purpose: str, body: ConsentBody, *, idempotency_key: str | None = None
    ) -> ConsentView:
        """Record an opt-in or opt-out.

        Every statement is kept with its proof. The answer is the one that counts now: the newest, which an older
        one that is recorded late does not change.

        Permission: `profile.consent`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unknown-customer`, `unsupported-media-type`,
        `validation`.
        """
        return cast(
            "ConsentView",
            await self._transport.call(
                "PUT",
                path_of(
                    "/v1/customers/{customer_id}/consents/{channel}/{purpose}",
                    customer_id=customer_id,
                    channel=channel,
                    purpose=purpose,
                ),
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def list_consents(self, customer_id: str, *, history: bool | None = None) -> ConsentList:
        """Read what a customer consents to.

        The statement that counts for each channel and purpose, with its proof.

        `history`: All that was ever said, not only what counts.

        Permission: `profile.read`.

        Problems: `forbidden`, `unauthenticated`, `unknown-customer`, `validation`.
        """
        return cast(
            "ConsentList",
            await self._transport.call(
                "GET",
                path_of("/v1/customers/{customer_id}/consents", customer_id=customer_id),
                query={"history": history},
            ),
        )

    async def add_do_not_call_list(self, body: DoNotCallList, *, idempotency_key: str | None = None) -> DoNotCallResult:
        """Take over a do-not-call list.

        Takes effect at once, for all of it or none. A phone that nobody has yet counts for whoever gets it
        later. The mark of a customer is lifted only by a `PATCH` with `do_not_call: false`.

        Permission: `profile.import`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "DoNotCallResult",
            await self._transport.call("POST", "/v1/do-not-call-lists", body=body, idempotency_key=idempotency_key),
        )

    async def create_import(self, body: BodyCreateImport, *, idempotency_key: str | None = None) -> ImportView:
        """Hand in a CSV file of customers.

        The first line names the columns. Rows are merged into what is known of each customer: an empty cell says
        nothing. A worker reads the file in the background; a row that cannot be taken hinders no other.

        Permission: `profile.import`.

        Problems: `body-too-large`, `forbidden`, `unauthenticated`, `unsupported-media-type`, `validation`.
        """
        return cast(
            "ImportView", await self._transport.call("POST", "/v1/imports", form=body, idempotency_key=idempotency_key)
        )

    async def get_import(self, import_id: str) -> ImportView:
        """See how far an import is.

        Rows read, accepted, rejected, of how many.

        Permission: `profile.import`.

        Problems: `forbidden`, `unauthenticated`, `unknown-import`, `validation`.
        """
        return cast(
            "ImportView", await self._transport.call("GET", path_of("/v1/imports/{import_id}", import_id=import_id))
        )

    async def get_import_rejects(self, import_id: str) -> str:
        """Fetch the rows that were not taken.

        A CSV file: the line in the file that was handed in, its column (empty: the whole row), and the reason,
        which never repeats the value.

        Permission: `profile.import`.

        Problems: `forbidden`, `unauthenticated`, `unknown-import`, `validation`.
        """
        return cast(
            "str", await self._transport.call("GET", path_of("/v1/imports/{import_id}/rejects", import_id=import_id))
        )

    async def list_fields(self) -> RuleFields:
        """List what rules may ask of a customer.

        Names, types, operators, and labels in both languages, as a rule editor needs them.

        Permission: `profile.fields`.

        Problems: `forbidden`, `unauthenticated`.
        """
        return cast("RuleFields", await self._transport.call("GET", "/v1/fields"))
