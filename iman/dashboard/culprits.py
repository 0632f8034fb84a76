"""Where in a document the value stands that Sage 300 refused."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire import DocumentRecord
from iman.api.wire_remedies import Culprit, Culprits
from iman.dashboard import causes, doing, parts, session, text_remedies
from iman.domain.people import Permission

_PLACE = "culprit"


def guilty_lines(found: Culprits) -> set[int]:
    return {one.line for one in found.culprits if one.line is not None}


def card(document: DocumentRecord, found: Culprits) -> None:
    """The way from the document to the set-up, with code and description at every stop."""
    parts.heading(text_remedies.CULPRIT)
    for one in found.culprits:
        st.html(f'<p class="iman-path">{"".join(f"<span>{stop}</span>" for stop in _way(one))}</p>')
    _remedy(document, found)
    parts.told(_PLACE)
    doing.gone()


def _way(one: Culprit) -> list[str]:
    stops = [parts.lamp("failed", text_remedies.culprit_place(one))]
    if one.item:
        stops.append(_stop(one.links.get("item"), f"item {one.item}", one.item_description))
    if one.category:
        stops.append(
            _stop(one.links.get("category"), f"category {one.category}", one.category_description)
        )
    if one.account_field:
        field = text_remedies.account_field(one.account_field)
        stops.append(escape(f"{field} account {one.stored_account}"))
    if one.line is not None and one.site:
        segment = f", segment {one.site_segment}" if one.site_segment else ""
        stops.append(escape(f"at {one.site_name or one.site}{segment}"))
    link = one.links.get("term") if one.place == "header" else None
    stops.append(f"<strong>{_stop(link, one.code, one.description)}</strong>")
    return stops


def _stop(link: str | None, code: str, description: str) -> str:
    said = f" {escape(description)}" if description else ""
    return f"{parts.outside(link, code)}{said}"


def _remedy(document: DocumentRecord, found: Culprits) -> None:
    """On to the cause, or to a checklist for this document alone."""
    running = session.remedies().checklists(document_id=document.id)
    with st.container(horizontal=True, vertical_alignment="center", key="remedy"):
        if found.cause_id is not None:
            cause = session.remedies().cause(found.cause_id).cause
            st.html(
                '<p class="iman-title">'
                + causes.way_on(cause, "iman-button iman-strong")
                + parts.inside("causes", text_remedies.OTHERS_TOO, id=cause.id)
                + "</p>",
                width="content",
            )
        if running:
            link = parts.inside(
                "checklist", text_remedies.CHECKLIST_ALONE, "iman-button", id=running[0].id
            )
            st.html(f"<p>{link}</p>", width="content")
        elif not doing.hindrance(Permission.WORK_CHECKLIST, " "):
            st.button(
                text_remedies.CHECKLIST_ALONE, key=f"alone_{document.id}", on_click=_start,
                args=(document.id,),
            )  # fmt: skip


def _start(document_id: int) -> None:
    started = doing.attempt(_PLACE, lambda client: client.start_on_document(document_id))
    if started is not None:
        doing.go("checklist.py", id=started.checklist_id)
