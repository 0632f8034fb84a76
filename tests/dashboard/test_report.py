"""The manager's report: one file, nothing from elsewhere, text from outside stays text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from iman.dashboard import drawing, period, report
from iman.domain.document import EntryType
from iman.reading.reading import EVERYTHING, Scope
from tests.dashboard.fakes import HOSTILE, EmptyReading, SeededReading

SYDNEY = ZoneInfo("Australia/Sydney")


class Outline(HTMLParser):
    """Every tag with its attributes, and every text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def make(reading=None, *, now: datetime | None = None, scope: Scope = EVERYTHING) -> str:
    now = now or datetime.now(UTC)
    first = now.astimezone(SYDNEY).date().replace(day=1)
    of = period.month(first, SYDNEY, now)
    month = report.read(reading or SeededReading(), of, scope, period.month_end(first))
    return report.html(month, by="mia", minutes=6, now=now)


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    return found


def test_it_asks_for_nothing_elsewhere_and_runs_nothing():
    html = make()
    found = outline(html)
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "a"}
    for _, attributes in found.tags:
        assert not {"src", "href", "onload", "onerror", "action"} & set(attributes)
    assert "url(" not in html
    assert "@import" not in html
    assert not re.findall(r"https?://", html.replace("http://evil.test/x.png", ""))
    assert "default-src 'none'" in html


def test_text_from_outside_stays_text():
    html = make()
    assert "<img" not in html
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in html


def test_it_says_what_when_and_by_whom_and_answers_the_managers_questions():
    found = outline(make(scope=Scope(entry_type=EntryType.INVOICE, site="HGH")))
    told = " ".join(found.text)
    for words in (
        "From byondpro to Sage 300:", "HGH, Invoices", "by mia", "Australia/Sydney",
        "First-attempt success", "Mean time to remedy", "documents synced × 6 minutes by hand",
        "Which causes were the commonest", "G/L account missing: 6030", "Set-up fixed",
        "is not in Sage 300 now?", "What was refused",
    ):  # fmt: skip
        assert words in told, words
    labelled = [a for tag, a in found.tags if tag == "svg" and a.get("role") == "img"]
    assert len(labelled) == 2
    assert all(one["aria-label"] for one in labelled)


def test_an_empty_month_is_a_report_too():
    told = " ".join(outline(make(EmptyReading())).text)
    assert "Nothing was refused in this time." in told
    assert "Nothing would miss it." in told


def test_a_month_that_has_ended_tells_what_stood_open_on_its_last_day():
    reading = SeededReading()
    now = datetime.now(UTC)
    first = (now.astimezone(SYDNEY).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    of = period.month(first, SYDNEY, now)
    assert of.window.until is not None
    assert of.window.hours in {24 * days + dst for days in (28, 29, 30, 31) for dst in (-1, 0, 1)}
    month = report.read(reading, of, EVERYTHING, period.month_end(first))
    told = " ".join(outline(report.html(month, by="mia", minutes=6, now=now)).text)
    assert "on the last day" in told


@pytest.mark.parametrize(
    ("today", "newest", "oldest"),
    [(date(2026, 1, 31), date(2026, 1, 1), date(2025, 1, 1))],
)
def test_a_year_of_months_may_be_chosen(today: date, newest: date, oldest: date):
    months = period.months(today, 13)
    assert (months[0], months[-1], len(months)) == (newest, oldest, 13)


def test_columns_are_drawn_to_scale_and_said():
    svg = drawing.stacked({"<b>x</b>": [2, 0], "y": [2, 8]}, ["1 Mar", "2 Mar"], 'said "so"')
    assert "<b>" not in svg
    assert 'aria-label="said &quot;so&quot;"' in svg
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" fill', svg)][:3]
    assert heights[0] == heights[1]
    assert heights[2] == pytest.approx(4 * heights[0], rel=0.01)


@pytest.mark.parametrize(("most", "top"), [(0, 4), (3, 4), (7, 8), (9, 10), (41, 80), (100, 100)])
def test_the_scale_ends_on_a_round_number(most: int, top: int):
    assert drawing._round_up(most) == top
