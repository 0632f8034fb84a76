"""Is it healthy, what is stuck, how much money, since when, is it getting better?"""

import streamlit as st

from iman.dashboard import charts, overview, parts, session, text

with parts.title_row(text.OVERVIEW):
    parts.live(2, parts.freshness)
    window = parts.window()
hours, words = text.WINDOWS[window]


def top() -> None:
    reading = session.reading()
    figures = reading.overview(hours=hours)
    overview.verdict(figures)
    overview.figures(figures, reading.failures(hours=hours), words)


def trend() -> None:
    frame = session.reading().failures(hours=hours)
    parts.heading(text.trend_title(words))
    if frame.empty:
        parts.empty(text.NOTHING_FAILED, css="good")
        return
    figure = charts.failure_trend(frame, hours=hours, now=session.now(), zone=session.zone().key)
    alt = charts.describe_trend(frame, words)
    st.plotly_chart(figure, key="trend", config=charts.CONFIG, alt=alt)


def daemon() -> None:
    parts.heading(text.DAEMON)
    parts.heartbeat(session.reading().status())


def causes() -> None:
    parts.heading(text.CAUSES_TITLE)
    overview.causes(session.reading().open_errors())


def intake() -> None:
    problems = session.reading().intake_problems()
    if not problems.empty:
        with st.container(border=True, key="card_intake"):
            parts.heading(text.INTAKE_TITLE)
            overview.intake_problems(problems)


parts.live(2, top)
left, right = st.columns([1.65, 1], gap="small")
with left.container(border=True, height="stretch", key="card_trend"):
    parts.live(15, trend)
with right.container(border=True, height="stretch", key="card_daemon"):
    parts.live(2, daemon)
with st.container(border=True, key="card_causes"):
    parts.live(5, causes)
parts.live(5, intake)
