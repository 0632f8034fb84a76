"""Transactions that commit out of order, are rolled back, or take their time."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time

import pytest
from sqlalchemy import text

from iman.errors import SourceUnavailable
from iman.gateways.sql_source import position, source
from tests.builders import make_payload
from tests.gateways.sql_source.sources import Sql, fetch

INSERT = text("INSERT INTO iman_outbox (type, payload) VALUES ('document', :payload)")


def payload(number: str) -> dict[str, str]:
    return {"payload": json.dumps(make_payload(number))}


def seen(page) -> list[str]:
    return [event.key.number for event in page.events]


def put_at(sql: Sql, cursor: int, number: str) -> None:
    sql.put_row("document", payload(number)["payload"], cursor=cursor)


@pytest.mark.xdist_group("postgres")
def test_a_lower_row_that_commits_later_is_delivered(pg):
    with pg.engine.connect() as slow, pg.engine.connect() as quick:
        slow.execute(INSERT, payload("INV-1"))  # has number 1 now
        quick.execute(INSERT, payload("INV-2"))
        quick.commit()
        first = fetch(pg)
        assert seen(first) == ["INV-2"]
        slow.commit()
    second = fetch(pg, first.next)
    assert seen(second) == ["INV-1"]
    assert (second.next, seen(fetch(pg, second.next))) == ("2", [])


@pytest.mark.xdist_group("postgres")
def test_writers_that_commit_in_any_order_lose_nothing(pg):
    """Six writers, a third of their transactions rolled back, one reader that restarts."""
    writers, each = 6, 25
    committed: set[str] = set()
    lock, failures = threading.Lock(), []

    def write(writer: int) -> None:
        chance = random.Random(writer)
        try:
            with pg.engine.connect() as conn:
                for turn in range(each):
                    numbers = [
                        f"INV-{writer}-{turn}-{part}" for part in range(chance.randint(1, 3))
                    ]
                    for number in numbers:
                        conn.execute(INSERT, payload(number))
                        time.sleep(chance.random() / 100)
                    if chance.random() < 1 / 3:
                        conn.rollback()
                        continue
                    conn.commit()
                    with lock:
                        committed.update(numbers)
        except Exception as exc:  # noqa: BLE001 -- told in the test's own thread
            failures.append(exc)

    async def read(source) -> list[str]:
        found, after, quiet = [], None, 0
        while quiet < 2:
            busy = any(thread.is_alive() for thread in threads)
            page = await source.fetch(after=after, limit=7)
            found += seen(page)
            after = page.next
            quiet = 0 if busy or page.events else quiet + 1
        return found

    pg.engine  # noqa: B018 -- made before the threads want it
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    found = pg.ask(read)
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(found) == sorted(committed)  # each once: nothing lost, nothing again


def test_a_number_rolled_back_is_forgotten_in_time(sql):
    put_at(sql, 1, "INV-1")
    put_at(sql, 3, "INV-3")
    page = fetch(sql)
    assert page.next == f"3 2@{sql.now.timestamp():.0f}"
    sql.later(899)
    assert fetch(sql, page.next).next == page.next
    sql.later(2)
    assert fetch(sql, page.next).next == "3"


def test_a_row_is_still_found_when_its_time_is_up(sql):
    """A daemon that was away for long looks before it forgets."""
    put_at(sql, 3, "INV-3")
    after = fetch(sql).next
    put_at(sql, 2, "INV-2")
    sql.later(100_000)
    page = fetch(sql, after)
    assert (seen(page), page.next) == (["INV-2"], "3")


def test_late_rows_keep_to_the_limit_and_none_is_forgotten(sql):
    put_at(sql, 9, "INV-9")
    after = fetch(sql).next
    for cursor in (2, 4, 6, 10):
        put_at(sql, cursor, f"INV-{cursor}")
    sql.later(100_000)
    found, more = [], True
    while more:
        page = fetch(sql, after, 2)
        assert len(page.events) <= 2
        found += seen(page)
        after, more = page.next, page.more
    assert found == ["INV-2", "INV-4", "INV-6", "INV-10"]


def test_hundreds_of_gaps_are_watched(sql):
    for cursor in range(2, 600, 2):
        put_at(sql, cursor, f"INV-{cursor}")
    after = fetch(sql).next
    put_at(sql, 599, "INV-599")
    put_at(sql, 1, "INV-1")
    put_at(sql, 301, "INV-301")
    assert sorted(seen(fetch(sql, after))) == ["INV-1", "INV-301", "INV-599"]


def test_numbers_too_sparse_to_watch_are_waited_for_and_told(sql, monkeypatch):
    monkeypatch.setattr(position, "MOST_GAPS", 2)
    monkeypatch.setattr(source, "MOST_GAPS", 2)
    for cursor in (2, 4, 6, 8):
        put_at(sql, cursor, f"INV-{cursor}")
    page = fetch(sql)
    assert (seen(page), page.more) == (["INV-2", "INV-4"], False)
    with pytest.raises(SourceUnavailable, match="cannot watch them all"):
        fetch(sql, page.next)
    sql.later(901)
    assert seen(fetch(sql, page.next)) == ["INV-6", "INV-8"]


def test_rows_of_one_number_are_not_torn_apart(bare):
    bare.run("CREATE TABLE iman_outbox (cursor integer, type varchar(40), payload text, at text)")
    for place, cursor in enumerate((1, 2, 2, 2, 3)):
        bare.run(
            "INSERT INTO iman_outbox VALUES (:cursor, 'document', :payload, NULL)",
            cursor=cursor, payload=json.dumps(make_payload(f"INV-{place}")),
        )  # fmt: skip
    bare.status = ""
    assert seen(fetch(bare, limit=3)) == ["INV-0"]
    assert len(fetch(bare, "1", limit=3).events) == 3
    with pytest.raises(SourceUnavailable, match="must give every row its own"):
        fetch(bare, "1", limit=2)


def test_a_cursor_of_another_source_is_told(sql):
    with pytest.raises(SourceUnavailable, match="not one of ours"):
        asyncio.run(sql.source().fetch(after="feed-17", limit=5))
