"""The Daemon page's settings: shown, with what changed and who started it so; never edited."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from iman.api.wire_settings import ChangedSetting, Setting, SettingsRecord
from iman.dashboard import export, parts, session, text, text_settings
from iman.dashboard.parts import Column
from iman.domain.setting import SettingValue

_Any = Setting | SettingValue


def card(record: SettingsRecord) -> None:
    """What changed first, then what is not as delivered; everything else on request."""
    if not record.settings:
        parts.empty(text_settings.NOT_KEPT)
        return
    zone, now = session.zone(), session.now()
    st.html(
        f'<p class="iman-quiet">{escape(text_settings.started(record, zone, now))} '
        f"{escape(text_settings.how_to_change(record))} {text_settings.SECRET}</p>"
    )
    _changes(record.changes)
    _table(text_settings.NOT_DEFAULT, [s for s in record.settings if s.value != s.default])
    with st.expander(text_settings.ALL, key="all_settings"):
        _table(text_settings.ALL, record.settings)
        export.button("settings", lambda: export.of_models(record.settings))
    with st.expander(text_settings.OWN, key="own_settings"):
        _table(text_settings.OWN, session.own_settings())


def _changes(several: Sequence[ChangedSetting]) -> None:
    st.html(f'<p class="iman-kicker">{text_settings.CHANGES}</p>')
    if not several:
        st.html(f'<p class="iman-quiet">{text_settings.NO_CHANGES}</p>')
        return
    zone, now = session.zone(), session.now()
    parts.table(
        text_settings.CHANGES,
        [
            Column(title="When", cell=lambda c: text.moment(c.at, zone, now), css="iman-tight"),
            Column(title="Setting", cell=lambda c: f"<strong>{escape(c.name)}</strong>"),
            Column(title="Old value", cell=lambda c: _value(c.before)),
            Column(title="New value", cell=lambda c: _value(c.now)),
            Column(
                title="Stands in",
                cell=lambda c: escape(text_settings.origin(c.name, c.origin)),
                css="iman-medium",
            ),
            Column(
                title="Started by",
                cell=lambda c: escape(c.started_by or text_settings.NOT_KNOWN),
                css="iman-tight",
            ),
        ],
        several[:20],
    )


def _table(caption: str, several: Sequence[_Any]) -> None:
    st.html(f'<p class="iman-kicker">{caption}</p>')
    parts.table(
        caption,
        [
            Column(
                title="Setting",
                cell=lambda s: (
                    f"<div><strong>{escape(s.name)}</strong><small>{escape(s.meaning)}</small></div>"
                ),
                css="iman-wide",
            ),
            Column(title="Value", cell=lambda s: _value(s.value), css="iman-medium"),
            Column(title="Default", cell=lambda s: _value(s.default)),
            Column(
                title="Stands in", cell=lambda s: escape(text_settings.origin(s.name, s.origin))
            ),
        ],
        several,
    )


def _value(words: str) -> str:
    return f"<code>{escape(words)}</code>" if words else text_settings.NONE
