"""Does the daemon do its work, what waits and for how long, and what holds it back?"""

import streamlit as st

from iman.dashboard import (
    daemon,
    faults,
    heartbeat,
    parts,
    session,
    settings,
    text,
    text_daemon,
    text_sandbox,
    text_settings,
)
from iman.domain.people import Permission

with parts.title_row(text.DAEMON_PAGE):
    window = parts.window()
hours, words = text.WINDOWS[window]


def now() -> None:
    heartbeat.well(session.reading().status())
    daemon.forecast()


def loops() -> None:
    parts.heading(text_daemon.LOOPS_TITLE)
    heartbeat.shown(session.reading().status())


def queue() -> None:
    parts.heading(text_daemon.QUEUE_TITLE)
    reading = session.reading()
    daemon.queue(reading.counts(), reading.pauses())
    parts.told("daemon")


def breaker() -> None:
    parts.heading(text_daemon.HELD_TITLE)
    daemon.breaker(session.reading().breaker_events(hours=hours), hours, words)


with st.container(border=True, key="card_now"):
    parts.live(2, now)
left, right = st.columns([1.25, 1], gap="small")  # on a phone the left one stands first
with left.container(border=True, height="stretch", key="card_queue"):
    parts.live(3, queue)
with right.container(border=True, height="stretch", key="card_loops"):
    parts.live(2, loops)
with st.container(border=True, key="card_breaker"):
    parts.live(10, breaker)
if session.sandbox() and session.may(Permission.WORK_SANDBOX):
    with st.container(border=True, key="card_faults"):
        parts.heading(text_sandbox.TITLE)
        parts.live(3, faults.panel)
if session.may(Permission.VIEW_SETTINGS):
    with st.container(border=True, key="card_settings"):
        parts.heading(text_settings.TITLE)
        parts.answering(lambda: settings.card(session.reading().settings()))
