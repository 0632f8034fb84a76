"""The Daemon page's own parts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from iman.api.wire import BreakerEvent, Pause
from iman.dashboard import charts, export, parts, period, session, text, text_daemon
from iman.dashboard.parts import Column
from iman.domain.document import EntryType
from iman.domain.people import Permission
from iman.errors import ImanError
from iman.reading.reading import Window

_ALL = "all"
_TONES = {"open": "failed", "half_open": "retrying", "closed": "synced"}


def forecast() -> None:
    """How many are on their way, and when none is left."""
    reading = session.reading()
    status, found = reading.status(), reading.queue()
    hindered = text_daemon.hindered(status.health) if status.available else text_daemon.AWAY_QUEUE
    told = text_daemon.forecast(found, hindered, session.zone(), session.now())
    st.html(
        f'<p class="iman-title">{parts.lamp(*told.lamp)}<strong>{escape(told.headline)}</strong>'
        f'</p><p class="iman-quiet">{escape(told.detail)}</p>'
    )


def queue(counts: pd.DataFrame, pauses: Sequence[Pause]) -> None:
    """Everything, then each entry type: what waits, whether it is paused, and the button."""
    waits = {row.entry_type: int(row.waiting + row.retrying) for row in parts.rows_of(counts)}
    held = {one.entry_type: one for one in pauses}
    hindrance = _hindrance()
    if hindrance:
        st.html(f'<p class="iman-quiet">{hindrance}</p>')
    _row(_ALL, sum(waits.values()), held, closed=bool(hindrance))
    for kind in EntryType:
        _row(kind.value, waits.get(kind.value, 0), held, closed=bool(hindrance))


def _row(name: str, waiting: int, held: dict[str, Pause], *, closed: bool) -> None:
    zone, now = session.zone(), session.now()
    pause, with_all = held.get(name), name != _ALL and _ALL in held
    if pause:
        state = parts.lamp("parked", text_daemon.PAUSED)
        why = f"<small>{escape(text_daemon.paused_since(pause, zone, now))}</small>"
    else:
        state = (
            parts.lamp("parked", text_daemon.PAUSED_WITH_ALL)
            if with_all
            else parts.lamp("synced", text_daemon.RUNNING)
        )
        why = ""
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"queue_{name}",
    ):
        st.html(
            f'<div class="iman-queue"><strong>{text_daemon.what(name)}</strong>{state}'
            f'<span class="iman-quiet">{text_daemon.waiting(waiting)}</span>{why}</div>',
            width="stretch",
        )
        if not closed:
            _button(name, paused=pause is not None)


def _button(name: str, *, paused: bool) -> None:
    label = text_daemon.resume_title(name) if paused else text_daemon.pause_title(name)
    icon = ":material/play_arrow:" if paused else ":material/pause:"
    with st.popover(label, icon=icon, key=f"ask_{name}_{paused}"):
        if paused:
            st.html(f"<p>{text_daemon.RESUME_EXPLAINED}</p>")
            st.button(
                text_daemon.CONFIRM_RESUME, type="primary", key=f"resume_{name}",
                on_click=_resume, args=(name,),
            )  # fmt: skip
        else:
            st.html(f"<p>{text_daemon.PAUSE_EXPLAINED}</p>")
            st.text_input(
                text_daemon.REASON, key=f"why_{name}", max_chars=500,
                placeholder=text_daemon.REASON_HINT,
            )  # fmt: skip
            st.button(
                text_daemon.CONFIRM_PAUSE, type="primary", key=f"pause_{name}",
                on_click=_pause, args=(name,),
            )  # fmt: skip


def _pause(name: str) -> None:
    reason = st.session_state.get(f"why_{name}", "").strip()
    if not reason:
        parts.tell("daemon", text_daemon.REASON_MISSING, bad=True)
        return
    try:
        session.pause(name, reason=reason)
    except ImanError as exc:
        parts.tell("daemon", str(exc), bad=True)
    else:
        parts.tell("daemon", text_daemon.changed(name, paused=True))


def _resume(name: str) -> None:
    try:
        session.resume(name)
    except ImanError as exc:
        parts.tell("daemon", str(exc), bad=True)
    else:
        parts.tell("daemon", text_daemon.changed(name, paused=False))


def _hindrance() -> str:
    if not session.may(Permission.PAUSE):
        return text_daemon.ONLY_ADMINS
    return "" if session.reading().status().available else text_daemon.AWAY


def breaker(events: list[BreakerEvent], hours: int, window: str) -> None:
    """How long pushing was held back, as a chart and as the list of changes."""
    if not events:
        parts.empty(text_daemon.NEVER_HELD, text_daemon.NEVER_HELD_HINT, css="good")
        return
    now, zone = session.now(), session.zone()
    axis = period.axis(Window(hours=hours, zone=zone.key), now)
    held = charts.minutes_held_back(events, axis, now)
    alt = text_daemon.held_back(float(held.sum()), window)
    st.html(f'<p class="iman-quiet">{alt}</p>')
    figure = charts.held_back(held, axis)
    st.plotly_chart(figure, key="held", config=charts.CONFIG, alt=alt)
    parts.table(
        text_daemon.BREAKER_LIST,
        [
            Column(title="When", cell=lambda e: text.moment(e.at, zone, now), css="iman-tight"),
            Column(
                title="Pushing",
                cell=lambda e: parts.lamp(_TONES[e.state], text_daemon.BREAKER_STATES[e.state]),
                css="iman-tight",
            ),
            Column(title="Why", cell=lambda e: escape(e.reason or "–"), css="iman-wide"),
        ],
        events[:20],
    )
    export.button(
        "breaker",
        lambda: pd.DataFrame([e.model_dump(mode="json") for e in events]),
        {"window": window},
    )
