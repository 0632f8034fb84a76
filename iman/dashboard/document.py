"""The Document page's own parts."""

from __future__ import annotations

import contextlib
import json
import uuid
from html import escape

import streamlit as st

from iman.api.wire import AttemptRecord, DocumentDetail, DocumentLine, DocumentRecord
from iman.dashboard import (
    by_hand,
    document_list,
    documents,
    export,
    filters,
    parts,
    session,
    text,
    text_remedies,
)
from iman.dashboard.parts import Column
from iman.domain.document import (
    CLOSED_STATES,
    RESYNCABLE_STATES,
    DocumentState,
)
from iman.domain.people import Permission
from iman.domain.view import USUAL_COLUMNS
from iman.errors import ImanError, NotFound
from iman.reading.reading import DocumentFilter

_AT_REST = CLOSED_STATES | {DocumentState.FAILED, DocumentState.PARKED}


def id_in_address() -> int | None:
    """The id, or that of the document whose byondpro number is given instead."""
    given = st.query_params.get("id", "")
    if given.isdecimal() and len(given) < 19:
        return int(given)
    if number := st.query_params.get("number", "").strip()[:200]:
        with contextlib.suppress(NotFound):
            return session.reading().find_document(number, st.query_params.get("kind", ""))
    return None


def get(document_id: int) -> DocumentDetail:
    """Stops the page when there is no such document."""
    try:
        return session.reading().document(document_id)
    except NotFound:
        parts.title_row(text.DOCUMENT)
        parts.empty(text.NO_SUCH_DOCUMENT, text.NO_DOCUMENT_HINT)
        st.stop()


def at_rest(document: DocumentRecord) -> bool:
    """Whether nothing happens to it unless somebody does something."""
    return document.state in _AT_REST


def finder() -> None:
    """Without an id: find one."""
    with st.container(border=True, key="card_find"):
        parts.heading(text.FIND)
        documents.search_box()
        wanted = st.query_params.get("q", "").strip()
        if not wanted:
            parts.empty(text.NO_DOCUMENT, text.NO_DOCUMENT_HINT)
            return
        page = session.reading().documents(DocumentFilter(search=wanted[:200]), limit=20)
        if page.frame.empty:
            parts.empty(text.NO_MATCH, text.NO_MATCH_HINT)
        else:
            carried = {"type": filters.ALL_TYPES, "show": "all", "q": wanted}
            document_list.listed(page.frame, carried, USUAL_COLUMNS)


def way_around(document_id: int, carried: dict[str, str]) -> None:
    """Back to the list, and the neighbours within its filter."""
    wanted = filters.from_address(carried, session.zone(), session.now())
    before, after = session.reading().document_neighbours(wanted, document_id)
    st.html(
        f'<nav class="iman-pager" aria-label="{text.AROUND}">'
        f"{parts.inside('monitor', text.BACK_TO_LIST, 'iman-button', **carried)}"
        f"{_neighbour(text.BEFORE, before, carried)}{_neighbour(text.AFTER, after, carried)}</nav>"
    )


def _neighbour(label: str, document_id: int | None, carried: dict[str, str]) -> str:
    # not st.page_link: to the page it stands on, that leaves the address behind
    if document_id is None:
        return f'<span class="iman-button" aria-disabled="true">{label}</span>'
    return parts.inside("document", label, "iman-button", id=document_id, **carried)


def heading(document: DocumentRecord) -> None:
    """State, what happens next, and the button."""
    zone, now = session.zone(), session.now()
    used = text.attempts_used(document.attempt, document.max_attempts)
    st.html(
        f'<p class="iman-title">{parts.chip(document.state)}'
        f'<span class="iman-quiet">{used}</span>'
        f'<span class="iman-quiet">{text.ERP_STATUS_IN_BYONDPRO}</span>'
        f"{parts.erp_chip(document.erp_sync_status)}</p>"
    )
    said = escape(text.next_step(document, zone, now))
    if document.state is DocumentState.WAITING and document.parent:
        named = escape(text.key_in_words(document.parent))
        said = said.replace(named, parts.document_link(document.parent), 1)
    st.html(f'<p class="iman-next" role="status">{said}</p>')
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        _resync(document)
        by_hand.actions(document)
    by_hand.told()
    parts.told(f"resync_{document.id}")


