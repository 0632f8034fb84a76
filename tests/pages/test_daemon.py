from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iman.api.wire import Breaker
from iman.api.wire_sandbox import SandboxFaults
from iman.dashboard import session, text_settings
from iman.domain.people import Role
from iman.errors import DaemonRefused
from tests.dashboard.fakes import HOSTILE, AwayReading, EmptyReading, SeededReading, make_health
from tests.pages.conftest import OpenPage, html_of


def test_an_admin_pauses_receipts_with_a_reason_and_resumes_them(open_page: OpenPage):
    reading = SeededReading()
    at = open_page("daemon.py", reading)
    at.button(key="pause_receipt").click().run()
    assert "Say why, so that the next person knows." in html_of(at)
    assert not reading.held
    at.text_input(key="why_receipt").set_value("Sage 300 is being updated").run()
    at.button(key="pause_receipt").click().run()
    assert reading.held["receipt"].reason == "Sage 300 is being updated"
    assert "by ada: Sage 300 is being updated" in html_of(at)
    at.button(key="resume_receipt").click().run()
    assert not reading.held
    assert "Receipts: pushed again." in html_of(at)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_others_read_and_have_no_buttons(role: Role, open_page: OpenPage):
    at = open_page("daemon.py", SeededReading(), role=role)
    assert "Only an administrator may pause and resume." in html_of(at)
    assert not at.button


def test_while_the_daemon_is_away_nothing_can_be_paused(open_page: OpenPage):
    at = open_page("daemon.py", AwayReading())
    assert "nothing can be paused or resumed" in html_of(at)
    assert not at.button


def test_the_queue_and_the_breaker_are_told(open_page: OpenPage):
    at = open_page("daemon.py", SeededReading(), params={"window": "24h"})
    shown = html_of(at)
    assert "2 documents in the queue" in shown  # one retrying, one unknown invoice
    assert "Pushing was held back for 24 minutes in the last 24 hours." in shown
    assert "Trying with one document" in shown
    assert "<img src=x" not in shown
    assert "Pushing was not held back" in html_of(open_page("daemon.py", EmptyReading()))


def test_the_queue_says_when_it_is_empty(open_page: OpenPage):
    shown = html_of(open_page("daemon.py", SeededReading()))
    assert "3 documents on the way; empty in about 4 minutes at the present rate" in shown
    assert "It was 40 at " in shown
    assert "1 further document follows once its parent is in Sage 300." in shown
    assert "Nothing is on the way." in html_of(open_page("daemon.py", EmptyReading()))
    assert "nothing is pushed until it is back" in html_of(open_page("daemon.py", AwayReading()))


def test_an_admin_sees_every_setting_and_who_started_it_with_another_value(open_page: OpenPage):
    shown = html_of(open_page("daemon.py", SeededReading()))
    assert "by iman-svc" in shown
    assert "change them in /etc/iman/iman.toml or in the daemon’s environment" in shown
    for words in ("<code>5</code>", "<code>7</code>", "Environment: IMAN_SAGE_PASSWORD", "speed"):
        assert words in shown
    assert "dashboard_port" in shown
    differing = shown.split(text_settings.NOT_DEFAULT)[-1].split(text_settings.ALL)[0]
    assert "max_attempts" in differing
    assert "<strong>grace</strong>" not in differing  # it stands in the file, as delivered
    assert "<img src=x" not in shown
    assert text_settings.NOT_KEPT in html_of(open_page("daemon.py", EmptyReading()))


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT])
def test_others_see_no_setting(role: Role, open_page: OpenPage):
    shown = html_of(open_page("daemon.py", SeededReading(), role=role))
    assert "sage_url" not in shown


class Sandbox:
    """Faults that can be switched."""

    def __init__(self) -> None:
        self.on: set[str] = {"slow"}

    def faults(self) -> SandboxFaults:
        switches = [
            {"name": name, "label": label, "on": name in self.on, "next": name.startswith("next")}
            for name, label in (
                ("slow", f"Slow answers {HOSTILE}"),
                ("outage", "Away for 90 s"),
                ("next_empty_2xx", "Stores, answers with an empty body."),
            )
        ]
        return SandboxFaults.model_validate({"switches": switches, "page": "http://sage/"})

    def switch(self, name: str, *, on: bool) -> None:
        (self.on.add if on else self.on.discard)(name)


@pytest.fixture
def sandbox(monkeypatch) -> Sandbox:
    found = Sandbox()
    monkeypatch.setattr(session, "sandbox", lambda: True)
    monkeypatch.setattr(session, "sandbox_faults", found.faults)
    monkeypatch.setattr(session, "switch_fault", found.switch)
    monkeypatch.setattr(session, "clear_faults", found.on.clear)
    return found


def test_an_admin_lets_the_sandbox_misbehave_and_stops_it(sandbox: Sandbox, open_page: OpenPage):
    at = open_page("daemon.py", SeededReading())
    at.button(key="fault_outage_False").click().run()
    assert sandbox.on == {"slow", "outage"}
    assert "Away for 90 s: on." in html_of(at)
    at.button(key="fault_slow_True").click().run()
    assert sandbox.on == {"outage"}
    at.button(key="fault_strike").click().run()
    assert sandbox.on == {"outage", "next_empty_2xx"}
    assert "Waits for it" in html_of(at)
    assert "<img src=x" not in html_of(at)
    at.button(key="fault_clear").click().run()
    assert not sandbox.on


@pytest.mark.usefixtures("sandbox")
def test_others_have_no_fault_panel(open_page: OpenPage):
    assert "on purpose" not in html_of(open_page("daemon.py", SeededReading(), role=Role.SUPPORT))


def test_a_sandbox_that_does_not_answer_is_told(sandbox, open_page: OpenPage, monkeypatch):
    def silent() -> None:
        raise DaemonRefused("The sandbox’s Sage 300 does not answer.")

    monkeypatch.setattr(session, "sandbox_faults", silent)
    at = open_page("daemon.py", SeededReading())
    assert "does not answer" in html_of(at)
    assert not at.exception


def test_every_page_says_what_holds_pushing_back(open_page: OpenPage):
    reading, now = SeededReading(), datetime.now(UTC)
    shut = Breaker(state="open", reason="Sage 300 answered 503", since=now, next_probe_at=now)
    reading.health = make_health(breaker=shut, paused=["receipt", "refund"])
    for page in ("overview.py", "monitor.py"):
        shown = html_of(open_page(page, reading))
        assert "Pushing is held back: Sage 300 answered 503, since " in shown
        assert "Sage 300 is asked again at " in shown
        assert "Pushing is paused for receipts and refunds." in shown
