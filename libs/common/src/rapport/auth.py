"""Who is calling, and may they: bearer tokens, principals, and the permission each route declares.

What always holds:
- a token counts when one of our keys signed it with the one algorithm we expect (RS256 with a JWKS file, else HS256),
  it is for our audience and it has not expired. `alg: none` and any other algorithm are refused;
- expiry is measured by the machine's clock, even where the domain's clock is stepped;
- a route requires exactly one permission; one that requires none is found by `rapport.web.unprotected_routes`.

Source: RFC 7519 (claims), RFC 8725 (algorithm allow-list, audience), RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rapport.errors import Forbidden, Unauthenticated
from rapport.roles import PERMISSIONS, ROLES
from rapport.settings import ServiceSettings
from rapport.telemetry import get_logger

HMAC_ALGORITHM = "HS256"
JWKS_ALGORITHM = "RS256"

_CACHED_TOKENS = 10_000  # of about 1 KB each
_CACHED_SECONDS = 300  # so a key taken out of the JWKS file ends its tokens within five minutes
_TOKEN_LIMIT = 8192  # characters; longer than any header a proxy lets through


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who has proved who they are. `org` is a unit path such as `/north/branch-7`."""

    subject: str
    roles: tuple[str, ...]
    org: str
    permissions: frozenset[str]

    def covers(self, org: str) -> bool:
        """Whether the unit `org` is the caller's own or lies below it."""
        own = self.org.rstrip("/")
        return org == own or org.startswith(f"{own}/")


class _Claims(BaseModel):
    """The claims we read; the rest of a token is the identity provider's affair."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sub: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
    roles: list[str] = Field(max_length=50)
    org: str = Field(default="/", max_length=200, pattern=r"^/[A-Za-z0-9._~/-]*$")
    exp: float


@lru_cache(maxsize=1000)
def permissions_of(roles: tuple[str, ...]) -> frozenset[str]:
    """What these roles together permit."""
    return frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in roles))


class TokenVerifier:
    """Turns bearer tokens into principals, and remembers the ones it has verified."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Read the keys.

        Raises:
            OSError, ValueError: the JWKS file cannot be read, or holds no RSA key.
        """
        self._settings = settings
        self._registry = jwt.JWTClaimsRegistry(
            aud={"essential": True, "value": settings.jwt_audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._known: dict[str, tuple[Principal, float]] = {}
        self._keys_changed = -1.0
        self._load_keys()

    def verify(self, token: str) -> Principal:
        """The principal that `token` speaks for.

        Raises:
            Unauthenticated: the token does not count; the detail says no more than whether it has expired.
        """
        known = self._known.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        principal, expiry = self._check(token)
        if len(self._known) >= _CACHED_TOKENS:
            self._forget()
        self._known[token] = principal, min(expiry, time.time() + _CACHED_SECONDS)
        return principal

    def _check(self, token: str) -> tuple[Principal, float]:
        if len(token) > _TOKEN_LIMIT:
            raise Unauthenticated("the token is not valid")
        self._reload_keys()
        try:
            verified = jwt.decode(token, self._key, algorithms=[self._algorithm])
            self._registry.validate(verified.claims)
            claims = _Claims.model_validate(verified.claims)
        except JoseError as error:
            expired = error.error == "expired_token"
            raise Unauthenticated("the token has expired" if expired else "the token is not valid") from None
        except (ValidationError, ValueError, TypeError):
            raise Unauthenticated("the token is not valid") from None
        roles = tuple(sorted(set(claims.roles)))
        return Principal(claims.sub, roles, claims.org, permissions_of(roles)), claims.exp

    def _forget(self) -> None:
        """Make room: what has expired, or else the older half."""
        now = time.time()
        kept = {token: entry for token, entry in self._known.items() if entry[1] > now}
        if len(kept) >= _CACHED_TOKENS:
            kept = dict(list(kept.items())[_CACHED_TOKENS // 2 :])
        self._known = kept

    def _reload_keys(self) -> None:
        """Follow a changed JWKS file; one that is missing or broken leaves the keys we have."""
        try:
            self._load_keys()
        except (OSError, ValueError, JoseError):
            get_logger().exception("jwks_file_unreadable")

    def _load_keys(self) -> None:
        """Take the keys from the settings, or from the JWKS file when it has changed."""
        path = self._settings.jwks_file
        if path is None:
            if self._keys_changed < 0:
                self._key: OctKey | KeySet = OctKey.import_key(self._settings.jwt_key)
                self._algorithm = HMAC_ALGORITHM
                self._keys_changed = 0.0
            return
        changed = path.stat().st_mtime
        if changed == self._keys_changed:
            return
        found = KeySet.import_key_set(_Jwks.model_validate_json(path.read_bytes()).model_dump())  # type: ignore[arg-type]
        keys = [key for key in found.keys if key.key_type == "RSA"]
        if not keys:
            raise ValueError(f"{path} holds no RSA key")
        self._key, self._algorithm, self._keys_changed = KeySet(keys), JWKS_ALGORITHM, changed
        self._known = {}


class _Jwks(BaseModel):
    keys: list[dict[str, Any]]


def mint_token(
    key: str,
    *,
    roles: Sequence[str],
    subject: str,
    org: str = "/",
    lifetime: timedelta = timedelta(hours=12),
    audience: str = "rapport",
) -> str:
    """A token signed with the shared key, for development, tests and the command line.

    Raises:
        ValueError: a role that the table does not know.
    """
    unknown = sorted(set(roles) - ROLES.keys())
    if unknown:
        raise ValueError(f"unknown role {', '.join(unknown)}; there are {', '.join(ROLES)}")
    now = int(time.time())
    claims = {
        "sub": subject,
        "roles": list(roles),
        "org": org,
        "aud": audience,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
    }
    return jwt.encode({"alg": HMAC_ALGORITHM}, claims, OctKey.import_key(key), algorithms=[HMAC_ALGORITHM])


def authenticate(request: Request) -> Principal:
    """The caller of this request, verified once per request.

    Raises:
        Unauthenticated: no bearer token, or one that does not count.
    """
    scope = request.scope
    known: Principal | None = scope.get("rapport.principal")
    if known is None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthenticated("send a bearer token in the Authorization header")
        known = scope["rapport.principal"] = request.app.state.verifier.verify(token.strip())
    return known


@dataclass(frozen=True, slots=True)
class Permission:
    """The dependency that lets a request pass when its caller holds `name`; it gives the principal."""

    name: str

    async def __call__(self, request: Request) -> Principal:
        """Asynchronous only because FastAPI would call a plain function in a thread."""
        principal = authenticate(request)
        if self.name not in principal.permissions:
            raise Forbidden(f"this needs the permission {self.name}", permission=self.name)
        return principal


def requires(permission: str) -> Any:
    """Declare a route's permission: `caller: Annotated[Principal, requires("touchpoint.popup")]`.

    Raises:
        ValueError: no role grants `permission`, so nobody could ever call the route.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"no role grants {permission!r}; rapport.roles is the table")
    return Depends(Permission(permission))


def route_permissions(dependant: Dependant) -> Iterable[str]:
    """The permissions that a route's dependencies require, in order."""
    if isinstance(dependant.call, Permission):
        yield dependant.call.name
    for each in dependant.dependencies:
        yield from route_permissions(each)
