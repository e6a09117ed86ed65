"""Customers are handed in as a file; what the profile service refuses is told by its line in the log."""

from __future__ import annotations

from typing import Any

import httpx2
import phonenumbers
import pytest

from rapport_cli.desk import Refused
from rapport_cli.replay import setting
from rapport_cli.replay.log import Contact, Customer, Log, Reject
from rapport_cli.replay.mapping import LogMapping
from rapport_cli.replay.setting import bring_customers, made_up_phone

MAPPING = {
    "name": "crm",
    "form": "long",
    "customer": {"id": "client", "attributes": [{"column": "age", "type": "number"}], "defaults": {"country": "DE"}},
    "outcome": {"column": "y", "values": {"yes": "accepted"}},
    "also_open": ["web"],
    "campaign": {"purpose": "loans"},
}


class _Desk:
    """A profile service that reads a file in two looks and refuses the rows at some lines."""

    def __init__(self, *refused: int, reads: bool = True) -> None:
        self.refused = refused
        self.reads = reads
        self.sent: dict[str, Any] = {}
        self.looks = 0

    async def call(self, service: str, method: str, path: str, **sent: Any) -> httpx2.Response:
        if method == "POST":
            self.sent = sent
            return httpx2.Response(202, json={"import_id": "imp_1"})
        if path.endswith("/rejects"):
            return httpx2.Response(
                200, text="line,column,reason\r\n" + "".join(f"{n},x,is odd\r\n" for n in self.refused)
            )
        self.looks += self.reads
        done = self.looks > 1
        state = {"state": "finished" if done else "running", "rows_read": self.looks, "rejected": len(self.refused)}
        return httpx2.Response(200, json=state)


def _log() -> Log:
    people = [Customer("a", 2, ("41",), [Contact("accepted")]), Customer("b", 9, ("",), [Contact("accepted")])]
    return Log(("attributes.age",), people)


class TestBringCustomers:
    async def test_hands_in_what_the_log_says_with_consent_for_every_channel(self) -> None:
        desk, seen = _Desk(3), list[int]()
        rejects = await bring_customers(desk, _log(), LogMapping.model_validate(MAPPING), seen.append)  # type: ignore[arg-type]
        text = desk.sent["files"]["file"][1].decode()
        assert text == "customer_id,attributes.age,phone\r\na,41,+88800000000001\r\nb,,+88800000000002\r\n"
        mapping = httpx2.Response(200, text=desk.sent["data"]["mapping"]).json()
        assert mapping["types"] == {"age": "number"}
        assert mapping["defaults"] == {"country": "DE", "consents.call.loans": "yes", "consents.web.loans": "yes"}
        assert rejects == [Reject(9, "x", "is odd")]
        assert seen == [1, 2]

    async def test_phones_of_the_log_are_kept(self) -> None:
        customer = {"id": "client", "fields": {"phone": "mobile"}}
        log = Log(("phone",), [Customer("a", 2, ("+4930123456",), [Contact("accepted")])])
        desk = _Desk()
        await bring_customers(desk, log, LogMapping.model_validate(MAPPING | {"customer": customer}), lambda _: None)  # type: ignore[arg-type]
        assert desk.sent["files"]["file"][1] == b"customer_id,phone\r\na,+4930123456\r\n"

    async def test_a_cell_of_several_lines_moves_the_rows_behind_it(self) -> None:
        people = [Customer(name, line, ("one\ntwo\nthree",), []) for name, line in (("a", 2), ("b", 5))]
        log = Log(("attributes.age",), people)
        rejects = await bring_customers(_Desk(5), log, LogMapping.model_validate(MAPPING), lambda _: None)  # type: ignore[arg-type]
        assert rejects == [Reject(5, "x", "is odd")]

    async def test_an_import_that_nobody_reads_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(setting, "STALLED_SECONDS", 0.1)
        with pytest.raises(Refused, match="stands still at 0 of 2 rows"):
            await bring_customers(_Desk(reads=False), _log(), LogMapping.model_validate(MAPPING), lambda _: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [1, 41_188, 99_999_999])
def test_made_up_phones_pass_as_numbers(number: int) -> None:
    assert phonenumbers.is_possible_number(phonenumbers.parse(made_up_phone(number)))
