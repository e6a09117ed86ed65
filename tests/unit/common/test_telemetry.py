from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from contextlib import suppress

import asyncpg
import httpx2
import pytest
from pydantic import TypeAdapter, ValidationError

from rapport.errors import Conflict
from rapport.telemetry import (
    DECISIONS,
    StatusServer,
    continued,
    current_traceparent,
    get_logger,
    new_traceparent,
    readiness,
    tracing,
)
from rapport.testing.logs import captured_log

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SECRET = "+4915112345678"


class TestTraceparent:
    def test_a_new_one_is_well_formed_and_unlike_the_last(self) -> None:
        made = {new_traceparent() for _ in range(100)}
        assert len(made) == 100
        assert all(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", one) for one in made)

    def test_is_continued_as_another_step_of_the_same_trace(self) -> None:
        found = continued(PARENT)
        assert found.startswith(f"00-{TRACE}-")
        assert found.endswith("-01")
        assert found != PARENT

    def test_keeps_the_decision_not_to_sample(self) -> None:
        assert continued(PARENT[:-2] + "00").endswith("-00")

    def test_of_a_later_version_is_continued_in_ours(self) -> None:
        assert continued(f"cc-{TRACE}-00f067aa0ba902b7-01-what-comes").startswith(f"00-{TRACE}-")

    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            "nonsense",
            PARENT.upper(),
            f"ff-{TRACE}-00f067aa0ba902b7-01",
            f"00-{'0' * 32}-00f067aa0ba902b7-01",
            f"00-{TRACE}-{'0' * 16}-01",
            PARENT + "-more",
            PARENT + "\n",
            f"cc-{TRACE}-00f067aa0ba902b7-01-" + "x" * 300,
        ],
    )
    def test_that_is_malformed_starts_a_new_trace(self, header: str | None) -> None:
        assert TRACE not in continued(header)

    def test_holds_inside_and_ends_with_the_work(self) -> None:
        assert current_traceparent() is None
        with tracing(PARENT):
            assert current_traceparent() == PARENT
            with tracing(None):
                assert current_traceparent() is None
            assert current_traceparent() == PARENT
        assert current_traceparent() is None

    def test_that_is_malformed_is_never_current(self) -> None:
        with tracing("00-nonsense"):
            assert current_traceparent() is None


class TestLogs:
    def test_are_json_lines_with_service_level_time_and_trace(self) -> None:
        with captured_log() as stream, tracing(PARENT):
            get_logger().info("contact_released", contact_id="ctc_1")
        line = json.loads(stream.getvalue())
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "event": "contact_released",
            "contact_id": "ctc_1",
            "level": "info",
            "service": "test",
            "trace_id": TRACE,
        }

    def test_leave_out_what_lies_below_the_level(self) -> None:
        with captured_log("warning") as stream:
            get_logger().info("quiet")
            get_logger().warning("loud")
        assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]

    def test_take_in_what_libraries_say_from_warning_on(self) -> None:
        with captured_log() as stream:
            logging.getLogger("some.library").info("GET http://api/customers?phone=%s", SECRET)
            logging.getLogger("some.library").warning("slow %s", "broker")
        line = json.loads(stream.getvalue())
        assert (line["event"], line["logger"], line["message"]) == ("library_message", "some.library", "slow broker")

    def test_show_an_exception_and_its_cause_without_their_messages(self) -> None:
        with captured_log() as stream:
            try:
                try:
                    TypeAdapter(int).validate_python(SECRET * 2)
                except ValidationError as error:
                    raise KeyError(SECRET) from error
            except KeyError:
                get_logger().exception("import_failed")
        outer, inner = json.loads(stream.getvalue())["exception"]
        assert (outer["type"], inner["type"]) == ("builtins.KeyError", "pydantic_core._pydantic_core.ValidationError")
        assert "test_telemetry.py" in outer["frames"][-1]
        assert SECRET not in stream.getvalue()

    def test_show_a_database_error_by_code_and_constraint(self) -> None:
        error = asyncpg.UniqueViolationError(f"Key (phone)=({SECRET}) already exists.")
        error.constraint_name = "customers_phone_key"
        with captured_log() as stream:
            get_logger().error("write_failed", exc_info=error)
        (found,) = json.loads(stream.getvalue())["exception"]
        assert (found["sqlstate"], found["constraint"]) == ("23505", "customers_phone_key")
        assert SECRET not in stream.getvalue()

    @pytest.mark.parametrize("error", [Conflict("the campaign is stopped"), ConnectionRefusedError("nobody at port 9")])
    def test_show_messages_that_name_no_customer(self, error: Exception) -> None:
        with captured_log() as stream:
            get_logger().error("failed", exc_info=error)
        assert json.loads(stream.getvalue())["exception"][0]["message"] == str(error)

    def test_show_every_message_where_asked_to(self) -> None:
        with captured_log(messages=True) as stream:
            get_logger().error("failed", exc_info=KeyError("k"))
        assert json.loads(stream.getvalue())["exception"][0]["message"] == "'k'"

    def test_show_each_error_of_a_group(self) -> None:
        group = ExceptionGroup("both", [KeyError(SECRET), ValueError(SECRET)])
        with captured_log() as stream:
            get_logger().error("failed", exc_info=group)
        (found,) = json.loads(stream.getvalue())["exception"]
        assert [one["type"] for one in found["errors"]] == ["builtins.KeyError", "builtins.ValueError"]
        assert SECRET not in stream.getvalue()


