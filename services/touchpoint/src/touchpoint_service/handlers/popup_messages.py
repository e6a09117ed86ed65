"""What an agent sends to a customer who is there: an offer of the pop-up by SMS or e-mail, with its short link.

What always holds: it is a contact like any other, under the same policy, budget and consent, asked for once for each
pop-up, offer and channel. It is of class `service`, because the customer waits for it. What comes of its link is
credited to it and to the agent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rapport.clock import to_micros
from rapport.contracts.vocabulary import ContactClass
from rapport.errors import FieldError, Malformed
from touchpoint_service.domain.facts import Request
from touchpoint_service.domain.naming import natural_id
from touchpoint_service.handlers.popups import PURPOSE

WANTED = timedelta(days=1)
"""How long it may wait for a time when it may go: after that the talk is forgotten."""


def message_request(popup: Any, offer_id: str, channel: str, agent: str, unit: str, now: datetime) -> Request:
    """The request for the message, under the same id whenever it is asked for again.

    Raises:
        Malformed: the offer was not in the pop-up.
    """
    shown = next((item for item in popup["body"]["offers"] if item["offer_id"] == offer_id), None)
    if shown is None:
        raise Malformed("not shown", errors=[FieldError("#/offer_id", "was not in this pop-up")])
    return Request(
        natural_id("req", 0, popup["popup_id"], offer_id, channel),
        popup["customer_id"],
        (channel,),
        PURPOSE,
        shown["category"],
        ContactClass.SERVICE.rank,
        1.0,
        shown["goal"],
        None,
        offer_id,
        None,
        to_micros(now),
        None,
        to_micros(now + WANTED),
        agent,
        unit,
    )
