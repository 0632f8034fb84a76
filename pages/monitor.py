"""Which documents did not reach Sage 300, and what did it say?"""

import streamlit as st

from iman.dashboard import (
    document_list,
    documents,
    export,
    filters,
    parts,
    release_filter,
    session,
    text,
    views,
)

PER_PAGE = 25

with parts.title_row(text.MONITOR):
    parts.live(2, parts.freshness)
saved = session.reading().views()
views.open_from_address(saved)
wanted = filters.from_address(st.query_params.to_dict(), session.zone(), session.now())
carried, columns = filters.carried(st.query_params.to_dict()), views.columns()


def level_1() -> None:
    documents.entry_type_cards(session.reading().counts(), wanted.entry_type, carried)


def level_2() -> None:
    number = parts.page_number()
    page = session.reading().documents(wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    if page.frame.empty:
        documents.none_found(wanted)
    else:
        document_list.listed(page.frame, carried, columns)
        parts.pager("monitor", number, PER_PAGE, page.total, carried)
        export.list_links({**carried, "columns": ",".join(columns)}, page.total)


def resync_all() -> None:
    release_filter.panel(wanted)


parts.live(2, level_1)
parts.live(2, resync_all)
with st.container(border=True, key="card_list"):
    with parts.heading_row(text.list_title(wanted.entry_type)):
        views.bar(saved, columns, session.reading())
    views.told()
    documents.filter_bar(wanted, session.reading())
    parts.live(2, level_2)
