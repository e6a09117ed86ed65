"""Contracts: each event that crosses a service boundary, as a frozen model. Importing the package registers them."""

from rapport.contracts import campaign, channel, offers, profile, touchpoint
from rapport.contracts.envelope import REGISTRY, ContractError, Envelope, Event, decode

__all__ = [
    "REGISTRY",
    "ContractError",
    "Envelope",
    "Event",
    "campaign",
    "channel",
    "decode",
    "offers",
    "profile",
    "touchpoint",
]
