"""The timeline is in the order of the decisions, and time does not run backwards in it."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.touchpoint.conftest import POLICY, Touchpoint


async def test_the_more_important_comes_first_whatever_came_first(touchpoint: Touchpoint):
    """Otherwise a release would seem to break a rule by a contact that was not there when it was decided."""
    gap = {"name": "gap", "hours": 24, "exempt_classes": ["marketing"]}
    await touchpoint.put_in_force(POLICY | {"minimum_gaps": [gap]})
    await touchpoint.hear(touchpoint.request("minor"), touchpoint.request("major", contact_class="service"))
    entries = await touchpoint.timeline()
    assert [e["request_id"] for e in entries] == ["major", "minor"]
    assert [e["kind"] for e in entries] == ["contact.released"] * 2


async def test_whoever_began_earlier_and_waited_does_not_turn_back_time(touchpoint: Touchpoint):
    """Two workers read the clock before they lock the customer, and get the lock in the other order."""
    await touchpoint.hear(touchpoint.request("first"))
    touchpoint.clock.move(touchpoint.clock.now() - timedelta(seconds=5))
    await touchpoint.hear(touchpoint.said(await touchpoint.contact(), "refused"), touchpoint.request("second"))
    entries = await touchpoint.timeline()
    assert len(entries) == 3
    assert {e["at"] for e in entries} == {entries[0]["at"]}
