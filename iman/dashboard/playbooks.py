"""The Playbooks page: every remedy, one of them as it stands on a checklist, its versions."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire_checklists import (
    PlaybookDetail,
    PlaybookEdit,
    PlaybookRow,
    PlaybookStep,
    PlaybookView,
)
from iman.dashboard import doing, parts, playbook_draft, session, text, text_playbooks
from iman.dashboard.parts import Column
from iman.dashboard.text_playbooks import CHECKS
from iman.dashboard.text_remedies import OUT_OF_ORDER, WAY, WHO
from iman.domain.people import Permission
from iman.domain.playbook import filled
from iman.errors import NotFound

_PLACE = "playbooks"


def closed() -> str:
    """Why this person cannot edit now; empty when they can."""
    return doing.hindrance(Permission.EDIT_PLAYBOOKS, text_playbooks.ONLY_ADMINS)


def listed(several: list[PlaybookRow]) -> None:
    def title(row: PlaybookRow) -> str:
        words = filled(row.title, {**text_playbooks.SAMPLE, **_own_sample(row.error_type)})
        return parts.inside("playbooks", words, "iman-open", type=row.error_type)

    parts.table(
        text_playbooks.LIST_TITLE,
        [
            Column(
                title=text_playbooks.FOR,
                cell=lambda r: text.error_type(r.error_type),
                css="iman-tight",
            ),
            Column(title=text_playbooks.PLAYBOOK, cell=title, css="iman-wide"),
            Column(title=text_playbooks.WAYS, cell=lambda r: str(r.branches), css="iman-number"),
            Column(title=text_playbooks.STEPS, cell=lambda r: str(r.steps), css="iman-number"),
            Column(
                title=text_playbooks.ORIGIN,
                cell=lambda r: parts.lamp(*text_playbooks.ORIGINS[r.origin]),
                css="iman-tight",
            ),
            Column(title=text_playbooks.VERSION, cell=lambda r: str(r.version), css="iman-number"),
        ],
        several,
    )


def get(error_type: str) -> PlaybookDetail:
    """Stops the page when there is none."""
    try:
        return session.remedies().playbook(error_type)
    except NotFound:
        parts.title_row(text_playbooks.PLAYBOOK)
        parts.empty(text_playbooks.NO_SUCH_PLAYBOOK, text_playbooks.NO_SUCH_HINT)
        st.html(parts.inside("playbooks", text_playbooks.ALL_PLAYBOOKS, "iman-button"))
        st.stop()


def heading(found: PlaybookDetail) -> None:
    """What it is for, which text counts, and the way into the editor."""
    shut = closed()
    lamp = parts.lamp(*text_playbooks.ORIGINS[found.origin])
    book = found.playbook
    st.html(
        f'<p class="iman-title">{lamp}<strong>{escape(text.error_type(book.error_type))}</strong>'
        f'<span class="iman-quiet">{text_playbooks.VERSION} {book.version}</span></p>'
    )
    with st.container(horizontal=True, vertical_alignment="center", key="playbook_doing"):
        st.button(
            text_playbooks.EDIT, icon=":material/edit:", key="playbook_edit", disabled=bool(shut),
            on_click=playbook_draft.begin, args=(found, found.text),
        )  # fmt: skip
        if found.origin == "edited" and not shut:
            with st.popover(text_playbooks.BACK, icon=":material/undo:", key="playbook_back"):
                st.html(f"<p>{text_playbooks.BACK_SURE}</p>")
                st.button(
                    text_playbooks.BACK_NOW, type="primary", key="playbook_back_now",
                    on_click=_back, args=(book.error_type, found.digest),
                )  # fmt: skip
        if shut:
            st.html(f'<p class="iman-quiet">{escape(shut)}</p>', width="content")
    parts.told(_PLACE)


def _back(error_type: str, digest: str) -> None:
    done = doing.attempt(
        _PLACE,
        lambda client: client.save_playbook(error_type, "", instead_of=digest),
        text_playbooks.BACK_DONE,
    )
    if done is not None:
        playbook_draft.close()


def shown(book: PlaybookView) -> None:
    """As a checklist shows it, filled with an example."""
    values = {**text_playbooks.SAMPLE, **_own_sample(book.error_type)}

    def told(words: str) -> str:
        return escape(filled(words, values))

    summary = f"<p>{told(book.summary)}</p>" if book.summary else ""
    st.html(
        f'<div class="iman-way"><p class="iman-big">{told(book.title)}</p>{summary}'
        f'<p class="iman-quiet">{text_playbooks.SAMPLE_NOTE}</p></div>'
    )
    if book.branches:
        ways = "".join(
            f'<li class="iman-way"><strong>{told(one.title)}</strong><p>{told(one.when)}</p>'
            f'<p class="iman-quiet">{told(one.result)}</p></li>'
            for one in book.branches
        )
        st.html(
            f'<p class="iman-kicker">{WAY}</p><p class="iman-ask">{told(book.question)}</p>'
            f'<ul class="iman-ways">{ways}</ul>'
        )
    if book.choices:
        asked = "".join(
            f'<li class="iman-way"><strong>{told(one.question)}</strong><p>{told(one.help)}</p>'
            f'<p class="iman-quiet">{" · ".join(told(o.title) for o in one.options)}</p></li>'
            for one in book.choices
        )
        st.html(
            f'<p class="iman-kicker">{text_playbooks.ASKED}</p><ul class="iman-ways">{asked}</ul>'
        )
    steps = "".join(
        _step(book, number, step, values) for number, step in enumerate(book.steps, start=1)
    )
    st.html(f'<p class="iman-kicker">{text_playbooks.STEPS}</p><ol class="iman-book">{steps}</ol>')


def _step(book: PlaybookView, number: int, step: PlaybookStep, values: dict[str, str]) -> str:
    def told(words: str) -> str:
        return escape(filled(words, values))

    titles = {one.id: one.title for one in book.branches}
    options = {(c.id, o.id): o.title for c in book.choices for o in c.options}
    when = [f"{text_playbooks.ONLY_WAY} “{told(titles.get(one, one))}”" for one in step.branches]
    when += [
        f"{text_playbooks.ONLY_IF} “{told(options.get((choice, answer), answer))}”"
        for choice, answer in step.only_if.items()
    ]
    marks = [
        word
        for said, word in (
            (step.optional, text_playbooks.OPTIONAL),
            (step.releases, text_playbooks.RELEASES),
            (step.locked, text_playbooks.LOCKED),
            (step.follow_up, text_playbooks.FOLLOW_UP),
        )
        if said
    ]
    looks = (
        f"{text_playbooks.VERIFIED}: {CHECKS[step.verify]}"
        if step.verify is not None
        else text_playbooks.BY_HAND
    )
    why = f"<p>{told(step.why)}</p>" if step.why else ""
    trap = (
        f'<p class="iman-trap"><i aria-hidden="true"></i><span><b>{OUT_OF_ORDER}</b> '
        f"{told(step.out_of_order)}</span></p>"
        if step.out_of_order
        else ""
    )
    where = f"<span>{told(step.where)}</span>" if step.where else ""
    return (
        f'<li class="iman-step"><p class="iman-do"><b>{number}.</b> {told(step.do)}</p>'
        f'<p class="iman-title">{parts.lamp("plain", WHO[step.who])}{where}</p>'
        f'<p class="iman-quiet">{escape(" · ".join([*when, looks, *marks]))}</p>'
        f'<div class="iman-why">{why}{trap}</div></li>'
    )


def versions(found: PlaybookDetail, edits: list[PlaybookEdit]) -> None:
    parts.heading(text_playbooks.VERSIONS)
    if not edits:
        st.html(f'<p class="iman-quiet">{text_playbooks.NO_VERSIONS}</p>')
        return
    zone, now, shut = session.zone(), session.now(), bool(closed())
    for edit in edits:
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
            key=f"version_{edit.id}",
        ):  # fmt: skip
            st.html(
                f'<p class="iman-title"><strong>{escape(text_playbooks.what(edit))}</strong>'
                f'<span class="iman-quiet">{escape(edit.by)}, {text.moment(edit.at, zone, now)}'
                "</span></p>",
                width="stretch",
            )
            if edit.text:
                st.button(
                    text_playbooks.TAKE, key=f"take_{edit.id}", icon=":material/edit_note:",
                    disabled=shut, on_click=playbook_draft.begin, args=(found, edit.text),
                )  # fmt: skip


def _own_sample(error_type: str) -> dict[str, str]:
    return text_playbooks.SAMPLES.get(error_type, {})
