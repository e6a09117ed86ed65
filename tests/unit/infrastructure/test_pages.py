"""The server of the reference pages: files, and the services behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2

from rapport.testing.pages import application

Handler = Callable[[httpx2.Request], httpx2.Response]


class Stream(httpx2.AsyncByteStream):
    """A body that says one thing and then nothing for ever; and whether somebody still listens."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


async def ask(
    folder: Path,
    path: str,
    handler: Handler,
    *,
    method: str = "GET",
    body: bytes = b"",
    leaves_after: int | None = None,
) -> list[dict[str, Any]]:
    """What is sent for a request; the browser leaves after so many messages, or stays."""
    sent: list[dict[str, Any]] = []
    left = asyncio.Event()
    told = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(told, None)
        if message is None:
            await left.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: Any) -> None:
        sent.append(dict(message))
        if len(sent) == leaves_after:
            left.set()

    path, _, query = path.partition("?")
    headers = [(b"authorization", b"Bearer t"), (b"host", b"pages"), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
    }
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handler)) as client:
        app = application(folder, {"touchpoint": "http://there:1"}, client)
        await asyncio.wait_for(app(scope, receive, send), 5)
    return sent


def nobody(_request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody listens")


class TestServices:
    async def test_are_asked_what_the_page_asks(self, tmp_path: Path) -> None:
        asked: list[httpx2.Request] = []

        def handler(request: httpx2.Request) -> httpx2.Response:
            asked.append(request)
            return httpx2.Response(409, stream=httpx2.ByteStream(b'{"type":"sold-out"}'), headers={"x-own": "1"})

        sent = await ask(tmp_path, "/api/touchpoint/v1/popups?a=1%2F2", handler, method="POST", body=b"{}")
        assert (asked[0].method, str(asked[0].url)) == ("POST", "http://there:1/v1/popups?a=1%2F2")
        assert (asked[0].content, asked[0].headers["authorization"]) == (b"{}", "Bearer t")
        assert asked[0].headers["host"] == "there:1"
        assert sent[0]["status"] == 409
        assert (b"x-own", b"1") in [(name.lower(), value) for name, value in sent[0]["headers"]]
        assert b"".join(each.get("body", b"") for each in sent) == b'{"type":"sold-out"}'

    async def test_are_let_go_when_the_browser_goes_and_what_came_before_came_at_once(self, tmp_path: Path) -> None:
        stream = Stream()
        sent = await ask(
            tmp_path, "/api/touchpoint/v1/events", lambda _: httpx2.Response(200, stream=stream), leaves_after=2
        )
        assert [each.get("body") for each in sent] == [None, b"first"]
        assert stream.closed

    async def test_that_do_not_answer_or_do_not_exist_are_told_apart(self, tmp_path: Path) -> None:
        assert (await ask(tmp_path, "/api/touchpoint/v1/x", nobody))[0]["status"] == 502
        assert (await ask(tmp_path, "/api/billing/v1/x", nobody))[0]["status"] == 404


class TestFiles:
    async def test_are_served_and_nothing_beside_them(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("x")
        (tmp_path / "dist").mkdir()
        (tmp_path / "dist" / "index.html").write_text("<p>pages")
        for path, status in (("/", 200), ("/index.html", 200), ("/../secret", 404), ("/nothing", 404)):
            assert (await ask(tmp_path / "dist", path, nobody))[0]["status"] == status, path

    async def test_that_were_not_built_are_missed_in_words(self, tmp_path: Path) -> None:
        sent = await ask(tmp_path / "dist", "/branch.html", nobody)
        assert sent[0]["status"] == 503
        assert b"make pages" in sent[1]["body"]
        assert (await ask(tmp_path / "dist", "/health/ready", nobody))[0]["status"] == 200
