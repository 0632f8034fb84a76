"""Charts: plain functions of a frame. The colours are the theme's (``.streamlit/config.toml``)."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from iman.api.wire import BreakerEvent
from iman.dashboard import text, text_overview
from iman.dashboard.period import Axis
from iman.domain.document import EntryType

CONFIG = {"displayModeBar": False, "scrollZoom": False, "responsive": True}

_COLOURS = 10
_MARK_SYMBOLS = {
    "outage": "x", "release": "triangle-down", "cause_resolved": "circle", "setup_fixed": "diamond",
}  # fmt: skip


def failure_trend(
    frame: pd.DataFrame,
    axis: Axis,
    *,
    marks: pd.DataFrame | None = None,
    now: datetime | None = None,
    address: Callable[..., str] | None = None,
) -> go.Figure:
    """Refused attempts per bucket, stacked by error type; *marks* (``frames.MARKS``) above them.

    Equal frames within one bucket's time give equal figures, so that a chart at rest is left alone.
    *address* makes what a bar opens of an error type and its bucket's two ends.
    """
    shown = list(axis.shown)
    figure = go.Figure()
    for name in in_order(frame):
        of_type = frame[frame["error_type"].fillna("") == name].set_index("bucket")["failures"]
        behind = [
            address(error=name, since=at, until=axis.end_of(place))
            for place, at in enumerate(axis.buckets)
        ] if address else None  # fmt: skip
        figure.add_bar(
            x=shown,
            y=[int(n) for n in of_type.reindex(axis.buckets, fill_value=0)],
            name=html.escape(text.error_type(name), quote=False),  # Plotly's text is half HTML
            marker={"color": colour_of(name), "cornerradius": 3},
            hovertemplate="%{y}",
            customdata=behind,
        )
    figure = _styled(figure, axis.shown, axis.step)
    if frame.empty:
        _say_so(figure)
    if marks is not None and not marks.empty and now is not None:
        _add_marks(figure, marks, axis, now)
    return figure


def _say_so(figure: go.Figure) -> None:
    """Over axes that have nothing between them."""
    figure.add_annotation(
        xref="paper", yref="paper", x=0.5, y=0.63, showarrow=False,
        text=f"<b>{text.NOTHING_FAILED}</b><br>{text_overview.NO_REFUSALS_HINT}",
    )  # fmt: skip
    figure.update_yaxes(range=[0, 4])


def _add_marks(figure: go.Figure, marks: pd.DataFrame, axis: Axis, now: datetime) -> None:
    """Symbols on a line of their own above the bars, and a band for each outage."""
    begin = axis.buckets[0]
    for kind, symbol in _MARK_SYMBOLS.items():
        of_kind = marks[marks["kind"] == kind]
        if of_kind.empty:
            continue
        name = text_overview.MARK_KINDS[kind]
        ats = [max(pd.Timestamp(at), begin) for at in of_kind["at"]]
        figure.add_scatter(
            x=[_local(at, axis.zone) for at in ats],
            y=[1] * len(ats),
            yaxis="y2",
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 10, "color": "#000007", "line": {"width": 0}},
            text=[_short(mark_words(row), 60) for row in of_kind.to_dict("records")],
            hovertemplate="%{text}<extra></extra>",
            cliponaxis=False,
        )
        if kind == "outage":
            for at, ended in zip(ats, of_kind["ended_at"], strict=True):
                to = now if text.is_missing(ended) else ended
                figure.add_vrect(
                    x0=_local(at, axis.zone), x1=_local(pd.Timestamp(to), axis.zone),
                    fillcolor="#000007", opacity=0.16, line_width=0, layer="below",
                )  # fmt: skip
    figure.update_layout(
        yaxis={"domain": [0, 0.88]},
        yaxis2={
            "domain": [0.92, 1], "anchor": "x", "range": [0.5, 1.5], "showgrid": False,
            "showticklabels": False, "zeroline": False, "fixedrange": True,
        },
    )  # fmt: skip


def mark_words(row: Mapping[Any, Any]) -> str:
    what = str(row["what"] or "").rstrip(".")
    if row["kind"] == "setup_fixed":
        what = text_overview.setup(row["error_type"], row["entity"])
    elif not what:
        what = text.cause(row["error_type"], row["entity"])
    return text_overview.mark(row["kind"], what)


def _local(at: pd.Timestamp, zone: str) -> pd.Timestamp:
    return at.tz_convert(zone).tz_localize(None)


def by_bucket(frame: pd.DataFrame, column: str, axis: Axis) -> list[float]:
    """One column of ``frames.SERIES`` in time's order: a sparkline's numbers."""
    return [float(n) for n in frame.set_index("bucket")[column].reindex(axis.buckets, fill_value=0)]


def success_by_bucket(frame: pd.DataFrame, axis: Axis) -> list[float]:
    """First-attempt success; a bucket without any first attempt is passed over."""
    tried = by_bucket(frame, "first_attempts", axis)
    passed = by_bucket(frame, "first_accepted", axis)
    return [good / all_ for good, all_ in zip(passed, tried, strict=True) if all_]


def known(frame: pd.DataFrame, column: str) -> list[float]:
    """A column's numbers where there are some."""
    return [float(n) for n in frame[column] if not text.is_missing(n)]


