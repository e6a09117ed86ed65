"""The routes of touchpoint, one module per resource: translate, authorise, call one handler."""

from touchpoint_service.api import channels, contacts, customers, policies, popups, requests

ROUTERS = (requests.router, contacts.router, channels.router, customers.router, popups.router, policies.router)
