"""The customers of the demo: made up, but distributed as those of a telecom with business in five countries.

What always holds: a customer follows from the seed and their number alone, so a smaller world is the beginning of a
larger one. Names, numbers and addresses belong to nobody.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rapport_cli.demo.chance import Chance


@dataclass(frozen=True, eq=False, slots=True)
class Land:
    """A country: where and how its customers live. A phone number is `prefix` and so many further `digits`."""

    country: str
    places: dict[tuple[str, str], float]
    """(time zone, region) → weight."""
    languages: dict[str, float]
    prefix: str
    digits: int
    first: tuple[str, ...]
    last: tuple[str, ...]


LANDS: dict[Land, float] = {
    Land(
        "DE",
        {("Europe/Berlin", "DE-BE"): 3, ("Europe/Berlin", "DE-BY"): 4, ("Europe/Berlin", "DE-NW"): 5},
        {"de": 17, "en": 2, "tr": 1},
        "+491511",
        7,
        ("Anna", "Ben", "Clara", "Emil", "Jonas", "Lena", "Mia", "Paul", "Sofie", "Yusuf"),
        ("Becker", "Fischer", "Hoffmann", "Krüger", "Müller", "Schäfer", "Weber", "Yılmaz"),
    ): 34,
    Land(
        "CN",
        {("Asia/Shanghai", "CN-SH"): 4, ("Asia/Shanghai", "CN-GD"): 5, ("Asia/Shanghai", "CN-SC"): 3},
        {"zh-CN": 1},
        "+86138",
        8,
        ("伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "杰", "婷"),
        ("王", "李", "张", "刘", "陈", "杨", "赵", "黄"),
    ): 28,
    Land(
        "GB",
        {("Europe/London", "GB-LND"): 3, ("Europe/London", "GB-MAN"): 2},
        {"en": 1},
        "+44740",
        7,
        ("Amelia", "Arthur", "Freya", "George", "Isla", "Noah", "Oscar", "Poppy"),
        ("Baker", "Clarke", "Evans", "Hughes", "Patel", "Taylor", "Walker"),
    ): 18,
    Land(
        "US",
        {("America/New_York", "US-NY"): 5, ("America/Chicago", "US-IL"): 2, ("America/Los_Angeles", "US-CA"): 3},
        {"en": 4, "es": 1},
        "+1212",
        7,
        ("Ava", "Carlos", "Elijah", "Emma", "Lucia", "Mason", "Olivia", "William"),
        ("Anderson", "Garcia", "Johnson", "Lopez", "Nguyen", "Smith", "Thomas"),
    ): 14,
    Land(
        "SG",
        {("Asia/Singapore", "SG-01"): 1},
        {"en": 2, "zh-CN": 1},
        "+658",
        7,
        ("Aisyah", "Jun Wei", "Kai", "Mei Ling", "Ravi", "Siti"),
        ("Chua", "Koh", "Lim", "Ng", "Rahman", "Tan"),
    ): 6,
}

JOBS = ("administration", "engineering", "health", "management", "retail", "retired", "self-employed", "student")
TARIFFS = {"mobile-s": ("9.90", 35), "mobile-m": ("19.90", 40), "mobile-l": ("34.90", 20), "prepaid": ("0.00", 12)}
"""Product → price per month and weight."""

_NO_TIME_ZONE = 0.015
_DO_NOT_CALL = 0.03
_WINDOWS: tuple[dict[str, Any], ...] = (
    {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "12:00", "end": "18:00"},
    {"days": ["sat", "sun"], "start": "10:00", "end": "19:00"},
    {"start": "17:00", "end": "20:00"},
)


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """A customer as their source systems know them, and what the simulation adds: how open they are to offers."""

    customer_id: str
    name: str
    phone: str | None
    email: str | None
    account: str
    language: str
    country: str
    region: str
    time_zone: str | None
    grade: str
    birth_date: date
    preferred_channel: str | None
    do_not_call: bool
    openness: float
    """Around 1: the factor by which this customer says yes more often than others."""
    attributes: dict[str, Any] = field(default_factory=dict)
    consents: dict[str, bool] = field(default_factory=dict)
    """What they have said to marketing, by channel; silence is no entry."""
    holdings: tuple[dict[str, Any], ...] = ()
    contact_windows: tuple[dict[str, Any], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Where they live; where that is unknown, they live by UTC."""
        return ZoneInfo(self.time_zone or "UTC")


def people(seed: int, count: int, today: date) -> list[Inhabitant]:
    """The first `count` customers of the world of this seed, as they are on a day."""
    chance = Chance(seed)
    return [_inhabitant(chance, number, today) for number in range(1, count + 1)]


