"""The routes: translate, authorise, call one handler."""

from profile_service.api import consents, customers, fields, imports

ROUTERS = (customers.router, consents.router, imports.router, fields.router)
