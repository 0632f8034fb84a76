"""A playbook somebody edits: its text, in session state until it is saved or closed.

Form and whole text are two faces of that text. What is typed is in the widgets; it is folded into
the text whenever a step is moved, added or removed, and when the other face is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from iman.api.wire_checklists import PlaybookDetail
from iman.dashboard import parts, text_playbooks
from iman.domain.playbook import Check, Choice, Lock, Option, Playbook, Step, Who
from iman.playbooks import PlaybookError, parsed
from iman.playbooks.writing import written

_KEY = "iman_playbook_draft"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """*digest* is of the text that counted when it was begun, *seen* that text."""

    error_type: str
    digest: str
    seen: str
    text: str
    turn: int  # a new one draws every widget anew from *text*
    mode: str = "form"

    def key(self, name: str) -> str:
        return f"pb_{self.turn}_{name}"


def begin(found: PlaybookDetail, from_text: str) -> None:
    try:
        parsed(from_text)
        mode = "form"
    except PlaybookError:  # an old one, of before something was renamed
        mode = "text"
    _keep(
        Draft(
            error_type=found.playbook.error_type, digest=found.digest, seen=found.text,
            text=from_text, turn=0, mode=mode,
        )
    )  # fmt: skip


def get(error_type: str) -> Draft | None:
    found: Draft | None = st.session_state.get(_KEY)
    return found if found is not None and found.error_type == error_type else None


def close() -> None:
    st.session_state.pop(_KEY, None)


def _keep(draft: Draft) -> None:
    turn = st.session_state.get("iman_playbook_turn", 0) + 1
    st.session_state["iman_playbook_turn"] = turn
    st.session_state[_KEY] = replace(draft, turn=turn)


def current(draft: Draft) -> str:
    """The text with what the widgets hold."""
    if draft.mode == "text":
        return str(st.session_state.get(draft.key("text"), draft.text))
    try:
        book = parsed(draft.text)
    except PlaybookError:
        return draft.text
    return written(_filled(draft, book))


def to_save(draft: Draft) -> str:
    """As it will be kept: a form's version is one more than that of the text it began from."""
    text = current(draft)
    try:
        book, seen = parsed(text), parsed(draft.seen)
    except PlaybookError:
        return text
    if draft.mode == "text" or replace(book, version=seen.version) == seen:
        return text
    return written(replace(book, version=max(book.version, seen.version) + 1))


def changed(draft: Draft) -> bool:
    text = current(draft)
    try:
        return parsed(text) != parsed(draft.seen)
    except PlaybookError:
        return text != draft.seen


def turn_to(mode: str) -> None:
    """Show the other face; a text with faults stays a text."""
    draft: Draft = st.session_state[_KEY]
    text = current(draft)
    if mode == "form":
        try:
            parsed(text)
        except PlaybookError:
            mode = "text"
    _keep(replace(draft, text=text, mode=mode))


def move(place: int, by: int) -> None:
    def moved(book: Playbook) -> Playbook:
        steps, to = list(book.steps), place + by
        if 0 <= to < len(steps):
            steps[place], steps[to] = steps[to], steps[place]
        return replace(book, steps=_ordered(steps))

    _restructure(moved)


def remove(place: int) -> None:
    def without(book: Playbook) -> Playbook:
        gone = book.steps[place].id
        return replace(book, steps=_ordered([one for one in book.steps if one.id != gone]))

    _restructure(without)


def add() -> None:
    def more(book: Playbook) -> Playbook:
        taken = {one.id for one in book.steps}
        number = next(n for n in range(1, 1000) if f"step-{n}" not in taken)
        step = Step(id=f"step-{number}", who=Who.SUPPORT, do=text_playbooks.NEW_STEP)
        return replace(book, steps=(*book.steps, step))

    _restructure(more)


def _ordered(steps: list[Step]) -> tuple[Step, ...]:
    """No step waits for one that comes later, or has gone."""
    earlier: set[str] = set()
    found = []
    for step in steps:
        found.append(replace(step, after=tuple(one for one in step.after if one in earlier)))
        earlier.add(step.id)
    return tuple(found)


def _restructure(how: Callable[[Playbook], Playbook]) -> None:
    draft: Draft = st.session_state[_KEY]
    text = written(how(_filled(draft, parsed(draft.text))))
    try:
        parsed(text)
    except PlaybookError as exc:  # something typed before; it has to be put right first
        parts.tell("playbooks", exc.faults[0], bad=True)
    else:
        _keep(replace(draft, text=text))


def _filled(draft: Draft, book: Playbook) -> Playbook:
    """*book* with what was typed into the form's widgets."""

    def typed(name: str, otherwise: str) -> str:
        return " ".join(str(st.session_state.get(draft.key(name), otherwise)).split())

    return replace(
        book,
        title=typed("title", book.title),
        summary=typed("summary", book.summary),
        question=typed("question", book.question),
        branches=tuple(
            replace(
                one,
                title=typed(f"b_{one.id}_title", one.title),
                when=typed(f"b_{one.id}_when", one.when),
                result=typed(f"b_{one.id}_result", one.result),
            )
            for one in book.branches
        ),
        choices=tuple(_choice(draft, one) for one in book.choices),
        steps=tuple(_step(draft, one) for one in book.steps),
    )


def _choice(draft: Draft, choice: Choice) -> Choice:
    state = st.session_state

    def option(one: Option) -> Option:
        key = draft.key(f"c_{choice.id}_{one.id}")
        return replace(one, title=str(state.get(key, one.title)).strip())

    return replace(
        choice,
        question=str(state.get(draft.key(f"c_{choice.id}_question"), choice.question)).strip(),
        help=str(state.get(draft.key(f"c_{choice.id}_help"), choice.help)).strip(),
        options=tuple(option(one) for one in choice.options),
    )


def _step(draft: Draft, step: Step) -> Step:
    state = st.session_state

    def held(name: str, otherwise: object) -> object:
        return state.get(draft.key(f"s_{step.id}_{name}"), otherwise)

    def typed(name: str, otherwise: str) -> str:
        return " ".join(str(held(name, otherwise)).split())

    def several(name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        found = held(name, otherwise)
        return tuple(str(one) for one in found) if isinstance(found, list | tuple) else otherwise

    verify = str(held("verify", step.verify.value if step.verify else ""))
    return replace(
        step,
        who=Who(str(held("who", step.who.value))),
        do=typed("do", step.do),
        where=typed("where", step.where),
        link=str(held("link", step.link)),
        why=typed("why", step.why),
        out_of_order=typed("out", step.out_of_order),
        verify=Check(verify) if verify else None,
        branches=frozenset(several("branches", tuple(step.branches))),
        after=several("after", step.after),
        locked_while=Lock.CODE_IN_USE if held("locked", step.locked_while is not None) else None,
        optional=bool(held("optional", step.optional)),
        releases=bool(held("releases", step.releases)),
        follow_up=bool(held("follow_up", step.follow_up)),
    )
