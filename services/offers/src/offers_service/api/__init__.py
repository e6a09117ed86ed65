"""The routes of the offers service, one module per resource: translate, authorise, call one handler."""

from offers_service.api import acceptances, links, offers, storefront

ROUTERS = (storefront.router, acceptances.router, links.router, links.public, offers.router)
"""The busiest first: routes are tried in order."""
