"""The routes of the offers service, one module per resource: translate, authorise, call one handler."""

from offers_service.api import acceptances, links, offer_versions, offers, previews, ranking, storefront

ROUTERS = (
    storefront.router,
    acceptances.router,
    links.router,
    links.public,
    offers.router,
    offer_versions.router,
    previews.router,
    ranking.router,
)
"""The busiest first: routes are tried in order."""
