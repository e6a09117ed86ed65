"""Links to the reference pages, each with a token of the role that its user has."""

from __future__ import annotations

from urllib.parse import urlencode

from rapport.auth import mint_token
from rapport.settings import DEVELOPMENT_KEY

ROLES = {
    "branch": "branch_agent",
    "hotline": "hotline_agent",
    "dialer": "outbound_agent",
    "storefront": "storefront",
}


def links(address: str, *, customer: str | None = None, lang: str | None = None) -> dict[str, str]:
    """A link to each page, good for a working day.

    The token stands behind the `#`, which no browser sends anywhere and no server logs.
    """
    found = {}
    for page, role in ROLES.items():
        token = mint_token(DEVELOPMENT_KEY, roles=[role], subject=f"{page}-1")
        told = {"token": token, "customer": None if page == "dialer" else customer, "lang": lang}
        behind = urlencode({name: value for name, value in told.items() if value is not None})
        found[page] = f"{address}/{page}.html#{behind}"
    return found
