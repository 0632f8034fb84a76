from __future__ import annotations

from datetime import UTC, datetime

from iman.dashboard import audit, export
from iman.domain.people import Role
from iman.exporting import About, Format, pieces
from tests.dashboard.fakes import EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


def test_the_trail_stands_in_byondpros_tracking_columns(open_page: OpenPage):
    shown = html_of(open_page("audit.py", SeededReading()))
    for column in ("Date &amp; time", "User name", "Audit type", "Details", "Field caption"):
        assert f">{column}</th>" in shown
    assert "6030 was added &lt;img src=x" in shown
    assert "1–5 of 5" in shown


def test_what_stood_before_and_after_is_told(open_page: OpenPage):
    shown = html_of(open_page("audit.py", SeededReading()))
    for cell in ("Round", "round 1", "round 2", "Pushing of receipts", "pushing", "paused"):
        assert f">{cell}</td>" in shown


def test_the_chain_is_proven_by_a_button(open_page: OpenPage):
    at = open_page("audit.py", SeededReading())
    at.button(key="prove").click().run()
    assert "The audit trail is whole: 5 events. Its head is 5:" in html_of(at)


def test_a_filter_stands_in_the_address(open_page: OpenPage):
    at = open_page("audit.py", SeededReading())
    at.selectbox(key="allowed").select("no").run()
    assert at.query_params["allowed"] == "no"
    assert "1–2 of 2" in html_of(at)
    at.selectbox(key="who").select("sam").run()
    assert "1–1 of 1" in html_of(at)
    at.text_input(key="q").set_value("no such thing").run()
    assert "Nothing matches." in html_of(at)


def test_an_empty_trail_says_what_would_stand_there(open_page: OpenPage):
    assert "Nobody has done anything yet." in html_of(open_page("audit.py", EmptyReading()))


def test_it_is_not_for_others_while_the_file_is_read(open_page: OpenPage):
    at = open_page("overview.py", SeededReading(), role=Role.SUPPORT)
    assert "Audit" not in html_of(at)


def test_the_export_holds_no_formula():
    trail = export.to_table(audit.tracking(SeededReading().audit(limit=10)))
    about = About(what="Audit", taken_at=datetime.now(UTC), by="ada")
    told = b"".join(pieces([trail], Format.CSV, about)).decode("utf-8-sig")
    assert "'=cmd|' /C calc'!A0" in told
    assert "\n=" not in told
    assert ",=" not in told
