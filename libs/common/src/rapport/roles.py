"""Who may do what: the one table from roles to permissions.

What always holds:
- a permission is one verb on one thing; a route names exactly one;
- a role has what its holder's daily work needs and no more. There is no role that may do everything: whoever holds two
  jobs holds two roles;
- holding both `edit` and `approve` still lets nobody approve a change of their own: handlers compare subjects;
- a role that the table does not know grants nothing, so an identity provider may use its own roles beside ours.
"""

from __future__ import annotations

from collections.abc import Mapping

_TALKS_TO_CUSTOMERS = frozenset(
    {
        "profile.read",
        "profile.read_pii",  # to greet by name, to find by telephone number
        "profile.consent",  # "do not call me again" is recorded while it is said
        "offers.read",
        "offers.link",
        "offers.revoke",  # the customer's right, at whatever counter they use it
        "touchpoint.lease",
        "touchpoint.outcome",
        "touchpoint.recall.read",
        "touchpoint.freeze.read",
        "touchpoint.freeze.open",  # who complains at the counter is left alone from then on
        "touchpoint.work_order.read",
        "touchpoint.work_order.open",
        "touchpoint.work_order.work",
        "touchpoint.work_order.assign",  # what does not belong here goes on to whom it does
        "touchpoint.timeline",
        "touchpoint.events",
    }
)

_READS = frozenset(
    {
        "profile.read",
        "profile.fields",
        "offers.read",
        "campaign.read",
        "touchpoint.timeline",
        "touchpoint.policy.read",
        "touchpoint.capacity.read",
        "touchpoint.recall.read",
        "touchpoint.freeze.read",
        "touchpoint.work_order.read",
        "touchpoint.events",
        "touchpoint.webhook.read",
    }
)

_WORKS_ORDERS = frozenset(
    {
        "touchpoint.work_order.read",
        "touchpoint.work_order.open",
        "touchpoint.work_order.work",
        "touchpoint.work_order.assign",
        "touchpoint.timeline",
    }
)

ROLES: Mapping[str, frozenset[str]] = {
    # People in channels.
    "branch_agent": _TALKS_TO_CUSTOMERS | {"touchpoint.popup"},
    "hotline_agent": _TALKS_TO_CUSTOMERS | {"touchpoint.popup"},
    "outbound_agent": _TALKS_TO_CUSTOMERS,
    "account_manager": _WORKS_ORDERS | {"profile.read", "profile.read_pii", "touchpoint.freeze.read"},
    # Systems.
    "storefront": frozenset(
        {
            "offers.storefront",
            "offers.accept",
            "offers.revoke",
            "touchpoint.banner",
            "touchpoint.outcome",
            "touchpoint.recall.read",
        }
    ),
    "channel_system": frozenset(
        {
            "touchpoint.request",
            "touchpoint.decide",
            "touchpoint.lease",
            "touchpoint.outcome",
            "touchpoint.recall.read",
            "touchpoint.events",
            "offers.accept",
            "offers.revoke",
            "offers.link",
        }
    ),
    "integrator": frozenset({"touchpoint.events", "touchpoint.webhook.read", "touchpoint.webhook.edit"}),
    "source_system": frozenset({"profile.write", "profile.consent", "profile.import"}),
    # People in the back office.
    "campaign_planner": frozenset({"campaign.read", "campaign.edit", "campaign.run", "offers.read", "profile.fields"}),
    "campaign_approver": frozenset({"campaign.read", "campaign.approve", "campaign.run", "offers.read"}),
    "offer_manager": frozenset({"offers.read", "offers.manage", "offers.preview", "profile.fields"}),
    "offer_approver": frozenset({"offers.read", "offers.approve", "offers.preview"}),
    "billing": frozenset({"offers.export", "offers.read"}),
    "policy_editor": frozenset({"touchpoint.policy.read", "touchpoint.policy.edit", "touchpoint.policy.try"}),
    "policy_approver": frozenset({"touchpoint.policy.read", "touchpoint.policy.approve", "touchpoint.policy.try"}),
    "channel_manager": frozenset({"touchpoint.capacity.read", "touchpoint.capacity.edit"}),
    "complaint_desk": _WORKS_ORDERS | {"touchpoint.freeze.read", "touchpoint.freeze.open", "touchpoint.freeze.close"},
    "data_steward": frozenset(
        {
            "profile.read",
            "profile.read_pii",
            "profile.fields",
            "profile.write",
            "profile.erase",
            "profile.consent",
            "profile.import",
        }
    ),
    "compliance": _READS | {"touchpoint.rebuild"},
    "operator": _READS | {"dlq.read", "dlq.replay", "touchpoint.rebuild"},
}

PERMISSIONS: frozenset[str] = frozenset().union(*ROLES.values())
"""Every permission that some role grants; a route may require no other."""