def facts(document: DocumentRecord) -> None:
    zone, now = session.zone(), session.now()
    terms = " – ".join(filter(None, (document.terms_code, document.terms_description)))
    customer = " – ".join(filter(None, (document.customer, document.customer_name)))
    site = " – ".join(filter(None, (document.site, document.site_name)))
    links = document.links

    def at(moment: object) -> str:
        return text.moment(moment, zone, now)

    parts.facts(
        [
            (text.BOOKING, parts.outside(links.booking, document.booking or "–")),
            (text.SALES_ORDER, parts.outside(links.sales_order, document.sales_order or "–")),
            (
                text.entry_type(document.entry_type),
                parts.outside(links.document, document.number),
            ),
            ("Customer", escape(customer)),
            ("Amount", escape(text.money(document.amount, document.currency))),
            ("Date", text.day(document.document_date)),
            ("Terms", escape(terms)),
            ("Site", escape(site)),
            ("Description", escape(document.description)),
            ("Received", at(document.received_at)),
            ("Revision, round", f"{document.revision}, {document.round}"),
            *_where_known(
                (text.NEEDS_FIRST, parts.document_link(document.parent) if document.parent else ""),
                ("First failed", at(document.first_failed_at)),
                ("Last tried", at(document.last_tried_at)),
                ("Next try", at(document.next_try_at)),
                ("Synced", at(document.synced_at)),
                ("Sage 300 reference", escape(document.erp_reference or "")),
            ),
        ]
    )


def error(document: DocumentRecord) -> None:
    """What Sage 300 said, unaltered, and what we take it for."""
    numbered = (document.error_code, document.error_text)
    st.code(text.error(*numbered), language=None, wrap_lines=True)
    if document.error_type:
        known = text.cause(document.error_type, document.entity)
        st.html(f'<p class="iman-quiet">{escape(known)}</p>')


def lines(several: list[DocumentLine], currency: str, guilty: set[int]) -> None:
    """The lines as posted; *guilty* ones carry what Sage 300 refused."""
    parts.heading(text.LINES)
    if not several:
        parts.empty(text.NO_LINES)
        return

    def line(one: DocumentLine) -> str:
        lamp = parts.lamp("failed", text_remedies.GUILTY) if one.line in guilty else ""
        return f"<div>{one.line} {lamp}</div>"

    parts.table(
        text.LINES,
        [
            Column(title="Line", cell=line, css="iman-tight"),
            Column(title="Item", cell=lambda r: _two(r.item, r.description), css="iman-wide"),
            Column(title="Category", cell=lambda r: _two(r.category, r.category_description)),
            Column(
                title="G/L account as posted",
                cell=lambda r: f'<span class="iman-error">{escape(r.gl_account)}</span>',
            ),
            Column(title="Quantity", cell=lambda r: text.quantity(r.quantity), css="iman-number"),
            Column(title="Unit price", cell=lambda r: text.money(r.unit_price), css="iman-number"),
            Column(title="Tax", cell=lambda r: text.money(r.tax), css="iman-number"),
            Column(
                title=f"Amount ({currency})",
                cell=lambda r: text.money(r.amount),
                css="iman-number",
            ),
        ],
        several,
        marked=lambda r: r.line in guilty,
    )
    export.button("lines", lambda: export.of_models(several))


def attempts(detail: DocumentDetail) -> None:
    """Every try, newest first; opened, it shows what was sent and what came back."""
    parts.heading(text.ATTEMPTS)
    if not detail.attempts:
        parts.empty(text.NO_ATTEMPTS, text.NO_ATTEMPTS_HINT)
        return
    zone, now, last_round = session.zone(), session.now(), None
    with st.container(gap="xsmall", key="attempts"):
        for attempt in reversed(detail.attempts):
            if attempt.round != last_round:
                st.html(f'<h3 class="iman-round">{text.round_title(attempt.round)}</h3>')
                last_round = attempt.round
            title = text.attempt_title(attempt, detail.document.max_attempts, zone, now)
            with st.expander(title, key=f"attempt_{attempt.id}", icon=_ICONS.get(attempt.outcome)):
                _attempt(attempt)
    of = {"document": detail.document.number}
    export.button("attempts", lambda: export.of_models(detail.attempts), of)


