"""The AsyncAPI document holds together: every reference leads somewhere, every event, topic and example is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from rapport.contracts import REGISTRY, asyncapi
from rapport.contracts.generate import ASYNCAPI, EXAMPLES, HERE, read_examples
from rapport.messaging.topics import Topic, all_topics

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in Python takes a second, of every worker
DOCUMENT: dict[str, Any] = yaml.load((HERE / ASYNCAPI).read_text("utf-8"), LOADER)
TOPICS = {topic.name: topic for topic in all_topics()}

every_event = pytest.mark.parametrize("name", sorted(REGISTRY))


def at(pointer: str) -> Any:
    """What a reference of the form `#/a/b` leads to."""
    found: Any = DOCUMENT
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


class TestDocument:
    def test_has_what_version_3_requires(self) -> None:
        assert DOCUMENT["asyncapi"] == "3.0.0"
        assert {"title", "version"} <= DOCUMENT["info"].keys()
        assert all({"host", "protocol"} <= server.keys() for server in DOCUMENT["servers"].values())
        assert all({"action", "channel"} <= operation.keys() for operation in DOCUMENT["operations"].values())
        known = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
        assert DOCUMENT.keys() <= known

    def test_has_no_reference_into_nothing(self) -> None:
        found = list(references(DOCUMENT))
        assert len(found) > len(REGISTRY)
        for reference in found:
            assert reference.startswith("#/")
            at(reference)

    def test_every_shared_schema_is_used(self) -> None:
        used = {reference.removeprefix("#/components/schemas/") for reference in references(DOCUMENT)}
        assert DOCUMENT["components"]["schemas"].keys() <= used

    def test_every_operation_is_on_a_channel_and_every_channel_has_one(self) -> None:
        on = [operation["channel"]["$ref"].removeprefix("#/channels/") for operation in DOCUMENT["operations"].values()]
        assert sorted(on) == sorted(DOCUMENT["channels"])

    def test_receives_what_channel_systems_write_and_sends_the_rest(self) -> None:
        actions = {name: operation["action"] for name, operation in DOCUMENT["operations"].items()}
        assert actions["channel.events"] == "receive"
        assert actions["touchpoint.contacts"] == "send"
        assert set(actions) == {event.topic for event in REGISTRY.values()}

    def test_refuses_an_event_whose_topic_is_not_in_the_list(self) -> None:
        examples, _ = read_examples(HERE / EXAMPLES, REGISTRY)
        others = [topic for topic in all_topics() if topic.name != "channel.events"]
        with pytest.raises(ValueError, match=r"no such topic.*channel\.events"):
            asyncapi.document(list(REGISTRY.values()), examples, others)


@every_event
class TestEveryEvent:
    def test_is_a_message_of_its_topics_channel(self, name: str) -> None:
        channel = DOCUMENT["channels"][REGISTRY[name].topic]
        assert channel["address"] == REGISTRY[name].topic
        assert channel["messages"][name] == {"$ref": f"#/components/messages/{name}"}
        assert at(f"#/components/messages/{name}")["name"] == name

    def test_examples_fit_headers_and_payload(self, name: str) -> None:
        message = DOCUMENT["components"]["messages"][name]
        for part, schema in (("headers", message["headers"]), ("payload", message["payload"])):
            for example in message["examples"]:
                jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(
                    example[part]
                )

    def test_is_on_the_list_of_topics_with_its_key(self, name: str) -> None:
        topic = TOPICS[REGISTRY[name].topic]
        assert name in topic.types
        assert topic.key == REGISTRY[name].key_field


@pytest.mark.parametrize("name", sorted(DOCUMENT["channels"]))
class TestEveryChannel:
    def test_is_configured_as_the_list_says(self, name: str) -> None:
        topic: Topic = TOPICS[name]
        binding = DOCUMENT["channels"][name]["bindings"]["kafka"]
        assert (binding["topic"], binding["partitions"]) == (name, topic.partitions)
        written = binding["topicConfiguration"]
        assert ",".join(written["cleanup.policy"]) == topic.config["cleanup.policy"]
        assert str(written.get("retention.ms")) == str(topic.config.get("retention.ms"))

    def test_carries_the_types_that_the_list_names(self, name: str) -> None:
        assert set(DOCUMENT["channels"][name]["messages"]) == set(TOPICS[name].types)
