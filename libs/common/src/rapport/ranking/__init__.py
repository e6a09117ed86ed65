"""Which offers a customer may have in a channel, best first. Storefront and pop-up both ask here, so they agree.

What always holds:
- it is pure: the customer, the offers, what was said and accepted, the weights and `now` are handed in;
- the order is total: what was promised, then priority, then score, then worth, all larger first, then offer id;
- whatever cannot be read keeps an offer back: a rule that the catalogue does not know lets nobody through;
- each candidate that is kept back has one reason, the first in the order of `Refusal`.

An offer's rules are compiled once per version, and what its score has to do with no customer is reckoned once per
channel and version of the weights.
"""

from rapport.ranking.offer import LAYERS, Layer, Offer, first_hindrance, is_eligible, prepared, products_held
from rapport.ranking.order import Ranking, Refusal, Refused, rank
from rapport.ranking.weights import DEFAULT, HOUSE, Place, Score, Share, Weights

__all__ = [
    "DEFAULT",
    "HOUSE",
    "LAYERS",
    "Layer",
    "Offer",
    "Place",
    "Ranking",
    "Refusal",
    "Refused",
    "Score",
    "Share",
    "Weights",
    "first_hindrance",
    "is_eligible",
    "prepared",
    "products_held",
    "rank",
]
