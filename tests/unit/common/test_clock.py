from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.clock import FixedClock, SteppedClock, SystemClock, from_micros, open_clock, to_micros

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


class TestMicroseconds:
    @given(st.datetimes(timezones=st.just(UTC)))
    def test_survive_the_way_there_and_back(self, at: datetime) -> None:
        assert from_micros(to_micros(at)) == at

    def test_do_not_depend_on_the_offset(self) -> None:
        assert to_micros(AT) == to_micros(AT.astimezone(timezone(timedelta(hours=8))))

    def test_refuse_a_naive_instant(self) -> None:
        with pytest.raises(ValueError, match="naive"):
            to_micros(datetime(2026, 3, 1))  # noqa: DTZ001


class TestSystemClock:
    def test_is_aware_and_close_to_the_machine(self) -> None:
        assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)


class TestFixedClock:
    def test_stands_until_moved_either_way(self) -> None:
        clock = FixedClock(AT)
        assert clock.now() == clock.now() == AT
        clock.move(AT - timedelta(days=1))
        assert clock.now() == AT - timedelta(days=1)

    def test_gives_utc_whatever_it_was_given(self) -> None:
        clock = FixedClock(AT.astimezone(timezone(timedelta(hours=8))))
        assert clock.now().tzinfo is UTC


class TestSteppedClock:
    def test_a_move_is_seen_by_who_opened_it_before(self, tmp_path: Path) -> None:
        driver = SteppedClock.create(tmp_path / "clock", AT)
        reader = SteppedClock(tmp_path / "clock")
        assert reader.now() == AT
        driver.move_to(AT + timedelta(days=30))
        assert reader.now() == AT + timedelta(days=30)

    def test_may_be_moved_to_where_it_stands(self, tmp_path: Path) -> None:
        clock = SteppedClock.create(tmp_path / "clock", AT)
        clock.move_to(AT)
        assert clock.now() == AT

    def test_never_runs_back(self, tmp_path: Path) -> None:
        clock = SteppedClock.create(tmp_path / "clock", AT)
        with pytest.raises(ValueError, match="never runs back"):
            clock.move_to(AT - timedelta(microseconds=1))
        assert clock.now() == AT

    def test_another_process_sees_each_move(self, tmp_path: Path) -> None:
        driver = SteppedClock.create(tmp_path / "clock", AT)
        program = (
            "import sys\n"
            "from rapport.clock import open_clock\n"
            "clock = open_clock(sys.argv[1])\n"
            "for _ in sys.stdin: print(clock.now().isoformat(), flush=True)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, f"stepped:{tmp_path / 'clock'}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for days in (0, 1, 365):
                driver.move_to(AT + timedelta(days=days))
                process.stdin.write("now\n")
                process.stdin.flush()
                assert datetime.fromisoformat(process.stdout.readline().strip()) == AT + timedelta(days=days)
            process.stdin.close()
            assert process.wait(10) == 0

    def test_creating_it_anew_starts_over(self, tmp_path: Path) -> None:
        SteppedClock.create(tmp_path / "clock", AT)
        SteppedClock.create(tmp_path / "clock", AT - timedelta(days=9))
        assert SteppedClock(tmp_path / "clock").now() == AT - timedelta(days=9)
        assert [path.name for path in tmp_path.iterdir()] == ["clock"]


class TestOpenClock:
    def test_opens_what_the_setting_names(self, tmp_path: Path) -> None:
        SteppedClock.create(tmp_path / "clock", AT)
        assert isinstance(open_clock("system"), SystemClock)
        assert open_clock(f"stepped:{tmp_path / 'clock'}").now() == AT

    @pytest.mark.parametrize("spec", ["", "stepped", "stepped:", "wall", "system:now"])
    def test_refuses_anything_else(self, spec: str) -> None:
        with pytest.raises(ValueError, match="unknown clock"):
            open_clock(spec)

    def test_says_who_creates_a_missing_clock(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="driver creates it"):
            open_clock(f"stepped:{tmp_path / 'none'}")

    def test_refuses_a_file_that_is_no_clock(self, tmp_path: Path) -> None:
        (tmp_path / "clock").write_text("half past nine")
        with pytest.raises(ValueError, match="no stepped clock"):
            open_clock(f"stepped:{tmp_path / 'clock'}")
