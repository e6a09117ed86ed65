"""Attempts, keys, problems and pages, without a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from rapport_client import ContactRecalled, LeaseLost, NotThere, Problem, Rapport, Retries, Unreachable
from rapport_client.problems import problem_of

QUICK = Retries(attempts=4, first=0.001, longest=0.002)
LEASE = {"contact_id": "ctc_1", "customer_id": "c-1", "customer": {"phone": "+49"}}


class Service:
    """Answers in turn; the last answer again and again."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return httpx2.Response(found.status_code, content=found.content, headers=found.headers)

    def client(self, token: Any = "secret", **told: Any) -> Rapport:
        client = httpx2.Client(transport=httpx2.MockTransport(self))
        return Rapport(token, client=client, retries=QUICK, **told)

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.requests]


def refusal(status: int, kind: str, **headers: str) -> httpx2.Response:
    document = {"type": kind, "title": kind, "status": status, "detail": "why", "instance": "/"}
    return httpx2.Response(status, json=document, headers={"content-type": "application/problem+json", **headers})


DONE = httpx2.Response(200, json={"items": []})
BROKEN = httpx2.ReadError("broken")


class TestAttempts:
    @pytest.mark.parametrize(
        "failure", [BROKEN, refusal(503, "unavailable"), refusal(429, "too-many-requests", **{"retry-after": "0"})]
    )
    def test_a_write_is_sent_again_with_the_same_key_and_body(self, failure: Any) -> None:
        service = Service(failure, failure, DONE)
        service.client().touchpoint.lease_contacts("call", {"limit": 1})
        assert len(service.requests) == 3
        assert len(set(service.keys)) == 1
        assert {request.content for request in service.requests} == {b'{"limit": 1}'}

    def test_each_call_has_a_key_of_its_own_unless_it_is_given(self) -> None:
        service = Service(DONE)
        client = service.client()
        for key in (None, None, "mine"):
            client.touchpoint.lease_contacts("call", {}, idempotency_key=key)
        assert len(set(service.keys)) == 3
        assert service.keys[2] == "mine"

    def test_a_read_has_none(self) -> None:
        service = Service(DONE)
        service.client().touchpoint.list_blackouts()
        assert service.keys == [None]

    def test_the_first_one_that_still_runs_is_waited_for(self) -> None:
        service = Service(refusal(409, "idempotency-key-in-use", **{"retry-after": "0"}), DONE)
        service.client().touchpoint.lease_contacts("call", {})
        assert len(service.requests) == 2

    def test_end_with_what_was_said_or_that_nothing_was(self) -> None:
        service = Service(refusal(503, "unavailable"))
        with pytest.raises(Problem, match="503 unavailable: why"):
            service.client().touchpoint.list_blackouts()
        assert len(service.requests) == QUICK.attempts
        with pytest.raises(Unreachable):
            Service(BROKEN).client().touchpoint.list_blackouts()

    def test_a_refusal_is_not_tried_again(self) -> None:
        service = Service(refusal(409, "sold-out"))
        with pytest.raises(Problem) as caught:
            service.client().offers.accept_offer({"customer_id": "c-1", "offer_id": "o", "channel": "web"})
        assert (caught.value.type, len(service.requests)) == ("sold-out", 1)


class TestWaits:
    def test_grow_and_stay_between_half_and_one_and_a_half_of_the_usual(self) -> None:
        retries = Retries(attempts=10, first=0.2, longest=1.0)
        for attempt, usual in ((1, 0.2), (2, 0.4), (3, 1 / 1.5), (9, 1 / 1.5)):
            waits = [retries.wait(attempt, {}) or 0 for _ in range(200)]
            assert 0.5 * usual <= min(waits) < max(waits) <= 1.5 * usual
        assert retries.wait(10, {}) is None

    def test_honour_what_the_service_asks_for_up_to_a_bound(self) -> None:
        retries = Retries(patience=30)
        assert retries.wait(1, {"retry-after": "7"}) == 7
        assert retries.wait(1, {"retry-after": "31"}) is None
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=9))
        assert 7 < (retries.wait(1, {"retry-after": soon}) or 0) <= 9
        assert (retries.wait(1, {"retry-after": "soon"}) or 9) < 1


