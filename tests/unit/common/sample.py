"""A small service's API, for tests of the edge that all services share. It needs no database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import asyncpg
import httpx2
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.exceptions import HTTPException

from rapport.auth import Principal, mint_token, requires
from rapport.errors import Conflict, Malformed, NotFound, TooManyRequests
from rapport.problems import problem_responses
from rapport.settings import DEVELOPMENT_KEY, ServiceSettings
from rapport.telemetry import current_traceparent
from rapport.web import Api, PagingQuery, Router, body_limit, create_api

LIMIT = 2048


class SoldOut(Conflict):
    """Nothing is left."""


class OutOfRange(Malformed):
    """Beyond what is on the shelves."""


class Order(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"item": "socks", "quantity": 2}]}, extra="forbid")

    item: str = Field(max_length=20)
    quantity: int = Field(default=1, ge=1)
    lines: list[Annotated[Line | Note, Field(discriminator="kind")]] = []

    @field_validator("item")
    @classmethod
    def must_be_sold(cls, item: str) -> str:
        if item == "shoes":
            raise ValueError("must be something we sell")
        return item


class Line(BaseModel):
    kind: Literal["line"]
    price: float


class Note(BaseModel):
    kind: Literal["note"]
    text: str


Buyer = Annotated[Principal, requires("offers.accept")]

router = Router(tags=["orders"])


@router.post("/orders", status_code=201, summary="Order an item", responses=problem_responses(SoldOut))
async def place_order(caller: Buyer, order: Order) -> Order:
    """Orders as many as are left."""
    if order.item == "gloves":
        raise SoldOut("the last pair went this morning", item_id="gloves")
    return order


@router.get("/orders", summary="List orders")
async def list_orders(caller: Buyer, paging: PagingQuery) -> dict[str, Any]:
    """Lists orders."""
    return {"limit": paging.limit}


@router.get("/orders/{order_id}", summary="Read an order", responses=problem_responses(NotFound, TooManyRequests))
async def read_order(caller: Buyer, order_id: str, request: Request) -> dict[str, Any]:
    """Reads one, or fails in the way the id names."""
    match order_id:
        case "missing":
            raise NotFound("there is no such order")
        case "hasty":
            raise TooManyRequests(retry_after=3)
        case "bug":
            raise KeyError("+4915112345678")
        case "teapot":
            raise HTTPException(418, "short and stout")
        case "away":
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")
        case "wrong":
            raise asyncpg.UniqueViolationError("Key (phone)=(+4915112345678) already exists.")
        case "unencodable":
            raise asyncpg.DataError("invalid input for query argument $1: '+4915112345678'")
        case "nul":
            raise asyncpg.CharacterNotInRepertoireError("invalid byte sequence: 0x00")
    return {"id": order_id, "trace": current_traceparent()}


@router.post("/uploads", summary="Upload a file")
@body_limit(2 * LIMIT)
async def upload(caller: Buyer, request: Request) -> dict[str, int]:
    """Counts the bytes."""
    return {"bytes": len(await request.body())}


def api(*routers: APIRouter) -> Api:
    settings = ServiceSettings(
        environment="test", database_url="postgresql://db/x", port=1, worker_port=2, max_body_bytes=LIMIT
    )
    return create_api(settings, title="sample", routers=[router, *routers])


def token(*roles: str, subject: str = "ann") -> str:
    return mint_token(DEVELOPMENT_KEY, roles=roles or ("storefront",), subject=subject)


@asynccontextmanager
async def client(app: Api, *, as_token: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """Talks to `app` without a server; its lifespan is not run."""
    headers = {"Authorization": f"Bearer {as_token or token()}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api", headers=headers) as found:
        yield found
