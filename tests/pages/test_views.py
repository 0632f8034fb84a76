from __future__ import annotations

import re

import pytest

from iman.api.wire_views import ViewToSave
from iman.dashboard import text_views
from iman.domain.people import Role
from iman.domain.view import USUAL_COLUMNS, ListColumn
from tests.dashboard.fakes import HOSTILE, AwayReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


def kept(reading: SeededReading, name: str = "Month end", owner: str = "ada", **overrides):
    values = {"filter": {"type": "receipt", "show": "waiting"}, "columns": ["amount"]}
    saved = reading.save_view(ViewToSave.model_validate({"name": name, **values, **overrides}))
    reading.kept[saved.id] = saved.model_copy(update={"owner": owner})
    return reading.kept[saved.id]


def heads(shown: str) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', shown)


def test_every_column_has_its_words():
    assert set(text_views.COLUMNS) == set(ListColumn)


def test_a_list_is_kept_under_a_name_and_opened_by_its_link(open_page: OpenPage):
    reading = SeededReading()
    at = open_page("monitor.py", reading, params={"type": "receipt", "show": "waiting"})
    at.button(key="view_save").click().run()
    assert text_views.NAME_MISSING in html_of(at)
    at.text_input(key="view_name_new").set_value("Waiting receipts").run()
    at.checkbox(key="view_shared_new").check().run()
    at.button(key="view_save").click().run()
    (saved,) = reading.kept.values()
    assert saved.filter == {"type": "receipt", "show": "waiting"}
    assert (saved.shared, saved.columns) == (True, list(USUAL_COLUMNS))
    assert at.query_params["view"] == "1"
    assert 'href="/monitor?view=1" aria-current="page">Waiting receipts</a>' in html_of(at)

    another = open_page("monitor.py", reading, params={"view": "1"})
    assert "REC-004471" in html_of(another)
    assert another.query_params["show"] == "waiting"
    assert "View: <strong>Waiting receipts</strong></p>" in html_of(another)


def test_a_view_that_was_changed_on_the_screen_says_so_and_keeps_the_change(open_page: OpenPage):
    reading = SeededReading()
    kept(reading)
    at = open_page("monitor.py", reading, params={"view": "1"})
    assert heads(html_of(at)) == ["Document", "Amount (AUD)"]
    at.selectbox(key="show").select("attention").run()
    assert "</strong> · changed" in html_of(at)
    assert "REC-004471" not in html_of(at)
    at.button(key="view_change").click().run()
    assert reading.kept[1].filter == {"type": "receipt"}
    assert "</strong> · changed" not in html_of(at)
    at.button(key="view_remove").click().run()
    assert not reading.kept
    assert "view" not in at.query_params


def test_a_view_of_another_is_changed_by_admins_only(open_page: OpenPage):
    reading = SeededReading()
    kept(reading, owner="mia", shared=True)
    for role, buttons in ((Role.ADMIN, True), (Role.SUPPORT, False)):
        at = open_page("monitor.py", reading, role=role, params={"view": "1"})
        assert ("view_change" in {button.key for button in at.button}) is buttons
        assert "of mia" in html_of(at)


def test_a_link_to_a_view_that_is_gone_says_so(open_page: OpenPage):
    at = open_page("monitor.py", SeededReading(), params={"view": "77"})
    assert text_views.GONE in html_of(at)
    assert "INV-010319" in html_of(at)


def test_while_the_daemon_is_away_nothing_is_kept(open_page: OpenPage):
    at = open_page("monitor.py", AwayReading())
    assert text_views.AWAY in html_of(at)
    assert "view_save" not in {button.key for button in at.button}


def test_a_name_is_only_text(open_page: OpenPage):
    reading = SeededReading()
    kept(reading, name=HOSTILE[:60])
    shown = html_of(open_page("monitor.py", reading, params={"view": "1"}))
    assert "<img src=x" not in shown


def test_columns_are_chosen_kept_and_exported(open_page: OpenPage):
    reading = SeededReading()
    at = open_page("monitor.py", reading)
    assert len(heads(html_of(at))) == len(USUAL_COLUMNS)
    at.button_group(key="columns_shown").set_value([ListColumn.AMOUNT, ListColumn.ERROR_TYPE]).run()
    assert heads(html_of(at)) == ["Document", "Amount (AUD)", "Error type"]
    assert at.query_params["columns"] == "document,amount,error_type"
    assert reading.preferred == {"monitor_columns": "document,amount,error_type"}
    assert "columns=document%2Camount%2Cerror_type&amp;zone=" in html_of(at)

    another_day = open_page("monitor.py", reading)
    assert heads(html_of(another_day)) == ["Document", "Amount (AUD)", "Error type"]
    another_day.button(key="columns_usual").click().run()
    assert len(heads(html_of(another_day))) == len(USUAL_COLUMNS)


def test_an_address_may_name_columns_and_all_of_them_can_be_drawn(open_page: OpenPage):
    params = {"columns": ",".join([*ListColumn, "payload"]), "show": "all", "type": "all"}
    at = open_page("monitor.py", SeededReading(), params=params)
    assert not at.exception
    assert len(heads(html_of(at))) == len(ListColumn)


@pytest.mark.parametrize("typed", ["", "payload", ",,,"])
def test_columns_nobody_knows_are_the_usual_ones(typed: str, open_page: OpenPage):
    at = open_page("monitor.py", SeededReading(), params={"columns": typed})
    assert len(heads(html_of(at))) == len(USUAL_COLUMNS)


def test_a_views_columns_do_not_become_ones_own(open_page: OpenPage):
    reading = SeededReading()
    kept(reading)
    at = open_page("monitor.py", reading, params={"view": "1"})
    at.button_group(key="columns_shown").set_value([ListColumn.STATE]).run()
    assert heads(html_of(at)) == ["State", "Document"]
    assert reading.preferred == {}
