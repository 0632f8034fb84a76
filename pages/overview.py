"""Is it healthy, what is stuck, how much money, since when, is it getting better?"""

import streamlit as st

from iman.dashboard import overview, parts, session, text, text_overview

with parts.title_row(text.OVERVIEW):
    parts.live(2, parts.freshness)
    window = parts.window()
hours, words = text.WINDOWS[window]
with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
    scope = overview.scope_bar()


def top() -> None:
    reading = session.reading()
    figures = reading.overview(hours=hours, scope=scope)
    overview.verdict(figures)
    took = reading.durations(hours=hours, scope=scope)
    overview.figures(figures, took, reading.series(hours=hours, scope=scope), words)


def currency() -> str:
    return session.reading().overview(hours=hours, scope=scope).currency


def trend() -> None:
    parts.heading(text.trend_title(words))
    overview.trend(session.reading().failures(hours=hours, scope=scope), hours, words)


def daemon() -> None:
    parts.heading(text.DAEMON)
    parts.heartbeat(session.reading().status(), brief=True)


def pareto() -> None:
    parts.heading(text_overview.PARETO)
    overview.pareto(session.reading().open_errors(scope=scope), currency(), scope)


def ageing() -> None:
    parts.heading(text_overview.AGEING)
    overview.ageing(session.reading().standing(scope=scope), currency(), scope)


def by_site() -> None:
    parts.heading(text_overview.BY_SITE)
    overview.by_site(session.reading().standing(scope=scope), currency(), scope)


def causes() -> None:
    parts.heading(text.CAUSES_TITLE)
    overview.causes(session.reading().open_errors(scope=scope), currency())


def intake() -> None:
    problems = session.reading().intake_problems()
    if not problems.empty:
        with st.container(border=True, key="card_intake"):
            parts.heading(text.INTAKE_TITLE)
            overview.intake_problems(problems)


parts.live(2, top)
for pair in ((trend, pareto), (ageing, by_site)):
    for place, chart in zip(st.columns(2, gap="small"), pair, strict=True):
        with place.container(border=True, height="stretch", key=f"card_{chart.__name__}"):
            parts.live(15, chart)
with st.container(border=True, key="card_causes"):
    parts.live(5, causes)
with st.container(border=True, key="card_daemon"):
    parts.live(2, daemon)
parts.live(5, intake)