class TestProblems:
    def test_that_need_a_reaction_of_their_own_have_a_class(self) -> None:
        assert isinstance(problem_of(409, b'{"type":"contact-recalled"}'), ContactRecalled)
        assert isinstance(problem_of(409, b'{"type":"lease-lost"}'), LeaseLost)
        assert isinstance(problem_of(404, b'{"type":"unknown-customer"}'), NotThere)

    def test_say_field_by_field_what_is_wrong(self) -> None:
        body = b'{"type":"validation","errors":[{"pointer":"#/phone","message":"too short"}]}'
        problem = problem_of(422, body)
        assert problem.errors == [("#/phone", "too short")]
        assert str(problem) == "422 validation: #/phone: too short"

    def test_may_come_from_something_in_front_of_the_service(self) -> None:
        assert problem_of(502, b"<html>Bad gateway").detail == "<html>Bad gateway"
        assert problem_of(502, b"[]").type == "about:blank"


class TestRequests:
    def test_go_to_the_gateway_or_to_the_services_address(self) -> None:
        service = Service(DONE)
        service.client(base_url="https://gate/api/", urls={"offers": "https://shop/"}).touchpoint.list_blackouts()
        service.client(urls={"touchpoint": "https://other/"}).touchpoint.list_blackouts()
        assert [str(r.url) for r in service.requests] == [
            "https://gate/api/touchpoint/v1/blackouts",
            "https://other/v1/blackouts",
        ]

    def test_ask_for_the_token_each_time(self) -> None:
        tokens = iter(["first", "second"])
        service = Service(DONE)
        client = service.client(token=lambda: next(tokens))
        client.touchpoint.list_blackouts()
        client.touchpoint.list_blackouts()
        assert [r.headers["authorization"] for r in service.requests] == ["Bearer first", "Bearer second"]

    def test_escape_what_is_put_into_a_path_and_leave_out_what_is_not_given(self) -> None:
        service = Service(httpx2.Response(200, json={"items": [], "next_cursor": None}))
        service.client().touchpoint.get_timeline("a/b?c", channel="call")
        assert service.requests[0].url.raw_path == b"/v1/customers/a%2Fb%3Fc/timeline?channel=call"

    def test_all_pages_are_one_iterator(self) -> None:
        pages = [{"items": [{"n": 1}, {"n": 2}], "next_cursor": "x"}, {"items": [{"n": 3}], "next_cursor": None}]
        service = Service(*(httpx2.Response(200, json=page) for page in pages))
        assert [item["n"] for item in service.client().touchpoint.iter_timeline("c-1", limit=2)] == [1, 2, 3]
        assert [r.url.params.get("cursor") for r in service.requests] == [None, "x"]


class TestLease:
    def test_is_given_back_when_nothing_was_reported(self) -> None:
        service = Service(httpx2.Response(200, json={"items": [LEASE]}), httpx2.Response(204))
        with service.client().lease("call") as task:
            assert task is not None
            assert task.contact_id == "ctc_1"
        assert service.requests[-1].method == "DELETE"

    def test_is_none_when_there_is_nothing_to_do(self) -> None:
        with Service(DONE).client().lease("call") as task:
            assert task is None

    def test_that_was_recalled_says_so_at_its_end_but_hides_no_other_error(self) -> None:
        answers = httpx2.Response(200, json={"items": [LEASE]}), refusal(409, "contact-recalled")
        with pytest.raises(ContactRecalled), Service(*answers).client().lease("call"):
            pass
        with pytest.raises(ZeroDivisionError), Service(*answers).client().lease("call"):
            raise ZeroDivisionError
