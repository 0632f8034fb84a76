"""The audit trail: whatever is done to it afterwards is found, and the first broken link named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iman.ledger import audit
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.migrate import migrate, migrations
from tests.builders import NOW
from tests.ledger.books import Books

EVENTS = 9
COLUMNS = (*audit.FIELDS, "previous_hash", "hash")
TEXTS = [name for name in COLUMNS if name not in ("event_id", "happened_at", "allowed")]


def make_event(**overrides: Any) -> audit.AuditEvent:
    values: dict[str, Any] = {
        "who": "ada",
        "role": "admin",
        "action": "pause",
        "target": "receipt",
        "allowed": True,
        "reason": "Sage 300 is being updated",
        "origin": "dashboard 127.0.0.1",
        "before": "pushing",
        "after": "paused",
    }
    return audit.AuditEvent(**{**values, **overrides})


def append(ledger: DuckDBLedger, *events: audit.AuditEvent) -> None:
    for number, event in enumerate(events):
        moment = NOW + timedelta(microseconds=number)
        ledger.write(
            lambda conn, e=event, at=moment: audit.write_audit(conn, ledger.ids, e, now=at)
        ).result()


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A trail of nine events in a file, and beside it a copy to begin anew from."""
    path = tmp_path_factory.mktemp("audit") / "ledger.duckdb"
    ledger = DuckDBLedger(path, now=NOW, inline=True)
    append(ledger, *(make_event(who=f"ada{n}", allowed=n % 2 == 0) for n in range(EVENTS)))
    ledger.close()
    with duckdb.connect(str(path)) as conn:
        conn.execute("CREATE TABLE good AS SELECT * FROM audit_events ORDER BY event_id")
        conn.execute("CREATE TABLE good_head AS SELECT * FROM audit_head")
        yield conn


def begin_anew(conn: duckdb.DuckDBPyConnection) -> None:
    conn.execute("DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM good")
    conn.execute("DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM good_head")


def broken(conn: duckdb.DuckDBPyConnection, **known: Any) -> audit.Broken:
    found = audit.verify(conn, **known).broken
    assert found is not None
    return found


def test_a_trail_that_nobody_touched_is_whole(trail: duckdb.DuckDBPyConnection):
    begin_anew(trail)
    found = audit.verify(trail)
    assert found.broken is None
    assert found.head.events == EVENTS
    assert audit.verify(trail, found.head).broken is None
    assert {len(row[0]) for row in trail.execute("SELECT hash FROM audit_events").fetchall()} == {
        64
    }


@settings(max_examples=150)
@given(data=st.data())
def test_any_byte_that_is_changed_is_found(trail: duckdb.DuckDBPyConnection, data: st.DataObject):
    begin_anew(trail)
    event = data.draw(st.integers(1, EVENTS), label="event")
    column = data.draw(st.sampled_from(COLUMNS), label="column")
    found = trail.execute(f"SELECT {column} FROM audit_events WHERE event_id = {event}").fetchone()  # noqa: S608 -- a column's name
    assert found is not None
    before = found[0]
    if column in TEXTS:
        old = before.encode()
        if old:
            at = data.draw(st.integers(0, len(old) - 1), label="byte")
            byte = data.draw(st.integers(1, 127).filter(lambda b: b != old[at]), label="becomes")
            after: Any = (old[:at] + bytes([byte]) + old[at + 1 :]).decode()
        else:
            after = data.draw(st.text("ab\x00", min_size=1, max_size=2), label="becomes")
    elif column == "allowed":
        after = not before
    elif column == "event_id":
        after = before ^ (1 << data.draw(st.integers(0, 62), label="bit"))
    else:
        after = before + timedelta(microseconds=data.draw(st.sampled_from([-1, 1, 256, 65536])))
    trail.execute(f"UPDATE audit_events SET {column} = $v WHERE event_id = {event}", {"v": after})  # noqa: S608 -- as above
    link = broken(trail)
    if column not in ("event_id", "previous_hash"):
        assert (link.event_id, link.place) == (str(event), event)
        assert link.why == "its content is not what was written"


