"""Whatever arrives on a topic, `decode` returns an event or raises `ContractError`: no record stops a consumer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport import contracts
from rapport.contracts import REGISTRY, ContractError, Envelope, decode
from rapport.contracts.envelope import headers

EXAMPLES = Path(contracts.__file__).parent / "examples"
BODIES = {name: (EXAMPLES / f"{name}.json").read_bytes() for name in sorted(REGISTRY)}

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

patient = settings(deadline=None)  # a busy machine is no failure

Headers = list[tuple[str, bytes]]


def good_headers(name: str) -> Headers:
    return headers(event_id="evt_1", event_type=name, source="test", at="2026-03-02T09:00:00Z", traceparent=TRACE)


def key_of(name: str) -> bytes:
    found: str = json.loads(BODIES[name])[REGISTRY[name].key_field]
    return found.encode()


def attempt(name: str, key: bytes | None, value: bytes | None, record_headers: Headers) -> Envelope | None:
    """The envelope, or None when the contract refuses it; any other error is the failure looked for."""
    try:
        return decode(
            topic=REGISTRY[name].topic, partition=0, offset=0, key=key, value=value, record_headers=record_headers
        )
    except ContractError:
        return None


names = st.sampled_from(sorted(REGISTRY))
junk = st.binary(max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spliced(draw: st.DrawFn, text: bytes) -> bytes:
    """The text with a piece of it replaced by other bytes."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 12)))
    return text[:start] + draw(junk | st.sampled_from([b"\\u0000", b"\\ud800", b"null", b"1e999", b"NaN"])) + text[end:]


class TestDecodeRaisesOnlyContractError:
    @patient
    @given(name=names, data=st.data())
    def test_on_a_body_with_changed_bytes(self, name: str, data: st.DataObject) -> None:
        attempt(name, key_of(name), data.draw(spliced(BODIES[name])), good_headers(name))

    @patient
    @given(name=names, data=st.data())
    def test_on_a_body_with_a_changed_value(self, name: str, data: st.DataObject) -> None:
        body = json.loads(BODIES[name])
        field = data.draw(st.sampled_from(sorted(REGISTRY[name].model_fields)))
        body[field] = data.draw(json_values)
        attempt(name, key_of(name), json.dumps(body).encode(), good_headers(name))

    @patient
    @given(name=names, value=junk)
    def test_on_any_bytes_as_body(self, name: str, value: bytes) -> None:
        assert attempt(name, key_of(name), value, good_headers(name)) is None

    @patient
    @given(name=names, key=st.none() | junk)
    def test_on_any_key(self, name: str, key: bytes | None) -> None:
        found = attempt(name, key, BODIES[name], good_headers(name))
        assert found is None or key == key_of(name)

    @patient
    @given(name=names, key=junk)
    def test_on_a_tombstone_with_any_key(self, name: str, key: bytes) -> None:
        found = attempt(name, key, None, good_headers(name))
        assert found is None or found.event is None

    @patient
    @given(name=names, data=st.data())
    def test_on_headers_changed_dropped_and_added(self, name: str, data: st.DataObject) -> None:
        kept = data.draw(st.lists(st.sampled_from(good_headers(name)), unique=True))
        names_used = st.sampled_from([header for header, _ in good_headers(name)]) | st.text(max_size=10)
        added = data.draw(st.lists(st.tuples(names_used, junk | st.none()), max_size=4))
        mixed = data.draw(st.permutations([*kept, *added]))
        attempt(name, key_of(name), BODIES[name], mixed)  # type: ignore[arg-type]  # Kafka allows a header without value

    @patient
    @given(name=names, at=st.text(max_size=40) | st.datetimes().map(lambda t: t.isoformat()))
    def test_on_any_time(self, name: str, at: str) -> None:
        changed = [(header, at.encode() if header == "ce_time" else value) for header, value in good_headers(name)]
        found = attempt(name, key_of(name), BODIES[name], changed)
        assert found is None or found.time.tzinfo is not None


class TestWhatNoStoreKeeps:
    """PostgreSQL has no NUL in text or jsonb: such a record must be refused here, or it would fail at every retry."""

    @pytest.mark.parametrize("escape", [b"\\u0000", b"x\\u0000y", b"\\\\\\u0000"])
    def test_nul_in_a_body_is_refused(self, escape: bytes) -> None:
        name = "channel.outcome.reported.v1"
        body = BODIES[name].replace(b"agent-212", escape)
        assert attempt(name, key_of(name), body, good_headers(name)) is None

    def test_the_same_letters_behind_a_backslash_are_text(self) -> None:
        name = "channel.outcome.reported.v1"
        found = attempt(name, key_of(name), BODIES[name].replace(b"agent-212", b"\\\\u0000"), good_headers(name))
        assert found is not None
        assert found.event.agent == "\\u0000"

    def test_nul_in_a_tombstones_key_is_refused(self) -> None:
        name = "profile.customer.upserted.v1"
        assert attempt(name, b"c-\x00", None, good_headers(name)) is None

    def test_nul_in_an_attribute_is_refused(self) -> None:
        name = "channel.outcome.reported.v1"
        changed = [(header, b"e\x00" if header == "ce_id" else value) for header, value in good_headers(name)]
        assert attempt(name, key_of(name), BODIES[name], changed) is None


class TestTraceparent:
    @pytest.mark.parametrize("broken", [b"", b"00-0-0-00", TRACE.upper().encode(), TRACE.encode() + b"\x00", b"\xff"])
    def test_is_ignored_when_malformed(self, broken: bytes) -> None:
        name = "channel.outcome.reported.v1"
        changed = [(header, broken if header == "traceparent" else value) for header, value in good_headers(name)]
        found = attempt(name, key_of(name), BODIES[name], changed)
        assert found is not None
        assert found.traceparent is None
