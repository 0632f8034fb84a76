"""Pages of lists, against plain SQL over every document, on a ledger with some history."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from iman.bench.seed_ledger import refusals
from iman.ledger import figures, listing, read_model, search
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.read_model import Refusals
from iman.ledger.seeding import Seed, make

UNTIL = datetime(2026, 11, 24, 5, tzinfo=UTC)
PLAIN = """
SELECT d.document_id AS id, d.*, s.state, s.due_at, s.error_type, s.entity, s.error_text,
       coalesce(s.first_failed_at, d.received_at) AS began,
       coalesce(d.document_date, CAST(d.received_at AS DATE)) AS dated
FROM documents d JOIN (
    SELECT document_id, state, due_at, error_type, entity, error_text, first_failed_at
    FROM open_documents
    UNION ALL SELECT document_id, state, NULL, NULL, NULL, NULL, first_failed_at FROM closings
) s USING (document_id)
"""
WINDOW = Refusals(since=UNTIL - timedelta(days=9), until=UNTIL - timedelta(days=2))
HOURS = Refusals(
    since=UNTIL - timedelta(days=50), until=UNTIL, weekday=2, hour=11, zone="Australia/Adelaide"
)
FILTERS = [
    {},
    {"states": ["synced"]},
    {"states": ["failed", "synced"], "entry_type": "invoice"},
    {"states": ["waiting", "parked"]},
    {"company": "SERDAT", "site": "RIV"},
    {"company": "OTHER"},
    {"error_type": "terms_missing"},
    {"entity": "F48", "states": ["failed", "synced"]},
    {"search": "INV-00001"},
    {"search": "ELLISON"},
    {"search": "f48"},
    {"search": "%"},
    {"search": "4711"},
    {"search": "hgh-0000"},
    {"search": "edith nguyen"},
    {"search": "ellison", "site": "HGH", "states": ["synced", "failed"]},
    {"search": "grace", "began_from": UNTIL - timedelta(days=30), "began_to": UNTIL},
    {"search": "ellison", "dated_to": date(2026, 11, 1)},
    {"search": "ellison", "refused": WINDOW},
    {"search": "is not defined in a/r terms"},
    {"search": "margaret papadopoulos"},
    {"began_from": UNTIL - timedelta(days=5), "began_to": UNTIL - timedelta(days=1)},
    {"dated_to": date(2026, 11, 1), "site": "HGH"},
    {"refused": WINDOW},
    {"refused": WINDOW, "error_type": "terms_missing", "states": ["synced"]},
    {"refused": HOURS},
    {"refused": replace(WINDOW, since=WINDOW.since + timedelta(seconds=1))},
    {"refused": replace(HOURS, hour=None, until=UNTIL - timedelta(minutes=1))},
]
ORDERS = {
    "newest": lambda row: (-row["began"].timestamp(), -row["id"]),
    "oldest": lambda row: (row["began"].timestamp(), -row["id"]),
    "amount": lambda row: (-row["amount"], -row["id"]),
    "number": lambda row: (row["number"], -row["id"]),
    "next_try": lambda row: (row["due_at"] or datetime.max, -row["id"]),  # noqa: DTZ901 -- as kept
}


@pytest.fixture(scope="module", params=["read", "sorted"])
def ledger(request, tmp_path_factory):
    """One too small for the search, so that all is read; and one whose words are in all its parts,
    with bounds where a large ledger has them."""
    path = tmp_path_factory.mktemp("listing") / "ledger.duckdb"
    kinds, fingerprint = refusals()
    wanted = Seed(documents=4000, attempts=12_000, seed=3, days=60, until=UNTIL)
    make(path, wanted, kinds, fingerprint=fingerprint, say=lambda _: None)
    opened = DuckDBLedger(path, now=UNTIL, inline=True)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "sorted":
            patch.setattr(listing, "_READ_WHOLE", 100)
            with contextlib.closing(opened.new_reader()) as cursor:
                while search.step(cursor, stretch=190):
                    pass
                kept = search.kept(cursor)
            assert (kept.sorted, kept.late) == (True, True)
            assert 0 < search.behind(opened.reader()) < 190
        yield opened
    opened.close()


def rows(conn, sql, **values):
    cursor = conn.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


PAGES = [(50, 0), (7, 13), (50, 3990), (3, 10**6)]


@pytest.fixture(scope="module")
def every(ledger):
    return rows(ledger.reader(), PLAIN)


def refused_then(conn, refused, error_type):
    found = rows(
        conn,
        "SELECT document_id FROM outcomes WHERE outcome = 'refused' AND ended_at >= $since"
        " AND ended_at < $until AND ($kind IS NULL OR error_type = $kind)"
        " AND ($day IS NULL OR extract(isodow FROM ended_at AT TIME ZONE 'UTC' AT TIME ZONE $zone)"
        " = $day) AND ($hour IS NULL OR extract(hour FROM ended_at AT TIME ZONE 'UTC'"
        " AT TIME ZONE $zone) = $hour)",
        since=refused.since.replace(tzinfo=None), until=refused.until.replace(tzinfo=None),
        kind=error_type, day=refused.weekday, hour=refused.hour, zone=refused.zone,
    )  # fmt: skip
    return {row["document_id"] for row in found}


def begins_a_word(word, text):
    """Whether *word* stands in *text* where a word begins; its zeros count, or none of them."""
    for place in range(len(text)):
        begins = place == 0 or (text[place].isalnum() and not text[place - 1].isalnum())
        rest = text[place:]
        bare = rest.lstrip("0")
        if begins and (rest.startswith(word) or (bare[:1].isalnum() and bare.startswith(word))):
            return True
    return False


def plainly(conn, every, **wanted):
    """What *wanted* means, told row by row."""
    found = every
    for name in ("entry_type", "site", "company", "entity"):
        if name in wanted:
            found = [row for row in found if row[name] == wanted[name]]
    if "states" in wanted:
        found = [row for row in found if row["state"] in wanted["states"]]
    if "refused" in wanted:
        ids = refused_then(conn, wanted["refused"], wanted.get("error_type"))
        found = [row for row in found if row["id"] in ids]
    elif "error_type" in wanted:
        found = [row for row in found if row["error_type"] == wanted["error_type"]]
    if "began_from" in wanted:
        since, to = (wanted[n].replace(tzinfo=None) for n in ("began_from", "began_to"))
        found = [row for row in found if since <= row["began"] < to]
    if "dated_to" in wanted:
        found = [row for row in found if row["dated"] <= wanted["dated_to"]]
    if "search" in wanted:
        told = ("number", "booking", "customer", "customer_name")
        word = wanted["search"].lower()
        found = [
            row
            for row in found
            if any(begins_a_word(word, row[n].lower()) for n in told)
            or word in (row["error_text"] or "").lower()
        ]
    return found


@pytest.mark.parametrize("place", range(len(FILTERS)))
def test_a_page_holds_what_plain_sql_finds(ledger, every, place):
    conn, wanted = ledger.reader(), FILTERS[place]
    matching = plainly(conn, every, **wanted)
    pages = [(50, 0), (7, 13), (3, 10**6)] if "search" in wanted else PAGES
    for order, (limit, offset) in product(ORDERS, pages):
        expected = [row["id"] for row in sorted(matching, key=ORDERS[order])]
        found, total = listing.documents(conn, limit=limit, offset=offset, order=order, **wanted)
        assert (total, found["id"].to_pylist()) == (
            len(matching), expected[offset : offset + limit],
        )  # fmt: skip
    tables = listing.all_documents(conn, rows=500, order="amount", **wanted)
    ids = [one for found in tables for one in found["id"].to_pylist()]
    assert ids == [row["id"] for row in sorted(matching, key=ORDERS["amount"])]


def test_a_page_and_a_file_tell_the_same_of_each_document(ledger):
    conn = ledger.reader()
    for order in ORDERS:
        page, _ = listing.documents(conn, limit=200, offset=10, order=order)
        whole = next(listing.all_documents(conn, rows=210, order=order))
        assert page.to_pylist() == whole.slice(10, 200).to_pylist()


def test_a_hand_closed_document_is_listed_and_counted_and_gone_when_it_is_reopened(ledger):
    from iman.ledger import by_hand, rollups

    conn = ledger.reader()
    failed, _ = listing.documents(conn, states=["failed"], limit=1)
    one = failed["id"][0].as_py()
    asked = {"states": ["settled"], "search": failed["number"][0].as_py()}
    ledger.write(
        lambda c: by_hand.settle(
            c, ledger.ids, one, how="already_in_sage", reference="9-9", reason="", who="ada",
            now=UNTIL,
        )
    ).result()  # fmt: skip
    found, total = listing.documents(conn, **asked)
    assert (found["id"].to_pylist(), total) == ([one], 1)
    assert listing.documents(conn, states=["settled"])[1] == 1
    assert figures.look(conn, now=UNTIL + timedelta(hours=3))  # totals are folded
    ledger.write(
        lambda c: by_hand.reopen(
            c, ledger.ids, one, reason="", who="ada", now=UNTIL + timedelta(hours=4)
        )
    ).result()
    assert listing.documents(conn, states=["settled"])[1] == 0
    assert listing.documents(conn)[1] == 4000
    assert rollups.differences(conn) == {}
    totals = rows(
        conn, "SELECT entry_type, state, sum(documents) AS n FROM closed_totals GROUP BY 1, 2"
    )
    assert sum(row["n"] for row in totals if row["state"] == "synced") == sum(
        read_model.counts(conn)["synced"].to_pylist()
    )
