"""What is said of an offer: texts with variables, one wording in every channel.

A text holds `{{ variable }}` or `{{ variable | default: "words" }}`; all the rest of it stands for itself. There is no
logic, no call and no way from one value to another: a variable is looked up by its whole name in a closed list.

What always holds:
- a text without faults renders for every customer, whatever their document holds: what may be unknown has a default;
- a text with faults (only a program of another version can have let it pass) renders, too: the default, or nothing;
- what is filled in is plain text on one line, at most `MAX_FILLED` characters, and never read as a template again;
- whether personal data is filled in is the caller's to say; without it their defaults stand there;
- a short link is the only variable of a message and not of its customer: it stands in what we send, and nowhere else.

Values are written as the language has them: English and Chinese; days in any other language as ISO 8601.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from rapport.contracts.offers import OfferChanged, OfferText
from rapport.errors import FieldError
from rapport.rules import CUSTOMER, Catalogue, Field, FieldType
from rapport.rules.dates import is_day
from rapport.rules.predicate import members

DEFAULT_LANGUAGE = "en"
MAX_FILLED = 200
_MAX_NUMBER = 1e15
_UTC = ZoneInfo("UTC")

Document: TypeAlias = Mapping[str, Any]
Shown: TypeAlias = Callable[[Document], str | None]
"""A variable's words for a customer; None when they are not known."""

_INSIDE = re.compile(r'\s*([a-z][A-Za-z0-9_.-]{0,127})\s*(?:\|\s*default\s*:\s*"([^"]*)"\s*)?')
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PERSONAL = frozenset({"name", "birth_date"})

LINK = "offer.link"
"""The variable that is filled in with a short link, in `MESSAGES` only: a link is made for a message that we send."""
MESSAGES = ("sms", "email")
_LINK_KEY = "\0link"
"""Where a customer document that is filled in holds the link: no document has such a member of its own."""


class Objection(NamedTuple):
    """What a customer may hold against an offer, and the answer."""

    objection: str
    answer: str


class Said(NamedTuple):
    """What is said of an offer to one customer in one channel."""

    language: str
    title: str
    body: str
    script: str
    objections: tuple[Objection, ...]

    def as_json(self) -> dict[str, Any]:
        """As an answer shows it."""
        return {**self._asdict(), "objections": [each._asdict() for each in self.objections]}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable that texts may use.

    Attributes:
        name: as texts write it.
        label_en: for editors.
        label_zh: the same in 简体中文.
        always_known: it needs no default.
        personal: it is filled in only for who may see personal data.
        only_in: the channels in whose scripts it may stand; empty: everywhere.
    """

    name: str
    label_en: str
    label_zh: str
    always_known: bool = False
    personal: bool = False
    only_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A template made ready. `constant` is all of it when nothing is to be filled in."""

    parts: tuple[str | _Fill, ...]
    constant: str | None

    def render(self, customer: Document, *, personal: bool) -> str:
        """The text for this customer."""
        if self.constant is not None:
            return self.constant
        return "".join([p if p.__class__ is str else p(customer, personal) for p in self.parts])  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class _Fill:
    shown: Shown
    default: str
    personal: bool

    def __call__(self, customer: Document, personal: bool) -> str:
        if self.personal and not personal:
            return self.default
        found = self.shown(customer)
        return self.default if found is None else found


@dataclass(frozen=True, slots=True)
class Wording:
    """All texts of an offer in one language, made ready."""

    language: str
    title: Text
    body: Text
    script: Text
    scripts: Mapping[str, Text]
    objections: tuple[tuple[Text, Text], ...]
    constants: dict[str, Said] = field(default_factory=dict)
    """By channel, where nothing depends on the customer."""

    def said(self, channel: str, customer: Document, *, personal: bool) -> Said:
        """What is said in a channel to a customer."""
        known = self.constants.get(channel)
        if known is not None:
            return known
        script = self.scripts.get(channel, self.script)
        texts = (self.title, self.body, script, *(text for pair in self.objections for text in pair))
        said = Said(
            self.language,
            self.title.render(customer, personal=personal),
            self.body.render(customer, personal=personal),
            script.render(customer, personal=personal),
            tuple(
                Objection(said.render(customer, personal=personal), answer.render(customer, personal=personal))
                for said, answer in self.objections
            ),
        )
        if all(text.constant is not None for text in texts):
            self.constants[channel] = said
        return said


