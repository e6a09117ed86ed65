"""Texts with variables: what may be filled in, what is a fault, and that rendering never fails."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contracts.offers import OfferChanged
from rapport.rules import CUSTOMER, Attribute, Catalogue
from rapport.scripts import MAX_FILLED, Said, Scripts, faults, variables

ANNA: dict[str, Any] = {
    "customer_id": "c1",
    "name": "Anna  Schmidt\n",
    "language": "en",
    "grade": "key",
    "birth_date": "1980-02-29",
    "time_zone": "America/New_York",
    "attributes": {"balance": 1234.5, "tenure_months": 26, "senior": False, "job": "nurse"},
    "holdings": [{"contract_end": "2027-05-01"}, {"contract_end": "2026-12-31"}, {"contract_end": "soon"}, 3],
}


def offer(script: str = "", language: str = "en", **members: Any) -> OfferChanged:
    texts = {language: {"title": "Fibre 500", "body": "", "script": script} | members.pop("text", {})}
    usual = {"version": 1, "state": "published", "category": "c", "goal": "g", "texts": texts}
    return OfferChanged.model_validate({"offer_id": "o1"} | usual | members)


def said(document: OfferChanged, customer: dict[str, Any] = ANNA, *, personal: bool = True, **asked: Any) -> Said:
    found = Scripts(document).said(asked.get("language"), asked.get("channel", "call"), customer, personal=personal)
    assert found is not None
    return found


def script(template: str, customer: dict[str, Any] = ANNA, **members: Any) -> str:
    personal, language = members.pop("personal", True), members.pop("language", "en")
    document = offer(template, language, **members)
    assert faults(document) == []
    return said(document, customer, personal=personal, language=language).script


class TestFilling:
    @pytest.mark.parametrize(
        ("template", "en", "zh"),
        [
            ("no variables {at} all }", "no variables {at} all }", "no variables {at} all }"),
            ('{{customer.name|default:"you"}}!', "Anna Schmidt!", "Anna Schmidt!"),
            ('{{ customer.grade | default: "-" }}', "key account", "重点客户"),
            ('{{ customer.birth_date | default: "-" }}', "29 February 1980", "1980年2月29日"),
            ('{{ customer.contract_end | default: "-" }}', "31 December 2026", "2026年12月31日"),
            ('{{ customer.attributes.balance | default: "-" }}', "1,234.5", "1,234.5"),
            ('{{ customer.attributes.tenure_months | default: "-" }}', "26", "26"),
            ('{{ customer.attributes.senior | default: "-" }}', "no", "否"),
            ('{{ customer.attributes.job | default: "-" }}', "nurse", "nurse"),
            ('{{ customer.region | default: "" }}', "", ""),
            ("{{ offer.title }}", "Fibre 500", "Fibre 500"),
        ],
    )
    def test_writes_values_as_the_language_has_them(self, template: str, en: str, zh: str) -> None:
        assert script(template) == en
        assert script(template, language="zh-CN") == zh

    def test_what_the_offer_says(self) -> None:
        parts: dict[str, Any] = {"price": "1034.9", "currency": "EUR", "cooling_off_days": 14}
        template = "{{ offer.price }} / {{ offer.cooling_off_days }}"
        assert script(template, **parts) == "EUR 1,034.90 / 14"
        assert script(template, language="zh-CN", **parts) == "1,034.90 EUR / 14"

    @pytest.mark.parametrize(
        ("zone", "day"),
        [
            ("Asia/Shanghai", "2 July 2026"),
            ("America/New_York", "1 July 2026"),
            ("nowhere", "1 July 2026"),
            (7, "1 July 2026"),
        ],
    )
    def test_the_last_day_is_that_of_the_customer(self, zone: Any, day: str) -> None:
        customer = ANNA | {"time_zone": zone}
        assert script("{{ offer.valid_until }}", customer, valid_until="2026-07-01T20:00:00Z") == day

    def test_the_end_itself_is_outside(self) -> None:
        customer = ANNA | {"time_zone": "Europe/Berlin"}
        assert script("{{ offer.valid_until }}", customer, valid_until="2026-07-01T00:00:00+02:00") == "30 June 2026"

    def test_personal_data_only_for_who_may_see_it(self) -> None:
        template = 'Dear {{ customer.name | default: "customer" }}, {{ customer.birth_date | default: "?" }}'
        assert script(template, personal=False) == "Dear customer, ?"
        assert script(template) == "Dear Anna Schmidt, 29 February 1980"

    @pytest.mark.parametrize("broken", [None, 3, [], {}, "", "\u0001", float("nan"), 10**30, True])
    def test_what_is_not_known_or_broken_is_the_default(self, broken: Any) -> None:
        customer = {"name": broken, "attributes": broken, "holdings": broken, "birth_date": broken}
        names = ("name", "birth_date", "contract_end", "attributes.age")
        assert script("".join(f'{{{{ customer.{n} | default: "-" }}}}' for n in names), customer) == "----"

    def test_a_value_is_one_line_and_no_template(self) -> None:
        template = '{{ customer.name | default: "-" }}'
        assert script(template, {"name": "a\r\nBcc: x\x1b[0m"}) == "a Bcc: x [0m"
        assert script(template, {"name": "{{ offer.price }}"}) == "{{ offer.price }}"
        assert len(script(template, {"name": "x" * 9999})) == MAX_FILLED


class TestFaults:
    @pytest.mark.parametrize(
        ("template", "why"),
        [
            ("{{ customer.shoe_size }}", "there is no variable customer.shoe_size"),
            ('{{ customer.phone | default: "" }}', "there is no variable customer.phone"),
            ('{{ customer.tags | default: "" }}', "there is no variable customer.tags"),
            ("{{ name }}", "there is no variable name"),
            ("{{ offer.value }}", "there is no variable offer.value"),
            ("{{ customer.grade }}", "customer.grade may be unknown and needs a default"),
            ("{{ offer.price }}", "offer.price may be unknown and needs a default"),
            ("{{ offer.valid_until }}", "offer.valid_until may be unknown and needs a default"),
            ("{{ customer.name", "a {{ has no }}"),
            ("customer.name }}", "a }} has no {{"),
            ("{{ customer.__class__ }}", "there is no variable customer.__class__"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, template: str, why: str) -> None:
        assert faults(offer(template)) == [("/texts/en/script", why)]

    @pytest.mark.parametrize(
        "inside", ["", "customer name", "f()", "1+1", "a[0]", "a | upper", "a | default: x", "'a'"]
    )
    def test_anything_else_is_no_place_to_fill(self, inside: str) -> None:
        (fault,) = faults(offer("{{" + inside + "}}"))
        assert fault.message.startswith("a place to fill is")

    def test_looks_at_every_text(self) -> None:
        bad = "{{ x }}"
        text = {"title": bad, "body": bad, "scripts": {"sms": bad}, "objections": [{"objection": bad, "answer": bad}]}
        places = ["title", "body", "script", "scripts/sms", "objections/0/objection", "objections/0/answer"]
        assert [fault.pointer for fault in faults(offer(bad, text=text))] == [f"/texts/en/{place}" for place in places]

    def test_a_title_cannot_name_itself(self) -> None:
        assert len(faults(offer(text={"title": "{{ offer.title }}"}))) == 1

    def test_every_listed_variable_can_be_used(self) -> None:
        told: dict[str, Any] = {
            "price": 1,
            "customer_value": 1,
            "cooling_off_days": 1,
            "valid_until": "2027-01-01T00:00:00Z",
        }
        for each in variables():
            place = {"scripts": dict.fromkeys(each.only_in, f"{{{{ {each.name} }}}}")}
            text = place if each.only_in else {"script": f'{{{{ {each.name} | default: "-" }}}}'}
            assert faults(offer(text=text, **told)) == []

    def test_attributes_of_a_deployment(self) -> None:
        grown = CUSTOMER.with_attributes([Attribute(name="shoe_size", type="number")])
        document = offer('{{ customer.attributes.shoe_size | default: "-" }}')
        assert faults(document) != []
        assert faults(document, grown) == []
        found = Scripts(document, grown).said("en", "call", {"attributes": {"shoe_size": 42}}, personal=True)
        assert found is not None
        assert found.script == "42"


class TestLinks:
    LINK = "https://go.example/l/abc"
    TEXTS: ClassVar = {"scripts": {"sms": "Look: {{ offer.link }}", "email": "Here: {{offer.link}}."}}

    def test_stand_in_messages_without_a_default(self) -> None:
        document = offer(text=self.TEXTS)
        assert faults(document) == []
        for channel, text in (("sms", f"Look: {self.LINK}"), ("email", f"Here: {self.LINK}.")):
            found = Scripts(document).said("en", channel, ANNA, personal=True, link=self.LINK)
            assert found is not None
            assert found.script == text

    def test_stand_nowhere_else(self) -> None:
        pair = {"objection": "{{ offer.link }}", "answer": "{{ offer.link }}"}
        text = dict.fromkeys(("title", "body", "script"), "{{ offer.link }}")
        document = offer(text=text | {"scripts": {"call": "{{ offer.link }}"}, "objections": [pair]})
        found = faults(document)
        places = ["title", "body", "script", "scripts/call", "objections/0/objection", "objections/0/answer"]
        assert [fault.pointer for fault in found] == [f"/texts/en/{place}" for place in places]
        assert {fault.message for fault in found} == {"offer.link can only stand in the scripts for sms and email"}

    def test_where_there_is_none_nothing_is_filled_in(self) -> None:
        assert said(offer(text=self.TEXTS), channel="sms").script == "Look: "

    def test_a_customer_document_cannot_bring_its_own(self) -> None:
        customer = ANNA | {"offer.link": "https://evil.example", "link": "https://evil.example"}
        assert said(offer(text=self.TEXTS), customer, channel="sms").script == "Look: "

    def test_one_message_does_not_get_the_link_of_another(self) -> None:
        scripts = Scripts(offer(text=self.TEXTS))
        told = [scripts.said("en", "sms", ANNA, personal=True, link=link) for link in ("one", "two", None)]
        assert [each.script for each in told if each is not None] == ["Look: one", "Look: two", "Look: "]


class TestWording:
    def test_the_channels_own_script_goes_before_the_common_one(self) -> None:
        document = offer("common", text={"scripts": {"sms": "short: {{ offer.title }}"}})
        assert said(document, channel="sms").script == "short: Fibre 500"
        assert said(document, channel="call").script == "common"

    @pytest.mark.parametrize(
        ("asked", "own", "spoken"),
        [("de", "en", "de"), ("de-AT", None, "de"), ("fr", "de", "en"), (None, "zh", "zh-CN"), (None, 3, "en")],
    )
    def test_the_language_that_serves_best(self, asked: str | None, own: Any, spoken: str) -> None:
        texts = {tag: {"title": tag} for tag in ("zh-CN", "en", "de")}
        found = said(offer(texts=texts), {"language": own}, language=asked)
        assert (found.language, found.title) == (spoken, spoken)

    def test_objections_are_answered_in_the_same_words(self) -> None:
        pair = {"objection": "Too dear", "answer": 'Only {{ offer.price | default: "little" }}'}
        assert said(offer(text={"objections": [pair]})).objections == (("Too dear", "Only little"),)

    def test_an_offer_without_texts_says_nothing(self) -> None:
        assert Scripts(offer(texts={})).said("en", "call", ANNA, personal=True) is None

    def test_a_title_may_have_variables_and_be_named(self) -> None:
        text = {"title": 'For {{ customer.name | default: "you" }}'}
        assert said(offer("{{ offer.title }}!", text=text)).script == "For Anna Schmidt!"
        assert said(offer("{{ offer.title }}!", text=text), personal=False).script == "For you!"


PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        " ",
        "|",
        "default",
        ":",
        '"',
        "customer",
        "offer",
        ".",
        "name",
        "__class__",
        "title",
        "price",
        "x",
        "0",
    ]
)
TEMPLATES = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["name", "grade", "birth_date", "time_zone", "language", "attributes", "holdings", "region"])
SECRET = "s3cr3t"
HIDDEN = {"phone": SECRET, "email": SECRET, "account": SECRET, "tags": [SECRET], "consents": [{"source": SECRET}]}


@given(template=TEMPLATES, customer=st.dictionaries(NAMES, VALUES), language=st.sampled_from(["en", "zh-CN", "de"]))
def test_nothing_but_the_list_can_be_reached_and_rendering_never_fails(
    template: str, customer: dict[str, Any], language: str
) -> None:
    document = offer(template, language, valid_until="2026-07-01T00:00:00Z")
    rendered = said(document, customer | HIDDEN, language=language).script
    assert SECRET not in rendered
    if faults(document) == [] and "{{" not in template:
        assert rendered == template


@given(customer=st.dictionaries(NAMES, VALUES))
def test_a_text_with_every_variable_renders_for_every_customer(customer: dict[str, Any]) -> None:
    template = " ".join(f'{{{{ {each.name} | default: "d" }}}}' for each in variables() if not each.only_in)
    document = offer(template, valid_until="2026-07-01T00:00:00Z")
    assert faults(document) == []
    assert said(document, customer).script


def test_a_text_is_read_once_and_then_filled_in_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pop-up fills in several: taking a text apart each time would cost more than all else about it."""
    document = offer('Dear {{ customer.name | default: "customer" }}, {{ offer.title }}.')
    wording = Scripts(document).wording("en")
    assert wording is not None

    def never(*_: Any) -> None:
        raise AssertionError("a text was read again")

    monkeypatch.setattr("rapport.scripts._read", never)
    with pytest.raises(AssertionError, match="read again"):
        Scripts(document).wording("en")
    assert wording.script.render(ANNA, personal=True) != wording.script.render({}, personal=True)


def test_catalogues_without_name_still_have_one() -> None:
    assert next(iter(variables(Catalogue([])))).name == "customer.name"
