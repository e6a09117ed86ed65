"""Every registered event: its committed schema and example, its way over the wire, and the official SDK's opinion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent

from rapport import contracts
from rapport.contracts import REGISTRY, ContractError, Event, decode
from rapport.contracts.envelope import headers, register

FOLDER = Path(contracts.__file__).parent
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
AT = "2026-03-02T09:00:00.004000+00:00"

every_event = pytest.mark.parametrize("name", sorted(REGISTRY))


def example(name: str) -> Event:
    return REGISTRY[name].model_validate_json((FOLDER / "examples" / f"{name}.json").read_bytes())


def wire(name: str) -> list[tuple[str, bytes]]:
    return headers(event_id="evt_1", event_type=name, source="touchpoint", at=AT, traceparent=TRACE)


@every_event
class TestEveryEvent:
    def test_has_a_name_of_three_words_in_the_past_and_a_version(self, name: str) -> None:
        service, _aggregate, happened, version = name.split(".")
        assert REGISTRY[name].topic.startswith(f"{service}.")
        assert happened.endswith(("ed", "sent", "withdrawn"))
        assert version.startswith("v")

    def test_says_what_it_is(self, name: str) -> None:
        assert (REGISTRY[name].__doc__ or "").strip()

    def test_is_frozen_and_lets_readers_ignore_new_fields(self, name: str) -> None:
        config = REGISTRY[name].model_config
        assert config.get("frozen")
        assert config.get("extra") == "ignore"

    def test_example_is_valid_by_schema_and_by_model(self, name: str) -> None:
        schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text("utf-8"))
        body = json.loads((FOLDER / "examples" / f"{name}.json").read_text("utf-8"))
        validator = jsonschema.validators.validator_for(schema)
        assert validator is jsonschema.Draft202012Validator
        validator.check_schema(schema)
        validator(schema, format_checker=validator.FORMAT_CHECKER).validate(body)
        assert REGISTRY[name].model_validate(body).model_dump(mode="json", exclude_unset=True) == body

    def test_what_the_model_writes_is_valid_by_schema(self, name: str) -> None:
        schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads(example(name).model_dump_json()))

    def test_schema_refuses_a_body_without_its_key(self, name: str) -> None:
        schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text("utf-8"))
        body = json.loads(example(name).model_dump_json())
        del body[REGISTRY[name].key_field]
        assert not jsonschema.Draft202012Validator(schema).is_valid(body)

    def test_comes_back_from_the_wire_as_it_went(self, name: str) -> None:
        event = example(name)
        found = decode(
            topic=event.topic,
            partition=3,
            offset=17,
            key=event.key.encode(),
            value=event.model_dump_json().encode(),
            record_headers=wire(name),
        )
        assert found.event == event
        assert type(found.event) is REGISTRY[name]
        assert (found.topic, found.partition, found.offset, found.key) == (event.topic, 3, 17, event.key)
        assert (found.id, found.type, found.source, found.traceparent) == ("evt_1", name, "touchpoint", TRACE)
        assert found.time == datetime(2026, 3, 2, 9, 0, 0, 4000, tzinfo=UTC)

    def test_is_refused_on_a_foreign_topic(self, name: str) -> None:
        event = example(name)
        with pytest.raises(ContractError, match="belongs on"):
            decode(
                topic="some.other",
                partition=0,
                offset=0,
                key=event.key.encode(),
                value=event.model_dump_json().encode(),
                record_headers=wire(name),
            )


@every_event
class TestOfficialSdk:
    """The CloudEvents SDK's Kafka binding in binary mode reads what we write and writes what we read."""

    def test_reads_what_we_write(self, name: str) -> None:
        event = example(name)
        message = KafkaMessage(headers=dict(wire(name)), key=event.key, value=event.model_dump_json().encode())
        read = from_binary_event(message)
        assert (read.get_id(), read.get_type(), read.get_source()) == ("evt_1", name, "touchpoint")
        assert read.get_time() == datetime.fromisoformat(AT)
        assert read.get_specversion() == "1.0"
        assert read.get_datacontenttype() == "application/json"
        assert read.get_data() == json.loads(event.model_dump_json())

    def test_writes_what_we_read(self, name: str) -> None:
        event = example(name)
        body: dict[str, Any] = json.loads(event.model_dump_json())
        attributes = {
            "id": "evt_1",
            "type": name,
            "source": "touchpoint",
            "time": datetime.fromisoformat(AT),
            "datacontenttype": "application/json",
            "specversion": "1.0",
        }
        message = to_binary_event(CloudEvent(attributes, body), key_mapper=lambda _: event.key)
        found = decode(
            topic=event.topic,
            partition=0,
            offset=0,
            key=str(message.key).encode(),
            value=message.value,
            record_headers=message.headers.items(),
        )
        assert found.event == event
        assert (found.id, found.type, found.source) == ("evt_1", name, "touchpoint")
        assert found.time == datetime.fromisoformat(AT)

    def test_writes_the_same_headers(self, name: str) -> None:
        attributes = {
            "id": "evt_1",
            "type": name,
            "source": "touchpoint",
            "time": datetime.fromisoformat(AT),
            "datacontenttype": "application/json",
            "specversion": "1.0",
        }
        theirs = dict(to_binary_event(CloudEvent(attributes, {})).headers)
        ours = dict(headers(event_id="evt_1", event_type=name, source="touchpoint", at=AT.replace("+00:00", "Z")))
        assert ours == theirs


class TestTombstone:
    def test_has_no_event(self) -> None:
        found = decode(
            topic="profile.customers",
            partition=0,
            offset=1,
            key=b"c-1",
            value=None,
            record_headers=wire("profile.customer.upserted.v1"),
        )
        assert found.event is None
        assert found.key == "c-1"


class TestRegister:
    def test_refuses_a_type_name_that_another_class_has(self) -> None:
        taken = type("Impostor", (Event,), {"event_type": "campaign.plan.changed.v1", "topic": "campaign.plans"})
        with pytest.raises(ValueError, match=r"campaign\.plan\.changed\.v1 is already PlanChanged"):
            register(taken)
        assert REGISTRY["campaign.plan.changed.v1"] is contracts.campaign.PlanChanged

    def test_refuses_a_class_without_topic(self) -> None:
        with pytest.raises(ValueError, match="no topic"):
            register(type("Homeless", (Event,), {"event_type": "test.thing.happened.v1"}))
