from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from iman.api.wire import BreakerEvent
from iman.dashboard import charts, look, period, text
from iman.reading.reading import Window

NOW = datetime(2026, 3, 4, 23, 40, tzinfo=UTC)


def axis(hours: int, zone: str = "UTC", now: datetime = NOW) -> period.Axis:
    return period.axis(Window(hours=hours, zone=zone), now)


def make_frame(*rows: tuple[str, str | None, int]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["bucket", "error_type", "failures"])
    frame["bucket"] = pd.to_datetime(frame["bucket"], utc=True)
    return frame


def test_each_error_type_has_its_own_bars_in_a_fixed_order():
    frame = make_frame(
        ("2026-03-04", "gl_account_missing", 3),
        ("2026-03-04", "terms_missing", 2),
        ("2026-03-03", "made_up_type", 1),
    )
    figure = charts.failure_trend(frame, axis(6 * 24))
    assert [bars.name for bars in figure.data] == [
        "Terms code missing or inactive",
        "G/L account missing",
        "Made up type",
    ]
    assert list(figure.data[0].y) == [0, 0, 0, 0, 0, 0, 2]


def test_a_colour_belongs_to_its_type_whatever_else_is_there():
    both = make_frame(("2026-03-04", "terms_missing", 1), ("2026-03-04", "period_closed", 1))
    one = make_frame(("2026-03-04", "period_closed", 1))
    of_both = charts.failure_trend(both, axis(168)).data[1].marker.color
    of_one = charts.failure_trend(one, axis(168)).data[0].marker.color
    assert of_both == of_one
    assert len({charts.colour_of(name) for name in list(text.ERROR_TYPES)[:10]}) == 10


def test_hours_and_days_are_those_of_the_browsers_zone():
    hourly = charts.failure_trend(
        make_frame(("2026-03-04T22:00", "other", 4)), axis(24, "Australia/Melbourne")
    ).data[0]
    assert len(hourly.x) == 25  # 24 whole hours and the one that runs
    assert pd.Timestamp(hourly.x[-2]) == pd.Timestamp("2026-03-05 09:00")
    assert hourly.y[-2] == 4
    days = axis(6 * 24, "Australia/Melbourne")
    here = make_frame((str(days.buckets[-1])[:16], "other", 4))
    daily = charts.failure_trend(here, days).data[0]
    assert pd.Timestamp(daily.x[-1]) == pd.Timestamp("2026-03-05")
    assert daily.y[-1] == 4


def test_a_bar_opens_what_was_refused_in_its_own_time():
    told = []

    def address(**asked):
        told.append(asked)
        return "there"

    figure = charts.failure_trend(
        make_frame(("2026-03-04T22:00", "other", 4)), axis(24), address=address
    )
    assert list(figure.data[0].customdata) == ["there"] * 25
    assert told[-1]["until"] - told[-1]["since"] == timedelta(hours=1)
    assert told[-1]["error"] == "other"


def test_marks_stand_above_the_bars_each_kind_with_its_own_symbol():
    marks = pd.DataFrame(
        {
            "at": pd.to_datetime([f"2026-03-04T{h}:00" for h in (10, 12, 13)], utc=True),
            "ended_at": pd.to_datetime(["2026-03-04T11:00", None, None], utc=True),
            "kind": ["outage", "release", "setup_fixed"],
            "what": ["<b>503</b>", "terms_missing F48", "F48 is there"],
            "error_type": ["", "", "term"],
            "entity": ["", "", "F48"],
            "id": [0, 1, 2],
        }
    )  # fmt: skip
    frame = make_frame(("2026-03-04T22:00", "other", 4))
    figure = charts.failure_trend(frame, axis(24), marks=marks, now=NOW)
    drawn = {one.name: one for one in figure.data if one.yaxis == "y2"}
    assert list(drawn) == ["Sage 300 was unwell", "Release", "Set-up fixed"]
    assert len({one.marker.symbol for one in drawn.values()}) == 3
    assert "&lt;b&gt;503" in drawn["Sage 300 was unwell"].text[0]
    (band,) = figure.layout.shapes
    assert pd.Timestamp(band.x1) - pd.Timestamp(band.x0) == timedelta(hours=1)


def test_the_same_numbers_give_the_same_figure():
    frame = make_frame(("2026-03-04", "terms_missing", 2))
    first, second = (
        charts.failure_trend(frame, axis(168, now=now)).to_json()
        for now in (NOW, NOW.replace(minute=59))
    )
    assert first == second


