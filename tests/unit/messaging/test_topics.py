"""The list of topics: its schema, and that it agrees with the contracts."""

import pytest

from rapport.contracts import REGISTRY
from rapport.messaging.topics import Topic, all_topics, dead_letter_topic, parse, with_dead_letters

FACTS = "{name: a.facts, owner: a, key: id, partitions: 3, retention_days: 7, description: x, consumers: [b.reads]}"


class TestParse:
    def test_reads_a_topic(self) -> None:
        (topic,) = parse(f"topics: [{FACTS}]")
        assert topic.config == {"cleanup.policy": "delete", "retention.ms": str(7 * 24 * 3600 * 1000)}

    def test_refuses_a_topic_listed_twice(self) -> None:
        with pytest.raises(ValueError, match=r"listed twice: a\.facts"):
            parse(f"topics: [{FACTS}, {FACTS}]")

    @pytest.mark.parametrize("ending", ["", "compact: true, retention_days: 1,"])
    def test_refuses_what_is_neither_state_nor_facts(self, ending: str) -> None:
        with pytest.raises(ValueError, match="either `compact: true` or `retention_days`"):
            parse(f"topics: [{{{ending} name: a.b, owner: a, key: id, partitions: 1, description: x}}]")

    def test_refuses_a_setting_it_does_not_know(self) -> None:
        with pytest.raises(ValueError, match="partition_count"):
            parse("topics: [{name: a.b, owner: a, key: id, partition_count: 1, compact: true, description: x}]")


class TestDeadLetters:
    def test_each_group_of_each_topic_has_a_topic_of_one_partition(self) -> None:
        topics = with_dead_letters(parse(f"topics: [{FACTS}]"))
        assert [topic.name for topic in topics] == ["a.facts", "dlq.b.reads.a.facts"]
        assert topics[1].partitions == 1

    def test_takes_larger_messages_than_other_topics_because_the_reason_is_added(self) -> None:
        (_, letters) = with_dead_letters(parse(f"topics: [{FACTS}]"))
        assert int(letters.config["max.message.bytes"]) > 1_048_588


class TestTheList:
    """deploy/kafka/topics.yaml."""

    def test_names_each_event_type_on_its_topic_and_no_other(self) -> None:
        listed = {(event_type, topic.name) for topic in all_topics() for event_type in topic.types}
        assert listed == {(cls.event_type, cls.topic) for cls in REGISTRY.values() if "test" not in cls.__module__}

    def test_keys_each_topic_by_the_field_that_its_events_say(self) -> None:
        keys = {topic.name: topic.key for topic in all_topics()}
        assert all(keys[cls.topic] == cls.key_field for cls in REGISTRY.values() if "test" not in cls.__module__)

    def test_gives_all_customer_keyed_topics_equally_many_partitions(self) -> None:
        assert {topic.partitions for topic in all_topics() if topic.key == "customer_id"} == {12}

    def test_a_type_belongs_to_the_owner_of_its_topic(self) -> None:
        assert all(event_type.startswith(f"{topic.owner}.") for topic in all_topics() for event_type in topic.types)

    def test_gives_every_dead_letter_a_topic(self) -> None:
        names = {topic.name for topic in with_dead_letters(all_topics())}
        assert {dead_letter_topic(group, topic.name) for topic in all_topics() for group in topic.consumers} <= names


def test_a_topic_has_a_name_of_at_least_two_parts() -> None:
    with pytest.raises(ValueError, match="pattern"):
        Topic(name="requests", owner="a", key="id", partitions=1, compact=True, description="x")
