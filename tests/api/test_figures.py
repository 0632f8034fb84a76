"""What the overview asks for, over HTTP: windows, zones, scopes, and a person's preferences."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from iman.domain.people import Role
from iman.domain.retry import GiveUp, RetryAt
from iman.ledger import figures, read_model
from iman.reading import frames, open_reading
from iman.reading.reading import DocumentFilter, Refusals, Scope, Window
from tests.api.serving import Served, serving
from tests.builders import NOW, refused


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("figures")) as served:
        books = served.books
        books.arrive("INV-1")
        books.finish(books.claim_one(), refused(), RetryAt(NOW, burnt=True))
        books.finish(books.claim_one(), refused(), GiveUp())
        books.ledger.write(lambda conn: figures.look(conn, now=books.now)).result()
        books.later(3600 * 2)
        yield served


TABLES = {
    "history": frames.HISTORY,
    "busy_hours": frames.BUSY_HOURS,
    "retries": frames.RETRIES,
    "failures": frames.FAILURES,
    "series": frames.SERIES,
}


@pytest.mark.parametrize(
    "window", [Window(hours=24), Window(hours=24 * 30, zone="Australia/Perth")]
)
def test_both_ways_of_reading_answer_the_same(lived: Served, window: Window):
    with lived.client(Role.MANAGER) as client:
        over_api = open_reading(client, None)
        reader, now = lived.books.ledger.reader(), lived.books.now
        for name, columns in TABLES.items():
            found = getattr(over_api, name)(window)
            assert tuple(found.columns) == columns
            plain = getattr(figures, name, None) or getattr(read_model, name)
            own = plain(reader, read_model.Window(window.hours, now, zone=window.zone)).to_pandas()
            assert found.astype(str).values.tolist() == own.astype(str).values.tolist()
        assert tuple(over_api.met_causes(window).columns) == frames.MET_CAUSES
        assert tuple(over_api.marks(window).columns) == frames.MARKS
        due = over_api.period_end(date(2026, 11, 30))
        assert due["documents"].tolist() == [1]
        assert over_api.companies() == ["SERC"]
        assert (over_api.queue().depth, over_api.queue().trend) == (0, "empty")


def test_a_window_may_end_before_now(lived: Served):
    with lived.client() as client:
        reading = open_reading(client, None)
        ended = Window(hours=5, until=NOW + timedelta(hours=1))
        assert reading.overview(ended).refused == 2
        earlier = Window(hours=5, until=NOW)
        assert reading.overview(earlier).refused == 0
        elsewhere = Scope(company="OTHER")
        assert reading.overview(ended, elsewhere).refused == 0


def test_the_list_behind_a_bar_comes_over_the_api_too(lived: Served):
    with lived.client() as client:
        reading = open_reading(client, None)

        def numbers(**bounds):
            refusals = Refusals(since=NOW, until=NOW + timedelta(hours=1), **bounds)
            wanted = DocumentFilter(error_type="terms_missing", refused=refusals)
            return reading.documents(wanted).frame["number"].tolist()

        assert numbers() == ["INV-1"]
        assert numbers(weekday=2, hour=16, zone="Australia/Sydney") == ["INV-1"]
        assert numbers(weekday=2, hour=17, zone="Australia/Sydney") == []
        early = DocumentFilter(dated_to=date(2020, 1, 1))
        assert reading.documents(early).total == 0


def test_preferences_are_remembered_for_each_person(lived: Served):
    with lived.client(Role.MANAGER) as manager, lived.client(Role.SUPPORT) as support:
        manager.prefer("tour", "done")
        assert manager.preferences() == {"tour": "done"}
        assert support.preferences() == {}


@pytest.mark.parametrize("name", ["Tour", "x" * 41, "a-b", "a%20b"])
def test_a_preferences_name_is_plain(lived: Served, name: str):
    assert lived.call("PUT", f"/me/preferences/{name}", json={"value": "1"}).status_code == 422


@pytest.mark.parametrize("wrong", ["zone=Moon/Base", "until=2026-11-24", "until=x", "hours=0"])
def test_a_window_nobody_can_read_is_told(lived: Served, wrong: str):
    answer = lived.call("GET", f"/history?{wrong}")
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "message"}


def test_a_window_of_all_time_is_refused_and_fills_no_memory(served: Served):
    """It is taken apart into quarters of an hour, and a caller may ask for any two moments."""
    ages = {"refused_from": "1901-01-02T00:00:00Z", "refused_to": "8999-12-30T00:00:00Z"}
    for path in ("/documents", "/documents/1/neighbours", "/exports/documents"):
        answer = served.call("GET", path, params=ages)
        assert answer.status_code == 409, path
        assert "three years at most" in answer.json()["message"]
    years = {"refused_from": "2024-01-01T00:00:00Z", "refused_to": "2026-12-31T00:00:00Z"}
    assert served.call("GET", "/documents", params=years).status_code == 200


def test_a_moment_at_the_end_of_time_is_no_moment(served: Served):
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"):
        for path in ("/series", "/overview", "/failures", "/counts", "/marks"):
            answer = served.call("GET", path, params={"until": moment})
            assert answer.status_code in (200, 422), (path, answer.text)
        for name in ("began_from", "began_to", "refused_from"):
            assert served.call("GET", "/documents", params={name: moment}).status_code == 422
        body = {"reason": "x", "until": moment}
        assert served.call("POST", "/documents/1/park", json=body).status_code == 422
    assert (
        served.call("GET", "/series", params={"until": "0001-01-01T00:00:00Z"}).status_code == 422
    )
