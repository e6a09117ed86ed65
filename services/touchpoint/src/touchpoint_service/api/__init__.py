"""The routes of touchpoint, one module per resource: translate, authorise, call one handler."""

from touchpoint_service.api import (
    banners,
    blackouts,
    capacities,
    channels,
    contacts,
    customers,
    events,
    explanations,
    freezes,
    policies,
    popups,
    rebuilds,
    recalls,
    requests,
    webhooks,
    what_ifs,
    work_orders,
)

ROUTERS = (
    popups.router,
    banners.router,
    requests.router,
    contacts.router,
    channels.router,
    customers.router,
    policies.router,
    blackouts.router,
    capacities.router,
    rebuilds.router,
    explanations.router,
    recalls.router,
    freezes.router,
    work_orders.router,
    what_ifs.router,
    events.router,
    webhooks.router,
)
"""Those that people wait for come first: routes are looked through in this order."""
