"""What two contents say differently: nothing exactly when they are equal, and enough to make one of the other."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from offers_service.domain.differences import differences

values = st.recursive(
    st.none() | st.booleans() | st.integers(2, 3) | st.sampled_from(["a", "/", "~1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "c/d", "~"]), inner),
    max_leaves=8,
)
contents = st.dictionaries(st.sampled_from(["a", "b", "c/d", "~"]), values, max_size=3)


def put(content: dict[str, Any], pointer: str, value: Any) -> None:
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in way:
        content = content[step]
    content[last] = value


def without_nothing(value: Any) -> Any:
    """Absent and null are one."""
    if isinstance(value, dict):
        return {name: without_nothing(each) for name, each in value.items() if each is not None}
    return value


@given(old=contents, new=contents)
def test_making_one_of_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = differences(old, new)
    made = deepcopy(old)
    for each in found:
        put(made, each.pointer, each.new)
    assert without_nothing(made) == without_nothing(new)
    assert bool(found) is (without_nothing(old) != without_nothing(new))


@given(content=contents)
def test_nothing_is_different_from_itself(content: dict[str, Any]) -> None:
    assert differences(content, deepcopy(content)) == []
