"""The editor of a playbook: form or whole text on the left, how it will look on the right."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.playbook_wire import playbook_view
from iman.api.wire_checklists import PlaybookDetail
from iman.dashboard import doing, parts, playbook_draft, playbooks, text, text_playbooks
from iman.dashboard.playbook_draft import Draft
from iman.dashboard.text_playbooks import CHECKS
from iman.dashboard.text_remedies import WHO
from iman.domain.playbook import Playbook, Step
from iman.playbooks import PlaybookError, parsed

_PLACE = "playbooks"


def editor(found: PlaybookDetail, draft: Draft) -> None:
    parts.heading(text_playbooks.EDIT_TITLE)
    st.html(f'<p class="iman-quiet">{text_playbooks.EDIT_HINT}</p>')
    if found.digest != draft.digest:
        parts.problem(text_playbooks.SEEN)
    _mode(draft)
    faults = _faults(draft)
    _buttons(found, draft, faults)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        if draft.mode == "text":
            st.text_area(
                text_playbooks.TEXT, value=draft.text, key=draft.key("text"), height=620,
                max_chars=64_000, help=text_playbooks.TEXT_HINT,
            )  # fmt: skip
        else:
            _form(draft, parsed(draft.text))
    with right.container(key="playbook_preview"):
        _preview(draft, faults)


def _mode(draft: Draft) -> None:
    key = draft.key("mode")

    def other() -> None:
        playbook_draft.turn_to(str(st.session_state.get(key) or draft.mode))

    st.segmented_control(
        text_playbooks.MODE, list(text_playbooks.MODES), default=draft.mode, key=key,
        format_func=lambda one: text_playbooks.MODES[one], required=True, on_change=other,
    )  # fmt: skip


def _faults(draft: Draft) -> list[str]:
    try:
        parsed(playbook_draft.to_save(draft))
    except PlaybookError as exc:
        return exc.faults
    return []


def _preview(draft: Draft, faults: list[str]) -> None:
    st.html(f'<p class="iman-kicker">{text_playbooks.PREVIEW}</p>')
    if not faults:
        playbooks.shown(playbook_view(parsed(playbook_draft.to_save(draft))))
        return
    items = "".join(f"<li>{escape(fault)}</li>" for fault in faults)
    st.html(
        f'<div role="alert"><p class="iman-warning">{text_playbooks.PREVIEW_BAD}</p>'
        f'<ul class="iman-list">{items}</ul></div>'
    )


def _buttons(found: PlaybookDetail, draft: Draft, faults: list[str]) -> None:
    changed = playbook_draft.changed(draft)
    ready = changed and not faults and found.digest == draft.digest
    with st.container(horizontal=True, vertical_alignment="center", key="playbook_save_or_not"):
        st.button(
            text_playbooks.SAVE, type="primary", icon=":material/save:", key="playbook_save",
            disabled=not ready, on_click=_save, args=(draft,),
        )  # fmt: skip
        st.button(text_playbooks.CANCEL, key="playbook_cancel", on_click=playbook_draft.close)
        if not changed:
            st.html(f'<p class="iman-quiet">{text_playbooks.UNCHANGED}</p>', width="content")


def _save(draft: Draft) -> None:
    text = playbook_draft.to_save(draft)
    done = doing.attempt(
        _PLACE,
        lambda client: client.save_playbook(draft.error_type, text, instead_of=draft.digest),
        text_playbooks.SAVED,
    )
    if done is not None:
        playbook_draft.close()


def _form(draft: Draft, book: Playbook) -> None:
    key = draft.key
    st.text_input(
        text_playbooks.F_TITLE, value=book.title, key=key("title"), max_chars=300,
        help=text_playbooks.PLACEHOLDERS_HELP,
    )  # fmt: skip
    _area(text_playbooks.F_SUMMARY, book.summary, key("summary"))
    if book.branches:
        st.text_input(
            text_playbooks.F_QUESTION, value=book.question, key=key("question"), max_chars=500
        )
    for branch in book.branches:
        with st.expander(text.label(branch.title), key=key(f"x_{branch.id}")):
            st.text_input(
                text_playbooks.F_WAY_TITLE, value=branch.title, key=key(f"b_{branch.id}_title"),
                max_chars=300,
            )  # fmt: skip
            _area(text_playbooks.F_WHEN, branch.when, key(f"b_{branch.id}_when"))
            _area(text_playbooks.F_RESULT, branch.result, key(f"b_{branch.id}_result"))
    for choice in book.choices:
        with st.expander(text.label(choice.question), key=key(f"x_c_{choice.id}")):
            st.text_input(
                text_playbooks.F_ASKED, value=choice.question, max_chars=500,
                key=key(f"c_{choice.id}_question"),
            )  # fmt: skip
            _area(text_playbooks.F_HELP, choice.help, key(f"c_{choice.id}_help"))
            for number, option in enumerate(choice.options, start=1):
                st.text_input(
                    f"{text_playbooks.F_OPTION} {number}", value=option.title, max_chars=300,
                    key=key(f"c_{choice.id}_{option.id}"),
                )  # fmt: skip
    for place, step in enumerate(book.steps):
        with st.expander(
            text.label(text_playbooks.step_title(place + 1, step.do, book.error_type)),
            key=key(f"x_s_{step.id}"),
        ):
            _step(draft, book, place, step)
    st.button(
        text_playbooks.ADD, icon=":material/add:", key=key("add"), on_click=playbook_draft.add
    )


def _step(draft: Draft, book: Playbook, place: int, step: Step) -> None:
    def key(name: str) -> str:
        return draft.key(f"s_{step.id}_{name}")

    _area(text_playbooks.F_DO, step.do, key("do"))
    who, link = st.columns(2, gap="small")
    fixers = [one.value for one in WHO]
    who.selectbox(
        text_playbooks.F_WHO, fixers, index=fixers.index(step.who.value), key=key("who"),
        format_func=lambda one: {w.value: words for w, words in WHO.items()}[one],
    )  # fmt: skip
    links = ["", *text_playbooks.LINK_WORDS]
    link.selectbox(
        text_playbooks.F_LINK, links, index=links.index(step.link), key=key("link"),
        format_func=lambda one: text_playbooks.LINK_WORDS.get(one, text_playbooks.NO_LINK),
    )  # fmt: skip
    st.text_input(text_playbooks.F_WHERE, value=step.where, key=key("where"), max_chars=300)
    _area(text_playbooks.F_WHY, step.why, key("why"))
    _area(text_playbooks.F_OUT, step.out_of_order, key("out"))
    checks = {"": text_playbooks.NO_CHECK, **{c.value: words for c, words in CHECKS.items()}}
    st.selectbox(
        text_playbooks.F_VERIFY, list(checks), key=key("verify"),
        index=list(checks).index(step.verify.value if step.verify else ""),
        format_func=lambda one: checks[one],
    )  # fmt: skip
    if book.branches:
        titles = {one.id: text.label(one.title) for one in book.branches}
        st.multiselect(
            text_playbooks.F_WAYS, list(titles), default=sorted(step.branches),
            key=key("branches"), format_func=lambda one: titles.get(one, one),
            placeholder=text_playbooks.ALL_WAYS,
        )  # fmt: skip
    earlier = [one.id for one in book.steps[:place]]
    if earlier:
        st.multiselect(
            text_playbooks.F_AFTER, earlier, key=key("after"),
            default=[one for one in step.after if one in earlier],
        )  # fmt: skip
    for name, words, value in (
        ("optional", text_playbooks.F_OPTIONAL, step.optional),
        ("releases", text_playbooks.F_RELEASES, step.releases),
        ("follow_up", text_playbooks.F_FOLLOW_UP, step.follow_up),
        ("locked", text_playbooks.F_LOCKED, step.locked_while is not None),
    ):
        st.checkbox(words, value=value, key=key(name))
    with st.container(horizontal=True, key=key("buttons"), gap="small"):
        st.button(
            text_playbooks.UP, key=key("up"), icon=":material/arrow_upward:", disabled=place == 0,
            on_click=playbook_draft.move, args=(place, -1),
        )  # fmt: skip
        st.button(
            text_playbooks.DOWN, key=key("down"), icon=":material/arrow_downward:",
            disabled=place == len(book.steps) - 1, on_click=playbook_draft.move, args=(place, 1),
        )  # fmt: skip
        st.button(
            text_playbooks.REMOVE, key=key("remove"), icon=":material/delete:",
            disabled=len(book.steps) == 1, on_click=playbook_draft.remove, args=(place,),
        )  # fmt: skip


def _area(label: str, value: str, key: str) -> None:
    st.text_area(label, value=value, key=key, max_chars=2000, height=90)
