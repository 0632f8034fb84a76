"""Charts that are HTML: what they say, what they open, and that outside text stays text."""

from __future__ import annotations

import re
import tomllib

from iman.dashboard import bars, drawing, look, week
from iman.dashboard.bars import Bar, Part
from tests.system import ROOT


def shares(drawn: str) -> list[str]:
    return re.findall(r"--share:([\d.]+)", drawn)


def test_a_bar_says_its_name_and_numbers_and_opens_the_rows_behind_it():
    drawn = bars.ranked(
        [
            Bar(name="Terms code missing: F48", value=40, told=("40.00 AUD", "80 %"), address="/a"),
            Bar(name="Period closed", value=10, told=("10.00 AUD",)),
        ],
        "Which?",
    )
    assert 'aria-label="Which?"' in drawn
    assert drawn.count("<li>") == 2
    assert '<a href="/a">' in drawn
    assert drawn.count("<a ") == 1  # nothing behind the second
    assert "Terms code missing<small>F48</small>" in drawn
    assert "<b>40.00 AUD</b><small>80 %</small>" in drawn
    assert shares(drawn) == ["1.000", "0.250"]


def test_nothing_but_zeros_is_drawn_too():
    drawn = bars.ranked([Bar(name="under 1 hour", value=0, told=("0 documents",))], "How old?")
    assert shares(drawn) == ["0.000"]


def test_text_from_outside_stays_text():
    hostile = '"><img src=x>: <b>F</b>'
    drawn = bars.ranked([Bar(name=hostile, value=1, told=(hostile,), address=hostile)], hostile)
    stacked = bars.stacked([(hostile, [Part(name="x", value=1, address="/", colour=1)])], "?")
    squares = week.heat_map({(1, 9): 4}, lambda **_: hostile, hostile)
    assert "<img" not in drawn + stacked + squares
    assert "<b>F" not in drawn + stacked + squares


def test_each_part_of_a_bar_is_a_link_that_says_what_it_is():
    rows = [
        ("HGH", [Part(name="Invoices", value=2, address="/i", colour=3),
                 Part(name="Receipts", value=4, address="/r", colour=12)]),
        ("CVM", [Part(name="Invoices", value=3, address="/c", colour=3)]),
    ]  # fmt: skip
    drawn = bars.stacked(rows, "Where?")
    legend, chart = drawn.split("</ul>", 1)
    assert re.findall(r"</i>(\w+)", legend) == ["Invoices", "Receipts"]
    assert re.findall(r'href="(.*?)" title="(.*?)"', chart) == [
        ("/i", "HGH, Invoices: 2"), ("/r", "HGH, Receipts: 4"), ("/c", "CVM, Invoices: 3"),
    ]  # fmt: skip
    assert shares(chart) == ["1.000", "0.500"]
    assert "var(--iman-c2)" in chart  # the twelfth colour is the second


def test_the_week_has_a_square_for_every_hour_and_says_its_number():
    drawn = week.heat_map(
        {(1, 9): 4, (7, 23): 1500}, lambda weekday, hour: f"/{weekday}-{hour}", "In words"
    )
    assert drawn.count("<td") == 1 + 7 * 24
    assert drawn.count('scope="col"') == 24
    assert drawn.count('scope="row"') == 7
    assert ">In words</caption>" in drawn
    found = re.findall(r'--n:(\d+)%"><a tabindex="-1" title="(.*?)" href="(.*?)">(.*?)<', drawn)
    assert found == [
        ("14", "Monday 09:00 · 4 refused", "/1-9", "4"),
        ("50", "Sunday 23:00 · 1,500 refused", "/7-23", "1k"),
    ]


def test_the_colours_of_bars_are_the_themes():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))["theme"]
    light, dark = (theme[name]["chartCategoricalColors"] for name in ("light", "dark"))
    css = (look.ASSETS / "app.css").read_text("utf-8")
    found = re.findall(r"--iman-c(\d+): light-dark\((#\w+), (#\w+)\);", css)
    assert found == [(str(n + 1), *pair) for n, pair in enumerate(zip(light, dark, strict=True))]
    assert len(found) == bars.COLOURS
    assert tuple(light) == drawing.COLOURS
