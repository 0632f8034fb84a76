"""Resyncing many: what would go and what not, the button, how far it is, the way back."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from iman.api.remedies_client import RemediesClient
from iman.api.wire_checklists import ChecklistDocument, ChecklistView
from iman.api.wire_remedies import (
    CauseDocument,
    PlannedDocument,
    PreviewSelection,
    Release,
    ReleaseDocument,
    ReleasePreview,
    Selection,
    StartRelease,
)
from iman.dashboard import doing, export, parts, session, text, text_remedies
from iman.dashboard.parts import Column
from iman.domain.checklist import OPEN_PHASES, Phase
from iman.domain.people import Permission
from iman.errors import DaemonRefused, DaemonUnavailable

_PLACE = "release"
GOING = ("grace", "canary", "running")
ROWS = 200  # documents shown of each list; the export has them all
_Anything = ChecklistDocument | CauseDocument | PlannedDocument | ReleaseDocument


def urgent(view: ChecklistView) -> bool:
    """Whether the release is what comes next, or is under way."""
    step = text_remedies.next_step(view)
    return (step is not None and text_remedies.is_release(step)) or _newest(view) is not None


def panel(view: ChecklistView, currency: str) -> None:
    """The newest release of the checklist, or the offer of one; nothing where neither is due."""
    newest = _newest(view)
    offered = None if newest is not None and newest.state in GOING else _offer(view)
    if newest is None and offered is None:
        return
    with st.container(border=True, key="card_release"):
        parts.heading(text_remedies.RELEASE)
        with st.container():
            if newest is not None:
                running(session.remedies().release(newest.id, rows=ROWS), currency)
        with st.container():
            if offered is not None:
                # the checklist's word, not the preview's: both parts of the page say the same
                offer(
                    offered, Selection(checklist_id=view.id), currency,
                    ready=view.ready_to_release,
                    not_ready=text_remedies.in_numbers(offered.not_ready, view),
                )  # fmt: skip
        parts.told(_PLACE)


def _newest(view: ChecklistView) -> Release | None:
    if view.cause_id is None:
        return None
    own = session.remedies().releases(cause_id=view.cause_id)
    since = [r for r in own if r.checklist_id == view.id or r.asked_at >= view.opened_at]
    return max(since, key=lambda r: r.id, default=None)


def _offer(view: ChecklistView) -> ReleasePreview | None:
    if view.phase not in OPEN_PHASES or view.phase is Phase.CHOOSING:
        return None
    try:
        found = session.preview_release(PreviewSelection(checklist_id=view.id, rows=ROWS))
    except (DaemonRefused, DaemonUnavailable):
        return None
    return found if found.documents else None


def offer(
    preview: ReleasePreview,
    selection: Selection,
    currency: str,
    *,
    ready: bool,
    not_ready: str = "",
    place: str = _PLACE,
) -> None:
    """What would go and what not, and the button; *not_ready* wants a reason first.

    *place* is where it is told what came of it.
    """
    closed = doing.hindrance(Permission.RESYNC_MANY, text_remedies.ONLY_ADMINS_RELEASE)
    label = text_remedies.release_button(preview, currency)
    with st.container():
        if not ready:
            st.html(f'<p class="iman-locked">{escape(not_ready)}</p>')
    if closed:
        with st.container(horizontal=True, vertical_alignment="center", key="release_closed"):
            st.button(label, icon=":material/sync:", disabled=True, key="release_off")
            st.html(f'<p class="iman-quiet">{escape(closed)}</p>', width="content")
    else:
        # without the blocking step it is possible, but not what the page invites to
        with st.popover(
            label if ready else text_remedies.RELEASE_ANYWAY, icon=":material/sync:",
            type="primary" if ready else "secondary", key=f"release_{ready}",
        ):  # fmt: skip
            st.html(f"<p>{escape(text_remedies.release_how(preview))}</p>")
            st.text_area(
                text_remedies.RELEASE_REASON, key="release_reason", max_chars=500,
                placeholder=text_remedies.RELEASE_REASON_HINT,
            )  # fmt: skip
            st.button(
                label, type="primary", key="release_start", on_click=_start,
                args=(selection.model_dump_json(), preview.digest, ready, place),
            )  # fmt: skip
    with st.expander(text_remedies.TOUCHED, key="touched"):
        documents(preview.touched, currency, why=True)
        _rest(preview.documents - len(preview.touched))
    if preview.untouched:
        with st.expander(text_remedies.UNTOUCHED, key="untouched"):
            documents(preview.untouched, currency, why=True)
            _rest(preview.untouched_documents - len(preview.untouched))


def _rest(number: int) -> None:
    if number > 0:
        st.html(f'<p class="iman-quiet">{text_remedies.and_more(number)}</p>')


def running(release: Release, currency: str, *, place: str = _PLACE) -> None:
    """State, progress, the way back, and the result of every document."""
    zone, now = session.zone(), session.now()
    lamp = parts.lamp(*text_remedies.RELEASE_STATES[release.state])
    share = 100 * (release.synced + release.failed) / max(release.documents, 1)
    worth = text_remedies.documents_worth(release.documents, release.amount, currency)
    note = f'<p class="iman-locked">{escape(release.note)}</p>' if release.note else ""
    st.html(
        f'<p class="iman-title">{lamp}<strong>{text_remedies.release_progress(release)}</strong>'
        f'<span class="iman-quiet">{escape(worth)}</span><span class="iman-quiet">'
        f"{escape(text_remedies.released_by(release, zone, now))}</span></p>{note}"
        f'<span class="iman-bar" role="progressbar" aria-label="{text_remedies.RELEASE}" '
        f'aria-valuenow="{share:.0f}" aria-valuemin="0" aria-valuemax="100">'
        f'<b style="width:{share:.0f}%"></b></span>'
    )
    if release.state in GOING and session.may(Permission.RESYNC_MANY):
        undo = release.state == "grace"
        st.button(
            text_remedies.RELEASE_UNDO if undo else text_remedies.RELEASE_STOP,
            icon=":material/undo:" if undo else ":material/stop_circle:",
            key=f"stop_{release.id}_{undo}", on_click=_stop, args=(release.id, place),
        )  # fmt: skip
    with st.expander(text_remedies.RESULTS, expanded=True, key=f"results_{release.id}"):
        parts.table(
            text_remedies.RESULTS,
            [
                Column(
                    title="Result",
                    cell=lambda d: parts.lamp(*text_remedies.RESULT_WORDS[d.result]),
                    css="iman-tight",
                ),
                *_columns(currency),
                Column(title="What happened", cell=lambda d: escape(d.detail or "–")),
            ],
            release.results,
        )
        _rest(release.documents - len(release.results))
        export.button(f"release-{release.id}", lambda: _results(release.id))


def documents(several: Sequence[_Anything], currency: str, *, why: bool = False) -> None:
    """Documents in a table, with a link to each."""
    said = [Column(title="Note", cell=lambda d: escape(d.why or "–"))] if why else []
    parts.table(
        text.LEVEL_2,
        [
            Column(title="State", cell=lambda d: parts.chip(d.state), css="iman-tight"),
            *_columns(currency),
            *said,
        ],
        several,
    )


def file_of(checklist_id: int, several: Sequence[_Anything]) -> None:
    export.button(f"checklist-{checklist_id}", lambda: export.of_models(several))


def _columns(currency: str) -> list[Column]:
    return [
        Column(
            title="Document",
            cell=lambda d: parts.inside("document", d.number, "iman-open", id=d.id),
            css="iman-tight",
        ),
        Column(title="Booking", cell=lambda d: escape(d.booking or "–"), css="iman-tight"),
        Column(title="Customer", cell=lambda d: escape(d.customer_name or "–"), css="iman-medium"),
        Column(
            title=f"Amount ({currency})" if currency else "Amount",
            cell=lambda d: text.money(d.amount),
            css="iman-number",
        ),
    ]


def _results(release_id: int) -> pd.DataFrame:
    return export.of_models(session.remedies().release(release_id).results)


def _start(selection: str, digest: str, ready: bool, place: str) -> None:
    reason = str(st.session_state.get("release_reason") or "").strip()
    if not ready and not doing.written("release_reason", place):
        return
    asked = f"release_{selection}"
    order = StartRelease.model_validate(
        {
            **Selection.model_validate_json(selection).model_dump(), "digest": digest,
            "reason": reason, "request_id": doing.request_id(asked),
        }
    )  # fmt: skip
    if doing.attempt(place, lambda client: client.start_release(order)) is not None:
        doing.finished(asked, "release_reason")


def _stop(release_id: int, place: str) -> None:
    def stop(client: RemediesClient) -> Release:
        return client.stop_release(release_id)

    doing.attempt(place, stop)
