"""The customer's record: say, read, find, erase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query, Response, status

from profile_service.domain.documents import CustomerTooLarge
from profile_service.handlers import customers as handlers
from profile_service.handlers.customers import Permit
from profile_service.repository import customers as repository
from profile_service.schemas import CustomerBody, CustomerVersion, CustomerView
from rapport import personal
from rapport.auth import Principal, requires
from rapport.contracts.profile import CustomerUpserted
from rapport.contracts.vocabulary import Id
from rapport.errors import FieldError, Malformed, PreconditionFailed
from rapport.phones import InvalidPhone, phone_index, to_e164
from rapport.problems import problem_responses
from rapport.sealing import Keyring
from rapport.web import IfMatch, Keys, Now, Page, PagingQuery, Reading, Router, Writing, check_if_match, etag

router = Router(tags=["customers"])

CustomerId = Annotated[Id, Path(description="The customer's id, as its source systems know it.")]


@router.put(
    "/customers/{customer_id}",
    summary="Say all there is to say of a customer",
    status_code=status.HTTP_200_OK,
    response_model=CustomerVersion,
    responses={
        201: {"model": CustomerVersion, "description": "The customer is new."},
        **problem_responses(PreconditionFailed, CustomerTooLarge),
    },
)
async def put_customer(
    customer_id: CustomerId,
    body: CustomerBody,
    response: Response,
    caller: Annotated[Principal, requires("profile.write")],
    conn: Writing,
    keys: Keys,
    now: Now,
    if_match: IfMatch = None,
) -> CustomerVersion:
    """Creates the customer, or replaces the document: what is left out is unknown then. Consents stay, and so does the
    do-not-call mark unless it is named. A body that says what is known already makes no new version."""
    document, created = await handlers.put_customer(
        conn, customer_id, body, permit=_if_unchanged(if_match), by=caller.subject, keys=keys, now=now
    )
    if created:
        response.status_code = status.HTTP_201_CREATED
    return _version(document, response)


@router.patch(
    "/customers/{customer_id}",
    summary="Change what is said of a customer",
    response_model=CustomerVersion,
    responses=problem_responses(handlers.UnknownCustomer, PreconditionFailed, CustomerTooLarge),
)
async def patch_customer(
    customer_id: CustomerId,
    body: CustomerBody,
    response: Response,
    caller: Annotated[Principal, requires("profile.write")],
    conn: Writing,
    keys: Keys,
    now: Now,
    if_match: IfMatch = None,
) -> CustomerVersion:
    """Changes the fields that are named; null makes one unknown. Attributes and external ids are merged, consents are
    added to those known, lists (tags, holdings, windows) are replaced."""
    document = await handlers.patch_customer(
        conn, customer_id, body, permit=_if_unchanged(if_match), by=caller.subject, keys=keys, now=now
    )
    return _version(document, response)


@router.get(
    "/customers/{customer_id}",
    summary="Read a customer",
    response_model=CustomerView,
    responses=problem_responses(handlers.UnknownCustomer),
)
async def get_customer(
    customer_id: CustomerId,
    response: Response,
    caller: Annotated[Principal, requires("profile.read")],
    conn: Reading,
    keys: Keys,
) -> CustomerView:
    """The document; personal data is masked unless the caller's role has `profile.read_pii`."""
    document = await repository.customer(conn, customer_id)
    if document is None:
        raise handlers.UnknownCustomer("there is no such customer")
    response.headers["ETag"] = etag(document.version)
    return _views([document], caller, keys, "get_customer")[0]


@router.get("/customers", summary="Find customers", response_model=Page[CustomerView])
async def list_customers(
    caller: Annotated[Principal, requires("profile.read")],
    conn: Reading,
    keys: Keys,
    paging: PagingQuery,
    phone: Annotated[
        str | None,
        Query(max_length=40, description="Only those who have this phone: in E.164, or as dialled inside `country`."),
    ] = None,
    country: Annotated[
        str | None, Query(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2: how `phone` is to be read.")
    ] = None,
) -> Page[CustomerView]:
    """All customers by id, or those with a phone."""
    wanted = None if phone is None else phone_index(keys, _phone(phone, country))
    (after,) = paging.after(tuple[str]) or ("",)
    found = await repository.customers(conn, phone_index=wanted, after=after, limit=paging.fetch)
    return paging.page(_views(found, caller, keys, "list_customers"), lambda view: (view.customer_id,))


@router.delete(
    "/customers/{customer_id}",
    summary="Erase a customer",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(handlers.UnknownCustomer, PreconditionFailed),
)
async def erase_customer(
    customer_id: CustomerId,
    _caller: Annotated[Principal, requires("profile.erase")],
    conn: Writing,
    now: Now,
    if_match: IfMatch = None,
) -> None:
    """Erases the customer here at once, and in every other service as soon as the event arrives. What was reported or
    handed in for import before does not bring the customer back."""
    await handlers.erase_customer(conn, customer_id, permit=_if_unchanged(if_match), now=now)


def _if_unchanged(if_match: str | None) -> Permit:
    def permit(known: CustomerUpserted) -> None:
        check_if_match(if_match, known.version or None)

    return permit


def _version(document: CustomerUpserted, response: Response) -> CustomerVersion:
    response.headers["ETag"] = etag(document.version)
    return CustomerVersion(customer_id=document.customer_id, version=document.version)


def _views(found: Sequence[CustomerUpserted], caller: Principal, keys: Keyring, where: str) -> list[CustomerView]:
    reveal = personal.may_read(caller)
    if reveal:
        personal.log_read(caller, (document.customer_id for document in found), where=where)
    return [
        CustomerView.of(document, phone=personal.shown_phone(keys, dict(document)), reveal=reveal) for document in found
    ]


def _phone(text: str, country: str | None) -> str:
    # In a query a plus sign means a space, and many a client forgets to escape it.
    try:
        return to_e164("+" + text.strip() if text.startswith(" ") else text, country)
    except InvalidPhone as error:
        raise Malformed("the phone cannot be used", errors=[FieldError("query/phone", str(error))]) from None
