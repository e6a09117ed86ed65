"""What the profile service reads from Kafka: reports of source systems about customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from profile_service.domain import documents, fields
from profile_service.handlers.changes import Change, CustomerErased, change
from profile_service.handlers.customers import statement
from rapport.clock import Clock
from rapport.contracts.channel import CustomerReported
from rapport.contracts.envelope import Envelope
from rapport.db import Connection
from rapport.messaging.consumer import BatchHandler, PoisonMessage
from rapport.sealing import Keyring

INTAKE_GROUP = "profile.intake"

_ABOUT_THE_REPORT = {"customer_id", "report_id", "at", "consents"}
_FIELDS = tuple(name for name in CustomerReported.model_fields if name not in _ABOUT_THE_REPORT)
_CHECKED = {"time_zone": fields.iana_time_zone, "language": fields.bcp47_tag}
"""What the contract leaves open and the document does not."""


def intake_handlers(clock: Clock, keys: Keyring) -> dict[str, BatchHandler]:
    """Handlers of the group that takes in reports."""

    async def on_customer_reported(conn: Connection, envelopes: Sequence[Envelope]) -> None:
        now = clock.now()
        reports = [(envelope, _change(envelope, keys, now)) for envelope in envelopes]
        changed = await change(conn, [one for _, one in reports], keys=keys, now=now)
        for refused, error in changed.refused:
            if not isinstance(error, CustomerErased):  # which is no fault of the report, and must not be kept anywhere
                blamed = next(envelope for envelope, one in reports if one is refused)
                raise PoisonMessage(str(error), blamed)

    return {CustomerReported.topic: on_customer_reported}


def _change(envelope: Envelope, keys: Keyring, now: datetime) -> Change:
    """What a report does.

    Raises:
        PoisonMessage: it has no body, or names a time zone or language that is none.
    """
    report = envelope.event
    if report is None:
        raise PoisonMessage("a report needs a body: customers are erased through the API", envelope)
    said = {name: value for name in _FIELDS if (value := getattr(report, name)) is not None}
    try:
        for name, check in _CHECKED.items():
            if name in said:
                check(said[name])
    except ValueError as error:
        raise PoisonMessage(f"/{name} {error}", envelope) from None
    if not report.do_not_call:  # a report can add the mark, but not lift what a regulator's list says
        said.pop("do_not_call", None)
    consents = [
        statement(report.customer_id, one, proof=report.report_id, by=envelope.source, now=now)
        for one in report.consents or ()
    ]
    return Change(
        report.customer_id,
        partial(documents.patched, said=said, keys=keys),
        consents,
        said_at=report.at,
        report_id=report.report_id,
        traceparent=envelope.traceparent,
    )
