"""Saved views of the Integration Monitor, and which columns its list has.

The address holds both: a view by its number, with the filter it stood for when it was opened; so a
link shows what its sender saw. A link with the number alone opens the view as it is now.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st
from pydantic import ValidationError

from iman.api.wire_views import SavedView, ViewToSave
from iman.dashboard import filters, parts, session, text_views
from iman.domain.document import EntryType
from iman.domain.people import Permission
from iman.domain.view import FILTER_NAMES, USUAL_COLUMNS, ListColumn, in_order
from iman.errors import ImanError
from iman.reading.reading import Reading

_PLACE = "views"
_PREFERENCE = "monitor_columns"
_USUAL, _SHOWN, _DRAWN = "iman_columns", "columns_shown", "iman_columns_drawn"


def open_from_address(several: Sequence[SavedView]) -> None:
    """A link that names a view and nothing else is that view's list."""
    params = st.query_params.to_dict()
    if "view" not in params or any(
        name in params for name in (*FILTER_NAMES, "order", "columns", "page")
    ):
        return
    view = opened(several)
    if view is None:
        st.query_params.pop("view")
        parts.tell(_PLACE, text_views.GONE, bad=True)
        return
    st.query_params.from_dict(address_of(view))


def address_of(view: SavedView) -> dict[str, str]:
    """All of a view as an address; always with the type, so that it is not taken for a bare one."""
    found: dict[str, str] = {"type": EntryType.INVOICE.value}
    found |= {str(name): value for name, value in view.filter.items()}
    if view.columns:
        found["columns"] = ",".join(view.columns)
    return found | {"order": view.order, "view": str(view.id)}


def opened(several: Sequence[SavedView]) -> SavedView | None:
    """The one the address names, as far as this person may see it."""
    given = st.query_params.get("view")
    return next((view for view in several if str(view.id) == given), None)


def columns() -> tuple[ListColumn, ...]:
    """Those of the address, else what this person usually sees."""
    return filters.columns(st.query_params.to_dict()) or _usual()


def _usual() -> tuple[ListColumn, ...]:
    if _USUAL not in st.session_state:
        try:
            kept = session.reading().preferences().get(_PREFERENCE, "")
        except ImanError:
            return USUAL_COLUMNS
        st.session_state[_USUAL] = filters.columns({"columns": kept}) or USUAL_COLUMNS
    usual: tuple[ListColumn, ...] = st.session_state[_USUAL]
    return usual


def bar(several: Sequence[SavedView], shown: tuple[ListColumn, ...], reading: Reading) -> None:
    """The open view's name, the way to the others, and the choice of columns."""
    view, there = opened(several), reading.status().available
    if view is not None:
        changed = f" · {text_views.CHANGED}" if _differs(view, shown) else ""
        st.html(
            f'<p class="iman-quiet iman-view">{text_views.VIEW}: <strong>{escape(view.name)}'
            f"</strong>{changed}</p>",
            width="content",
        )
    current = view.id if view else 0
    # its own for each view, so that choosing one shuts it
    with st.popover(text_views.VIEWS, icon=":material/bookmarks:", key=f"views_{current}"):
        _listed(several, view)
        if there:
            if view is not None and _may_change(view):
                _change(view)
            _keep()
        else:
            st.html(f'<p class="iman-quiet">{text_views.AWAY}</p>')
    with st.popover(text_views.CHOOSE_COLUMNS, icon=":material/view_column:", key="columns_box"):
        _column_choice(shown)


def told() -> None:
    parts.told(_PLACE)


# -- views ----------------------------------------------------------------------------------------


def _listed(several: Sequence[SavedView], view: SavedView | None) -> None:
    me = session.me().name
    groups = (
        (text_views.OWN, [one for one in several if one.owner == me]),
        (text_views.SHARED, [one for one in several if one.owner != me]),
    )
    told = "".join(
        f'<p class="iman-kicker">{title}</p><ul class="iman-views">'
        + "".join(_link(one, one is view, me) for one in group)
        + "</ul>"
        for title, group in groups
        if group
    )
    st.html(told or f'<p class="iman-quiet">{text_views.NONE_SAVED}</p>')


def _link(view: SavedView, is_open: bool, me: str) -> str:
    current = ' aria-current="page"' if is_open else ""
    return (
        f'<li><a href="/monitor?view={view.id}"{current}>{escape(view.name)}</a>'
        f' <span class="iman-quiet">{escape(text_views.owned(view, me))}</span></li>'
    )


def _keep() -> None:
    st.html(f'<p class="iman-kicker">{text_views.SAVE_TITLE}</p>')
    _fields("new", "", shared=False, hint=text_views.SAVE_HINT)
    st.button(text_views.SAVE, icon=":material/bookmark_add:", key="view_save", on_click=_save)