Row = tuple[str, int, Decimal]  # name, documents, amount
Cell = tuple[str, EntryType, int, Decimal]  # site, entry type, documents, amount
_BANDS = text_overview.BANDS


def _columns(frame: pd.DataFrame, *names: str) -> Iterable[Any]:
    return zip(*(frame[name] for name in names), strict=True)


def largest(errors: pd.DataFrame, most: int = 8) -> list[Row]:
    """The causes with the most money; the others together in the last row."""
    rows = [
        (text.cause(kind, entity), int(n), Decimal(amount))
        for kind, entity, n, amount in zip(
            errors["error_type"],
            errors["entity"],
            errors["documents"],
            errors["amount"],
            strict=True,
        )
    ]
    rows.sort(key=lambda row: (-row[2], -row[1]))
    rest = rows[most:]
    if rest:
        others = (sum(r[1] for r in rest), sum((r[2] for r in rest), Decimal()))
        rows = [*rows[:most], (text_overview.OTHERS, *others)]
    return rows


def so_far(rows: Sequence[Row]) -> list[str]:
    """What share of all money each row and those above it hold up."""
    whole = sum((row[2] for row in rows), Decimal()) or Decimal(1)
    sums = accumulate(row[2] for row in rows)
    return [text_overview.so_far(float(amount / whole)) for amount in sums]


def in_bands(standing: pd.DataFrame) -> list[Row]:
    """Every age band, those without a document too."""
    documents, amounts = [0] * len(_BANDS), [Decimal()] * len(_BANDS)
    for place, n, amount in _columns(standing, "place", "documents", "amount"):
        documents[place] += n
        amounts[place] += amount
    return list(zip(_BANDS, documents, amounts, strict=True))


def by_site_and_type(standing: pd.DataFrame) -> list[Cell]:
    """The site with the most money first."""
    cells: dict[tuple[str, EntryType], tuple[int, Decimal]] = {}
    of_site: dict[str, Decimal] = {}
    for kind, code, n, amount in _columns(standing, "entry_type", "site", "documents", "amount"):
        site = code or text_overview.NO_SITE
        before = cells.get((site, EntryType(kind)), (0, Decimal()))
        cells[site, EntryType(kind)] = (before[0] + n, before[1] + amount)
        of_site[site] = of_site.get(site, Decimal()) + amount
    order = list(EntryType)
    return sorted(
        ((site, kind, n, amount) for (site, kind), (n, amount) in cells.items()),
        key=lambda cell: (-of_site[cell[0]], cell[0], order.index(cell[1])),
    )


def _short(name: str, most: int = 34) -> str:
    """A label from outside, on two lines where it is long, and no markup for Plotly.

    What stands after the last colon tells one cause from another, so that is kept.
    """
    lead, _, end = name.rpartition(": ")
    parts = [one if len(one) <= most else one[: most - 1] + "…" for one in (lead, end) if one]
    return "<br>".join(html.escape(one, quote=False) for one in parts)


_LEGEND = {
    "orientation": "h",
    "y": 1.02,
    "yanchor": "bottom",
    "x": 0,
    "title": None,
    "traceorder": "normal",
}


def minutes_held_back(events: Sequence[BreakerEvent], axis: Axis, now: datetime) -> pd.Series:
    """Minutes per bucket in which nothing was pushed; *events* newest first."""
    begin = axis.buckets[0].to_pydatetime()
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
            max((min(end, axis.end_of(place)) - max(start, bucket)).total_seconds(), 0) / 60
            for start, end in periods
        )
        for place, bucket in enumerate(axis.buckets)
    ]
    return pd.Series(minutes, index=axis.buckets)


def held_back(held: pd.Series, axis: Axis) -> go.Figure:
    """``minutes_held_back`` as bars."""
    shown, step = axis.shown, axis.step
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


def describe_trend(frame: pd.DataFrame, words: str) -> str:
    """The trend in words, for people who do not see the chart."""
    if frame.empty:
        return text.NOTHING_FAILED
    totals = frame.groupby("error_type", dropna=False)["failures"].sum()
    parts = [
        f"{text.error_type(name)} {int(totals[name])}"
        for name in totals.sort_values(ascending=False, kind="stable").index
    ]
    return f"Refused attempts {words} by error type: {', '.join(parts)}"


def colour_of(name: str) -> str:
    """A placeholder that Streamlit replaces by the theme's colour of that place."""
    known = list(text.ERROR_TYPES)
    place = known.index(name) if name in known else known.index("other")
    return f"#{place % _COLOURS + 1:06d}"


def in_order(frame: pd.DataFrame) -> list[str]:
    """The error types that are there, each in its fixed place."""
    present = set(frame["error_type"].fillna(""))
    known = [name for name in text.ERROR_TYPES if name in present]
    return known + sorted(present - set(known))


def _styled(figure: go.Figure, shown: pd.DatetimeIndex, step: timedelta) -> go.Figure:
    figure.update_layout(
        barmode="stack",
        height=280,
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        legend=_LEGEND,
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
        type="date",
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
