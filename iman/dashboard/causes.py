"""The Causes page's own parts: the list, and one cause."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire_remedies import Cause, CauseDetail
from iman.dashboard import doing, export, filters, parts, release, session, text, text_remedies
from iman.dashboard.parts import Column
from iman.domain.cause import CauseState
from iman.domain.people import Permission
from iman.domain.playbook import filled
from iman.errors import NotFound
from iman.reading.reading import LAST_DAY


def currency() -> str:
    """One company has one home currency; a cause's money is in it."""
    return session.reading().overview(LAST_DAY).currency


def id_in_address() -> int | None:
    return parts.whole_number("id")


def get(cause_id: int) -> CauseDetail:
    """Stops the page when there is no such cause."""
    try:
        return session.remedies().cause(cause_id)
    except NotFound:
        parts.title_row(text.CAUSES)
        parts.empty(text_remedies.NO_SUCH_CAUSE)
        st.html(parts.inside("causes", text_remedies.ALL_CAUSES, "iman-button"))
        st.stop()


def first_thing(several: list[Cause]) -> None:
    """The one to begin with: the largest thing on the page."""
    money = currency()
    worst = next((one for one in several if one.state is not CauseState.RESOLVED), None)
    if worst is None:
        parts.verdict("synced", text_remedies.NO_CAUSES, text_remedies.NO_CAUSES_HINT)
        return
    tone, _ = text_remedies.CAUSE_STATES[worst.state]
    parts.verdict(
        tone,
        text_remedies.cause_title(worst),
        text_remedies.cause_next(worst, money),
        way_on(worst, "iman-button iman-strong"),
    )


def listed(several: list[Cause]) -> None:
    if not several:
        parts.empty(text_remedies.NO_CAUSES, text_remedies.NO_CAUSES_HINT, css="good")
        return
    zone, now, money = session.zone(), session.now(), currency()
    most = max((one.documents for one in several), default=1) or 1

    def named(one: Cause) -> str:
        shown = parts.inside("causes", text_remedies.cause_title(one), "iman-open", id=one.id)
        return f'<div>{shown}<span class="iman-error iman-small">{escape(one.sample)}</span></div>'

    def documents(one: Cause) -> str:
        share = 100 * one.documents / most
        return (
            f'<div>{one.documents:,}<span class="iman-bar"><b style="width:{share:.0f}%"></b>'
            "</span></div>"
        )

    parts.table(
        text_remedies.CAUSES_LIST,
        [
            Column(title="State", cell=_state, css="iman-tight"),
            Column(title="Cause", cell=named, css="iman-wide"),
            Column(title="Documents", cell=documents, css="iman-number"),
            Column(
                title=f"Amount ({money})" if money else "Amount",
                cell=lambda c: text.money(c.amount),
                css="iman-number",
            ),
            Column(
                title="Last 24 hours",
                cell=lambda c: parts.sparkline(c.trend, text_remedies.trend(c), "bad"),
                css="iman-trend",
            ),
            Column(
                title="First seen", cell=lambda c: text.moment(c.first_seen_at, zone, now),
                css="iman-tight",
            ),
            Column(
                title="Last seen", cell=lambda c: text.moment(c.last_seen_at, zone, now),
                css="iman-tight",
            ),
            Column(title="Owner", cell=lambda c: escape(c.owner or text_remedies.NOBODY)),
            Column(title="What to do", cell=lambda c: way_on(c, "iman-button")),
        ],
        several,
    )  # fmt: skip
    export.button("causes", lambda: export.of_models(several, "trend"))


def heading(detail: CauseDetail) -> None:
    """What it is, what to do next, and the button for it."""
    one, zone, now = detail.cause, session.zone(), session.now()
    back = text.count(one.times_back, "time")
    came_back = f'<span class="iman-quiet">came back {back}</span>' if one.times_back else ""
    st.html(
        f'<p class="iman-title">{_state(one)}<strong>{escape(text_remedies.cause_title(one))}'
        f'</strong>{came_back}<span class="iman-quiet">{escape(text_remedies.owned(one.owner))}'
        f'</span><span class="iman-quiet">{text.WHEN_SEEN} '
        f"{text.moment(one.first_seen_at, zone, now)} – {text.moment(one.last_seen_at, zone, now)}"
        "</span></p>"
        f'<p class="iman-next" role="status">'
        f"{escape(text_remedies.cause_next(one, currency()))}</p>"
    )
    if one.merged_into is not None:
        st.html(
            f'<p class="iman-quiet">{text_remedies.MERGED} '
            + parts.inside("causes", text_remedies.MERGED_INTO, "iman-button", id=one.merged_into)
            + "</p>"
        )
    elif one.checklist_id is not None:
        st.html(way_on(one, "iman-button iman-strong"))
    elif one.state is not CauseState.RESOLVED:
        closed = doing.hindrance(Permission.WORK_CHECKLIST, text_remedies.ONLY_WORKERS)
        st.button(
            text_remedies.START, type="primary", icon=":material/checklist:", key="start_checklist",
            disabled=bool(closed), help=closed or None, on_click=_start, args=(one.id,),
        )  # fmt: skip
    parts.told("cause")
    doing.gone()


