"""The routes of the offers service, one module per resource: translate, authorise, call one handler."""

from offers_service.api import acceptances, offers, storefront

ROUTERS = (storefront.router, acceptances.router, offers.router)
"""The busiest first: routes are tried in order."""