def resyncs(detail: DocumentDetail) -> None:
    if not detail.resyncs:
        return
    zone, now = session.zone(), session.now()
    parts.heading(text.RESYNCS)
    parts.table(
        text.RESYNCS,
        [
            Column(title="When", cell=lambda r: text.moment(r.at, zone, now), css="iman-tight"),
            Column(title="Who", cell=lambda r: escape(r.by)),
            Column(title="From", cell=lambda r: escape(r.origin)),
            Column(title="Why", cell=lambda r: escape(r.reason or "–"), css="iman-wide"),
            Column(title="Round", cell=lambda r: str(r.round), css="iman-number"),
            Column(title="Result", cell=lambda r: text.resync_result(r.result)),
        ],
        reversed(detail.resyncs),
    )
    of = {"document": detail.document.number}
    export.button("resyncs", lambda: export.of_models(detail.resyncs), of)


_ICONS: dict[str | None, str] = {
    "accepted": ":material/check_circle:",
    "refused": ":material/cancel:",
    "unavailable": ":material/cloud_off:",
    "unknown": ":material/help:",
    "absent": ":material/search_off:",
    None: ":material/pending:",
}


def _attempt(attempt: AttemptRecord) -> None:
    st.html(f'<p class="iman-quiet">{escape(text.attempt_facts(attempt))}</p>')
    if attempt.error_text:
        st.code(text.error(attempt.error_code, attempt.error_text), language=None, wrap_lines=True)
    sent, answered = st.columns(2)
    with sent:
        st.html(f"<h4>{text.SENT}</h4>")
        _body(attempt.sent, text.NOT_KEPT)
    with answered:
        st.html(f"<h4>{text.ANSWERED}</h4>")
        _body(attempt.answered, text.NOTHING_ANSWERED)


def _body(body: str | None, otherwise: str) -> None:
    """JSON laid out; anything else as it came."""
    if not body:
        st.html(f'<p class="iman-quiet">{otherwise}</p>')
        return
    try:
        shown, language = json.dumps(json.loads(body), indent=2, ensure_ascii=False), "json"
    except ValueError:
        shown, language = body, None
    st.code(shown, language=language, wrap_lines=True)


def _resync(document: DocumentRecord) -> None:
    """The button, closed with its reason for whom or when it is not allowed."""
    label = text.resync_button(document.entry_type)
    hindrance = _hindrance(document)
    key = f"{document.id}_{document.round}"
    if hindrance:
        with st.container(horizontal=True, vertical_alignment="center", key="resync_closed"):
            st.button(label, icon=":material/sync:", disabled=True, key=f"resync_off_{key}")
            st.html(f'<p class="iman-quiet">{escape(hindrance)}</p>', width="content")
    else:
        with st.popover(label, icon=":material/sync:", type="primary", key=f"resync_{key}"):
            st.html(f"<p>{text.RESYNC_EXPLAINED}</p>")
            st.text_area(
                text.RESYNC_REASON,
                key=f"reason_{key}",
                max_chars=500,
                placeholder=text.RESYNC_REASON_HINT,
            )
            st.button(
                text.RESYNC_CONFIRM,
                type="primary",
                key=f"start_{key}",
                on_click=_start,
                args=(document.id, key),
            )


def _start(document_id: int, key: str) -> None:
    """One press, one call; the request's id makes a second press the same request."""
    state = st.session_state
    request_id = state.setdefault(f"request_{key}", uuid.uuid4().hex)
    try:
        session.resync(document_id, reason=state.get(f"reason_{key}", ""), request_id=request_id)
    except ImanError as exc:
        parts.tell(f"resync_{document_id}", str(exc), bad=True)
    else:
        parts.tell(f"resync_{document_id}", text.RESYNC_STARTED)


def _hindrance(document: DocumentRecord) -> str:
    if not session.may(Permission.RESYNC):
        return text.ONLY_ADMINS
    if not session.reading().status().available:
        return text.AWAY_NO_RESYNC
    return "" if document.state in RESYNCABLE_STATES else text.why_not_resync(document)


def _where_known(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if value not in ("", "–")]


def _two(first: str, second: str) -> str:
    return f"<div>{escape(first)}<small>{escape(second)}</small></div>"
