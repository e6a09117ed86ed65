"""Whether a member of an audience has accepted the campaign's goal, in whichever channel.

What always holds:
- only an acceptance between the taking of the audience and the campaign's end is the campaign's, for the control group
  as for the others;
- one acceptance stands at a time, the first. One that was revoked no longer counts as success, but the lines of the
  customer stay ended: whoever took an offer and gave it back is not asked again by the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.contracts.offers import AcceptanceRevoked, OfferAccepted


@dataclass(slots=True)
class Member:
    """A member of one audience, with the campaign's window (`ends_at` is outside)."""

    customer_id: str
    campaign_id: str
    goal: str
    resolved_at: datetime
    ends_at: datetime
    acceptance_id: str | None
    accepted_at: datetime | None
    accepted_in: str | None
    revoked: bool


def settle(member: Member, event: OfferAccepted | AcceptanceRevoked) -> bool:
    """Note the acceptance, or that it was taken back; False when that changes nothing."""
    if isinstance(event, AcceptanceRevoked):
        changes = member.acceptance_id == event.acceptance_id and not member.revoked
        member.revoked |= changes
        return changes
    known = member.acceptance_id is not None and (not member.revoked or member.acceptance_id == event.acceptance_id)
    if known or event.goal != member.goal or not member.resolved_at <= event.at < member.ends_at:
        return False
    member.acceptance_id, member.accepted_at, member.accepted_in = event.acceptance_id, event.at, event.channel.value
    member.revoked = False
    return True
