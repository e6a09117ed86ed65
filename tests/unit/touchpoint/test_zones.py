"""Which clocks a customer may live by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.clock import to_micros
from touchpoint_service.domain.regions import OWN_COUNTRY, REGIONS
from touchpoint_service.domain.windows import DAY, HOUR, SECOND
from touchpoint_service.domain.zones import (
    Place,
    _clock,
    _zones_by_country,
    country_of,
    first_change,
    place_of,
    plausible_zones,
    utc_offset,
)

FEW_PEOPLE = {"AQ", "FM", "GL", "KI", "PF", "UM"}
"""Several clocks, and no table of regions: all clocks of the country are plausible."""


def keys(*place):
    return [zone.key for zone in plausible_zones(*place)]


class TestPlausibleZones:
    def test_a_known_zone_is_the_zone(self):
        assert keys("Asia/Kolkata", "US", "US-CA") == ["Asia/Kolkata"]

    @pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "America", "Factory", "localtime", "../UTC", "a\0b"])
    def test_an_unknown_name_is_no_name(self, name):
        assert keys(name, "DE", None) == ["Europe/Berlin"]
        assert keys(name, None, None) == []

    @pytest.mark.parametrize(
        ("region", "zones"),
        [
            ("US-CA", ["America/Los_Angeles"]),
            ("US-AZ", ["America/Denver", "America/Phoenix"]),
            ("US-HI", ["Pacific/Honolulu"]),
            ("US-PR", ["America/Puerto_Rico"]),
            ("AU-NSW", ["Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"]),
            ("AU-QLD", ["Australia/Brisbane"]),
            ("BR-PE", ["America/Noronha", "America/Recife"]),
            ("CN-GD", ["Asia/Shanghai"]),
            ("CN-XJ", ["Asia/Shanghai", "Asia/Urumqi"]),
            ("DE-BY", ["Europe/Berlin"]),
            ("ES-GC", ["Atlantic/Canary"]),
            ("FR-974", ["Indian/Reunion"]),
            ("ID-BA", ["Asia/Makassar"]),
            ("RU-PRI", ["Asia/Vladivostok"]),
        ],
    )
    def test_a_region_names_its_country_too(self, region, zones):
        assert keys(None, None, region) == zones
        assert keys(None, region[:2], region) == zones

    @pytest.mark.parametrize("region", [None, "US-XX", "CA", "us-ca", "California", "US-", "US-CALI"])
    def test_without_a_known_region_every_zone_of_the_country_is_plausible(self, region):
        assert keys(None, "US", region) == [
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Phoenix",
            "America/Los_Angeles",
            "America/Anchorage",
            "America/Adak",
            "Pacific/Honolulu",
        ]

    def test_zones_with_one_clock_today_are_one(self):
        assert keys(None, "KZ", None) == ["Asia/Almaty"]
        assert keys(None, "AR", "AR-X") == ["America/Argentina/Buenos_Aires"]

    def test_a_region_of_another_country_makes_both_plausible(self):
        assert keys(None, "DE", "US-HI") == ["Europe/Berlin", "Pacific/Honolulu"]
        assert keys(None, "PR", "US-PR") == ["America/Puerto_Rico"]

    @pytest.mark.parametrize("country", ["XX", "ZZ", "de"])
    def test_nothing_is_known_of_a_country_that_is_not_in_the_table(self, country):
        assert keys(None, country, None) == []


class TestClock:
    def test_has_each_change_of_the_present_at_its_second(self):
        begin, *changes = _clock("Europe/Berlin")
        assert begin == (to_micros(datetime(2025, 1, 1, tzinfo=UTC)), HOUR)
        assert changes[:2] == [
            (to_micros(datetime(2025, 3, 30, 1, tzinfo=UTC)), 2 * HOUR),
            (to_micros(datetime(2025, 10, 26, 1, tzinfo=UTC)), HOUR),
        ]
        assert len(changes) == 2 * 13

    def test_first_change_is_the_first_instant_of_the_new_offset(self):
        berlin = ZoneInfo("Europe/Berlin")
        change = to_micros(datetime(2026, 3, 29, 1, tzinfo=UTC))
        for begin, end in ((change - DAY, change), (change - SECOND, change + 3 * DAY)):
            assert first_change(berlin, begin, end) == change
        assert [utc_offset(berlin, change + d) // HOUR for d in (-1, 0)] == [1, 2]


class TestPlace:
    def test_is_named_by_country_and_region(self):
        assert place_of("DE", "DE-BY") == Place(frozenset({"DE"}), "DE-BY")
        assert place_of(None, "US-CA") == Place(frozenset({"US"}), "US-CA")
        assert place_of("PR", "US-PR") == Place(frozenset({"PR", "US"}), "US-PR")
        assert place_of("DE", "Bayern") == Place(frozenset({"DE"}), None)
        assert place_of(None, None) == Place(frozenset(), None)

    def test_country_is_the_one_named_else_that_of_the_region(self):
        assert [country_of("PR", "US-PR"), country_of(None, "US-PR"), country_of(None, "Bayern")] == ["PR", "US", None]


class TestTable:
    def test_names_only_zones_of_the_country(self):
        for country, zones in REGIONS.items():
            assert set(zones) <= set(_zones_by_country()[country])
        assert set(OWN_COUNTRY.values()) <= set(_zones_by_country())

    def test_has_every_clock_of_its_countries(self):
        for country, zones in REGIONS.items():
            regions = {f"{country}-{code}" for codes in zones.values() for code in codes.split()}
            in_regions = {zone for region in regions for zone in plausible_zones(None, country, region)}
            assert len(plausible_zones(None, country, None)) > 1
            for at in (datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7)):
                everywhere = {at.astimezone(ZoneInfo(name)).utcoffset() for name in _zones_by_country()[country]}
                assert {at.astimezone(zone).utcoffset() for zone in in_regions} == everywhere

    def test_has_every_country_with_several_clocks(self):
        several = {c for c in _zones_by_country() if len(plausible_zones(None, c, None)) > 1}
        assert several - set(REGIONS) == FEW_PEOPLE


@settings(max_examples=300, deadline=None)
@given(
    country=st.sampled_from(sorted(_zones_by_country())),
    minutes=st.integers(0, 13 * 365 * 24 * 60),
)
def test_the_few_zones_show_every_time_that_the_country_has(country, minutes):
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    shown = {at.astimezone(ZoneInfo(name)).utcoffset() for name in _zones_by_country()[country]}
    assert {at.astimezone(zone).utcoffset() for zone in plausible_zones(None, country, None)} == shown
