"""Resyncing all failed documents that the monitor's filter lets through."""

from __future__ import annotations

from datetime import timedelta
from html import escape

import streamlit as st

from iman.api.wire_remedies import Filter, PreviewSelection, Release, ReleasePreview, Selection
from iman.dashboard import causes, filters, parts, release, session, text_remedies
from iman.domain.document import DocumentState
from iman.domain.people import Permission
from iman.errors import DaemonRefused, DaemonUnavailable
from iman.reading.reading import DocumentFilter

_PLACE = "release_filter"
_SHOWN_FOR = timedelta(minutes=15)  # after its end; its results stay in the documents' history


def panel(wanted: DocumentFilter) -> None:
    """The release of a selection that is under way, and the offer of one where failed are shown."""
    newest = _newest()
    going = newest is not None and newest.state in release.GOING
    offered = None if going else _preview(wanted)
    if newest is None and offered is None:
        _hint(wanted)
        return
    currency = causes.currency()
    with st.container(border=True, key="card_release"):
        parts.heading(text_remedies.RELEASE_FILTERED)
        if newest is not None:
            st.html(f'<p class="iman-quiet">{escape(newest.title)}</p>')
            found = session.remedies().release(newest.id, rows=release.ROWS)
            release.running(found, currency, place=_PLACE)
        if offered is not None:
            selection = Selection(filter=_filter(wanted))
            release.offer(offered, selection, currency, ready=True, place=_PLACE)
        parts.told(_PLACE)


def _hint(wanted: DocumentFilter) -> None:
    """Where failed ones are among what is shown, the way to them."""
    if wanted.states != filters.SHOW[filters.DEFAULT_SHOW] or not session.may(
        Permission.RESYNC_MANY
    ):
        return
    counts = session.reading().counts()
    if wanted.entry_type is not None:
        counts = counts[counts["entry_type"] == wanted.entry_type.value]
    if not counts.empty and int(counts["failed"].sum()) > 1:
        kept = {**filters.carried(st.query_params.to_dict()), "show": "failed"}
        st.html(parts.inside("monitor", text_remedies.RELEASE_FILTER_HINT, "iman-button", **kept))


def _newest() -> Release | None:
    """Of a selection, and not long over."""
    since = session.now() - _SHOWN_FOR
    own = [
        one
        for one in session.remedies().releases()
        if one.cause_id is None and one.checklist_id is None
        and (one.state in release.GOING or one.state_since >= since)
    ]  # fmt: skip
    return max(own, key=lambda one: one.id, default=None)


def _preview(wanted: DocumentFilter) -> ReleasePreview | None:
    """None where failed documents are not what is shown, or there is none to resync."""
    if wanted.states != (DocumentState.FAILED,):
        return None
    asked = PreviewSelection(filter=_filter(wanted), rows=release.ROWS)
    try:
        found = session.preview_release(asked)
    except (DaemonRefused, DaemonUnavailable):
        return None
    return found if found.documents else None


def _filter(wanted: DocumentFilter) -> Filter:
    return Filter(
        entry_type=wanted.entry_type,
        states=list(wanted.states),
        error_type=wanted.error_type,
        entity=wanted.entity,
        site=wanted.site,
        search=wanted.search,
    )