class Scripts:
    """The wordings of one offer document, each language made ready when somebody first asks for it."""

    __slots__ = ("_catalogue", "_document", "_wordings")

    def __init__(self, document: OfferChanged, catalogue: Catalogue = CUSTOMER) -> None:
        """Nothing is compiled yet."""
        self._document = document
        self._catalogue = catalogue
        self._wordings: dict[str, Wording | None] = {}

    def said(
        self, language: str | None, channel: str, customer: Document, *, personal: bool, link: str | None = None
    ) -> Said | None:
        """What is said to a customer in a channel, in the language that serves best; None without any text.

        Args:
            language: BCP 47; None is the customer's own.
            channel: where it is said.
            customer: the customer document.
            personal: whether whoever reads it may see personal data.
            link: the short link of the message that it is said in.
        """
        if link is not None:
            customer = {**customer, _LINK_KEY: link}
        wanted = language or customer.get("language")
        wording = self.wording(wanted if isinstance(wanted, str) else DEFAULT_LANGUAGE)
        return None if wording is None else wording.said(channel, customer, personal=personal)

    def wording(self, language: str) -> Wording | None:
        """The texts in the language that serves best: the one asked for, its family, English, any."""
        if language not in self._wordings:
            if len(self._wordings) > 64:  # languages come from callers
                self._wordings.clear()
            spoken = best_language(self._document.texts, language)
            self._wordings[language] = None if spoken is None else _wording(self._document, spoken, self._catalogue)
        return self._wordings[language]


def best_language(texts: Mapping[str, OfferText], language: str) -> str | None:
    """Of the languages that there are: the one asked for, another of the same family, English, the first."""
    if language in texts:
        return language
    family = language.partition("-")[0]
    kin = next((each for each in texts if each.partition("-")[0] == family), None)
    return kin or (DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in texts else next(iter(texts), None))


def variables(catalogue: Catalogue = CUSTOMER) -> list[Variable]:
    """All that a text may use, in the order in which an editor lists them."""
    found = [Variable("customer.name", "name", "姓名", personal=True)]
    for each in catalogue:
        if each.type is not FieldType.SET:
            personal = each.name in _PERSONAL
            found.append(Variable(f"customer.{each.name}", each.label_en, each.label_zh, personal=personal))
    return found + list(_OFFER_VARIABLES)


def faults(document: OfferChanged, catalogue: Catalogue = CUSTOMER) -> list[FieldError]:
    """What keeps the document's texts from being filled in for every customer, by JSON pointers into it."""
    found: list[FieldError] = []
    for language, text in document.texts.items():
        scope = _Scope(document, text, language, catalogue)
        of_place = {"/title": scope.of_title()} | {f"/scripts/{channel}": scope.of_message() for channel in MESSAGES}
        for place, template in _templates(text):
            names = of_place.get(place, scope)
            found += [FieldError(f"/texts/{language}{place}", why) for why in names.faults(template)]
    return found


def _templates(text: OfferText) -> Iterator[tuple[str, str]]:
    """Each template of a language, with its place."""
    yield "/title", text.title
    yield "/body", text.body
    yield "/script", text.script
    for channel, script in text.scripts.items():
        yield f"/scripts/{channel}", script
    for number, each in enumerate(text.objections):
        yield f"/objections/{number}/objection", each.objection
        yield f"/objections/{number}/answer", each.answer


def _wording(document: OfferChanged, language: str, catalogue: Catalogue) -> Wording:
    text = document.texts[language]
    scope = _Scope(document, text, language, catalogue)
    return Wording(
        language,
        scope.of_title().compiled(text.title),
        scope.compiled(text.body),
        scope.compiled(text.script),
        {
            channel.value: (scope.of_message() if channel in MESSAGES else scope).compiled(script)
            for channel, script in text.scripts.items()
        },
        tuple((scope.compiled(each.objection), scope.compiled(each.answer)) for each in text.objections),
    )


