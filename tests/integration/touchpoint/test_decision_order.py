"""Requests decided together stand on the timeline in the order in which they were decided."""

from __future__ import annotations

from tests.integration.touchpoint.conftest import POLICY, Touchpoint


async def test_the_more_important_comes_first_whatever_came_first(touchpoint: Touchpoint):
    """Otherwise a release would seem to break a rule by a contact that was not there when it was decided."""
    gap = {"name": "gap", "hours": 24, "exempt_classes": ["marketing"]}
    await touchpoint.put_in_force(POLICY | {"minimum_gaps": [gap]})
    await touchpoint.hear(touchpoint.request("minor"), touchpoint.request("major", contact_class="service"))
    entries = await touchpoint.timeline()
    assert [e["request_id"] for e in entries] == ["major", "minor"]
    assert [e["kind"] for e in entries] == ["contact.released"] * 2
