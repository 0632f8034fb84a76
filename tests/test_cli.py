"""The command ``iman`` and ``sync_daemon.py``: one plain line for everything that is wrong."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iman import cli
from iman.domain.people import Role
from iman.domain.retry import GiveUp
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.offline import OfflinePeople
from tests.api.serving import PASSWORDS, serving
from tests.builders import F48, refused
from tests.test_settings import RIGHT

ROOT = Path(__file__).parents[1]


class Told:
    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err
        assert "Traceback" not in err

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def iman(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Runs ``iman ARGS`` in this process, with its ledger in a folder of the test's own."""
    monkeypatch.setenv("IMAN_LEDGER", str(tmp_path / "ledger.duckdb"))
    monkeypatch.setenv("IMAN_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, stdin: str = "", **environment: str) -> Told:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["iman", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)

    return run


def daemon(folder: Path, **environment: str) -> Told:
    """``python sync_daemon.py`` as a service manager starts it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMAN_")}
    ran = subprocess.run(
        [sys.executable, str(ROOT / "sync_daemon.py")],
        cwd=folder,
        env=kept | {"IMAN_LEDGER": str(folder / "ledger.duckdb"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Told(ran.returncode, ran.stdout, ran.stderr)


# -- starting the daemon -----------------------------------------------------------------------


def test_the_daemon_says_all_that_is_missing_and_ends_with_two(tmp_path: Path):
    told = daemon(tmp_path)
    assert told.status == 2
    assert len(told.lines) == len(RIGHT)
    assert all(line.startswith("sync_daemon: IMAN_") for line in told.lines)


def test_the_daemon_says_when_its_port_is_in_use(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = daemon(tmp_path, **RIGHT, IMAN_API_PORT=str(port))
    assert told.status == 2
    assert told.lines == [
        f"sync_daemon: Port {port} on 127.0.0.1 is in use by another program. "
        "Choose another with IMAN_API_PORT."
    ]


def test_the_daemon_says_when_another_holds_the_ledger(tmp_path: Path):
    held = DuckDBLedger(tmp_path / "ledger.duckdb", now=datetime.now(UTC))
    try:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = str(one.getsockname()[1])
        told = daemon(tmp_path, **RIGHT, IMAN_API_PORT=port)
    finally:
        held.close()
    assert told.status == 2
    assert told.lines == [
        "sync_daemon: Another sync_daemon holds the ledger ledger.duckdb. Stop it first, or point "
        "this one at its own ledger (IMAN_LEDGER)."
    ]


def test_the_daemon_says_which_setting_it_does_not_know(tmp_path: Path):
    told = daemon(tmp_path, **RIGHT, IMAN_MAX_ATEMPTS="3")
    assert told.status == 2
    assert told.lines == [
        "sync_daemon: IMAN_MAX_ATEMPTS is no setting of Iman's; did you mean IMAN_MAX_ATTEMPTS?"
    ]


# -- the other commands ------------------------------------------------------------------------


def test_a_setting_nobody_knows_is_told_by_every_command(iman):
    told = iman("status", IMAN_COLOUR="green")
    assert (told.status, len(told.lines)) == (2, 1)
    assert told.lines[0].startswith("iman: IMAN_COLOUR is no setting")


def test_status_says_that_the_daemon_is_away(iman):
    told = iman("status")
    assert told.status == 1
    assert "The daemon is away" in told.out


def test_status_says_what_runs(iman, tmp_path: Path):
    with serving(tmp_path) as served:
        told = iman("status", IMAN_API_URL=served.url)
    assert told.status == 0
    assert "Company SERDAT: ready" in told.out


def test_the_first_admin_is_made_while_no_daemon_runs(iman, tmp_path: Path):
    told = iman("user", "add", "ada", "--role", "admin", IMAN_NEW_PASSWORD="long enough")
    assert told.status == 0
    assert "ada may sign in as admin." in told.out
    offline = OfflinePeople(tmp_path / "ledger.duckdb")
    assert offline.sign_in("ada", "long enough").role is Role.ADMIN
    with DuckDBLedgerOf(tmp_path) as ledger:
        (event,) = (
            ledger.reader().execute("SELECT who, action, target FROM audit_events").fetchall()
        )
    assert event == ("command line", "save_user", "ada")


class DuckDBLedgerOf:
    def __init__(self, folder: Path) -> None:
        self._ledger = DuckDBLedger(folder / "ledger.duckdb", now=datetime.now(UTC))

    def __enter__(self) -> DuckDBLedger:
        return self._ledger

    def __exit__(self, *_: object) -> None:
        self._ledger.close()


@pytest.mark.parametrize(
    ("name", "password", "told_of"),
    [("ada lovelace", "long enough", "name"), ("ada", "hunter2", "password")],
)
def test_a_name_or_password_that_will_not_do_is_told_without_the_password(
    iman, tmp_path: Path, name, password, told_of
):
    told = iman("user", "add", name, "--role", "admin", IMAN_NEW_PASSWORD=password)
    assert told.status == 2
    assert told.lines[0].startswith(f"iman: {told_of}: ")
    assert password not in told.err + told.out
    assert not (tmp_path / "ledger.duckdb").exists()


def test_nobody_is_added_past_a_ledger_that_is_held(iman, tmp_path: Path):
    with DuckDBLedgerOf(tmp_path):
        told = iman("user", "add", "ada", "--role", "admin", IMAN_NEW_PASSWORD="long enough")
    assert (told.status, len(told.lines)) == (2, 1)
    assert "Another sync_daemon holds the ledger" in told.err


def test_while_the_daemon_runs_people_are_added_through_it(iman, tmp_path: Path):
    with serving(tmp_path) as served:
        told = iman(
            "user", "add", "jo", "--role", "support", "--as", "admin",
            IMAN_API_URL=served.url,
            IMAN_NEW_PASSWORD="long enough",
            IMAN_USER_PASSWORD=PASSWORDS[Role.ADMIN],
        )  # fmt: skip
        assert told.status == 0
        assert served.audit()[-1]["who"] == "admin"


def test_people_and_tokens_are_managed_through_a_running_daemon(iman, tmp_path: Path):
    with serving(tmp_path) as served:
        there = {"IMAN_API_URL": served.url, "IMAN_USER_PASSWORD": PASSWORDS[Role.ADMIN]}

        def run(*arguments: str) -> Told:
            return iman(*arguments, "--as", "admin", **there)

        told = run("user", "change", "support", "--site", "HGH", "--site", "RIV")
        assert "support signs in as support, limited to sites HGH, RIV." in told.out
        assert "sites HGH, RIV" in run("user", "list").out
        assert "may not sign in" in run("user", "change", "support", "--inactive").out
        told = run("user", "change", "support", "--everything", "--active")
        assert "support signs in as support." in told.out
        assert run("user", "change", "nobody").status == 2
        assert "manager is signed out everywhere." in run("user", "sign-out", "manager").out
        once = run("user", "reset-password", "manager").out.split()[-1]
        body = {"name": "manager", "password": once}
        assert served.call("POST", "/sessions", None, json=body).status_code == 201
        token = run("tokens", "create", "script", "--may", "view", "--site", "HGH").out.strip()
        with served.http(token) as http:
            assert http.get("/api/v1/me").json()["sites"] == ["HGH"]
        assert "script" in run("tokens", "list").out
        assert run("tokens", "revoke", "script").status == 0
        with served.http(token) as http:
            assert http.get("/api/v1/me").status_code == 401
        assert "revoked" not in run("tokens", "revoke", "script").out
        sessions = "SELECT count(*) AS n FROM sessions WHERE name = 'admin' AND ended_at IS NULL"
        assert served.books.rows(sessions) == [{"n": 1}]  # each command signed out again


def failed_document(served) -> None:
    served.books.arrive("INV-1")
    served.books.finish(served.books.claim_one(), refused(), GiveUp())


def test_resync_begins_a_round_and_says_which(iman, tmp_path: Path):
    with serving(tmp_path) as served:
        failed_document(served)
        told = iman(
            "resync", "INV-1", "--as", "admin", "--reason", "F48 added",
            IMAN_API_URL=served.url,
            IMAN_USER_PASSWORD=PASSWORDS[Role.ADMIN],
        )  # fmt: skip
        assert told.status == 0
        assert "The resync has been started. INV-1, round 2." in told.out
        (kept,) = served.books.rows("SELECT origin, reason FROM resyncs")
        assert kept == {"origin": "cli", "reason": "F48 added"}


@pytest.mark.parametrize(
    ("role", "number", "line"),
    [
        (Role.MANAGER, "INV-1", "The role manager may not resync; ask an admin."),
        (Role.ADMIN, "INV-404", "There is no document INV-404."),
    ],
)
def test_a_resync_that_cannot_be_is_one_line(iman, tmp_path: Path, role, number, line):
    with serving(tmp_path) as served:
        failed_document(served)
        told = iman(
            "resync", number, "--as", role.value,
            IMAN_API_URL=served.url,
            IMAN_USER_PASSWORD=PASSWORDS[role],
        )  # fmt: skip
    assert (told.status, told.lines) == (2, [f"iman: {line}"])


def test_a_wrong_password_is_one_line(iman, tmp_path: Path):
    with serving(tmp_path) as served:
        told = iman(
            "resync", "INV-1", "--as", "admin",
            IMAN_API_URL=served.url, IMAN_USER_PASSWORD="hunter2",
        )  # fmt: skip
    assert told.lines == ["iman: The name or the password is wrong."]


def test_doctor_ends_with_one_where_there_is_trouble(iman):
    away = {"IMAN_BYONDPRO_URL": "http://127.0.0.1:9", "IMAN_SAGE_URL": "http://127.0.0.1:9/S"}
    told = iman("doctor", **(RIGHT | away))
    assert told.status == 1
    assert "✗ trouble byondpro: http://127.0.0.1:9 does not answer" in told.out
    assert "Check IMAN_BYONDPRO_URL" in told.out
    assert "a-secret" not in told.out


def test_classify_reads_and_writes_json_lines():
    asked = json.dumps({"id": 7, "message": F48, "http_status": 409})
    ran = subprocess.run(
        [sys.executable, "-m", "iman", "classify"],
        input=f"{asked}\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    (answer,) = map(json.loads, ran.stdout.splitlines())
    assert answer["id"] == 7
    assert "F48" in json.dumps(answer)


def test_up_names_the_port_that_is_taken(iman, tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        base = min(port, 65532)
        told = iman("up", "--no-browser", "--data", str(tmp_path), "--port-base", str(base))
    assert told.status == 2
    assert told.lines[-1].startswith(f"iman: Port {port} on 127.0.0.1 is in use by another program")
    assert "--port-base" in told.lines[-1]


def test_a_ledger_with_made_up_history_is_made_once(iman, tmp_path: Path):
    file = tmp_path / "made-up.duckdb"
    asked = (
        "seed-ledger",
        "--ledger",
        str(file),
        "--documents",
        "50",
        "--attempts",
        "80",
        "--json",
    )
    told = json.loads(iman(*asked).out)
    assert (told["documents"], told["attempts"], told["ledger"]) == (50, 80, str(file))
    again = iman(*asked)
    assert (again.status, len(again.lines)) == (2, 1)
    assert "already" in again.err