class TestReadiness:
    async def test_names_what_is_missing(self) -> None:
        async def ready() -> Mapping[str, str | None]:
            return {"database": None, "replicas": "3 of 4 caught up"}

        fine, body = await readiness(ready)
        assert not fine
        assert json.loads(body) == {
            "status": "not-ready",
            "checks": {"database": "ok", "replicas": "3 of 4 caught up"},
        }

    async def test_is_reached_when_nothing_is_missing(self) -> None:
        async def ready() -> Mapping[str, str | None]:
            return {"database": None}

        assert (await readiness(ready))[0]

    async def test_is_not_reached_when_the_check_itself_fails(self) -> None:
        async def ready() -> Mapping[str, str | None]:
            raise OSError(SECRET)

        fine, body = await readiness(ready)
        assert not fine
        assert SECRET not in body.decode()


class TestStatusServer:
    async def test_tells_health_and_metrics(self) -> None:
        missing: dict[str, str | None] = {"broker": "away"}

        async def ready() -> Mapping[str, str | None]:
            return missing

        DECISIONS.labels("deferred", "quiet_hours").inc()
        async with (
            StatusServer(host="127.0.0.1", port=0, ready=ready) as server,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http,
        ):
            assert (await http.get("/health/live")).json() == {"status": "live"}
            assert (await http.get("/health/ready")).status_code == 503
            missing["broker"] = None
            assert (await http.get("/health/ready")).json() == {"status": "ready", "checks": {"broker": "ok"}}
            metrics = await http.get("/metrics?name=x")
            assert metrics.headers["content-type"].startswith("text/plain")
            assert 'rapport_decisions_total{decision="deferred",reason="quiet_hours"}' in metrics.text
            assert (await http.get("/secrets")).status_code == 404
            assert (await http.post("/metrics")).status_code == 405

    @pytest.mark.parametrize("noise", [b"\x16\x03\x01", b"GET /", b"x" * 100_000, b""])
    async def test_outlives_a_client_that_speaks_something_else(self, noise: bytes) -> None:
        async def ready() -> Mapping[str, str | None]:
            return {}

        async with StatusServer(host="127.0.0.1", port=0, ready=ready) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(noise)
            writer.write_eof()
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            async with httpx2.AsyncClient() as http:
                assert (await http.get(f"http://127.0.0.1:{server.port}/health/live")).status_code == 200