def _change(view: SavedView) -> None:
    st.html(f'<p class="iman-kicker">{text_views.CHANGE_TITLE}</p>')
    _fields(str(view.id), view.name, shared=view.shared, hint=text_views.RENAME_HINT)
    with st.container(horizontal=True):
        st.button(
            text_views.CHANGE, icon=":material/bookmark:", key="view_change", on_click=_save,
            args=(view.id,),
        )  # fmt: skip
        st.button(
            text_views.REMOVE, icon=":material/bookmark_remove:", key="view_remove",
            on_click=_remove, args=(view.id, view.name),
        )  # fmt: skip


def _fields(which: str, name: str, *, shared: bool, hint: str) -> None:
    st.text_input(
        text_views.NAME, value=name, key=f"view_name_{which}", max_chars=60,
        placeholder=text_views.NAME_HINT,
    )  # fmt: skip
    st.checkbox(text_views.SHARE, value=shared, key=f"view_shared_{which}")
    st.html(f'<p class="iman-quiet">{hint}</p>')


def _may_change(view: SavedView) -> bool:
    return view.owner == session.me().name or session.may(Permission.EDIT_SHARED_VIEWS)


def _differs(view: SavedView, shown: tuple[ListColumn, ...]) -> bool:
    there = st.query_params.to_dict()
    same = (
        _wanted(there) == _wanted(address_of(view))
        and there.get("order", filters.DEFAULT_ORDER) == view.order
        and (not view.columns or tuple(view.columns) == shown)
    )
    return not same


def _wanted(params: Mapping[str, str]) -> dict[str, str]:
    """What narrows the list; what everybody begins with says nothing."""
    plain = {"type": EntryType.INVOICE.value, "show": filters.DEFAULT_SHOW}
    found = {name: params[name] for name in FILTER_NAMES if params.get(name)}
    return {name: value for name, value in found.items() if plain.get(name) != value}


def _save(view_id: int | None = None) -> None:
    which = "new" if view_id is None else str(view_id)
    params = st.query_params.to_dict()
    name = str(st.session_state.get(f"view_name_{which}") or "").strip()
    if not name:
        parts.tell(_PLACE, text_views.NAME_MISSING, bad=True)
        return
    try:
        wanted = ViewToSave.model_validate(
            {
                "name": name,
                "shared": bool(st.session_state.get(f"view_shared_{which}")),
                "filter": {n: params[n] for n in FILTER_NAMES if params.get(n)},
                "order": filters.from_address(params).order,
                "columns": columns(),
            }
        )
    except ValidationError as exc:  # an address may be typed
        parts.tell(_PLACE, str(exc.errors()[0]["msg"]), bad=True)
        return
    saved = _done(lambda: session.save_view(wanted, view_id))
    if saved is not None:
        st.query_params["view"] = str(saved.id)
        parts.tell(_PLACE, text_views.saved(saved.name))


def _remove(view_id: int, name: str) -> None:
    def remove() -> bool:
        session.remove_view(view_id)
        return True

    if _done(remove):
        st.query_params.pop("view", None)
        parts.tell(_PLACE, text_views.removed(name))


def _done(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except ImanError as exc:
        parts.tell(_PLACE, str(exc), bad=True)
        return None


# -- columns --------------------------------------------------------------------------------------


def _column_choice(shown: tuple[ListColumn, ...]) -> None:
    """The address decides; but for a choice made while the page was being drawn, as elsewhere."""
    wanted = [column for column in shown if column is not ListColumn.DOCUMENT]
    chosen = st.session_state.get(_SHOWN)
    if st.session_state.get(_DRAWN) != wanted or chosen is None:
        st.session_state[_SHOWN] = wanted
    elif set(chosen) != set(wanted):
        _choose()
        st.rerun()
    st.session_state[_DRAWN] = wanted
    st.pills(
        text_views.COLUMNS_SHOWN,
        [column for column in ListColumn if column is not ListColumn.DOCUMENT],
        selection_mode="multi", format_func=lambda column: text_views.COLUMNS[column],
        key=_SHOWN, on_change=_choose,
    )  # fmt: skip
    st.html(f'<p class="iman-quiet">{text_views.COLUMNS_HINT}</p>')
    st.button(text_views.USUAL, key="columns_usual", on_click=_as_delivered)


def _choose() -> None:
    _take(in_order(column.value for column in st.session_state.get(_SHOWN) or ()))


def _as_delivered() -> None:
    _take(USUAL_COLUMNS)


def _take(chosen: tuple[ListColumn, ...]) -> None:
    """Into the address; and, unless it is a view's own, as what this person usually sees."""
    told = ",".join(chosen)
    st.query_params["columns"] = told
    if "view" in st.query_params:
        return
    st.session_state[_USUAL] = chosen
    with contextlib.suppress(ImanError):  # the daemon is away: it counts for this visit
        session.prefer(_PREFERENCE, told)
