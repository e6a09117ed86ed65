"""The command `rapport`. Exit codes: 0 done, 1 failed, 2 wrong use."""

from __future__ import annotations

import typer

from rapport_cli import dlq, imports, rebuild, system, token, what_if
from rapport_cli.checker import command as checker
from rapport_cli.demo import command as demo
from rapport_cli.replay import command as replay

app = typer.Typer(name="rapport", help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
for part in (system, demo, replay, checker, imports, rebuild, what_if, dlq, token):
    part.register(app)

if __name__ == "__main__":
    app()
