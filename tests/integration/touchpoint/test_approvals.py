"""Nobody approves what they wrote, whatever has become of the draft since."""

from __future__ import annotations

from tests.integration.touchpoint.conftest import POLICY, Touchpoint


async def test_the_author_of_a_version_may_not_approve_it_after_others_went_on_with_the_draft(bare: Touchpoint):
    body = {"policy_id": "p", "document": POLICY}
    await bare.call("POST", "/v1/policies", body, role="policy_editor", subject="erin")
    await bare.call("POST", "/v1/policies/p/versions", role="policy_editor", subject="mia")
    known = await bare.call("GET", "/v1/policies/p", role="policy_editor")
    draft, tag = {"document": POLICY | {"name": "next"}}, {"If-Match": known.headers["etag"]}
    await bare.call("PUT", "/v1/policies/p/draft", draft, role="policy_editor", subject="sam", headers=tag)
    path = "/v1/policies/p/versions/1/approvals"
    await bare.call("POST", path, role="policy_approver", subject="erin", expect=409)
    approved = await bare.call("POST", path, role="policy_approver", subject="sam")
    assert (approved.json()["author"], approved.json()["approved_by"]) == ("erin", "sam")
