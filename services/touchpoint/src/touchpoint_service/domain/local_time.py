"""Instants as people say them, English and 简体中文: weekday, date and time by the clock of a named zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rapport.clock import from_micros
from touchpoint_service.domain.windows import SECOND

_MINUTE = 60 * SECOND
_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PLACES = {
    "Asia/Shanghai": "北京",
    "Asia/Chongqing": "北京",
    "Asia/Urumqi": "乌鲁木齐",
    "Asia/Hong_Kong": "香港",
    "Asia/Macau": "澳门",
    "Asia/Taipei": "台北",
    "Asia/Singapore": "新加坡",
    "Asia/Tokyo": "东京",
    "Asia/Seoul": "首尔",
    "Asia/Bangkok": "曼谷",
    "Asia/Dubai": "迪拜",
    "Asia/Kolkata": "加尔各答",
    "Australia/Sydney": "悉尼",
    "Europe/Berlin": "柏林",
    "Europe/London": "伦敦",
    "Europe/Paris": "巴黎",
    "Europe/Moscow": "莫斯科",
    "America/New_York": "纽约",
    "America/Chicago": "芝加哥",
    "America/Los_Angeles": "洛杉矶",
    "America/Sao_Paulo": "圣保罗",
}
"""What Chinese calls the time of a zone; that of the mainland is called after Beijing."""


def at(instant: int, zone: ZoneInfo, tongue: str) -> str:
    """`on Tuesday 10 March 2026 at 14:05 Shanghai time`, for an instant in microseconds; the minute it lies in.

    Where the clock shows the same time twice, the offset says which is meant.
    """
    local = from_micros(instant).astimezone(zone)
    weekday = _WEEKDAYS[tongue][local.weekday()]
    if tongue == "zh":
        return f"{zone_name(zone, tongue)} {local:%Y-%m-%d} {weekday} {local:%H:%M}{_offset(local, tongue)}"
    day = f"{weekday} {local.day} {_MONTHS[local.month - 1]} {local.year}"
    return f"on {day} at {local:%H:%M} {zone_name(zone, tongue)}{_offset(local, tongue)}"


def from_then(instant: int, zone: ZoneInfo, tongue: str) -> str:
    """As `at`, for something that is so from an instant on: never told a moment too early, so the next whole minute."""
    return at(-(-instant // _MINUTE) * _MINUTE, zone, tongue)


def zone_name(zone: ZoneInfo, tongue: str) -> str:
    """`Shanghai time`, `北京时间`."""
    if "/" not in zone.key:
        return zone.key
    place = zone.key.rsplit("/", 1)[-1].replace("_", " ")
    if tongue == "zh":
        known = _PLACES.get(zone.key)
        return f"{place} 时间" if known is None else f"{known}时间"
    return f"{place} time"


def _offset(local: datetime, tongue: str) -> str:
    """The offset from UTC, where the time of day alone could mean two instants."""
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    offset = local.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    text = f"UTC{'-' if offset < timedelta() else '+'}{hours}{f':{minutes:02}' if minutes else ''}"
    return f"（{text}）" if tongue == "zh" else f" ({text})"
