"""The audit trail over the API and on the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from iman.cli import app
from iman.domain.people import Role
from iman.errors import NotAllowed
from iman.ledger.audit import AuditEvent, write_audit
from tests.api.serving import PASSWORDS, Served


def test_an_action_is_kept_with_what_stood_before_and_the_number_of_the_call(served: Served):
    headers = {"x-request-id": "pause-by-script-1"}
    for _ in range(2):
        answer = served.call("PUT", "/pauses/refund", json={"reason": "why"}, headers=headers)
        assert answer.headers["x-request-id"] == "pause-by-script-1"
    served.call("DELETE", "/pauses/refund")
    told = [
        (e["action"], e["old_value"], e["new_value"], e["request_id"]) for e in served.audit()[-3:]
    ]
    assert told[:2] == [
        ("pause", "pushing", "paused", "pause-by-script-1"),
        ("pause", "paused", "paused", "pause-by-script-1"),
    ]
    assert told[2][:3] == ("resume", "paused", "pushing")
    assert len(told[2][3]) == 16  # nobody gave one


def test_no_action_that_changes_something_leaves_out_before_and_after(fresh: Served):
    """Looked at in every test of the suite (tests/conftest.py); this is the look itself."""
    books = fresh.books

    def silent(conn) -> None:
        event = AuditEvent(
            who="t", role="admin", action="forgets", target="x", allowed=True, reason="", origin="t"
        )
        write_audit(conn, books.ledger.ids, event, now=books.now)

    with pytest.raises(AssertionError, match="forgets of 'x' tells neither"):
        books.ledger.write(silent).result()


def test_people_and_tokens_are_told_before_and_after(fresh: Served):
    known = {"name": "eva", "password": "a password of hers", "role": "support", "sites": ["HGH"]}
    fresh.call("POST", "/users", json=known)
    fresh.call("PUT", "/users/eva", json={"role": "manager"})
    fresh.call("POST", "/users/eva/reset-password")
    fresh.call("POST", "/users", json=known | {"sites": []})
    fresh.call("POST", "/tokens", json={"name": "script", "permissions": ["view"]})
    fresh.call("DELETE", "/tokens/script")
    told = [
        (one["action"], one["old_value"].partition("; a")[0], one["new_value"].partition("; a")[0])
        for one in fresh.audit()[-6:]
    ]
    assert told[:2] == [
        ("save_user", "", "role support; sites HGH"),
        ("change_user", "role support; sites HGH", "role manager; everything"),
    ]
    assert [one[0] for one in told] == [
        "save_user", "change_user", "reset_password", "save_user", "issue_token", "revoke_token",
    ]  # fmt: skip
    reset, again, issued, revoked = fresh.audit()[-4:]
    assert "a password of their own" in reset["old_value"]
    assert "a password for one use" in reset["new_value"] == again["old_value"]
    assert issued["old_value"] == revoked["new_value"] == ""
    assert issued["new_value"].startswith("may view; everything; until ")
    assert revoked["old_value"] == issued["new_value"]


def test_what_is_refused_is_kept_too(served: Served):
    served.call("PUT", "/pauses/all", Role.MANAGER, json={"reason": "x"})
    event = served.audit()[-1]
    assert (event["who"], event["action"], event["allowed"]) == ("manager", "pause", False)
    assert event["request_id"]


def test_the_proof_is_for_admins(served: Served):
    with served.client() as ada:
        found = ada.verify_audit()
        assert found.broken is None
        assert found.events == len(served.audit())
        assert ada.verify_audit(found.head).broken is None
        other = ada.verify_audit(f"1:{'0' * 64}").broken
        assert other is not None
        assert "rewritten" in other.why
    with served.client(Role.SUPPORT) as sam, pytest.raises(NotAllowed):
        sam.verify_audit()


def test_the_command_asks_the_daemon_then_reads_the_file(fresh: Served, monkeypatch):
    monkeypatch.setenv("IMAN_LEDGER", str(fresh.books.ledger.path))
    monkeypatch.setenv("IMAN_API_URL", fresh.url)
    monkeypatch.setenv("IMAN_USER_PASSWORD", PASSWORDS[Role.ADMIN])
    command = [sys.executable, "-m", "iman", "audit", "verify", "--as", "admin"]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "The audit trail is whole" in asked.stdout
    fresh.books.ledger.write(
        lambda conn: conn.execute("UPDATE audit_events SET who = 'eve' WHERE event_id = 2")
    ).result()
    fresh.books.ledger.close()
    head = asked.stdout.split()[-1]
    read = CliRunner().invoke(app, ["audit", "verify", "--head", head])
    assert read.exit_code == 1
    assert "broken at event 2 (place 2): its content is not what was written" in read.output
