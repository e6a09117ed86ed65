"""The ranking against the same said naively: every candidate judged and scored from its document, then sorted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.contracts.offers import OfferChanged
from rapport.ranking import Offer, Weights, rank

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTORS = ("propensity", "context", "value", "lever")
IDS = ("a", "b", "c", "d", "e")
PRODUCTS = ("tv", "fibre")

some_ids = st.lists(st.sampled_from([*IDS, *PRODUCTS]), max_size=2, unique=True)
instants = st.sampled_from([NOW + timedelta(days=d, microseconds=u) for d in (-31, -30, -1, 0, 1) for u in (-1, 0, 1)])
said = st.dictionaries(st.sampled_from(IDS), instants, max_size=3)
rules = st.sampled_from(["young", "old", "nobody", "everybody", "broken"])
exponents = st.sampled_from([0.0, 0.5, 1.0, 2.0])
factors = st.fixed_dictionaries({"on": st.booleans(), "weight": exponents})


def tree(name: str) -> dict[str, Any]:
    leaf = {"field": "attributes.age", "operator": "<" if name == "young" else ">=", "value": 40}
    trees: dict[str, dict[str, Any]] = {
        "nobody": {"combinator": "or", "rules": []},
        "everybody": {"combinator": "and", "rules": []},
        "broken": {"combinator": "and", "rules": [{"field": "unheard of", "operator": "="}]},
    }
    return trees.get(name, {"combinator": "and", "rules": [leaf]})


def holds(name: str | None, age: int) -> bool:
    if name == "broken":
        return False
    return name in (None, "everybody") or name == ("young" if age < 40 else "old")


@st.composite
def offers(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for offer_id in draw(st.lists(st.sampled_from(IDS), unique=True)):
        figures = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])
        found.append(
            {
                "offer_id": offer_id,
                "state": draw(st.sampled_from(["published"] * 5 + ["withdrawn"])),
                "goal": draw(st.sampled_from(["g1", "g2"])),
                "priority": draw(st.sampled_from([1, 2])),
                "value": draw(st.sampled_from([0, 1, 10, 100])),
                "cost": draw(st.sampled_from([0, 0, 1, 50])),
                "channels": draw(st.sampled_from([["web", "call"], ["call"]])),
                "valid_from": draw(st.none() | instants),
                "valid_until": draw(st.none() | instants),
                "sold_out": draw(st.sampled_from([False, False, False, True])),
                "never_with": draw(some_ids),
                "never_after": draw(some_ids),
                "only_after": draw(st.just([]) | some_ids),
                "per_household": draw(st.booleans()),
                "lever": draw(figures),
                "context": draw(st.dictionaries(st.sampled_from(["web", "call"]), figures)),
                "propensity": (draw(st.sampled_from([0.1, 0.5, 1.0])), draw(st.lists(rules, max_size=2))),
                **{layer: draw(st.none() | rules) for layer in ("eligibility", "applicability", "suitability")},
            }
        )
    return found


def document(raw: dict[str, Any]) -> OfferChanged:
    default, segments = raw["propensity"]
    by_segment = [{"name": f"s{n}", "rule": tree(name), "value": 0.9 - n / 2} for n, name in enumerate(segments)]
    layers = {layer: raw[layer] and tree(raw[layer]) for layer in ("eligibility", "applicability", "suitability")}
    told = raw | layers | {"version": 1, "category": "c", "propensity": {"default": default, "by_segment": by_segment}}
    return OfferChanged.model_validate(told)


@settings(max_examples=400)
@given(
    raw=offers(),
    age=st.sampled_from([39, 40]),
    holdings=st.lists(st.sampled_from(PRODUCTS), max_size=1),
    accepted=st.dictionaries(st.sampled_from(IDS), st.sampled_from(["g1", "g2", "g3"]), max_size=2),
    once=st.lists(st.sampled_from(IDS), max_size=2),
    household=st.lists(st.sampled_from(IDS), max_size=2),
    refused=said,
    promised=said,
    weights=st.fixed_dictionaries(dict.fromkeys(FACTORS, factors)),
    days=st.sampled_from([0, 1, 30]),
    limit=st.none() | st.integers(0, 3),
)
def test_the_same_order_as_the_naive_one(
    raw: list[dict[str, Any]],
    age: int,
    holdings: list[str],
    accepted: dict[str, str],
    once: list[str],
    household: list[str],
    refused: dict[str, datetime],
    promised: dict[str, datetime],
    weights: dict[str, dict[str, Any]],
    days: int,
    limit: int | None,
) -> None:
    span = timedelta(days=days)
    customer = {"attributes": {"age": age}, "holdings": [{"product": name} for name in holdings]}
    lifted = {o for o, at in promised.items() if at + span > NOW}

    def allowed(o: dict[str, Any]) -> bool:
        offer_id, had = o["offer_id"], {*holdings, *accepted}
        rests = offer_id in refused and refused[offer_id] + span > NOW
        if rests and offer_id in lifted and promised[offer_id] > refused[offer_id]:
            rests = False
        return (
            o["state"] == "published"
            and (o["valid_from"] is None or o["valid_from"] <= NOW)
            and (o["valid_until"] is None or o["valid_until"] > NOW)
            and "web" in o["channels"]
            and not o["sold_out"]
            and offer_id not in accepted
            and o["goal"] not in accepted.values()
            and not (o["per_household"] and offer_id in household)
            and not had & set(o["never_with"])
            and not {*accepted, *once} & set(o["never_after"])
            and set(o["only_after"]) <= had
            and not rests
            and holds(o["eligibility"], age)
            and (holds(o["applicability"], age) or (offer_id in lifted and o["applicability"] != "broken"))
            and holds(o["suitability"], age)
        )

    def score(o: dict[str, Any]) -> float:
        default, segments = o["propensity"]
        figures = {
            "propensity": next((0.9 - n / 2 for n, name in enumerate(segments) if holds(name, age)), default),
            "context": o["context"].get("web", 1.0),
            "value": float(max(o["value"] - o["cost"], 0)),
            "lever": o["lever"],
        }
        product = 1.0
        for name in ("context", "value", "lever"):
            product *= figures[name] ** weights[name]["weight"] if weights[name]["on"] else 1.0
        on = weights["propensity"]["on"]
        return product * (figures["propensity"] ** weights["propensity"]["weight"] if on else 1.0)

    def place(o: dict[str, Any]) -> tuple[Any, ...]:
        worth = max(o["value"] - o["cost"], 0)
        return o["offer_id"] not in lifted, -o["priority"], -score(o), -worth, o["offer_id"]

    expected = [o["offer_id"] for o in sorted(filter(allowed, raw), key=place)]
    made = Weights.parse({"ranking_id": "r", "version": 1, "refused_days": days, "promised_days": days} | weights)
    ready = [Offer.of(document(o)) for o in raw]
    found = rank(
        customer,
        ready,
        channel="web",
        now=NOW,
        accepted_goals=accepted.values(),
        accepted_offers=accepted,
        once_accepted=once,
        household_accepted=household,
        refused=refused,
        promised=promised,
        weights=made,
        limit=limit,
        explain=True,
    )
    assert [o.offer_id for o in found.offers] == expected[:limit]
    assert {r.offer.offer_id for r in found.refused} == {o["offer_id"] for o in raw} - set(expected)
    assert {i: s.score for i, s in found.scores.items()} == {o["offer_id"]: score(o) for o in raw}
    for offer in ready:
        place_of = offer.place("web", made)
        assert place_of.best <= place_of.order(customer, NOW)
