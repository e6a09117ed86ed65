"""Policy documents of every kind, for tests that look at documents and not at decisions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rapport.contracts.vocabulary import Channel, ContactClass, Outcome
from touchpoint_service.domain.policy_document import PolicyDocument

Document = dict[str, Any]


def document(**members: Any) -> Document:
    """The JSON form of a document with these members and all defaults."""
    return PolicyDocument.model_validate({"name": "House rules"} | members).model_dump(mode="json")


def cap(name: str = "three-a-week", limit: int = 3, hours: int = 168, **fields: Any) -> Document:
    """A cap over a rolling window."""
    return {"name": name, "limit": limit, "window": {"kind": "rolling", "hours": hours}} | fields


_names = [f"{letter}-{n}" for letter in "ab" for n in (1, 2)]
_channels = st.lists(st.sampled_from(list(Channel)), unique=True, max_size=3)
_classes = st.lists(st.sampled_from(list(ContactClass)), unique=True, max_size=2)
_scopes = st.sampled_from(["all", "channel", "category", "campaign", "offer", "goal"])
_windows = st.fixed_dictionaries({"kind": st.just("rolling"), "hours": st.sampled_from([1, 24, 36, 168])}) | (
    st.fixed_dictionaries(
        {
            "kind": st.just("calendar"),
            "unit": st.sampled_from(["day", "week", "month"]),
            "zone": st.sampled_from(["business", "customer"]),
        }
    )
)
_days = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), unique=True, min_size=1)


def _rules(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Document]]:
    rule = st.fixed_dictionaries(
        {
            "name": st.sampled_from([f"{kind}-{name}" for name in _names]),
            "channels": st.none() | _channels,
            "exempt_classes": _classes,
            **fields,
        }
    )
    return st.lists(rule, max_size=4, unique_by=lambda rule: rule["name"])


documents: st.SearchStrategy[Document] = st.builds(
    document,
    name=st.sampled_from(["House rules", "Next year"]),
    business_zone=st.sampled_from(["UTC", "Asia/Shanghai"]),
    consent=st.fixed_dictionaries(
        {"channels": _channels, "exempt_purposes": st.lists(st.sampled_from(["service", "care"]), unique=True)}
    ),
    do_not_disturb_exempt=_classes,
    quiet_hours=_rules("q", start=st.sampled_from(["20:00", "21:30"]), end=st.just("08:00"), days=_days),
    minimum_gaps=_rules("g", hours=st.sampled_from([0.5, 20, 24])),
    frequency_caps=_rules("c", scope=_scopes, limit=st.integers(0, 3), window=_windows),
    cool_downs=_rules("d", outcome=st.sampled_from(["refused", "complaint"]), scope=_scopes, days=st.integers(1, 3)),
    work_order_holds=_rules("h", kinds=st.none() | st.sampled_from([["complaint"], ["problem", "referral"]])),
    work_orders=st.sampled_from(
        [[], [{"name": "o", "kind": "problem"}], [{"name": "o", "kind": "problem", "priority": 1}]]
    ),
    gives_back=st.lists(st.sampled_from(list(Outcome)), unique=True, max_size=3),
)
"""Two of them share some rules and differ in others."""
