"""Parts that several pages are made of.

Text from outside goes through ``html.escape`` into ``st.html``, or into ``st.code``. It never goes
into a label, a Markdown call or ``st.table``: those would draw its images and links.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from iman.api.wire import Me
from iman.dashboard import look, session, text, text_keeping, text_overview, text_people
from iman.domain.document import DocumentState, ErpSyncStatus
from iman.errors import DaemonUnavailable, LedgerError, NotSignedIn

# -- what refreshes by itself ---------------------------------------------------------------------


def live(every: float, part: Callable[..., None], *args: Any) -> None:
    """Draw *part* now and every so many seconds, unless the person switched that off."""

    @functools.wraps(part)
    def guarded(*given: Any) -> None:
        answering(lambda: part(*given))

    st.fragment(guarded, run_every=every if session.live() else None)(*args)


def answering(part: Callable[[], None]) -> None:
    """Draw *part*, or say why nobody answers what it asks."""
    try:
        part()
    except (DaemonUnavailable, LedgerError) as exc:
        problem(text.NO_ANSWER, str(exc))
    except NotSignedIn:
        session.signed_out()


def freshness() -> None:
    """How old the figures are: of this moment, or of when the daemon was last seen."""
    status, zone, now = session.reading().status(), session.zone(), session.now()
    at = now if status.available else status.last_seen_at
    st.html(f'<p class="iman-fresh">{text.as_of(at, zone, now)}</p>', width="content")


# -- the filter in the address --------------------------------------------------------------------


def from_address(name: str, default: str, allowed: Iterable[str] | None = None) -> str:
    """Ready the widget with key *name*: the address decides what it shows. Returns its value.

    But for a choice made while the page was still being drawn: Streamlit calls no ``on_change`` for
    it. It is seen by the address being that of the last run, and then goes into the address.
    """
    known = None if allowed is None else set(allowed)
    wanted = st.query_params.get(name, default)
    if known is not None and wanted not in known:
        wanted = default
    chosen, drawn = st.session_state.get(name), f"iman_drawn_{name}"
    unheard = chosen not in (None, wanted) and st.session_state.get(drawn) == wanted
    if unheard and (known is None or chosen in known):
        to_address(name, default)
        wanted = str(chosen)
    elif chosen != wanted:  # setting it anew would drop what is half typed
        st.session_state[name] = wanted
    st.session_state[drawn] = wanted
    return wanted


def to_address(name: str, default: str) -> None:
    """``on_change`` of that widget; the list starts at its first page again."""
    value = str(st.session_state.get(name) or default)
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    if name != "page":
        st.query_params.pop("page", None)


def choice(name: str, label: str, options: Mapping[str, str], default: str = "") -> str:
    """A select box whose value stands in the address."""
    chosen = from_address(name, default, options)
    st.selectbox(
        label, list(options), format_func=lambda value: options.get(value, value), key=name,
        width=180, on_change=to_address, args=(name, default),
    )  # fmt: skip
    return chosen


def date_choice(name: str, label: str, default: date, *, keep: bool = True) -> None:
    """A day whose value stands in the address; *keep*: the default too."""
    try:
        wanted = date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        wanted = default
        if keep:
            st.query_params[name] = wanted.isoformat()
    if st.session_state.get(name) != wanted:
        st.session_state[name] = wanted
    st.date_input(
        label, key=name, width=150, format="DD/MM/YYYY", on_change=_day_to_address, args=(name,)
    )


def _day_to_address(name: str) -> None:
    chosen = st.session_state.get(name)
    if isinstance(chosen, date):
        st.query_params[name] = chosen.isoformat()


# -- small things ---------------------------------------------------------------------------------


def chip(state: DocumentState, title: str = "") -> str:
    """A state by icon, word and colour."""
    hint = escape(title or text.STATE_MEANINGS[state])
    return (
        f'<span class="iman-chip iman-{state.value}" title="{hint}">'
        f'<i aria-hidden="true"></i>{text.STATES[state]}</span>'
    )


def state_chip(name: str) -> str:
    return chip(DocumentState(name)) if name in set(DocumentState) else plain(name)


def escaped(words: str) -> str:
    return escape(words)


def plain(words: Any) -> str:
    return escape(str(words))


def erp_chip(status: ErpSyncStatus) -> str:
    tone = {"pending": "pending", "failed": "failed", "processed": "synced"}[status.value]
    return (
        f'<span class="iman-chip iman-{tone}"><i aria-hidden="true"></i>'
        f"{text.ERP_STATUS[status]}</span>"
    )


def lamp(tone: str, word: str) -> str:
    return f'<span class="iman-chip iman-{tone}"><i aria-hidden="true"></i>{escape(word)}</span>'


def document_link(key: str) -> str:
    """To the document with that *key*; its id is looked up when the link is followed."""
    kind, number = text.key_parts(key)
    return inside("document", text.key_in_words(key), number=number, kind=kind)


def outside(url: str | None, label: str) -> str:
    """A link into byondpro; only the label where *url* is not one of the web's."""
    if not url or not _of_the_web(url):
        return escape(label)
    return (
        f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer" '
        f'title="{text.OPENS_BYONDPRO}">{escape(label)}'
        '<span class="iman-out" aria-hidden="true"></span></a>'
    )


