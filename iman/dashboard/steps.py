"""A checklist's steps: what to do, who, where, why, and the tick."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from iman.api.remedies_client import RemediesClient
from iman.api.wire_checklists import ChecklistView, StepView
from iman.dashboard import checklist, doing, parts, session, text, text_remedies
from iman.domain.checklist import StepState

_SETTLED = (StepState.DONE, StepState.SKIPPED)


def listed(view: ChecklistView) -> None:
    """Those of the way chosen, in their order."""
    parts.heading(text_remedies.STEPS)
    shut, due = bool(checklist.closed(view)), text_remedies.next_thing(view).step
    for number, step in text_remedies.numbered(view):
        locked = text_remedies.in_numbers(step.locked, view)
        shown = step.model_copy(update={"locked": locked})
        _step(view.id, number, shown, shut=shut, is_next=step.id == due)


def _step(checklist_id: int, number: int, step: StepView, *, shut: bool, is_next: bool) -> None:
    tick, place = f"tick_{checklist_id}_{step.id}", f"step_{checklist_id}_{step.id}"
    done = step.state in _SETTLED
    bars = not done and (bool(step.locked) or step.state is StepState.UNDECIDED)
    key = doing.key_for(tick, done)
    with st.container(
        horizontal=True, vertical_alignment="top", key=f"step_{step.id}", gap="small"
    ):
        st.checkbox(
            text.label(text_remedies.tick_label(number, step)), value=done, key=key,
            disabled=shut or bars, label_visibility="collapsed", on_change=_tick,
            args=(checklist_id, step.id, tick, key, done),
        )  # fmt: skip
        with st.container(gap="xsmall"):
            st.html(_told(number, step, is_next=is_next))
            parts.told(place)
            if not shut and step.state is not StepState.UNDECIDED:
                _buttons(checklist_id, step, settled=done)


def _told(number: int, step: StepView, *, is_next: bool) -> str:
    zone, now = session.zone(), session.now()
    where = parts.outside(step.link, step.where) if step.where else ""
    who = parts.lamp("plain", text_remedies.WHO[step.who])
    owner = f'<span class="iman-quiet">{escape(step.owner)}</span>' if step.owner else ""
    why = f"<p>{escape(step.why)}</p>" if step.why else ""
    trap = (
        f'<p class="iman-trap"><i aria-hidden="true"></i><span><b>{text_remedies.OUT_OF_ORDER}</b> '
        f"{escape(step.out_of_order)}</span></p>"
        if step.out_of_order
        else ""
    )
    if is_next:
        reasons = f'<div class="iman-why">{why}{trap}</div>'
    else:
        reasons = (
            f'<details class="iman-why"><summary>{text_remedies.WHY}</summary>{why}{trap}</details>'
        )
    state = {
        StepState.DONE: parts.lamp("synced", "Done"),
        StepState.SKIPPED: parts.lamp("parked", text_remedies.LEFT_OUT),
        StepState.UNDECIDED: parts.lamp("unknown", text_remedies.UNDECIDED),
    }.get(step.state, parts.lamp("pending", text_remedies.NEXT_WORD) if is_next else "")
    said = []
    if step.state in _SETTLED:
        said.append(("evidence", text_remedies.done_by(step, zone, now)))
    elif step.check is not None:
        at = text.moment(step.check.at, zone, now)
        said.append(("looked", f"{text_remedies.LOOKED} {at}: {step.check.evidence}"))
    if step.locked and step.state not in _SETTLED:
        said.append(("locked", step.locked))
    if step.warning:
        said.append(("warning", step.warning))
    lines = "".join(f'<p class="iman-{css}">{escape(words)}</p>' for css, words in said)
    css = "iman-step iman-now" if is_next else "iman-step"
    return (
        f'<div class="{css}"><p class="iman-do"><b>{number}.</b> {escape(step.do)}</p>'
        f'<p class="iman-title">{state}{who}{where}{owner}</p>{lines}{reasons}</div>'
    )


def _buttons(checklist_id: int, step: StepView, *, settled: bool) -> None:
    key = f"{checklist_id}_{step.id}"
    with st.container(horizontal=True, key=f"buttons_{step.id}", gap="small"):
        if step.verify is not None and not settled:
            st.button(
                text_remedies.CHECK_NOW, key=f"verify_{key}", icon=":material/search:",
                on_click=_on_step, args=(checklist_id, step.id, "verify"),
            )  # fmt: skip
        if settled:
            return
        with st.popover(text_remedies.MORE, key=f"more_{key}"):
            st.text_input(
                text_remedies.STEP_REASON, key=f"why_{key}", max_chars=500,
                placeholder=text_remedies.STEP_REASON_HINT,
            )  # fmt: skip
            with st.container(horizontal=True):
                st.button(
                    text_remedies.TICK_ANYWAY, key=f"anyway_{key}", disabled=bool(step.locked),
                    on_click=_on_step, args=(checklist_id, step.id, "tick"),
                )  # fmt: skip
                st.button(
                    text_remedies.SKIP, key=f"skip_{key}",
                    on_click=_on_step, args=(checklist_id, step.id, "skip"),
                )  # fmt: skip
            st.text_input(text_remedies.STEP_OWNER, key=f"whose_{key}", max_chars=80)
            st.button(
                text_remedies.HAND_STEP, key=f"hand_{key}",
                on_click=_on_step, args=(checklist_id, step.id, "owner"),
            )  # fmt: skip


def _tick(checklist_id: int, step: str, tick: str, key: str, done: bool) -> None:
    place, wanted = f"step_{checklist_id}_{step}", bool(st.session_state.get(key, done))
    if wanted == done:
        return
    doing.pressed(tick)
    if wanted:
        doing.attempt(place, lambda client: client.tick(checklist_id, step))
    else:
        doing.attempt(place, lambda client: client.untick(checklist_id, step))


def _on_step(checklist_id: int, step: str, what: str) -> None:
    place, key = f"step_{checklist_id}_{step}", f"{checklist_id}_{step}"
    reason = str(st.session_state.get(f"why_{key}") or "").strip()
    owner = str(st.session_state.get(f"whose_{key}") or "").strip()
    if what == "tick" and not doing.written(f"why_{key}", place):
        return
    calls: dict[str, Callable[[RemediesClient], ChecklistView]] = {
        "verify": lambda client: client.verify(checklist_id, step),
        "tick": lambda client: client.tick(checklist_id, step, reason=reason),
        "skip": lambda client: client.skip(checklist_id, step, reason=reason),
        "owner": lambda client: client.set_owner(checklist_id, owner, step=step),
    }
    if doing.attempt(place, calls[what]) is not None and what != "verify":
        doing.finished(f"step_{key}", f"why_{key}", f"whose_{key}")
