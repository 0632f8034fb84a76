"""Whether the daemon is alive and each of its loops comes round."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire import Health
from iman.dashboard import parts, session, text
from iman.reading.reading import DaemonStatus


def _pushing(health: Health) -> str:
    """Whether documents go out now: the breaker's and the admin's word."""
    zone, now = session.zone(), session.now()
    held, paused = text.breaker(health.breaker, zone, now), text.paused(health.paused)
    tone, word = ("failed", text.HELD_BACK) if held else ("parked", text.PAUSED)
    if not held and not paused:
        tone, word = "synced", text.PUSHING_GOES_ON
    why = escape(" ".join(filter(None, (held, paused))))
    lamp = parts.lamp(tone, word)
    return f"<li><span>{text.PUSHING}<small>{why}</small></span><span></span>{lamp}</li>"


def shown(status: DaemonStatus, *, brief: bool = False) -> None:
    """Each loop of the daemon: its name, last round, and how it does; *brief*: those in trouble."""
    health = status.health
    if not status.available or health is None:
        seen = text.moment(status.last_seen_at, session.zone(), session.now())
        parts.empty(text.DAEMON_AWAY, f"{text.LAST_SEEN} {seen}", css="away")
        return
    zone, now = session.zone(), session.now()
    beating, stalled = parts.lamp("synced", text.BEATS), parts.lamp("failed", text.BEATS_NOT)
    items = "".join(
        f"<li><span>{escape(text.loop(beat.loop))}<small>{escape(beat.detail)}</small></span>"
        f"<time>{text.moment(beat.last_at, zone, now)}</time>"
        f"{beating if beat.ok else stalled}</li>"
        for beat in health.loops
        if not (brief and beat.ok)
    )
    link = parts.inside("daemon", text.TO_THE_DAEMON)
    below = f'<p class="iman-quiet">{_well(health)} {link}</p>' if brief else ""
    st.html(f'<ul class="iman-beats">{_pushing(health)}{items}</ul>{below}')


def well(status: DaemonStatus) -> None:
    """Whether the daemon is well, in one line."""
    health = status.health if status.available else None
    told = _well(health) if health else parts.lamp("failed", text.DAEMON_AWAY)
    st.html(f'<p class="iman-quiet">{told}</p>')


def _well(health: Health) -> str:
    tone = "synced" if health.status == "ready" else "retrying"
    since = text.moment(health.started_at, session.zone(), session.now())
    return (
        f"{parts.lamp(tone, text.HEALTH[health.status])} {escape(health.company)} · "
        f"Iman {escape(health.version)} · {text.RUNNING_SINCE} {since}"
    )
