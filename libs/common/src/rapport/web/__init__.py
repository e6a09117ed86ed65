"""The HTTP edge that all services share: application, routes, transactions, idempotency, paging, entity tags.

What always holds:
- a route is defined on a `Router`; it declares its permission, its problems and an example, and tests walk all routes
  for what is missing;
- a route that writes takes `Writing`: one transaction, and the caller's `Idempotency-Key` kept in it.
"""

from rapport.web.app import Api, create_api, serve
from rapport.web.connections import Keys, Now, Reading, Writing, WritingAtOnce
from rapport.web.direct import direct
from rapport.web.documentation import CREDENTIAL_PATHS, answers, undocumented_routes, unprotected_routes
from rapport.web.etags import IfMatch, IfNoneMatch, check_if_match, etag, is_current
from rapport.web.guesses import Guesses, TooManyGuesses
from rapport.web.idempotency import ShownOnce, forget_idempotency_keys, forget_old_keys
from rapport.web.paging import Page, Paging, PagingQuery
from rapport.web.routing import AfterCommit, Router, body_limit

__all__ = [
    "CREDENTIAL_PATHS",
    "AfterCommit",
    "Api",
    "Guesses",
    "IfMatch",
    "IfNoneMatch",
    "Keys",
    "Now",
    "Page",
    "Paging",
    "PagingQuery",
    "Reading",
    "Router",
    "ShownOnce",
    "TooManyGuesses",
    "Writing",
    "WritingAtOnce",
    "answers",
    "body_limit",
    "check_if_match",
    "create_api",
    "direct",
    "etag",
    "forget_idempotency_keys",
    "forget_old_keys",
    "is_current",
    "serve",
    "undocumented_routes",
    "unprotected_routes",
]