def _inhabitant(chance: Chance, number: int, today: date) -> Inhabitant:
    def luck(*what: object) -> tuple[object, ...]:
        return ("customer", number, *what)

    land = chance.weighted(LANDS, *luck("land"))
    zone, region = chance.weighted(land.places, *luck("place"))
    first, last = chance.pick(land.first, *luck("first")), chance.pick(land.last, *luck("last"))
    age = chance.whole(18, 84, *luck("age"))
    customer_id = f"c-{number:05}"
    phone = None if chance.happens(0.02, *luck("no phone")) else f"{land.prefix}{number:0{land.digits}}"
    return Inhabitant(
        customer_id=customer_id,
        name=f"{last}{first}" if land.country == "CN" else f"{first} {last}",
        phone=phone,
        email=None if chance.happens(0.14, *luck("no e-mail")) else f"{_plain(first, last)}{number}@example.com",
        account=f"a-{number:05}",
        language=chance.weighted(land.languages, *luck("language")),
        country=land.country,
        region=region,
        time_zone=None if chance.happens(_NO_TIME_ZONE, *luck("no zone")) else zone,
        grade=chance.weighted({"general": 80, "important": 16, "key": 4}, *luck("grade")),
        birth_date=today - timedelta(days=age * 365 + chance.whole(0, 364, *luck("birthday"))),
        preferred_channel=chance.weighted(
            {None: 60, "call": 10, "sms": 10, "email": 10, "web": 8, "branch": 2}, *luck("preferred")
        ),
        do_not_call=chance.happens(_DO_NOT_CALL, *luck("do not call")),
        openness=0.4 + 1.2 * chance.share(*luck("openness")),
        attributes=_attributes(chance, luck(), age),
        consents=_consents(chance, luck()),
        holdings=_holdings(chance, luck(), today),
        contact_windows=(chance.pick(_WINDOWS, *luck("window")),) if chance.happens(0.1, *luck("windows")) else (),
    )


def _attributes(chance: Chance, who: tuple[object, ...], age: int) -> dict[str, Any]:
    tenure = int(120 * chance.share(*who, "tenure") ** 2)
    device = chance.whole(0, 60, *who, "device")
    restless = chance.share(*who, "restless")
    return {
        "age": age,
        "job": "retired" if age > 66 else chance.pick(JOBS, *who, "job"),
        "tenure_months": tenure,
        "arpu": round(6 + 70 * chance.share(*who, "arpu") ** 2, 2),
        "data_gb": round(40 * chance.share(*who, "data") ** 3, 1),
        "device_age_months": device,
        "paperless_billing": chance.happens(0.7, *who, "paperless"),
        # New customers and old devices leave more often. Six decimals, so that two rarely share a place in a queue.
        "churn_risk": round(min(0.75 * restless + 0.15 * (tenure < 12) + 0.1 * (device > 36), 1.0), 6),
    }


def _consents(chance: Chance, who: tuple[object, ...]) -> dict[str, bool]:
    """Some said yes, some no, some nothing; people are alike over channels, but not the same."""
    leaning = chance.share(*who, "leaning")
    said = {}
    for channel, likely in (("call", 0.68), ("sms", 0.56), ("email", 0.62)):
        mood = 0.6 * leaning + 0.4 * chance.share(*who, channel)
        if mood < likely:
            said[channel] = True
        elif chance.happens(0.4, *who, channel, "no"):
            said[channel] = False
    return said


def _holdings(chance: Chance, who: tuple[object, ...], today: date) -> tuple[dict[str, Any], ...]:
    tariff = chance.weighted({name: weight for name, (_, weight) in TARIFFS.items()}, *who, "tariff")
    since = today - timedelta(days=chance.whole(20, 2000, *who, "since"))
    mobile: dict[str, Any] = {"product": tariff, "since": since.isoformat(), "monthly_value": TARIFFS[tariff][0]}
    if tariff != "prepaid" and chance.happens(0.75, *who, "contract"):
        ends = today + timedelta(days=chance.whole(-10, 720, *who, "ends"))
        mobile["contract_end"] = ends.isoformat()
    found = [mobile]
    if chance.happens(0.3, *who, "fibre"):
        found.append({"product": "fibre-100", "since": since.isoformat(), "monthly_value": "29.90"})
    if chance.happens(0.18, *who, "tv"):
        found.append({"product": "tv-plus", "monthly_value": "9.90"})
    return tuple(found)


def _plain(*names: str) -> str:
    """A name for a mail address: ASCII, or nothing for names in other scripts."""
    text = unicodedata.normalize("NFKD", ".".join(names)).encode("ascii", "ignore").decode().lower().replace(" ", "")
    return text if text.strip(".") else "user"