@settings(max_examples=60)
@given(data=st.data())
def test_what_is_removed_added_or_moved_is_found(
    trail: duckdb.DuckDBPyConnection, data: st.DataObject
):
    begin_anew(trail)
    kind = data.draw(st.sampled_from(["remove", "swap", "copy", "replay", "empty"]))
    first = data.draw(st.integers(1, EVENTS))
    last = data.draw(st.integers(first, EVENTS))
    if kind == "remove":
        trail.execute(f"DELETE FROM audit_events WHERE event_id BETWEEN {first} AND {last}")  # noqa: S608 -- numbers
    elif kind == "swap":
        other = first % EVENTS + 1
        trail.execute(
            "UPDATE audit_events SET event_id = CASE event_id "  # noqa: S608 -- as above
            f"WHEN {first} THEN {other} ELSE {first} END WHERE event_id IN ({first}, {other})"
        )
    elif kind == "copy":
        trail.execute(f"INSERT INTO audit_events SELECT * FROM good WHERE event_id = {first}")  # noqa: S608 -- as above
    elif kind == "replay":
        trail.execute(
            f"INSERT INTO audit_events SELECT * REPLACE (event_id + 100 AS event_id) FROM good "  # noqa: S608 -- as above
            f"WHERE event_id = {first}"
        )
    else:
        column = data.draw(st.sampled_from(["previous_hash", "hash", "old_value", "request_id"]))
        trail.execute(f"UPDATE audit_events SET {column} = NULL WHERE event_id = {first}")  # noqa: S608 -- as above
    broken(trail)


def test_a_forged_event_at_the_end_is_found(trail: duckdb.DuckDBPyConnection):
    begin_anew(trail)
    trail.execute(
        "INSERT INTO audit_events SELECT * REPLACE (10 AS event_id, hash AS previous_hash) "
        "FROM good WHERE event_id = 9"
    )
    told = trail.execute(audit._SQL["links"]).fetchall()[-1]
    trail.execute(
        "UPDATE audit_events SET hash = $hash WHERE event_id = 10",
        {"hash": audit.link(told[:-2], told[-2])},
    )
    link = broken(trail)
    assert link.event_id is None
    assert "added or replaced" in link.why


def test_events_removed_at_the_end_are_counted(trail: duckdb.DuckDBPyConnection):
    begin_anew(trail)
    trail.execute("DELETE FROM audit_events WHERE event_id > 6")
    assert broken(trail).why == "3 events at the end were removed"
    trail.execute("DELETE FROM audit_head")
    assert "missing" in broken(trail).why


def test_only_a_head_kept_elsewhere_tells_of_a_chain_that_was_forged_whole(
    trail: duckdb.DuckDBPyConnection,
):
    begin_anew(trail)
    kept = audit.verify(trail).head
    trail.execute("DELETE FROM audit_events WHERE event_id > 6")
    audit.chain(trail)
    assert audit.verify(trail).broken is None  # the limit, as docs/audit.md states it
    assert (
        broken(trail, known=kept).why == "the head kept elsewhere names 9 events, and there are 6"
    )
    begin_anew(trail)
    trail.execute("UPDATE audit_events SET who = 'eve' WHERE event_id = 2")
    audit.chain(trail)
    assert broken(trail, known=kept).event_id == "9"


def test_events_from_before_the_chain_are_chained(tmp_path: Path):
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as conn:
        conn.execute("CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, at2 TIMESTAMP)")
        for number, script in migrations():
            if number < 9:
                conn.execute(script)
                conn.execute("INSERT INTO schema_migrations VALUES ($n, now())", {"n": number})
        conn.execute(
            "INSERT INTO audit_events SELECT r, now() AT TIME ZONE 'UTC', 'ada', 'admin', 'pause', "
            "'all', TRUE, 'why', 'api' FROM range(1, 2001) t(r)"
        )
        migrate(conn)
        found = audit.verify(conn)
    assert (found.head.events, found.broken) == (2000, None)


def test_the_number_of_the_call_is_kept(books: Books):
    token = audit.current_request.set("0a1b2c")
    try:
        append(books.ledger, make_event())
    finally:
        audit.current_request.reset(token)
    append(books.ledger, make_event(reason="\x00 \x1b[31m ‮ ﷽ ünïcode", target=""))
    told = books.rows("SELECT request_id, old_value, new_value FROM audit_events ORDER BY event_id")
    assert [tuple(row.values()) for row in told] == [
        ("0a1b2c", "pushing", "paused"),
        ("", "pushing", "paused"),
    ]
    assert audit.verify(books.ledger.reader()).broken is None
    books.reopened()
    append(books.ledger, make_event())
    found = audit.verify(books.ledger.reader())
    assert (found.head.events, found.broken) == (3, None)