def body(detail: CauseDetail) -> None:
    money = currency()
    if detail.cause.checklist_id is None and detail.cause.state is not CauseState.RESOLVED:
        _to_be_done(detail)
    with st.container(border=True, key="card_said"):
        parts.heading(text_remedies.WHAT_SAGE_SAID)
        st.code(detail.cause.sample, language=None, wrap_lines=True)
    if detail.cause.release_id is not None:
        with st.container(border=True, key="card_release"):
            release.running(session.remedies().release(detail.cause.release_id), money)
    with st.container(border=True, key="card_held_up"):
        parts.heading(text_remedies.HELD_UP)
        release.documents(detail.documents, money)
        held = detail.cause
        behind = {"type": filters.ALL_TYPES, "show": "open", "error": held.error_type}
        export.list_links({**behind, "entity": held.entity or ""}, held.documents)
    with st.container(border=True, key="card_places"):
        parts.heading(text_remedies.PLACES)
        _places(detail)
    if detail.checklists:
        with st.container(border=True, key="card_earlier"):
            parts.heading(text_remedies.EARLIER)
            links = (
                parts.inside("checklist", f"{text_remedies.CHECKLIST} {n}", "iman-button", id=i)
                for n, i in zip(
                    range(len(detail.checklists), 0, -1), detail.checklists, strict=True
                )
            )
            st.html(f'<p class="iman-title">{"".join(links)}</p>')


def _to_be_done(detail: CauseDetail) -> None:
    """The playbook before anybody has started it: the question, each way and its steps."""
    found = session.playbook(detail.cause.error_type)
    if found is None:
        return
    values = {"entity": detail.cause.entity or "", "description": _described(detail)}

    def said(words: str) -> str:
        return escape(filled(words, values).replace(" (it)", ""))

    with st.container(border=True, key="card_to_do"):
        parts.heading(text_remedies.TO_BE_DONE)
        st.html(
            f'<p class="iman-way">{said(found.summary)}</p>'
            f'<p class="iman-ask">{said(found.question)}</p>'
        )
        ways = [(one.id, one.title, one.when) for one in found.branches] or [("", "", "")]
        for place, (way, title, when) in zip(
            st.columns(len(ways), gap="medium"), ways, strict=True
        ):
            steps = "".join(
                f"<li><span>{said(step.do)}"
                f'<span class="iman-quiet"> {text_remedies.WHO[step.who]}</span></span></li>'
                for step in found.steps
                if not step.branches or way in step.branches
            )
            place.html(
                f'<div class="iman-way"><strong>{said(title)}</strong><p>{said(when)}</p></div>'
                f'<ol class="iman-steps">{steps}</ol>'
            )


def _described(detail: CauseDetail) -> str:
    return next((one.description for one in detail.places if one.description), "")


def _places(detail: CauseDetail) -> None:
    if not detail.places:
        st.html(f'<p class="iman-quiet">{text_remedies.NO_PLACES}</p>')
        return
    parts.table(
        text_remedies.PLACES,
        [
            Column(
                title="Set-up",
                cell=lambda p: parts.outside(p.link, f"{p.kind.replace('_', ' ')} {p.code}"),
                css="iman-tight",
            ),
            Column(title="Description", cell=lambda p: escape(p.description or "–")),
            Column(
                title="Account",
                cell=lambda p: escape(
                    f"{text_remedies.account_field(p.account_field)}: {p.stored_account}"
                    if p.account_field
                    else "–"
                ),
            ),
            Column(title="Site", cell=lambda p: escape(p.site_name or p.site or "–")),
            Column(
                title="Active in byondpro",
                cell=lambda p: parts.lamp(*(("synced", "Yes") if p.active else ("parked", "No"))),
            ),
        ],
        detail.places,
    )


def _start(cause_id: int) -> None:
    started = doing.attempt("cause", lambda client: client.start_on_cause(cause_id))
    if started is not None:
        doing.go("checklist.py", id=started.checklist_id)


def _state(one: Cause) -> str:
    return parts.lamp(*text_remedies.CAUSE_STATES[one.state])


def way_on(one: Cause, css: str) -> str:
    """The link to what is to be done about it."""
    if one.state is CauseState.RELEASING and one.checklist_id is not None:
        return parts.inside("checklist", text_remedies.WATCH, css, id=one.checklist_id)
    if one.checklist_id is not None:
        return parts.inside("checklist", text_remedies.OPEN_IT, css, id=one.checklist_id)
    if one.state is CauseState.RESOLVED:
        return parts.inside("causes", text_remedies.LOOK, css, id=one.id)
    return parts.inside("causes", text_remedies.START, css, id=one.id)


def to_documents(one: Cause) -> str:
    """The list of what it holds up."""
    return parts.inside(
        "monitor", text.TO_THE_DOCUMENTS, "iman-button",
        type=filters.ALL_TYPES, error=one.error_type, entity=one.entity,
    )  # fmt: skip
