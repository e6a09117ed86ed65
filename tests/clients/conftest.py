"""A whole Rapport with the reference pages, and a browser to look at them with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from clients import node
from playwright.async_api import Browser, async_playwright
from tests.e2e.conftest import house as house  # here on the system with pages, as `started` is that here
from tests.lending import run_system

from rapport.testing.parts import Options
from rapport.testing.system import Running, System

STATE = Path(__file__).resolve().parents[2] / "var" / "test-clients"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def started() -> tuple[System, Running]:
    """The system with its pages, ended behind the last test that shares it."""
    node.build()
    return run_system(STATE, Options(pages=True))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's chromium, which is installed when it is missing and that is possible."""
    if shutil.which(CHROMIUM) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        told = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        wanted = ["chromium", "fonts-wqy-zenhei"]
        for command in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
            with suppress(subprocess.TimeoutExpired):  # a slow mirror costs the page tests, not the whole run
                subprocess.run(["apt-get", "-qq", *command], env=told, capture_output=True, check=False, timeout=120)
    if shutil.which(CHROMIUM) is None:
        reason = f"there is no {CHROMIUM}, and it cannot be installed here: run `apt-get install chromium`"
        print(f"\nThe pages are not tested: {reason}", file=sys.__stderr__)
        pytest.skip(reason)
    return CHROMIUM


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser, ended afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()
