"""A spoilt row becomes a thing to look at, and hides no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iman.domain.feed import DocumentArrived, ResyncRequested, Unreadable
from iman.gateways.byondpro_feed import read_page
from iman.gateways.sql_source.rows import event_of, whole_number
from tests.builders import make_event, make_payload
from tests.gateways.sql_source.sources import fetch
from tests.gateways.test_byondpro_feed import JSON

RESYNC = {"entry_type": "invoice", "number": "INV-1", "company": "SERC", "by": "jo.clark"}
DEEP = "[" * 50_000 + "]" * 50_000


def row(kind="document", payload=None, **more):
    payload = json.dumps(make_payload()) if payload is None else payload
    return {"cursor": 17, "type": kind, "payload": payload, "at": None, **more}


# -- what a payload may be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        json.dumps(make_payload()),
        json.dumps(make_event()),
        make_payload(),
        make_event(),
        json.dumps(make_payload()).encode(),
        json.dumps(make_payload()).encode("utf-16-le"),
        memoryview(json.dumps(make_payload()).encode()),
    ],
)
@pytest.mark.parametrize("kind", ["document", "document  "])
def test_a_document_alone_or_in_its_event_as_any_driver_gives_it(payload, kind):
    event = event_of(row(kind, payload))
    assert isinstance(event, DocumentArrived)
    assert (event.cursor, event.key.number) == ("sql:17", "INV-010319")


def test_a_type_and_moment_may_stand_in_the_payload():
    whole = {"type": "resync_requested", "at": "2026-11-24T16:04:00+11:00", **RESYNC}
    event = event_of({"cursor": 1, "payload": json.dumps(whole)})
    assert isinstance(event, ResyncRequested)
    assert event.requested_at == datetime(2026, 11, 24, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 24, 5, 4),  # noqa: DTZ001 -- as a driver gives it
        datetime(2026, 11, 24, 5, 4, tzinfo=UTC),
        datetime(2026, 11, 24, 16, 4, tzinfo=timezone(timedelta(hours=11))),
        "2026-11-24 05:04:00",
        "2026-11-24T05:04:00Z",
        " 2026-11-24T16:04:00.000000+11:00 ",
    ],
)
def test_a_moment_without_a_zone_is_utc(at):
    event = event_of(row("resync_requested", json.dumps(RESYNC), at=at))
    assert event.requested_at == datetime(2026, 11, 24, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "payload", "why"),
    [
        ("document", "", "not JSON"),
        ("document", "{", "not JSON"),
        ("document", b"\xff\xfe\x00", "no text"),
        ("document", "[]", "no JSON object"),
        ("document", "null", "no JSON object"),
        ("document", "{}", "entry_type: Field required"),
        ("document", DEEP, "nested too deeply"),
        ("document", '{"revision": ' + "9" * 5000 + "}", "could not be read"),
        ("sonnet", "{}", "its type is 'sonnet'"),
        (None, "{}", "its type is None"),
        (5, "{}", "its type is 5"),
        ("resync_requested", json.dumps(RESYNC), "at: Field required"),
    ],
)
def test_a_spoilt_row_says_why(kind, payload, why):
    event = event_of(row(kind, payload))
    assert isinstance(event, Unreadable)
    assert why in event.reason
    assert event.cursor == "sql:17"
    assert len(event.excerpt) <= 2000


def test_a_row_without_payload_is_spoilt():
    event = event_of({**row(), "payload": None})
    assert "it has no payload" in event.reason


@pytest.mark.parametrize(
    ("found", "number"),
    [(5, 5), (Decimal(5), 5), (Decimal("5.5"), None), ("5", None), (5.0, None), (True, None)],
)
def test_only_whole_numbers_are_cursors(found, number):
    assert whole_number(found) == number


moments = st.none() | st.text() | st.datetimes() | st.datetimes(timezones=st.just(UTC))


@given(
    st.sampled_from(["document", "resync_requested"]) | st.none() | st.text(),
    st.none() | st.text() | st.binary() | JSON | JSON.map(json.dumps),
    moments | st.integers() | st.floats(),
)
def test_nothing_in_a_row_is_raised(kind, payload, at):
    event = event_of({"cursor": 1, "type": kind, "payload": payload, "at": at})
    assert event.cursor == "sql:1"
    json.dumps(event.excerpt if isinstance(event, Unreadable) else "").encode()


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(make_payload(), JSON)))
def test_a_row_is_read_as_the_feed_reads_it(changes):
    document = make_payload() | changes
    (fed,) = read_page({"events": [make_event(document, cursor="sql:17")]}).events
    stored = event_of(row(payload=json.dumps(document)))
    if isinstance(fed, Unreadable):
        assert stored.reason == fed.reason
    else:
        assert stored == fed


# -- in a database --------------------------------------------------------------------------------


def seen(page):
    return [
        "spoilt" if isinstance(event, Unreadable) else event.key.number for event in page.events
    ]


def test_spoilt_rows_hide_no_others(bare):
    kind = "text" if bare.dialect == "postgresql" else "TEXT"
    bare.run(f"CREATE TABLE iman_outbox (cursor integer, type {kind}, payload {kind}, at {kind})")
    payloads = [json.dumps(make_payload("INV-1")), "{", None, "[]", DEEP[:4000] + DEEP[-4000:],
                json.dumps(make_payload("INV-2", entry_type="limerick")),
                json.dumps(make_payload("INV-3"))]  # fmt: skip
    for place, payload in enumerate(payloads, 1):
        bare.run(
            "INSERT INTO iman_outbox VALUES (:place, 'document', :payload, 'never')",
            place=place, payload=payload,
        )  # fmt: skip
    page = fetch(bare)
    assert seen(page) == ["INV-1", "spoilt", "spoilt", "spoilt", "spoilt", "spoilt", "INV-3"]
    assert page.next == "7"


@pytest.mark.xdist_group("postgres")
def test_a_value_the_driver_cannot_read_spoils_its_row_alone(pg):
    pg.put("INV-1")
    for at in ("infinity", "0044-01-01 BC"):
        pg.run(
            "INSERT INTO iman_outbox (type, payload, at) "
            "VALUES ('document', :payload, CAST(:at AS timestamptz))",
            payload=json.dumps(make_payload("INV-2")), at=at,
        )  # fmt: skip
    pg.put("INV-3")
    page = fetch(pg)
    assert seen(page) == ["INV-1", "spoilt", "spoilt", "INV-3"]
    assert page.events[1].cursor == "sql:2"
    assert "cannot hand it out" in page.events[1].reason
    assert page.next == "4"
    assert seen(fetch(pg, limit=2)) == ["INV-1", "spoilt"]


@pytest.mark.xdist_group("postgres")
def test_numbers_json_writes_at_any_length_spoil_their_row_alone(pg):
    pg.put("INV-1")
    pg.put_row("document", json.dumps(make_payload("INV-2")).replace("1,", "9" * 5000 + ",", 1))
    pg.put("INV-3")
    assert seen(fetch(pg)) == ["INV-1", "spoilt", "INV-3"]


@pytest.mark.xdist_group("postgres")
def test_a_view_that_fails_on_one_row_spoils_it_alone(pg):
    pg.put("INV-1", "INV-2", "INV-3")
    pg.run(
        "CREATE VIEW failing AS SELECT cursor, type, at, "
        "CASE WHEN cursor = 2 THEN (1 / (cursor - 2))::text ELSE payload::text END AS payload "
        "FROM iman_outbox"
    )
    pg.names = {"name": "failing"}
    assert seen(fetch(pg)) == ["INV-1", "spoilt", "INV-3"]


def test_text_that_is_no_text_spoils_its_row_alone(tmp_path):
    from tests.gateways.sql_source.sources import sqlite

    lite = sqlite(tmp_path).create()
    lite.put("INV-1")
    lite.run("INSERT INTO iman_outbox (type, payload) VALUES ('document', CAST(x'ff' AS TEXT))")
    lite.put("INV-3")
    assert seen(fetch(lite)) == ["INV-1", "spoilt", "INV-3"]
