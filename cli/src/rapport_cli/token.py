"""`rapport token`: a bearer token to try the API with, from the development key."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from rapport.auth import mint_token
from rapport.roles import ROLES
from rapport.settings import DEVELOPMENT_KEY


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("token")(token)


def token(
    role: Annotated[list[str], typer.Option(help=f"May be repeated. One of: {', '.join(sorted(ROLES))}.")],
    org: Annotated[str, typer.Option(help="Organisation unit, such as /north/branch-7.")] = "/",
    subject: Annotated[str, typer.Option(help="Who it speaks for.")] = "developer",
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 365, help="How long it is good for.")] = 12,
    key: Annotated[
        str,
        typer.Option(
            envvar="RAPPORT_JWT_KEY", show_default="the development key", help="HMAC key that the services verify with."
        ),
    ] = DEVELOPMENT_KEY,
) -> None:
    """Print a bearer token with these roles. Production settings refuse the development key."""
    unknown = sorted(set(role) - ROLES.keys())
    if unknown:
        raise typer.BadParameter(f"unknown role: {', '.join(unknown)}", param_hint="--role")
    typer.echo(mint_token(key, roles=role, subject=subject, org=org, lifetime=timedelta(hours=hours)))
