from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from iman.dashboard import drill, period
from tests.dashboard.fakes import HOSTILE, EmptyReading, SeededReading
from tests.pages.conftest import OpenPage, html_of

NUMBERS = (
    "failures", "causes", "met", "busy", "ageing", "sites", "period_end", "retries",
)  # fmt: skip


def charts_of(at):
    return [json.loads(one.proto.spec) for one in at.get("plotly_chart")]


def bars_of(at) -> list[str]:
    """The addresses that bars and squares open."""
    charts = re.findall(r'<(?:ul class="iman-chart"|table class="iman-week").*', html_of(at))
    return [html.unescape(one) for chart in charts for one in re.findall('href="(.*?)"', chart)]


def with_numbers(at):
    """Every chart's numbers opened."""
    for name in NUMBERS:
        at.session_state[f"numbers_{name}"] = True
    return at.run()


def test_six_figures_and_every_chart_answers_a_written_question(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    shown = html_of(at)
    for label in (
        "Failed now", "Waiting", "Not in Sage 300 (AUD)", "First-attempt success", "Time to sync",
        "Mean time to remedy",
    ):  # fmt: skip
        assert f"<dt>{label}</dt>" in shown
        assert f'<details data-keep="{label}">' in shown
    figures = shown.split('<dl class="iman-figures">')[1].split("</dl>")[0]
    assert figures.count("iman-spark") == 6
    assert figures.count("Source: the ") == 6
    assert figures.count("Window: in the last 7 days") == 6
    for told in ("+3 since", "p95 41 s", "median 1 h, p95 2 h 30 min", "1 h less than"):
        assert told in figures, told
    assert [one.value for one in at.header][:8] == [
        "What was refused in the last 7 days?",
        "Which causes hold up the most money now?",
        "Which causes were the commonest in the last 7 days?",
        "At which hour of the week was it refused, in the last 7 days?",
        "How long has it not been in Sage 300?",
        "At which site, and of which entry type?",
        "What would miss the period end?",
        "What did Iman save, and which retries were useless?",
    ]
    assert len(charts_of(at)) == 1
    assert shown.count('<ul class="iman-chart"') == 6
    assert shown.count('<table class="iman-week">') == 1
    assert [one.label for one in at.expander].count("The numbers") == 8
    assert shown.count('aria-label="The numbers"') == 0  # made when somebody opens them
    assert html_of(with_numbers(at)).count('aria-label="The numbers"') == 8


def test_every_chart_can_be_read_without_seeing_it(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    assert all(one.proto.alt for one in at.get("plotly_chart"))
    shown = html_of(at)
    assert 'aria-label="Which causes hold up the most money now?"' in shown
    assert ">Refused attempts by weekday and hour; most on" in shown


def test_what_a_bar_carries_is_read_as_any_address(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    told = next(filter(None, charts_of(at)[0]["data"][0]["customdata"]))
    assert told.startswith("/monitor?type=all&show=all")
    for given in (told, [told], {"0": told}):
        assert drill.address_of(given) == told
    for nonsense in (None, [], 7, {"x": told}):
        assert drill.address_of(nonsense) == ""


def test_without_a_mouse_the_numbers_links_open_the_same(open_page: OpenPage):
    at = with_numbers(open_page("overview.py", SeededReading()))
    tables = "".join(re.findall(r'<table class="iman-table">.*', html_of(at)))
    listed = {html.unescape(one) for one in re.findall('href="(.*?)"', tables)}
    bars = set(bars_of(at))
    assert len(bars) > 10
    assert bars <= listed
    assert "/causes?id=2" in bars


def test_hours_saved_and_useless_retries_say_how_they_are_counted(open_page: OpenPage):
    shown = html_of(open_page("overview.py", SeededReading()))
    assert "31 documents synced × 6 minutes by hand each ÷ 60" in shown
    assert "3.1 h" in shown
    assert "of 62 retries that Sage 300 refused" in shown
    useless = shown.split("<dt>Useless retries</dt>")[1]
    assert 'iman-value">57</dd>' in useless  # without the record in use
    assert "waiting cannot help" in shown


def test_what_would_miss_the_period_end_follows_the_day_chosen(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    assert "documents worth" in html_of(at)
    at.date_input(key="due").set_value(datetime(2020, 1, 31, tzinfo=UTC).date()).run()
    assert at.query_params["due"] == "2020-01-31"
    assert "Nothing would miss it." in html_of(at)


def test_the_scope_stands_in_the_address_and_every_figure_obeys_it(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    at.selectbox(key="site").select("CVM").run()
    assert at.query_params["site"] == "CVM"
    shown = html_of(at)
    assert "21,500.00<img" in shown  # the one lost answer at Clearview
    assert "G/L account missing: 6030</a><span" not in shown
    at.selectbox(key="type").select("receipt").run()
    assert "Everything is in Sage 300." in html_of(at)


def test_a_company_is_asked_for_where_there_are_several(open_page: OpenPage):
    reading = SeededReading()
    assert "company" not in [one.key for one in open_page("overview.py", reading).selectbox]
    reading.known[2] = reading.known[2].model_copy(update={"company": "OTHER"})
    at = open_page("overview.py", reading)
    at.selectbox(key="company").select("OTHER").run()
    assert at.query_params["company"] == "OTHER"
    assert "3,100.00<img" in html_of(at)


def test_days_of_ones_own_stand_in_the_address(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    at.segmented_control(key="window").set_value("custom").run()
    assert at.query_params["window"] == "custom"
    at.date_input(key="from").set_value(datetime(2026, 3, 2, tzinfo=UTC).date()).run()
    at.date_input(key="to").set_value(datetime(2026, 3, 4, tzinfo=UTC).date()).run()
    assert at.query_params["from"] == "2026-03-02"
    assert "What was refused from 2 Mar 2026 to 4 Mar 2026?" in [one.value for one in at.header]


SYDNEY = ZoneInfo("Australia/Sydney")
NOW = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)  # 13:30 in Sydney


def own(first: str, last: str) -> dict[str, str]:
    return {"window": "custom", "from": first, "to": last}


@pytest.mark.parametrize(
    ("params", "since", "hours", "ends"),
    [
        ({"window": "24h"}, "2026-03-03T02:00", 24, False),
        ({}, "2026-02-25T13:00", 157, False),
        ({"window": "month"}, "2026-02-28T13:00", 85, False),
        (own("2026-02-01", "2026-02-02"), "2026-01-31T13:00", 48, True),
        (own("2026-03-01", "2026-04-30"), "2026-02-28T13:00", 85, False),
        (own("2026-03-09", "2026-03-01"), "2026-02-25T13:00", 157, False),
        (own("x", "y"), "2026-02-25T13:00", 157, False),
        ({"window": "nonsense"}, "2026-02-25T13:00", 157, False),
    ],
)
def test_periods_are_whole_days_of_the_persons_zone(params, since, hours, ends):
    found = period.of_address(params, SYDNEY, NOW)
    assert found.since.astimezone(UTC).isoformat()[:16] == since
    assert found.window.hours == hours
    assert (found.window.until is not None) == ends
    axis = period.axis(found.window, NOW)
    assert str(axis.buckets[0])[:16] == since.replace("T", " ")


def test_a_zone_half_an_hour_off_begins_at_the_next_full_hour():
    adelaide = ZoneInfo("Australia/Adelaide")
    found = period.of_address({"window": "month"}, adelaide, NOW)
    assert found.since.isoformat()[:16] == "2026-02-28T14:00"
    assert str(period.axis(found.window, NOW).shown[0])[:10] == "2026-03-01"


def test_text_from_outside_stays_text(open_page: OpenPage):
    at = open_page("overview.py", SeededReading())
    assert "<img src=x" not in html_of(at)
    assert HOSTILE.split(" ")[0] not in json.dumps(charts_of(at)).replace("\\u003c", "<")


def test_nothing_to_show_is_said_kindly(open_page: OpenPage):
    at = open_page("overview.py", EmptyReading())
    (trend,) = charts_of(at)  # its axis tells which days had no refusal
    assert trend["data"] == []
    assert "Nothing was refused in this time." in trend["layout"]["annotations"][0]["text"]
    assert at.get("plotly_chart")[0].proto.alt == "Nothing was refused in this time."
    shown = html_of(at)
    assert "Nothing was refused in this time." in shown
    assert "Everything is in Sage 300." in shown
    assert "Nothing would miss it." in shown
    assert "No retry was refused." in shown


def test_a_choice_made_while_the_page_is_being_drawn_is_kept(open_page: OpenPage):
    """Streamlit calls no on_change for it; the address is still that of the drawing."""
    at = open_page("overview.py", SeededReading())
    at.session_state["window"] = "month"
    at.run()
    assert at.query_params["window"] == "month"
    assert "What was refused this month?" in [one.value for one in at.header]
    at.query_params["window"] = "30d"  # a link followed afterwards wins
    at.run()
    assert "What was refused in the last 30 days?" in [one.value for one in at.header]
