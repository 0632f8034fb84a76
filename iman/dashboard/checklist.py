"""The Checklist page's own parts, less its steps (``steps.py``) and its release."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire_checklists import ChecklistView, ChoiceView
from iman.dashboard import doing, export, parts, session, text, text_remedies
from iman.dashboard.parts import Column
from iman.domain.checklist import OPEN_PHASES, Phase
from iman.domain.people import Permission
from iman.errors import NotFound

_PLACE = "checklist"


def get(checklist_id: int) -> ChecklistView:
    """Stops the page when there is no such checklist."""
    try:
        return session.remedies().checklist(checklist_id)
    except NotFound:
        parts.title_row(text_remedies.CHECKLIST)
        parts.empty(text_remedies.NO_SUCH_CHECKLIST, text_remedies.NO_CHECKLIST_HINT)
        st.html(parts.inside("causes", text_remedies.BACK, "iman-button"))
        st.stop()


def closed(view: ChecklistView) -> str:
    """Why this person cannot work on it now; empty when they can."""
    if view.phase not in OPEN_PHASES:
        return " "
    return doing.hindrance(Permission.WORK_CHECKLIST, text_remedies.ONLY_WORKERS)


def listed() -> None:
    """Without an id: those that run."""
    several = session.remedies().checklists(phases=sorted(OPEN_PHASES))
    if not several:
        parts.empty(text_remedies.NO_CHECKLIST, text_remedies.NO_CHECKLIST_HINT)
        return
    zone, now = session.zone(), session.now()
    today = now.astimezone(zone).date()
    parts.table(
        text_remedies.WORKED_ON,
        [
            Column(
                title="State",
                cell=lambda c: parts.lamp(*text_remedies.PHASES[c.phase]),
                css="iman-tight",
            ),
            Column(
                title=text_remedies.CHECKLIST,
                cell=lambda c: parts.inside("checklist", c.title, "iman-open", id=c.id),
                css="iman-wide",
            ),
            Column(
                title="Steps",
                cell=lambda c: f"{c.steps_done} / {c.steps}",
                css="iman-number",
            ),
            Column(
                title=text_remedies.OWNER, cell=lambda c: escape(c.owner or text_remedies.NOBODY)
            ),
            Column(title=text_remedies.DUE, cell=lambda c: text_remedies.due(c.due_on, today)),
            Column(
                title="Changed",
                cell=lambda c: text.moment(c.changed_at, zone, now),
                css="iman-tight",
            ),
        ],
        several,
    )
    export.button("checklists", lambda: export.of_models(several))


def heading(view: ChecklistView, currency: str) -> None:
    """What to do next, as the largest thing; whose it is and how far."""
    zone, now = session.zone(), session.now()
    next_one = text_remedies.next_thing(view)
    step = next((one for one in view.steps if one.id == next_one.step), None)
    where = f" · {parts.outside(step.link, step.where)}" if step and step.where else ""
    lamp = parts.lamp(*text_remedies.PHASES[view.phase])
    worth = text_remedies.documents_worth(view.documents_total, view.amount, currency)
    when = text_remedies.due(view.due, now.astimezone(zone).date())
    share = 100 * view.steps_done / max(view.steps_wanted, 1)
    far = text_remedies.done_of(view.steps_done, view.steps_wanted)
    st.html(
        f'<p class="iman-title">{lamp}<strong>{escape(view.title)}</strong>'
        f'<span class="iman-quiet">{escape(worth)}</span>'
        f'<span class="iman-quiet">{escape(text_remedies.owned(view.owner))}, {when}</span></p>'
        f'<p class="iman-kicker">{text_remedies.NEXT}</p>'
        f'<p class="iman-big" role="status">{escape(next_one.headline)}</p>'
        f'<p class="iman-quiet">{escape(next_one.detail)}{where}</p>'
        f'<span class="iman-bar" role="progressbar" aria-label="{far}" '
        f'aria-valuenow="{share:.0f}" aria-valuemin="0" aria-valuemax="100">'
        f'<b style="width:{share:.0f}%"></b></span><p class="iman-quiet">{far}</p>'
    )
    hindrance = closed(view).strip()
    if hindrance:
        st.html(f'<p class="iman-quiet">{escape(hindrance)}</p>')
    parts.told(_PLACE)


def way(view: ChecklistView) -> None:
    """The question, both branches, and what was chosen; then the questions inside it."""
    parts.heading(text_remedies.WAY)
    shut = bool(closed(view))
    if view.branch is None:
        _branches(view, shut=shut)
        return
    st.html(f'<p class="iman-ask">{escape(view.question)}</p>')
    chosen = next((one for one in view.branches if one.id == view.branch), None)
    said = text_remedies.chosen_by(view, session.zone(), session.now())
    if chosen is not None:
        st.html(
            f'<div class="iman-way iman-chosen">{parts.lamp("synced", text_remedies.CHOSEN)}'
            f"<strong>{escape(chosen.title)}</strong><p>{escape(chosen.result)}</p>"
            f'<p class="iman-quiet">{escape(said)}</p></div>'
        )
    for choice in view.choices:
        _choice(view, choice, shut=shut)
    if not shut:
        with st.popover(text_remedies.WAY_CHANGE, key="change_way"):
            _branches(view, shut=False)


def _branches(view: ChecklistView, *, shut: bool) -> None:
    st.text_input(
        text_remedies.WAY_REASON, key="way_reason", max_chars=500, disabled=shut,
        placeholder=text_remedies.WAY_REASON_HINT,
    )  # fmt: skip
    with st.container(horizontal=True, key="ways"):
        for branch in view.branches:
            with st.container(border=True, height="stretch", key=f"way_{branch.id}"):
                st.html(
                    f'<div class="iman-way"><strong>{escape(branch.title)}</strong>'
                    f"<p>{escape(branch.when)}</p>"
                    f'<p class="iman-quiet">{text_remedies.WAY_RESULT} {escape(branch.result)}</p>'
                    "</div>"
                )
                name = text.label(branch.title.split(":")[0])
                st.button(
                    f"{text_remedies.WAY_CHOOSE}: {name}", key=f"choose_{branch.id}",
                    type="primary" if branch.id != view.branch else "secondary",
                    disabled=shut or branch.id == view.branch, on_click=_choose,
                    args=(view.id, branch.id, view.branch or ""),
                )  # fmt: skip


def _choose(checklist_id: int, branch: str, seen: str) -> None:
    if not (reason := doing.written("way_reason", _PLACE)):
        return
    asked = f"branch_{checklist_id}_{branch}_{seen}"
    done = doing.attempt(
        _PLACE,
        lambda client: client.choose_branch(
            checklist_id, branch, reason, seen=seen, request_id=doing.request_id(asked)
        ),
    )
    if done is not None:
        doing.finished(asked, "way_reason")


def _choice(view: ChecklistView, choice: ChoiceView, *, shut: bool) -> None:
    of = f"answer_{view.id}_{choice.id}"
    stored = choice.answer or ""
    key = doing.key_for(of, stored)
    st.html(
        f'<div class="iman-way"><strong>{escape(choice.question)}</strong>'
        f'<p class="iman-quiet">{escape(choice.help)}</p></div>'
    )
    label = text.label(choice.question)
    if choice.options:
        titles = {one.id: text.label(one.title) for one in choice.options}
        given = list(titles).index(choice.answer) if choice.answer in titles else None
        st.radio(
            label, list(titles), format_func=lambda one: titles.get(one, one), key=key,
            index=given, horizontal=True, label_visibility="collapsed", disabled=shut,
            on_change=_answer, args=(view.id, choice.id, of, key, stored),
        )  # fmt: skip
    else:
        st.text_input(
            label, value=stored, key=key, max_chars=200, disabled=shut, on_change=_answer,
            label_visibility="collapsed", args=(view.id, choice.id, of, key, stored), width=260,
        )  # fmt: skip


def _answer(checklist_id: int, choice: str, of: str, key: str, stored: str) -> None:
    given = str(st.session_state.get(key) or "").strip()
    if given == stored:
        return
    doing.pressed(of)
    doing.attempt(_PLACE, lambda client: client.answer(checklist_id, choice, given))


def managing(view: ChecklistView) -> None:
    """Owner, due date, giving up. Not refreshed by itself, so nothing typed is lost."""
    if doing.hindrance(Permission.WORK_CHECKLIST, text_remedies.ONLY_WORKERS):
        return
    me = session.me().name
    if view.phase not in OPEN_PHASES:
        if view.phase is Phase.CLOSED:
            st.button(text_remedies.TAKE_UP, key="take_up", on_click=_reopen, args=(view.id,))
        return
    with st.container(horizontal=True, key="managing"):
        if view.owner != me:
            st.button(
                text_remedies.TAKE, key="take", icon=":material/person_add:",
                on_click=_own, args=(view.id, me),
            )  # fmt: skip
        with st.popover(text_remedies.HAND_OVER, icon=":material/forward:", key="hand_over"):
            st.text_input(text_remedies.HAND_OVER_TO, key="owner", max_chars=80)
            st.text_input(text_remedies.HAND_OVER_WORD, key="owner_word", max_chars=500)
            st.button(
                text_remedies.HAND_OVER, type="primary", key="hand_over_now",
                on_click=_hand_over, args=(view.id,),
            )  # fmt: skip
        with st.popover(text_remedies.DUE, icon=":material/event:", key="due_date"):
            st.date_input(text_remedies.DUE, value=view.due, key="due")
            st.button(
                text_remedies.DUE_SAVE, type="primary", key="due_now", on_click=_due,
                args=(view.id,),
            )  # fmt: skip
        with st.popover(text_remedies.GIVE_UP, icon=":material/close:", key="give_up"):
            st.text_input(text_remedies.GIVE_UP_REASON, key="give_up_reason", max_chars=500)
            st.button(text_remedies.GIVE_UP, key="give_up_now", on_click=_close, args=(view.id,))
        if view.playbook.newer:
            st.button(
                text_remedies.NEWER_TAKE, key="newer", help=text_remedies.NEWER,
                on_click=_newer, args=(view.id,),
            )  # fmt: skip


def _own(checklist_id: int, name: str) -> None:
    doing.attempt(_PLACE, lambda client: client.set_owner(checklist_id, name))


def _hand_over(checklist_id: int) -> None:
    name = str(st.session_state.get("owner") or "").strip()
    word = str(st.session_state.get("owner_word") or "").strip()
    if doing.attempt(_PLACE, lambda client: client.set_owner(checklist_id, name, reason=word)):
        doing.finished("owner", "owner", "owner_word")


def _due(checklist_id: int) -> None:
    on = st.session_state.get("due")
    doing.attempt(_PLACE, lambda client: client.set_due(checklist_id, on))


def _close(checklist_id: int) -> None:
    if reason := doing.written("give_up_reason", _PLACE):
        doing.attempt(_PLACE, lambda client: client.close(checklist_id, reason))


def _reopen(checklist_id: int) -> None:
    doing.attempt(_PLACE, lambda client: client.reopen_checklist(checklist_id))


def _newer(checklist_id: int) -> None:
    doing.attempt(_PLACE, lambda client: client.newest_playbook(checklist_id))


def history(view: ChecklistView) -> None:
    zone, now = session.zone(), session.now()
    with st.expander(text_remedies.HISTORY, key="history"):
        parts.table(
            text_remedies.HISTORY,
            [
                Column(title="When", cell=lambda h: text.moment(h.at, zone, now), css="iman-tight"),
                Column(title="Who", cell=lambda h: escape(h.who)),
                Column(
                    title="What",
                    cell=lambda h: text_remedies.EVENTS.get(h.kind, h.kind.replace("_", " ")),
                    css="iman-tight",
                ),
                Column(title="Step", cell=lambda h: escape(h.step or "–"), css="iman-tight"),
                Column(title="Said", cell=lambda h: escape(h.told or "–"), css="iman-wide"),
            ],
            view.history,
        )
