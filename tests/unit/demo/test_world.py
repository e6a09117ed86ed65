"""The made-up customers, and that the profile service takes them as they are."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import orjson
import pytest

from profile_service.domain.csv_files import Row
from profile_service.domain.import_mapping import ImportMapping, ImportRow, RowReader
from rapport.contracts.channel import CustomerReported
from rapport.phones import InvalidPhone, to_e164
from rapport_cli.demo import intake
from rapport_cli.demo.world import Inhabitant, people

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> list[Inhabitant]:
    return people(1, 2000, TODAY)


class TestPeople:
    def test_are_the_same_for_the_same_seed(self, world: list[Inhabitant]) -> None:
        assert people(1, 50, TODAY) == world[:50]

    def test_differ_with_the_seed(self, world: list[Inhabitant]) -> None:
        assert people(2, 50, TODAY) != world[:50]

    def test_have_phones_accounts_and_ids_of_their_own(self, world: list[Inhabitant]) -> None:
        phones = [one.phone for one in world if one.phone is not None]
        assert len(set(phones)) == len(phones)
        assert len({one.account for one in world}) == len({one.customer_id for one in world}) == len(world)

    def test_have_phones_that_their_country_knows(self, world: list[Inhabitant]) -> None:
        for one in world:
            assert one.phone is None or to_e164(one.phone, one.country) == one.phone

    def test_live_in_several_zones_and_speak_chinese_and_english_among_others(self, world: list[Inhabitant]) -> None:
        zones = Counter(one.time_zone for one in world)
        assert {"Europe/Berlin", "Asia/Shanghai", "America/New_York", None} <= zones.keys()
        assert {"en", "zh-CN", "de"} <= {one.language for one in world}

    def test_have_said_yes_no_or_nothing_to_each_channel(self, world: list[Inhabitant]) -> None:
        for channel in ("call", "sms", "email"):
            assert {one.consents.get(channel) for one in world} == {True, False, None}

    def test_stand_in_queues_at_places_of_their_own(self, world: list[Inhabitant]) -> None:
        """Equal scores would leave the order of calls to the ids of contacts."""
        risks = Counter(one.attributes["churn_risk"] for one in world if one.attributes["churn_risk"] < 1)
        assert sum(count > 1 for count in risks.values()) < 10


class TestFile:
    def test_is_taken_by_the_import_but_for_the_broken_rows(self, world: list[Inhabitant]) -> None:
        header, *rows = csv.reader(io.StringIO(intake.csv_file(world).decode()))
        reader = RowReader(ImportMapping.model_validate(intake.MAPPING), header, NOW)
        read = [reader.read(Row(line, cells, None)) for line, cells in enumerate(rows, start=2)]
        taken = {one.customer_id: one for one in read if isinstance(one, ImportRow)}
        broken = taken.keys() - {one.customer_id for one in world}
        assert len(taken) == len(world) + len(broken)
        for customer_id in broken:  # a phone is looked at together with what is known of its country
            with pytest.raises(InvalidPhone):
                to_e164(taken[customer_id].phone or "", taken[customer_id].country)
        assert len(read) - len(world) == len(intake.BROKEN)

    def test_says_what_is_known_and_nothing_else(self, world: list[Inhabitant]) -> None:
        said = replace(world[0], phone=None, consents={"sms": False})
        header, cells, *_ = csv.reader(io.StringIO(intake.csv_file([said]).decode()))
        row = RowReader(ImportMapping.model_validate(intake.MAPPING), header, NOW).read(Row(2, cells, None))
        assert isinstance(row, ImportRow)
        assert row.phone is None
        assert [(c.channel, c.purpose, c.granted) for c in row.consents] == [("sms", "marketing", False)]
        assert row.attributes["churn_risk"] == said.attributes["churn_risk"]


class TestReports:
    async def test_keep_the_contract_and_tell_what_the_file_cannot(self, world: list[Inhabitant]) -> None:
        sent: list[CustomerReported] = []

        class Post:
            def put(self, event: type[CustomerReported], key: str, _id: str, _at: str, body: object) -> None:
                sent.append(event.model_validate_json(orjson.dumps(body)))
                assert sent[-1].key == key

            async def send(self) -> None: ...

        await intake.report_contracts(Post(), world, NOW)  # type: ignore[arg-type]
        by_id = {one.customer_id: one for one in world}
        assert any(report.contact_windows for report in sent)
        assert any(holding.contract_end for report in sent for holding in report.holdings or ())
        assert {report.customer_id for report in sent} == {
            one.customer_id
            for one in by_id.values()
            if one.contact_windows or any("contract_end" in holding for holding in one.holdings)
        }