# --- templates


class _Named(NamedTuple):
    """A place to fill: the variable's name, and the default if there is one."""

    name: str
    default: str | None


class _Broken(NamedTuple):
    """A place that is none."""

    why: str


def _read(template: str) -> Iterator[str | _Named | _Broken]:
    """The pieces of a template: text that stands for itself, places, and what cannot be read."""
    at = 0
    while (begin := template.find("{{", at)) >= 0:
        if begin > at:
            yield from _plain(template[at:begin])
        end = template.find("}}", begin)
        if end < 0:
            yield _Broken("a {{ has no }}")
            return
        inside = _INSIDE.fullmatch(template, begin + 2, end)
        if inside is None:
            yield _Broken('a place to fill is {{ variable }} or {{ variable | default: "words" }}')
        else:
            yield _Named(inside[1], inside[2])
        at = end + 2
    if at < len(template):
        yield from _plain(template[at:])


def _plain(text: str) -> Iterator[str | _Broken]:
    if "}}" in text:
        yield _Broken("a }} has no {{")
    else:
        yield text


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the texts of one offer in one language may name."""

    document: OfferChanged
    text: OfferText
    language: str
    catalogue: Catalogue
    in_title: bool = False
    in_message: bool = False

    def of_title(self) -> _Scope:
        """The same for the title, which cannot name itself."""
        return replace(self, in_title=True, in_message=False)

    def of_message(self) -> _Scope:
        """The same for what we send, which can hold a link."""
        return replace(self, in_message=True)

    def faults(self, template: str) -> Iterator[str]:
        for piece in _read(template):
            if isinstance(piece, _Broken):
                yield piece.why
            elif isinstance(piece, _Named):
                found = self._variable(piece.name)
                if found is None and piece.name == LINK:
                    yield f"{LINK} can only stand in the scripts for {' and '.join(MESSAGES)}"
                elif found is None:
                    yield f"there is no variable {piece.name}"
                elif piece.default is None and not found[1]:
                    yield f"{piece.name} may be unknown and needs a default"

    def compiled(self, template: str) -> Text:
        parts: list[str | _Fill] = []
        for piece in _read(template):
            if isinstance(piece, str):
                parts.append(piece)
            elif isinstance(piece, _Named):
                parts += self._parts(piece)
        return _text(parts)

    def _parts(self, place: _Named) -> Sequence[str | _Fill]:
        if place.name == "offer.title" and not self.in_title:
            return self.of_title().compiled(self.text.title).parts
        found = self._variable(place.name)
        if found is None:
            return [place.default or ""]
        shown, _known, personal = found
        return (
            [shown or place.default or ""] if isinstance(shown, str) else [_Fill(shown, place.default or "", personal)]
        )

    def _variable(self, name: str) -> tuple[Shown | str, bool, bool] | None:
        """What a variable shows, whether that is always known, and whether it is personal; None if there is none."""
        owner, _, rest = name.partition(".")
        if owner == "customer":
            shown = self._of_customer(rest)
            return None if shown is None else (shown, False, rest in _PERSONAL)
        if name == LINK:
            return (_words_at(_LINK_KEY), True, False) if self.in_message else None
        if owner == "offer":
            said = self._of_offer(rest)
            return None if said is None else (said, said != "", False)
        return None

    def _of_customer(self, name: str) -> Shown | None:
        if name == "name":
            return _words_at("name")
        if name not in self.catalogue or self.catalogue[name].type is FieldType.SET:
            return None
        return _shown(self.catalogue[name], self.language)

    def _of_offer(self, name: str) -> str | Shown | None:
        """The words of an offer's variable; empty where this offer has no value for it."""
        document, language = self.document, self.language
        match name:
            case "title" if not self.in_title:
                return self.text.title
            case "price" | "customer_value":
                amount = getattr(document, name)
                return "" if amount is None else money(amount, document.currency, language)
            case "cooling_off_days":
                return "" if document.cooling_off_days is None else str(document.cooling_off_days)
            case "valid_until":
                until = document.valid_until
                return "" if until is None else lambda customer: _last_day(until, customer.get("time_zone"), language)
            case _:
                return None


