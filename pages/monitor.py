"""Which documents did not reach Sage 300, and what did it say?"""

import streamlit as st

from iman.dashboard import documents, export, filters, parts, release_filter, session, text

PER_PAGE = 25

with parts.title_row(text.MONITOR):
    parts.live(2, parts.freshness)
wanted = filters.from_address(st.query_params.to_dict(), session.zone(), session.now())
carried = filters.carried(st.query_params.to_dict())


def level_1() -> None:
    documents.entry_type_cards(session.reading().counts(), wanted.entry_type, carried)


def level_2() -> None:
    number = parts.page_number()
    page = session.reading().documents(wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    if page.frame.empty:
        documents.none_found(wanted)
    else:
        documents.listed(page.frame, carried)
        parts.pager("monitor", number, PER_PAGE, page.total, carried)
        export.list_links(carried, page.total)


def resync_all() -> None:
    release_filter.panel(wanted)


parts.live(2, level_1)
parts.live(2, resync_all)
with st.container(border=True, key="card_list"):
    parts.heading(text.list_title(wanted.entry_type))
    documents.filter_bar(wanted, session.reading())
    parts.live(2, level_2)
