"""A stream of events as bytes: blocks, positions, and coming back after the connection has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport_client import AsyncRapport, Problem, Rapport, Retries, Unreachable
from rapport_client.events import Block, Parser

QUICK = Retries(attempts=3, first=0.001, longest=0.002)
RECALLED = "touchpoint.contact.recalled.v1"


def written(position: int, **data: Any) -> bytes:
    body = {"id": f"c-1.{position}", "type": RECALLED, "time": "2026-03-03T12:00:00Z", "data": data}
    told = json.dumps(body, ensure_ascii=False)
    return f"event: {RECALLED}\nid: p{position}\ndata: {told}\n\n".encode()


class TestParser:
    def test_reads_type_data_and_position(self) -> None:
        parser = Parser()
        assert list(parser.feed(b"event: a\nid: 7\ndata: x\ndata: y\n\n")) == [Block("a", "x\ny")]
        assert parser.last_id == "7"

    def test_takes_comments_for_nothing_and_moves_on_with_a_heart_beat(self) -> None:
        parser = Parser()
        assert list(parser.feed(b":\nid: 9\n\n")) == []
        assert parser.last_id == "9"

    def test_does_not_move_on_before_a_block_is_complete(self) -> None:
        parser = Parser()
        assert list(parser.feed(b"id: 9\ndata: x\n")) == []
        assert parser.last_id == ""

    @given(st.data(), st.sampled_from(["\n", "\r\n", "\r"]))
    def test_does_not_care_how_the_bytes_come(self, data: st.DataObject, end: str) -> None:
        texts = ["α", "a\u2028b", "\x85\x1c", "x"]  # what Python takes for an end of line, and the standard does not
        stream = "".join(f"id: {n}{end}data: {text}{end}{end}" for n, text in enumerate(texts)).encode() + b"\n"
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
        chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        parser = Parser()
        assert [block.data for chunk in chunks for block in parser.feed(chunk)] == texts


class Source:
    """A service that gives one connection after another; a number is a status."""

    def __init__(self, *connections: bytes | int) -> None:
        self.connections = list(connections)
        self.asked: list[tuple[str | None, dict[str, str]]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((request.headers.get("last-event-id"), dict(request.url.params)))
        if not self.connections:
            raise httpx2.ConnectError("nobody listens")
        found = self.connections.pop(0)
        if isinstance(found, int):
            return httpx2.Response(found, json={"type": "forbidden", "title": "Forbidden"})
        return httpx2.Response(200, content=found, headers={"content-type": "text/event-stream"})

    def client(self) -> Rapport:
        return Rapport("t", client=httpx2.Client(transport=httpx2.MockTransport(self)), retries=QUICK)


def positions(events: Iterator[Any]) -> list[str]:
    return [event.position for event in events]


class TestReader:
    def test_goes_on_after_the_last_event_when_the_connection_ends(self) -> None:
        source = Source(written(1) + written(2), written(3))
        assert positions(islice(source.client().events([RECALLED], customer_id="c-1"), 3)) == ["p1", "p2", "p3"]
        asked = {"types": RECALLED, "customer_id": "c-1"}
        assert source.asked == [(None, asked), ("p2", asked)]

    def test_goes_on_from_a_heart_beat_and_from_where_it_is_told(self) -> None:
        source = Source(b":\nid: p5\n\n", written(6))
        assert positions(islice(source.client().events(last_event_id="p4"), 1)) == ["p6"]
        assert [after for after, _ in source.asked] == ["p4", "p5"]

    def test_forgets_half_an_event(self) -> None:
        source = Source(written(1) + written(2)[:-1], written(2))
        assert positions(islice(source.client().events(), 2)) == ["p1", "p2"]

    def test_comes_back_when_it_is_cut_for_being_slow(self) -> None:
        end = b'event: end\nid: p8\ndata: {"reason":"slow"}\n\n'
        source = Source(written(7) + end, written(9))
        assert positions(islice(source.client().events(), 2)) == ["p7", "p9"]
        assert source.asked[1][0] == "p8"

    def test_waits_while_the_service_is_away_and_tells_a_refusal(self) -> None:
        source = Source(503, 503, written(1), 403)
        events = source.client().events()
        assert next(events).data == {}
        with pytest.raises(Problem, match="403 forbidden"):
            next(events)

    def test_gives_up_once_it_has_failed_too_often_in_a_row(self) -> None:
        with pytest.raises(Unreachable):
            next(Source().client().events())

    async def test_is_the_same_for_async_code(self) -> None:
        source = Source(written(1, channel="call"), 503, written(2))
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(source))
        async with client, AsyncRapport("t", client=client, retries=QUICK) as rapport:
            found = []
            async for event in rapport.events():
                found.append(event)
                if len(found) == 2:
                    break
        assert [(e.position, e.type, e.data) for e in found] == [
            ("p1", RECALLED, {"channel": "call"}),
            ("p2", RECALLED, {}),
        ]
        assert [after for after, _ in source.asked] == [None, "p1", "p1"]
