"""The command `rapport`. Exit codes: 0 done, 1 failed, 2 wrong use."""

from __future__ import annotations

import typer

from rapport_cli import system
from rapport_cli.demo import command as demo

app = typer.Typer(name="rapport", help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
system.register(app)
demo.register(app)

if __name__ == "__main__":
    app()
