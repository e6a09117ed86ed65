"""The AsyncAPI 3.0 document: what a channel or source system reads to exchange events with Rapport.

It describes Rapport as one application, seen from outside: it *receives* what channel systems say and *sends* what its
services say. Everything in it comes from the registered event classes, their examples and the list of topics, so it
cannot say anything else than the code.

Source: AsyncAPI 3.0.0; Kafka bindings 0.5.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rapport.contracts.envelope import CONTENT_TYPE, SPEC_VERSION, Event
from rapport.contracts.json_schema import shared_schemas
from rapport.messaging.topics import Topic

_BINDING = "0.5.0"
_HEADERS = "CloudEventHeaders"
_CHANNEL_SYSTEMS = "channel"
"""Owner of the topics that systems outside Rapport write."""
_TOMBSTONE = " A record without a value: the key is gone, forget it."


def document(events: Sequence[type[Event]], examples: Mapping[str, Any], topics: Iterable[Topic]) -> dict[str, Any]:
    """The whole document. `examples` holds one body per event type; topics without an event are left out.

    Raises:
        ValueError: an event's topic is not in the list.
    """
    by_topic: dict[str, list[type[Event]]] = {}
    for event in events:
        by_topic.setdefault(event.topic, []).append(event)
    used = {topic.name: topic for topic in topics if topic.name in by_topic}
    if missing := by_topic.keys() - used.keys():
        raise ValueError(f"no such topic in deploy/kafka/topics.yaml: {', '.join(sorted(missing))}")
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": CONTENT_TYPE.decode(),
        "servers": _servers(),
        "channels": {name: _channel(used[name], by_topic[name]) for name in sorted(used)},
        "operations": {name: _operation(used[name]) for name in sorted(used)},
        "components": {
            "messages": {event.event_type: _message(event, examples[event.event_type]) for event in events},
            "schemas": {
                _HEADERS: _header_schema(),
                **shared_schemas(events, "#/components/schemas/{model}"),
            },
        },
    }


def _info() -> dict[str, Any]:
    return {
        "title": "Rapport events",
        "version": "1",
        "description": (
            "CloudEvents 1.0 on Kafka in binary mode: attributes in `ce_*` headers, the body is JSON. Records of one"
            " key stay in order. Every event may arrive twice: the id that it carries (`request_id`, `outcome_id`,"
            " `acceptance_id`; `customer_id` with `seq`) or its rising `version` says whether it is known. Readers"
            " ignore fields that they do not know, and expect new words in lists marked `x-grows`; any other change"
            " is a new type."
        ),
    }


def _servers() -> dict[str, Any]:
    return {
        "kafka": {
            "host": "{bootstrap}",
            "protocol": "kafka",
            "description": "The broker of the installation.",
            "variables": {"bootstrap": {"default": "localhost:9092", "description": "Host and port."}},
        }
    }


def _channel(topic: Topic, events: Sequence[type[Event]]) -> dict[str, Any]:
    names = [event.event_type for event in events]
    return {
        "address": topic.name,
        "description": topic.description + (_TOMBSTONE if topic.compact else ""),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": _BINDING,
            }
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    if topic.compact:
        return {"cleanup.policy": ["compact"]}
    return {"cleanup.policy": ["delete"], "retention.ms": int(topic.config["retention.ms"])}


def _operation(topic: Topic) -> dict[str, Any]:
    incoming = topic.owner == _CHANNEL_SYSTEMS
    who = "channel and source systems" if incoming else f"the {topic.owner} service"
    return {
        "action": "receive" if incoming else "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"Written by {who}, keyed by {topic.key}.",
    }


def _message(event: type[Event], example: Mapping[str, Any]) -> dict[str, Any]:
    key = event.model_fields[event.key_field].description or f"The body's `{event.key_field}`."
    return {
        "name": event.event_type,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip(),
        "headers": {
            "allOf": [
                {"$ref": f"#/components/schemas/{_HEADERS}"},
                {"type": "object", "properties": {"ce_type": {"const": event.event_type}}},
            ]
        },
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": _BINDING}},
        "examples": [{"headers": _header_example(event, example), "payload": dict(example)}],
    }


def _header_schema() -> dict[str, Any]:
    texts = {
        "ce_id": "Identifies the event within its source.",
        "ce_source": "The service or system that says it.",
        "ce_type": "Name and version of the event.",
    }
    return {
        "type": "object",
        "description": "CloudEvents 1.0 attributes as Kafka headers (UTF-8), and W3C Trace Context.",
        "properties": {
            "ce_specversion": {"type": "string", "const": SPEC_VERSION.decode()},
            **{name: {"type": "string", "minLength": 1, "description": text} for name, text in texts.items()},
            "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, with offset."},
            "content-type": {"type": "string", "const": CONTENT_TYPE.decode()},
            "traceparent": {"type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
        },
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
    }


def _header_example(event: type[Event], example: Mapping[str, Any]) -> dict[str, str]:
    source = event.event_type.partition(".")[0]
    return {
        "ce_specversion": SPEC_VERSION.decode(),
        "ce_id": f"{source}_019cad8fafe87b3f9e60c1d2a4f50b17",
        "ce_source": source,
        "ce_type": event.event_type,
        "ce_time": str(example.get("at", "2026-03-02T08:00:00Z")),
        "content-type": CONTENT_TYPE.decode(),
    }