def _of_the_web(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.netloc)


def inside(to: str, label: str, css: str = "", **params: Any) -> str:
    """A link to another of our pages."""
    given = {k: v for k, v in params.items() if v not in (None, "")}
    query = urlencode(given, errors="replace")
    address = f"/{to}" + (f"?{query}" if query else "")
    return f'<a class="{css}" href="{escape(address)}">{escape(label)}</a>'


def problem(headline: str, detail: str = "") -> None:
    _note("bad", headline, detail, role="alert")


def note(headline: str, detail: str = "") -> None:
    _note("quiet", headline, detail, role="status")


def _note(tone: str, headline: str, detail: str, *, role: str) -> None:
    more = f"<p>{escape(detail)}</p>" if detail else ""
    st.html(
        f'<div class="iman-note iman-{tone}" role="{role}"><i aria-hidden="true"></i>'
        f"<div><strong>{escape(headline)}</strong>{more}</div></div>"
    )


def empty(headline: str, hint: str = "", *, css: str = "") -> None:
    """Nothing there, and what to do about it; *css* picks the picture: good, ask or away."""
    st.html(
        f'<div class="iman-empty iman-{css or "ask"}"><i aria-hidden="true"></i>'
        f"<strong>{escape(headline)}</strong>"
        f"<p>{escape(hint)}</p></div>"
    )


def done(headline: str) -> None:
    _note("good", headline, "", role="status")


_TOLD_FOR = timedelta(minutes=1)


def tell(place: str, words: str, *, bad: bool = False) -> None:
    """Remember what came of an action, for ``told`` to show there for a while."""
    st.session_state[f"iman_told_{place}"] = (words, bad, session.now())


def told(place: str) -> None:
    """Always one element: what comes and goes would move what stands below, and shut it."""
    words, bad, at = st.session_state.get(f"iman_told_{place}", ("", False, session.now()))
    with st.container():
        if words and session.now() - at <= _TOLD_FOR:
            problem(words) if bad else done(words)


def whole_number(name: str) -> int | None:
    """An id in the address; None where there is none, or nonsense."""
    given = st.query_params.get(name, "")
    sign = -1 if given.startswith("-") else 1
    digits = given.removeprefix("-")
    return sign * int(digits) if digits.isdecimal() and len(digits) < 20 else None


def verdict(tone: str, headline: str, detail: str, link: str = "") -> None:
    """The page in one sentence, and the way on; *link* is HTML."""
    st.html(
        f'<div class="iman-verdict"><span class="iman-chip iman-{tone}">'
        f'<i aria-hidden="true"></i></span><div><strong>{escape(headline)}</strong>'
        f"<p>{escape(detail)}</p></div>{link}</div>"
    )


def title_row(words: str) -> DeltaGenerator:
    """The page's title; what stands beside it goes into the container this returns."""
    row = st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key="title_row",
    )
    row.title(words, anchor=False, width="content")
    return row.container(
        horizontal=True, vertical_alignment="center", width="content", key="title_beside"
    )


def window() -> str:
    """The time window of the figures; in the address, so it can be shared."""
    default = "7d"
    chosen = from_address("window", default, text.WINDOWS)
    st.segmented_control(
        text.WINDOW,
        list(text.WINDOWS),
        format_func=lambda name: text.WINDOWS[name][1],
        key="window",
        required=True,
        label_visibility="collapsed",
        on_change=to_address,
        args=("window", default),
    )
    return chosen


def pager(page: str, number: int, per_page: int, total: int, carried: dict[str, str]) -> None:
    """Which rows are shown of how many, and the way to the others."""
    first = (number - 1) * per_page + 1
    last = min(number * per_page, total)
    back = inside(page, text.PAGE_BEFORE, "iman-button", **carried, page=number - 1)
    on = inside(page, text.PAGE_AFTER, "iman-button", **carried, page=number + 1)
    st.html(
        f'<nav class="iman-pager" aria-label="{text.PAGES}">{back if number > 1 else ""}'
        f'<span class="iman-quiet">{text.shown(first, last, total)}</span>'
        f"{on if last < total else ''}</nav>"
    )


def page_number() -> int:
    given = st.query_params.get("page", "1")
    return int(given) if given.isdecimal() and 1 <= int(given) <= 1_000_000 else 1


def heading(words: str) -> None:
    st.header(words, anchor=False)


def heading_row(words: str) -> DeltaGenerator:
    """A card's heading; what stands beside it goes into the container this returns."""
    row = st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
        key="heading_row",
    )  # fmt: skip
    row.header(words, anchor=False, width="content")
    return row.container(
        horizontal=True, vertical_alignment="center", width="content", key="heading_beside"
    )


# -- figures --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number of a page's top row, with how it is counted."""

    label: str
    value: str
    detail: str = ""
    means: str = ""
    tone: str = ""  # good, bad
    picture: str = ""  # made by look.sparkline