def _text(parts: Sequence[str | _Fill]) -> Text:
    """The parts with neighbouring words joined."""
    joined: list[str | _Fill] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    if not joined:
        return Text((), "")
    return Text(tuple(joined), joined[0] if len(joined) == 1 and isinstance(joined[0], str) else None)


_OFFER_VARIABLES = (
    Variable("offer.title", "title of the offer", "优惠名称", always_known=True),
    Variable("offer.price", "price", "价格"),
    Variable("offer.customer_value", "worth to the customer", "客户价值"),
    Variable("offer.cooling_off_days", "days to change one's mind", "冷静期天数"),
    Variable("offer.valid_until", "last day", "截止日期"),
    Variable(LINK, "short link to the offer", "优惠短链接", always_known=True, only_in=MESSAGES),
)


# --- values


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount with its currency: `EUR 34.90`, in Chinese `34.90 EUR`."""
    figure = f"{amount:,.2f}"
    return f"{figure} {currency}" if language.startswith("zh") else f"{currency} {figure}"


def _shown(each: Field, language: str) -> Shown:
    """How a field of the customer document is written."""
    look = _look(each)
    match each.type:
        case FieldType.NUMBER:
            return lambda customer: _number(look(customer))
        case FieldType.BOOLEAN:
            yes, no = ("是", "否") if language.startswith("zh") else ("yes", "no")
            return lambda customer: {True: yes, False: no}.get(v) if (v := look(customer)).__class__ is bool else None
        case FieldType.DATE:
            return lambda customer: _day(look(customer), language)
        case _:
            labels = {c.value: c.label_zh if language.startswith("zh") else c.label_en for c in each.values}
            return lambda customer: _words(look(customer), labels)


def _look(each: Field) -> Callable[[Document], Any]:
    """The stored value of a field; None when absent."""
    owner, item = each.path[0], each.item
    if item is not None:
        return lambda customer: _earliest(customer.get(owner), item)
    if len(each.path) == 1:
        return lambda customer: customer.get(owner)
    member = each.path[1]
    return lambda customer: found.get(member) if (found := customer.get(owner)).__class__ is dict else None


def _words_at(name: str) -> Shown:
    return lambda customer: _words(customer.get(name), {})


def _earliest(values: Any, item: str) -> str | None:
    days = [day for day in members(values, item) if is_day(day)] if values.__class__ is list else []
    return min(days, default=None)


def _words(value: Any, labels: Mapping[str, str]) -> str | None:
    """Text on one line: what a name or a region holds must not break out of a subject line or a label."""
    if value.__class__ is not str:
        return None
    if value in labels:
        return labels[value]
    line = value if value.isprintable() else "".join(c if c.isprintable() else " " for c in value)
    return " ".join(line.split())[:MAX_FILLED] or None


def _number(value: Any) -> str | None:
    if value.__class__ is int:
        return f"{value:,}" if abs(value) < _MAX_NUMBER else None
    if value.__class__ is not float or not math.isfinite(value) or abs(value) >= _MAX_NUMBER:
        return None
    rounded = round(value, 2)
    return f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,}"


def _day(value: Any, language: str) -> str | None:
    if value.__class__ is not str or not is_day(value):
        return None
    return _calendar_day(value, language)


@lru_cache(maxsize=1 << 14)
def _calendar_day(day: str, language: str) -> str:
    year, month, number = map(int, day.split("-"))
    if language.startswith("zh"):
        return f"{year}年{month}月{number}日"
    return f"{number} {_MONTHS[month - 1]} {year}" if language.startswith("en") else day


def _last_day(until: datetime, zone: Any, language: str) -> str:
    """The last day of a validity that ends before `until`, where the customer is."""
    return _calendar_day(_day_before(until, zone if zone.__class__ is str else "UTC"), language)


@lru_cache(maxsize=4096)
def _day_before(until: datetime, zone: str) -> str:
    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # a zone that nobody knows, or no name of one
        place = _UTC
    try:
        return (until - timedelta(microseconds=1)).astimezone(place).date().isoformat()
    except OverflowError:  # at the ends of the calendar
        return until.date().isoformat()
