"""What goes in and out over HTTP, besides what `domain.fields` and `domain.import_mapping` let anybody say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from profile_service.domain.fields import Country, CustomerFields, Phone
from profile_service.domain.masks import MASKS
from rapport.contracts.profile import Customer, CustomerUpserted
from rapport.contracts.vocabulary import Channel, Id, Name, SensibleInstant

CUSTOMER_EXAMPLE: dict[str, Any] = {
    "name": "Zhang Wei",
    "phone": "+8613812345678",
    "email": "zhang.wei@example.com",
    "language": "zh-CN",
    "country": "CN",
    "region": "CN-SH",
    "time_zone": "Asia/Shanghai",
    "grade": "important",
    "attributes": {"age": 41, "balance": 1200.5},
    "holdings": [{"product": "gold-tariff", "contract_end": "2027-03-31", "monthly_value": "19.90"}],
    "preferred_channel": "call",
    "contact_windows": [{"days": ["mon", "tue"], "start": "18:00", "end": "20:00"}],
    "consents": [{"channel": "call", "purpose": "marketing", "granted": True, "at": "2026-11-02T09:30:00+08:00"}],
}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class CustomerBody(CustomerFields):
    """What is said of a customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [CUSTOMER_EXAMPLE]})


class CustomerView(Customer):
    """The customer as the caller may see them: without `profile.read_pii` the name, phone, e-mail, account and birth
    date are masked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                CUSTOMER_EXAMPLE
                | {"customer_id": "c-1", "version": 3, "name": "Z***", "phone": "***78", "email": "z***@example.com"}
            ]
        }
    )

    phone: str | None = None
    """E.164, or masked."""
    birth_date: str | None = None  # type: ignore[assignment]
    """A day, or masked."""

    @classmethod
    def of(cls, document: CustomerUpserted, *, phone: str | None, reveal: bool) -> CustomerView:
        """The view of a document, whose phone is `phone`; `reveal` shows personal data."""
        shown = {name: value for name, value in document if name in cls.model_fields} | {"phone": phone}
        for name, mask in MASKS.items():
            if shown[name] is not None:
                shown[name] = str(shown[name]) if reveal else mask(shown[name])
        return cls.model_construct(**shown)


class CustomerVersion(_Answer):
    """The document that a write made. Without its content: an answer is kept for `Idempotency-Key`, and must be no
    second place of personal data, which an erasure would miss."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"customer_id": "c-1", "version": 3}]})

    customer_id: Id
    version: int


class ConsentBody(_Body):
    """What the customer said about being contacted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"granted": False, "source": "hotline", "proof": "recording 2026-11-02/4711"}]}
    )

    granted: bool
    at: SensibleInstant | None = None
    """When it was said; left out: now. The newest counts; of two at one instant, the refusal."""
    source: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Where it was said, such as `web-form` or `branch`."""
    proof: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    """Where the proof lies: a recording, a form, a log entry."""


CONSENT_EXAMPLE: dict[str, Any] = {
    "channel": "call",
    "purpose": "marketing",
    "granted": False,
    "at": "2026-11-02T01:30:00Z",
    "source": "hotline",
}


class ConsentView(_Answer):
    """The consent that counts for a channel and purpose."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONSENT_EXAMPLE]})

    channel: Channel
    purpose: Name
    granted: bool
    at: datetime
    source: str


class ConsentStatement(ConsentView):
    """What was said once, with its proof."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                CONSENT_EXAMPLE
                | {"proof": "recording 4711", "recorded_at": "2026-11-02T01:31:00Z", "recorded_by": "agent-7"}
            ]
        }
    )

    proof: str | None
    recorded_at: datetime
    recorded_by: str


class ConsentList(_Answer):
    """Statements by channel and purpose, newest first."""

    items: list[ConsentStatement]
    next_cursor: None = None


class DoNotCallList(_Body):
    """Phones and customers that must not be called."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phones": ["+4915123456789"], "source": "regulator 2026-11"}]}
    )

    phones: Annotated[tuple[Phone, ...], Field(max_length=10_000)] = ()
    """In E.164, or as dialled inside `country`."""
    customer_ids: Annotated[tuple[Id, ...], Field(max_length=10_000)] = ()
    country: Country | None = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Whose list it is."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.phones and not self.customer_ids:
            raise ValueError("name phones, customers, or both")
        return self


class DoNotCallResult(_Answer):
    """What the list did."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phones": 1, "customers_marked": 1, "unknown_customers": []}]}
    )

    phones: int
    """How many different ones it names; they count for whoever has one of them, now or later."""
    customers_marked: int
    """How many were not marked before."""
    unknown_customers: list[Id]
    """Those of `customer_ids` that nobody has."""


class ImportView(_Answer):
    """How far an import is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "import_id": "imp_019ab2f0c1d27e6f8a90b1c2d3e4f506",
                    "state": "running",
                    "rows_total": 120000,
                    "rows_read": 34000,
                    "accepted": 33990,
                    "rejected": 10,
                    "created_by": "steward",
                    "created_at": "2026-11-02T01:30:00Z",
                    "finished_at": None,
                }
            ]
        }
    )

    import_id: Id
    state: Literal["pending", "running", "finished"]
    rows_total: int
    rows_read: int
    """Accepted and rejected."""
    accepted: int
    rejected: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class RuleField(_Answer):
    """One field that rules may ask for, as react-querybuilder takes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "attributes.age",
                    "type": "number",
                    "label": {"en": "age", "zh-CN": "年龄"},
                    "operators": ["=", "<"],
                    "values": [],
                }
            ]
        }
    )

    name: str
    type: str
    label: dict[str, str]
    operators: list[str]
    values: list[dict[str, Any]]
    """Values it is known to take, with labels; rules may name others."""


class RuleFields(_Answer):
    """The field catalogue."""

    items: list[RuleField]
    next_cursor: None = None
