"""The command line: every command explains itself, and wrong use is told apart from failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from typer.testing import CliRunner

from rapport.auth import TokenVerifier
from rapport.settings import ServiceSettings
from rapport_cli.main import app

COMMANDS = (
    *("up", "down", "status", "migrate", "topics", "demo", "replay", "check", "import", "rebuild", "what-if"),
    *("dlq", "token"),
)


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="TEST_CLI_")
    port: int = Field(default=0)
    worker_port: int = Field(default=0)


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, words)
    return found.exit_code, found.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str):
    code, text = run(command, "--help")
    assert code == 0
    assert "Usage" in text


def test_a_token_speaks_for_its_roles():
    code, text = run("token", "--role", "branch_agent", "--org", "/north/branch-7", "--subject", "bea")
    assert code == 0
    verifier = TokenVerifier(Settings(database_url="postgresql://nowhere/none"))
    who = verifier.verify(text.strip())
    assert (who.subject, who.roles, who.org) == ("bea", ("branch_agent",), "/north/branch-7")


def test_an_unknown_role_is_wrong_use():
    code, text = run("token", "--role", "emperor")
    assert code == 2
    assert "emperor" in text


def test_nothing_running_is_a_failure_that_says_what_to_do(tmp_path: Path):
    code, _ = run("dlq", "list", "touchpoint.outcomes", "--state", str(tmp_path))
    assert code == 1
    code, _ = run("dlq", "list", "no.such.group", "--state", str(tmp_path))
    assert code == 2
