"""Pushing rests before the disk is full, says why, and goes on by itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from iman.domain.room import Reading, days_left, growth_per_day, rests
from iman.keeping import room as rooms
from iman.keeping.room import Room
from iman.ledger.disk import archive_folder
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.beats import Beats
from tests.builders import NOW

MB = 1_000_000


@pytest.fixture
def ledger(tmp_path: Path):
    made = DuckDBLedger(tmp_path / "ledger.duckdb", now=NOW)
    yield made
    made.close()


class Disk:
    def __init__(self, ledger: DuckDBLedger, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rooms, "_LOOK", 0.0)
        self.free, self.now = 900 * MB, NOW
        self.beats = Beats(lambda: self.now)
        self.beats.expect("disk", 60)
        self.room = Room(
            ledger=ledger, reserve=300 * MB, beats=self.beats, now=lambda: self.now,
            free=lambda _: self.free,
        )  # fmt: skip


def test_it_rests_below_the_reserve_and_goes_on_a_tenth_above(ledger, monkeypatch):
    disk = Disk(ledger, monkeypatch)
    assert disk.room.held_back() == ""
    disk.free = 299 * MB
    assert disk.room.held_back() == (
        "the ledger's disk has 299 MB left, less than its reserve of 300; make room, and it goes "
        "on by itself"
    )
    asyncio.run(disk.room.round())
    assert not disk.beats.all()[0].ok
    disk.free = 310 * MB
    assert disk.room.held_back()
    disk.free = 331 * MB
    assert disk.room.held_back() == ""
    assert not rests(free=300, reserve=300, resting=False)


def test_the_forecast_comes_from_a_reading_a_day(ledger, monkeypatch):
    disk = Disk(ledger, monkeypatch)
    asyncio.run(disk.room.round())
    state = disk.room.state()
    assert (state.days_left, state.per_day_bytes) == (None, None)
    assert state.free_bytes == 900 * MB
    folder = archive_folder(ledger.path)
    folder.mkdir()
    (folder / "2020-01.parquet").write_bytes(b"x" * 60 * MB)
    disk.now += timedelta(days=2)
    asyncio.run(disk.room.round())
    asyncio.run(disk.room.round())  # rewrites today's
    state = disk.room.state()
    assert state.archive_bytes == 60 * MB
    assert state.ledger_bytes + state.log_bytes > 0
    assert state.per_day_bytes == pytest.approx(30 * MB, rel=0.05)
    assert state.days_left == pytest.approx(20, rel=0.1)


def test_a_disk_that_does_not_shrink_is_not_foreseen():
    days = [Reading(day=NOW.date() + timedelta(days=n), ledger=100 - n, free=1) for n in range(3)]
    assert growth_per_day(days) == -1
    assert days_left(free=10, reserve=0, per_day=-1) is None
    assert days_left(free=10, reserve=20, per_day=5) == 0
