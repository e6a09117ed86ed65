"""What the offers service refuses, as callers see it."""

from __future__ import annotations

from rapport.errors import Conflict, DomainError, NotFound


class UnknownOffer(NotFound):
    """There is no such offer, or it has never been published."""


class UnknownCustomer(NotFound):
    """This service has not heard of the customer, or the customer has been erased."""


class UnknownAcceptance(NotFound):
    """The ledger has no such acceptance."""


class OfferIncomplete(Conflict):
    """The offer cannot be published as it stands; `missing` names the parts by JSON pointers."""


class TextsNotFillable(Conflict):
    """A text cannot be filled in for every customer; `faults` say where (JSON pointers) and why."""


class ApprovalNeeded(Conflict):
    """Another person must approve it first: `above` names what is above a limit, by JSON pointers."""


class NotSubmitted(Conflict):
    """Only what has been submitted, and not edited since, can be approved."""


class OwnChange(Conflict):
    """Nobody approves what they wrote or submitted themselves."""


class NothingToApprove(Conflict):
    """The content is in force as it stands, or has been approved."""


class UnknownVersion(NotFound):
    """There is no such version; steps that nobody took, such as selling out, are not kept."""


class OfferNotPublished(Conflict):
    """Nothing of this offer is in force."""


class StockBelowAccepted(Conflict):
    """More has been accepted than there would be stock; `accepted` says how much."""


class OfferExpired(Conflict):
    """The offer is withdrawn, or this is not the time of its validity."""


class AlreadyAccepted(Conflict):
    """The customer has this offer for this term; `acceptance_id` names the acceptance."""


class NotEligible(Conflict):
    """The offer is not for this customer: its rule says so, or something the customer has excludes it."""


class SoldOut(Conflict):
    """The last piece went to somebody else."""


class QuotaExhausted(Conflict):
    """There is stock left, but none for this channel or unit; `scope` and `name` say whose quota it is."""


class CoolingOffOver(Conflict):
    """The cooling-off period ended at `until`."""


class AlreadyFulfilled(Conflict):
    """What was accepted has been delivered."""


class AcceptanceIdTaken(Conflict):
    """The acceptance id stands for another customer, offer or term."""


class AcceptanceNotStanding(Conflict):
    """The acceptance was refused or has been revoked."""


class UnknownLink(NotFound):
    """There is no such link: it was altered or made up, or whom it was for has been erased."""


class LinkExpired(DomainError):
    """The link's time, or its offer's, is over."""

    status = 410


class LinkNotForThis(Conflict):
    """The link was sent to another customer, or for another offer."""
