from __future__ import annotations

import json

from tests.dashboard.fakes import EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of


def charts_of(at):
    return [json.loads(one.proto.spec) for one in at.get("plotly_chart")]


def test_six_figures_and_four_charts_answer_written_questions(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    shown = html_of(at)
    for label in (
        "Failed now", "Waiting", "Not in Sage 300 (AUD)", "First-attempt success", "Time to sync",
        "Time to remedy",
    ):  # fmt: skip
        assert f"<dt>{label}</dt>" in shown
    assert "p95 41 s" in shown
    titles = [one.value for one in at.header]
    assert titles[:4] == [
        "What was refused in the last 7 days?",
        "Which causes hold up the most money?",
        "How long has it not been in Sage 300?",
        "At which site, and of which entry type?",
    ]
    assert len(charts_of(at)) == 4
    assert [one.label for one in at.expander].count("The numbers") == 4
    assert "Amount (AUD)" in shown


def test_the_scope_stands_in_the_address_and_every_figure_obeys_it(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    at.selectbox(key="site").select("CVM").run()
    assert at.query_params["site"] == "CVM"
    shown = html_of(at)
    assert "21,500.00</dd>" in shown  # the one lost answer at Clearview
    assert "G/L account missing: 6030" not in shown
    at.selectbox(key="type").select("receipt").run()
    assert "Everything is in Sage 300." in html_of(at)


def test_nothing_to_show_is_said_kindly(open_page: OpenPage):
    shown = html_of(open_page("overview.py", EmptyReading()))
    assert "Nothing was refused in this window." in shown
    assert "Everything is in Sage 300." in shown