def figures(several: Sequence[Figure]) -> None:
    cells = "".join(
        f'<div class="iman-figure iman-{one.tone}">'
        f"<dt>{escape(one.label)}</dt>"
        f'<dd class="iman-value">{escape(one.value)}{one.picture}</dd>'
        f'<dd class="iman-detail">{escape(one.detail)}</dd>{_counted(one)}</div>'
        for one in several
    )
    st.html(f'<dl class="iman-figures">{cells}</dl>')


def _counted(one: Figure) -> str:
    """Opened by hand and, thanks to ``assets/iman.js``, left open when the figures tick."""
    if not one.means:
        return ""
    return (
        f'<dd class="iman-counted"><details data-keep="{escape(one.label)}"><summary>'
        f'{text_overview.COUNTED}<span class="iman-hidden">: {escape(one.label)}</span></summary>'
        f"<p>{escape(one.means)}</p></details></dd>"
    )


def sparkline(values: Sequence[float], label: str, tone: str = "quiet") -> str:
    return look.sparkline(values, label, tone)


# -- tables ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """*cell* makes HTML of a row and escapes what comes from outside."""

    title: str
    cell: Callable[[Any], str]
    css: str = ""


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    marked: Callable[[Any], bool] = lambda _: False,
) -> None:
    """A real HTML table: readable by any means, and a stack of cards on a phone."""
    head = "".join(f'<th scope="col" class="{c.css}">{escape(c.title)}</th>' for c in columns)
    body = "".join(
        ('<tr class="iman-guilty">' if marked(row) else "<tr>")
        + "".join(_cell(c, row) for c in columns)
        + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="iman-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="iman-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def numbers(caption: str, frame: pd.DataFrame) -> None:
    """A frame as a plain table: what a chart was drawn from."""
    zone, now = session.zone(), session.now()

    def shown(value: Any) -> str:
        if isinstance(value, datetime):
            return text.moment(value, zone, now)
        if isinstance(value, Decimal):
            return text.money(value)
        return escape(f"{value:,}" if isinstance(value, int) else str(value or "–"))

    def column(place: int, name: str) -> Column:
        number = pd.api.types.is_numeric_dtype(frame[name].dtype) or name == "amount"
        return Column(
            title=name.replace("_", " ").capitalize(),
            cell=lambda row: shown(row[place]),
            css="iman-number" if number else "",
        )

    columns = [column(place, str(name)) for place, name in enumerate(frame.columns)]
    rows = (
        [None if text.is_missing(value) else value for value in row]
        for row in frame.itertuples(index=False, name=None)
    )
    table(caption, columns, rows)


def _cell(column: Column, row: Any) -> str:
    value = column.cell(row)
    css = column.css + (" iman-none" if value == "–" else "")
    return f'<td class="{css}" data-label="{escape(column.title)}">{value}</td>'


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """A frame's rows by name, with None where pandas has its own nothing."""
    for row in frame.itertuples(index=False, name=None):
        yield SimpleNamespace(
            **{
                name: None if text.is_missing(value) else value
                for name, value in zip(frame.columns, row, strict=True)
            }
        )


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values; the values are HTML and already escaped."""
    cells = "".join(f"<div><dt>{escape(k)}</dt><dd>{v or '–'}</dd></div>" for k, v in pairs)
    st.html(f'<dl class="iman-facts">{cells}</dl>')


# -- on every page --------------------------------------------------------------------------------


def who(person: Me) -> None:
    """Who is signed in, and the way out."""
    sandbox = f'<p class="iman-sandbox">{text.SANDBOX_NOTE}</p>' if session.sandbox() else ""
    initial = escape(person.name[:1].upper())
    st.html(
        f'{sandbox}<div class="iman-who"><span class="iman-initial" aria-hidden="true">{initial}'
        f'</span><span><strong>{escape(person.name)}</strong><br><span class="iman-role">'
        f"{escape(_as_what(person))}</span></span>"
        '<form method="post" action="/auth/logout"><button type="submit" class="iman-button">'
        f"{text.SIGN_OUT}</button></form></div>"
    )


def _as_what(person: Me) -> str:
    role = text_people.ROLES[person.role]
    return f"{role} · {text_people.sees(person.reach)}" if person.reach.limited else role


def live_switch() -> None:
    st.toggle(text.LIVE, value=True, key="live", help=text.LIVE_HELP, persist_state="session")


def daemon_banner() -> None:
    """Says when the daemon is away or pushing is held back."""
    live(4.0, _daemon_banner)


def _daemon_banner() -> None:
    status = session.reading().status()
    zone, now = session.zone(), session.now()
    before = st.session_state.get("iman_daemon_there")
    st.session_state["iman_daemon_there"] = status.available
    if not status.available:
        problem(text.away(status.last_seen_at, zone, now), status.reason)
    elif session.read_only_sign_in():
        note(text.SIGN_IN_AGAIN)
    elif status.health:
        held = text.breaker(status.health.breaker, zone, now)
        if held := held or text_keeping.held_back(status.health):
            problem(held)
        if paused := text.paused(status.health.paused):
            note(paused)
    if before is not None and before != status.available:
        st.rerun()  # the buttons depend on it
