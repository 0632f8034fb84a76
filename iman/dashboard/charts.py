"""Charts: plain functions of a frame. The colours are the theme's (``.streamlit/config.toml``)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
import plotly.graph_objects as go

from iman.api.wire import BreakerEvent
from iman.dashboard import text

CONFIG = {"displayModeBar": False, "scrollZoom": False, "responsive": True}

_HOURLY_UP_TO = 72
_COLOURS = 10


def failure_trend(frame: pd.DataFrame, *, hours: int, now: datetime, zone: str) -> go.Figure:
    """Refused attempts over the last *hours*, stacked by error type.

    Equal frames within one bucket's time give equal figures, so that a chart at rest is left alone.
    """
    buckets, step = _buckets(hours, now)
    hourly = step < timedelta(days=1)
    # a daily bucket is a UTC day; moving it into a zone would show the wrong date
    shown = buckets.tz_convert(zone).tz_localize(None) if hourly else buckets.tz_localize(None)
    figure = go.Figure()
    for name in _in_order(frame):
        of_type = frame[frame["error_type"].fillna("") == name].set_index("bucket")["failures"]
        figure.add_bar(
            x=list(shown),
            y=[int(n) for n in of_type.reindex(buckets, fill_value=0)],
            name=html.escape(text.error_type(name), quote=False),  # Plotly's text is half HTML
            marker={"color": colour_of(name), "cornerradius": 3},
            hovertemplate="%{y}",
        )
    return _styled(figure, shown, step)


def failures_by_bucket(frame: pd.DataFrame, *, hours: int, now: datetime) -> list[int]:
    """All types together, in time's order: a sparkline's numbers."""
    buckets, _ = _buckets(hours, now)
    totals = frame.groupby("bucket")["failures"].sum()
    return [int(n) for n in totals.reindex(buckets, fill_value=0)]


def minutes_held_back(events: Sequence[BreakerEvent], *, hours: int, now: datetime) -> pd.Series:
    """Minutes per bucket in which nothing was pushed; *events* newest first."""
    buckets, step = _buckets(hours, now)
    begin = buckets[0].to_pydatetime()
    since: datetime | None = None
    periods: list[tuple[datetime, datetime]] = []
    for event in reversed(events):
        if event.state == "closed":
            # the first of a window may tell of a period that began before it
            periods.append(
                (begin if since is None and not periods else since or event.at, event.at)
            )
            since = None
        elif since is None:
            since = event.at
    if since is not None:
        periods.append((since, now))
    minutes = [
        sum(
            max((min(end, bucket + step) - max(start, bucket)).total_seconds(), 0) / 60
            for start, end in periods
        )
        for bucket in buckets
    ]
    return pd.Series(minutes, index=buckets)


def held_back(held: pd.Series, *, zone: str) -> go.Figure:
    """``minutes_held_back`` as bars."""
    index = pd.DatetimeIndex(held.index)
    step = index[1] - index[0]
    hourly = step < timedelta(days=1)
    shown = index.tz_convert(zone).tz_localize(None) if hourly else index.tz_localize(None)
    figure = go.Figure()
    figure.add_bar(
        x=list(shown),
        y=[round(float(minutes), 1) for minutes in held],
        marker={"color": colour_of("erp_unavailable"), "cornerradius": 3},
        hovertemplate="%{y} min",
        name="",
    )
    figure = _styled(figure, shown, step)
    figure.update_layout(showlegend=False, height=200)
    figure.update_yaxes(ticksuffix=" min")
    return figure


def describe_trend(frame: pd.DataFrame, window: str) -> str:
    """The trend in words, for people who do not see the chart."""
    if frame.empty:
        return text.NOTHING_FAILED
    totals = frame.groupby("error_type", dropna=False)["failures"].sum()
    parts = [
        f"{text.error_type(name)} {int(totals[name])}"
        for name in totals.sort_values(ascending=False, kind="stable").index
    ]
    return f"Refused attempts in the last {window} by error type: {', '.join(parts)}"


def colour_of(name: str) -> str:
    """A placeholder that Streamlit replaces by the theme's colour of that place."""
    known = list(text.ERROR_TYPES)
    place = known.index(name) if name in known else known.index("other")
    return f"#{place % _COLOURS + 1:06d}"


def _buckets(hours: int, now: datetime) -> tuple[pd.DatetimeIndex, timedelta]:
    """The read model's buckets, those without a failure too."""
    hourly = hours <= _HOURLY_UP_TO
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    last = pd.Timestamp(now).floor("h" if hourly else "D")
    first = last - step * ((hours if hourly else hours // 24) - 1)
    return pd.date_range(first, last, freq=step), step


def _in_order(frame: pd.DataFrame) -> list[str]:
    present = set(frame["error_type"].fillna(""))
    known = [name for name in text.ERROR_TYPES if name in present]
    return known + sorted(present - set(known))


def _styled(figure: go.Figure, shown: pd.DatetimeIndex, step: timedelta) -> go.Figure:
    figure.update_layout(
        barmode="stack",
        height=280,
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "title": None,
            "traceorder": "normal",
        },
        font={"family": "Inter, sans-serif", "size": 12.5},
        hovermode="x unified",
        bargap=0.25,
        uirevision="keep",
        showlegend=True,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    half = step / 2
    daily = step >= timedelta(days=1)
    few = daily and len(shown) <= 10
    figure.update_xaxes(
        range=[shown[0] - half, shown[-1] + half],
        showgrid=False,
        ticks="",
        nticks=8,
        dtick=86_400_000 if few else None,
        tickformat="%-d %b" if daily else "%H:%M\n%-d %b",
        hoverformat="%a %-d %b" if daily else "%a %-d %b, %H:%M",
        automargin=True,
    )
    figure.update_yaxes(
        rangemode="tozero", nticks=5, zeroline=False, ticks="", automargin=True, tickformat=",d"
    )
    return figure
