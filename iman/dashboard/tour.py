"""A tour of the reference scenario for who sees the sandbox for the first time."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st

from iman.dashboard import parts, session, text_tour
from iman.domain.document import CLOSED_STATES, DocumentState, EntryType
from iman.errors import ImanError, NotFound

_INVOICE = "INV-010319"
_BOOKING = "10319"
_PREFERENCE = "tour"
_SEEN = "iman_tour_seen"
_ENDED = "iman_tour_ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the sandbox, or somebody in it, has come."""

    place: int  # of the step that is next; all done: how many there are
    document_id: int
    cause_id: int | None
    checklist_id: int | None


def card(page: str) -> None:
    """On every page of a sandbox until this person ends it; *page* is where they are."""
    if not session.sandbox() or ended():
        return
    if page in ("monitor", "document"):
        st.session_state[_SEEN] = True
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="tour"
    ):
        parts.live(3, _told)
        st.button(text_tour.END, key="tour_end", on_click=_end)


def again() -> None:
    """The way back to it, for the page that explains."""
    if session.sandbox() and ended():
        st.button(text_tour.AGAIN, key="tour_again", help=text_tour.AGAIN_HINT, on_click=_again)


def ended() -> bool:
    """Whether this person has ended it, now or on an earlier day."""
    if _ENDED not in st.session_state:
        try:
            known = session.reading().preferences()
        except ImanError:
            return True
        st.session_state[_ENDED] = known.get(_PREFERENCE) == "ended"
    return bool(st.session_state[_ENDED])


def standing() -> Standing | None:
    """None: byondpro has not sent the invoice yet."""
    reading = session.reading()
    try:
        document_id = reading.find_document(_INVOICE, EntryType.INVOICE)
    except NotFound:
        return None
    detail = reading.document(document_id)
    cause_id, checklist_id, added = _remedy(document_id)
    if detail.document.state in CLOSED_STATES:
        place = len(text_tour.STEPS)
    elif detail.resyncs and detail.document.state is not DocumentState.FAILED:
        place = 4  # under way; one that was resynced in vain wants its remedy first
    elif added:
        place = 3
    elif checklist_id is not None:
        place = 2
    else:
        place = 1 if st.session_state.get(_SEEN) else 0
    return Standing(place, document_id, cause_id, checklist_id)


def _remedy(document_id: int) -> tuple[int | None, int | None, bool]:
    """The cause, its checklist, and whether what finance does is done."""
    remedies = session.remedies()
    cause_id = remedies.culprits(document_id).cause_id
    if cause_id is None:
        return None, None, False
    checklist_id = remedies.cause(cause_id).cause.checklist_id
    if checklist_id is None:
        return cause_id, None, False
    return cause_id, checklist_id, remedies.checklist(checklist_id).ready_to_release


def _told() -> None:
    found = standing()
    if found is None:
        st.html(f'<p class="iman-quiet">{text_tour.NOT_YET}</p>')
        return
    if found.place >= len(text_tour.STEPS):
        st.html(
            f'<p class="iman-tour" role="status"><strong>{text_tour.DONE}</strong> '
            f"{text_tour.DONE_DETAIL}</p>"
        )
        return
    step = text_tour.STEPS[found.place]
    dots = "".join(
        f'<i class="{"iman-past" if n < found.place else ""}" aria-hidden="true"></i>'
        for n in range(len(text_tour.STEPS))
    )
    progress = f'<span class="iman-quiet">{text_tour.progress(found.place)}</span>'
    title = f"<strong>{escape(step.title)}</strong>"
    more = f"{escape(step.detail)} {_way(found, step.link)}"
    # a phone shows the one line of the second, until it is opened
    st.html(
        f'<section class="iman-tour" aria-label="{escape(text_tour.TOUR)}">'
        f'<p class="iman-roomy">{progress}<span class="iman-dots">{dots}</span>{title} {more}</p>'
        f'<details class="iman-strip" data-keep="tour"><summary>{progress} {title}</summary>'
        f"<p>{more}</p></details></section>"
    )


def _way(found: Standing, label: str) -> str:
    match found.place:
        case 0:
            return parts.inside("monitor", label, type=EntryType.INVOICE.value, q=_BOOKING)
        case 1 if found.cause_id is not None:
            return parts.inside("causes", label, id=found.cause_id)
        case 2 if found.checklist_id is not None:
            return parts.inside("checklist", label, id=found.checklist_id)
        case _:
            return parts.inside("document", label, id=found.document_id)


def _end() -> None:
    _remember("ended", ended=True)


def _again() -> None:
    _remember("", ended=False)


def _remember(value: str, *, ended: bool) -> None:
    st.session_state[_ENDED] = ended
    try:
        session.prefer(_PREFERENCE, value)
    except ImanError:
        return  # the daemon is away: it counts for this visit
