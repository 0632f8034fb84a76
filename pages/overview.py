"""Is it healthy, what is stuck, how much money, since when, is it getting better?"""

import streamlit as st

from iman.dashboard import (
    heartbeat,
    overview,
    overview_open,
    overview_past,
    parts,
    period,
    session,
    text,
)
from iman.dashboard import text_overview as words

with parts.title_row(text.OVERVIEW):
    parts.live(2, parts.freshness)
    window = overview.period_control()
with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
    of, scope = overview.scope_bar(window)
    end = period.month_end(session.now().astimezone(session.zone()).date())
    overview.ask_ahead(of, scope, period.day(st.query_params.get("due")) or end)
    overview.report(scope)


def currency() -> str:
    return session.reading().overview(of.window, scope).currency


def top() -> None:
    reading = session.reading()
    figures = reading.overview(of.window, scope)
    overview.verdict(figures)
    series, stood = reading.series(of.window, scope), reading.history(of.window, scope)
    overview.figures(figures, reading.durations(of.window, scope), series, stood, of)


def trend() -> None:
    parts.heading(words.trend_title(of.words))
    reading = session.reading()
    overview_past.trend(reading.failures(of.window, scope), reading.marks(of.window), of, scope)


def pareto() -> None:
    parts.heading(words.PARETO)
    overview_open.pareto(session.reading().open_errors(scope=scope), currency(), scope)


def met() -> None:
    parts.heading(words.met_title(of.words))
    overview_past.met(session.reading().met_causes(of.window, scope), currency(), of, scope)


def busy() -> None:
    parts.heading(words.busy_title(of.words))
    overview_past.busy(session.reading().busy_hours(of.window, scope), of, scope)


def ageing() -> None:
    parts.heading(words.AGEING)
    overview_open.ageing(session.reading().standing(scope=scope), currency(), scope)


def by_site() -> None:
    parts.heading(words.BY_SITE)
    overview_open.by_site(session.reading().standing(scope=scope), currency(), scope)


def period_end() -> None:
    due = period.day(st.query_params.get("due")) or end
    found = session.reading().period_end(due, scope)
    overview_open.period_end(found, currency(), scope, due)


def effort() -> None:
    parts.heading(words.EFFORT)
    reading = session.reading()
    figures = reading.overview(of.window, scope)
    retries = reading.retries(of.window, scope)
    overview_past.effort(retries, figures.synced, figures.previous_synced, of, scope)


def causes() -> None:
    parts.heading(text.CAUSES_TITLE)
    overview.causes(session.reading().open_errors(scope=scope), currency(), scope)


def daemon() -> None:
    parts.heading(text.DAEMON)
    heartbeat.shown(session.reading().status(), brief=True)


def intake() -> None:
    problems = session.reading().intake_problems()
    if not problems.empty:
        with st.container(border=True, key="card_intake"):
            parts.heading(text.INTAKE_TITLE)
            overview.intake_problems(problems)


parts.live(2, top)
st.caption(words.OPENS_ROWS)
for pair in ((trend, pareto), (met, busy), (ageing, by_site)):
    for place, chart in zip(st.columns(2, gap="small"), pair, strict=True):
        with place.container(border=True, height="stretch", key=f"card_{chart.__name__}"):
            parts.live(15, chart)
ends, saved = st.columns(2, gap="small")
with ends.container(border=True, height="stretch", key="card_period_end"):
    parts.heading(words.PERIOD_END)
    parts.date_choice("due", words.DUE, end, keep=False)
    parts.live(15, period_end)
with saved.container(border=True, height="stretch", key="card_effort"):
    parts.live(15, effort)
with st.container(border=True, key="card_causes"):
    parts.live(5, causes)
with st.container(border=True, key="card_daemon"):
    parts.live(2, daemon)
parts.live(5, intake)