def test_without_a_refusal_the_axis_and_what_happened_meanwhile_stay():
    marks = pd.DataFrame(
        {
            "at": pd.to_datetime(["2026-03-04T10:00"], utc=True), "ended_at": [None],
            "kind": ["release"], "what": ["terms_missing F48"], "error_type": [""],
            "entity": [""], "id": [0],
        }
    )  # fmt: skip
    figure = charts.failure_trend(make_frame(), axis(168), marks=marks, now=NOW)
    assert [one.name for one in figure.data] == ["Release"]
    assert len(figure.layout.xaxis.range) == 2
    assert figure.layout.annotations[0].text.startswith(f"<b>{text.NOTHING_FAILED}</b>")


def test_a_name_from_outside_becomes_no_link():
    frame = make_frame(("2026-03-04", '<a href="http://evil.test">x</a>', 2))
    figure = charts.failure_trend(frame, axis(168))
    assert "<a" not in figure.to_json().replace("\\u003c", "<")


def test_the_trend_can_be_read_without_seeing_it():
    frame = make_frame(
        ("2026-03-04", "terms_missing", 2),
        ("2026-03-03", "terms_missing", 5),
        ("2026-03-03", None, 1),
    )
    said = charts.describe_trend(frame, "in the last 7 days")
    assert said.endswith("by error type: Terms code missing or inactive 7, Not classified 1")
    assert charts.describe_trend(make_frame(), "this month") == text.NOTHING_FAILED


def make_series(*rows: tuple[str, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["bucket", "first_attempts", "first_accepted"])
    frame["bucket"] = pd.to_datetime(frame["bucket"], utc=True)
    return frame


def test_a_quiet_hour_counts_in_the_sparkline_too():
    frame = make_series(("2026-03-04T22:00", 4, 3))
    series = charts.by_bucket(frame, "first_attempts", axis(24))
    assert len(series) == 25
    assert sum(series) == series[-2] == 4


def test_an_hour_without_a_first_attempt_says_nothing_of_success():
    frame = make_series(("2026-03-04T20:00", 4, 3), ("2026-03-04T22:00", 2, 2))
    assert charts.success_by_bucket(frame, axis(24)) == [0.75, 1.0]


def make_errors(number: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "error_type": ["terms_missing"] * number,
            "entity": [f"<b>F{n}</b>" for n in range(number)],
            "documents": [1] * number,
            "amount": [Decimal(100 * (n + 1)) for n in range(number)],
        }
    )


def test_the_largest_causes_stand_first_and_the_others_together():
    rows = charts.largest(make_errors(11), most=8)
    assert len(rows) == 9
    assert rows[0][2] == Decimal(1100)
    assert rows[-1] == ("all other causes", 3, Decimal(600))
    assert charts.so_far(rows)[-1] == "100 % so far"


STANDING = pd.DataFrame(
    {
        "entry_type": ["invoice", "invoice", "receipt"],
        "site": ["HGH", "CVM", "HGH"],
        "place": [0, 4, 0],
        "documents": [2, 1, 3],
        "amount": [Decimal("10.50"), Decimal(4000), Decimal(1)],
    }
)


def test_every_age_band_is_there_with_count_and_amount():
    bands = charts.in_bands(STANDING)
    assert [(n, amount) for _, n, amount in bands] == [
        (5, Decimal("11.50")), (0, Decimal()), (0, Decimal()), (0, Decimal()), (1, Decimal(4000)),
    ]  # fmt: skip


def test_the_site_with_the_most_money_stands_first():
    cells = charts.by_site_and_type(STANDING)
    assert [(site, kind.value, n) for site, kind, n, _ in cells] == [
        ("CVM", "invoice", 1), ("HGH", "invoice", 2), ("HGH", "receipt", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("values", [[], [3]])
def test_one_number_is_no_line(values: list[float]):
    assert look.sparkline(values, "x") == ""


def test_a_sparklines_label_is_escaped():
    assert 'alt="&quot;&gt;&lt;b&gt;"' in look.sparkline([1, 2], '"><b>')


def test_minutes_held_back_fall_into_their_hours():
    now = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)

    def event(state: str, hour: int, minute: int) -> BreakerEvent:
        at = now.replace(hour=hour, minute=minute)
        return BreakerEvent.model_validate({"at": at, "state": state, "reason": ""})

    newest_first = [
        event("open", 12, 20),  # goes on
        event("closed", 10, 10),
        event("half_open", 10, 9),
        event("open", 9, 50),
        event("closed", 7, 15),  # it began before the window
    ]
    held = charts.minutes_held_back(newest_first, axis(5, now=now), now)
    assert [round(m) for m in held] == [15, 0, 10, 10, 0, 10]
