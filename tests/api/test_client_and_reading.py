"""The client's promises, and the two ways to read: over the API and from the file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pandas as pd
import pytest

from iman.api.client import DaemonClient
from iman.api.people_client import PeopleClient
from iman.domain.document import DocumentState, EntryType
from iman.domain.people import Role
from iman.domain.retry import Done, GiveUp
from iman.errors import (
    DaemonRefused,
    DaemonUnavailable,
    LedgerError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooManySignIns,
)
from iman.reading import frames, open_reading
from iman.reading.reading import LAST_DAY, DocumentFilter
from tests.api.serving import PASSWORDS, Served, serving
from tests.builders import accepted, make_unreadable, refused


def fill(served: Served) -> None:
    books = served.books
    books.arrive("INV-1", amount="0.10")
    books.finish(books.claim_one(), refused(), GiveUp())
    books.later(60)
    books.arrive("INV-2", amount="0.20")
    books.finish(books.claim_one(), accepted("187-1"), Done("187-1"))
    books.arrive("INV-3", amount="spoilt")
    books.receive(make_unreadable())


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("filled")) as found:
        fill(found)
        yield found


# -- the client's errors -----------------------------------------------------------------------


def test_the_client_raises_what_the_api_answers(fresh: Served):
    fill(fresh)
    with fresh.client() as admin:
        with pytest.raises(NotFound, match="no document 404"):
            admin.document(404)
        with pytest.raises(NotFound, match="INV-404"):
            admin.find("invoice", "INV-404")
        with pytest.raises(DaemonRefused, match="INV-2 is synced"):
            admin.resync(admin.find("", "INV-2"))
    with fresh.client(Role.MANAGER) as manager:
        with pytest.raises(NotAllowed, match="ask an admin"):
            manager.resync(1)
        manager.sign_out()
        with pytest.raises(NotSignedIn):
            manager.me()
    with fresh.client(None) as stranger:
        with pytest.raises(NotSignedIn):
            stranger.overview(hours=1)
        for _ in range(5):
            with pytest.raises(NotSignedIn, match="name or the password"):
                stranger.sign_in("admin", "wrong")
        with pytest.raises(TooManySignIns):
            stranger.sign_in("admin", PASSWORDS[Role.ADMIN])


QUESTIONS: list[Callable[[DaemonClient], object]] = [
    lambda client: client.health(),
    lambda client: client.me(),
    lambda client: client.overview(hours=1),
    lambda client: client.document(1),
    lambda client: client.find("", "INV-1"),
    lambda client: client.neighbours(1, {}),
    lambda client: client.sites(),
    lambda client: PeopleClient(client).users(),
    lambda client: client.table("/counts"),
    lambda client: client.resync(1),
]


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize(
    "fault", ["connect", "lost", "html", "other json", "empty", "500", "404 of another server"]
)
def test_whatever_is_wrong_with_the_daemon_is_told_as_our_own_error(ask, fault):
    def answers(request: httpx.Request) -> httpx.Response:
        match fault:
            case "connect":
                raise httpx.ConnectError("refused", request=request)
            case "lost":
                raise httpx.ReadTimeout("cut", request=request)
            case "html":
                return httpx.Response(200, text="<html>Jenkins</html>")
            case "other json":
                return httpx.Response(200, json={"status": "UP"})
            case "empty":
                return httpx.Response(200)
            case "500":
                return httpx.Response(500, text="<html>")
            case _:
                return httpx.Response(404, text="<html>")

    transport = httpx.MockTransport(answers)
    with (
        httpx.Client(base_url="http://daemon.test", transport=transport) as http,
        pytest.raises(DaemonUnavailable),
    ):
        ask(DaemonClient(http))


# -- Arrow and JSON ----------------------------------------------------------------------------

TABLES = ["/counts", "/documents", "/failures", "/open-errors", "/intake-problems", "/audit"]


@pytest.mark.parametrize("path", TABLES)
def test_arrow_and_json_say_the_same(filled: Served, path: str):
    as_json = filled.call("GET", path).json()
    with filled.client() as client:
        table = client.table(path)
    assert as_json["total"] == int((table.schema.metadata or {}).get(b"total", table.num_rows))
    assert len(as_json["rows"]) == table.num_rows > 0
    for told, row in zip(as_json["rows"], table.to_pylist(), strict=True):
        assert list(told) == table.column_names
        for name, value in row.items():
            if value is None or isinstance(value, str | int | bool):
                assert told[name] == value
            else:
                assert pd.Timestamp(told[name]) == value if hasattr(value, "tzinfo") else True


def test_money_is_exact_on_the_wire(filled: Served):
    with filled.client() as client:
        found = client.overview(hours=24)
        assert str(found.failed_amount) == "0.100"
        table = client.table("/documents", {"order": "number"})
    assert [str(amount) for amount in table["amount"].to_pylist()] == ["0.100", "0.200", "None"]


# -- the two readings --------------------------------------------------------------------------


def answers_of(reading) -> dict[str, object]:
    wanted = DocumentFilter(entry_type=EntryType.INVOICE, order="number")
    page = reading.documents(wanted, limit=2)
    return {
        "counts": reading.counts(),
        "page": page.frame,
        "total": page.total,
        "failed": reading.documents(DocumentFilter(states=(DocumentState.FAILED,))).frame,
        "open_errors": reading.open_errors(),
        "problems": reading.intake_problems(),
        "sites": reading.sites(),
        "document": reading.document(1),
        "neighbours": reading.document_neighbours(wanted, 2),
    }


def same(one: object, other: object) -> bool:
    if isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
        return True
    return one == other


def test_over_the_api_and_from_the_file_the_answers_are_the_same(tmp_path: Path):
    with serving(tmp_path) as served:
        fill(served)
        with served.client(Role.MANAGER) as client:
            reading = open_reading(client, tmp_path / "ledger.duckdb")
            status = reading.status()
            assert status.available
            over_api = answers_of(reading)
    with httpx.Client(base_url=served.url, trust_env=False) as http:
        away = open_reading(DaemonClient(http), tmp_path / "ledger.duckdb")
        status = away.status()
        assert not status.available
        assert status.health is None
        from_file = answers_of(away)
        assert away.overview(LAST_DAY).failed == 1
        assert tuple(away.failures(LAST_DAY).columns) == frames.FAILURES
        with pytest.raises(NotFound):
            away.document(404)
    assert over_api.keys() == from_file.keys()
    for name in over_api:
        assert same(over_api[name], from_file[name]), name
    assert tuple(from_file["counts"].columns) == frames.COUNTS
    assert tuple(from_file["page"].columns) == frames.DOCUMENTS


def test_reading_a_file_changes_nothing_and_holds_nothing(tmp_path: Path):
    with serving(tmp_path):
        pass
    path = tmp_path / "ledger.duckdb"
    before = path.read_bytes()
    with httpx.Client(base_url="http://127.0.0.1:9", trust_env=False) as http:
        reading = open_reading(DaemonClient(http), path)
        reading.counts()
    assert path.read_bytes() == before
    with serving(tmp_path):  # a daemon can start at once
        pass


def test_without_a_daemon_and_without_a_file_the_status_says_so(tmp_path: Path):
    with httpx.Client(base_url="http://127.0.0.1:9", trust_env=False) as http:
        reading = open_reading(DaemonClient(http), tmp_path / "none.duckdb")
        status = reading.status()
        assert not status.available
        assert "no ledger at none.duckdb yet" in status.reason
        with pytest.raises(LedgerError):
            reading.counts()


def test_a_session_that_ended_is_not_taken_for_a_daemon_that_is_away(filled: Served):
    with filled.http("ended") as http, contextlib.suppress(NotSignedIn):
        open_reading(DaemonClient(http, "ended"), Path("no-file")).counts()
        pytest.fail("an ended session must not read")
