"""The Set-up mirror page's own parts."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire_remedies import SetupGap, SetupGaps
from iman.dashboard import causes, doing, export, parts, session, text, text_remedies
from iman.domain.people import Permission
from iman.domain.setup import Problem, SetupKind

_PLACE = "setups"
_PLACES_SHOWN = 6


def verdict(found: SetupGaps) -> None:
    """How well both systems agree, and since when that is known."""
    read = [one.read_at for one in found.readings if one.read_at is not None]
    if not read:
        parts.verdict("unknown", text_remedies.NEVER_COMPARED, text_remedies.SETUPS_GOOD_HINT)
        return
    at = text.moment(min(read), session.zone(), session.now())
    compared = f"{text_remedies.COMPARED_AT} {at}."
    if not found.gaps:
        hint = f"{compared} {text_remedies.SETUPS_GOOD_HINT}"
        parts.verdict("synced", text_remedies.SETUPS_GOOD, hint)
        return
    blocked = any(gap.blocked_documents for gap in found.gaps)
    headline = text_remedies.setups_headline(found.gaps)
    parts.verdict("failed" if blocked else "retrying", headline, compared)


def troubles(found: SetupGaps) -> None:
    """What could not be read; it is not judged then."""
    for one in found.readings:
        if one.trouble:
            parts.problem(text_remedies.not_read(one.side, one.kind), one.trouble)


def compare() -> None:
    closed = doing.hindrance(Permission.WORK_CHECKLIST, text_remedies.ONLY_WORKERS)
    st.button(
        text_remedies.COMPARE, icon=":material/compare_arrows:", key="compare",
        disabled=bool(closed), help=closed or None, on_click=_compare,
    )  # fmt: skip


def _compare() -> None:
    done = doing.attempt(_PLACE, lambda client: client.compare_setups())
    if done is not None:
        parts.tell(_PLACE, text_remedies.compared(done.gaps, done.new))


def filter_bar() -> tuple[str, str]:
    """Problem and kind; the address holds them."""
    problems = {one.value: word for one, (_, word) in text_remedies.PROBLEMS.items()}
    kinds = {one.value: word for one, word in text_remedies.SETUP_KINDS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        problem = parts.choice(
            "problem", text_remedies.PROBLEM, {"": text_remedies.ALL_PROBLEMS, **problems}
        )
        kind = parts.choice("kind", text_remedies.KIND, {"": text_remedies.ALL_KINDS, **kinds})
    return problem, kind


def listed(found: SetupGaps, problem: str, kind: str) -> None:
    gaps = [
        gap
        for gap in found.gaps
        if problem in ("", gap.problem.value) and kind in ("", gap.kind.value)
    ]
    parts.told(_PLACE)
    doing.gone()
    if not gaps:
        parts.empty(
            text_remedies.NO_GAP if found.gaps else text_remedies.SETUPS_GOOD,
            text_remedies.SETUPS_GOOD_HINT,
            css="good",
        )
        return
    currency = causes.currency()
    closed = doing.hindrance(Permission.WORK_CHECKLIST, text_remedies.ONLY_WORKERS)
    for gap in sorted(gaps, key=lambda g: (-g.blocked_amount, -g.would_fail_amount, g.code)):
        _gap(gap, currency, closed=closed)
    export.button(
        "setups",
        lambda: export.of_models(gaps, "places", "examples"),
        {"problem": problem, "kind": kind},
    )


def _gap(gap: SetupGap, currency: str, *, closed: str) -> None:
    lamp = parts.lamp(*text_remedies.PROBLEMS[Problem(gap.problem)])
    places = "".join(f"<li>{escape(text_remedies.place(p))}</li>" for p in gap.places[:6])
    rest = len(gap.places) - _PLACES_SHOWN
    more = f"<li>{text_remedies.and_more(rest)}</li>" if rest > 0 else ""
    documents = " ".join(parts.inside("document", one.number, id=one.id) for one in gap.examples)
    kind = text_remedies.SETUP_KINDS[SetupKind(gap.kind)]
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"gap_{gap.id}",
    ):
        st.html(
            f'<div class="iman-gap"><p class="iman-title">{lamp}<strong>{kind} '
            f"{escape(gap.code)}</strong></p><p>{escape(gap.message)}</p>"
            f'<p class="iman-locked">{escape(text_remedies.affected(gap, currency))} {documents}'
            f'</p><ul class="iman-places">{places}{more}</ul></div>',
            width="stretch",
        )
        st.button(
            text.label(text_remedies.start_on(gap)), icon=":material/checklist:",
            key=f"start_gap_{gap.id}", disabled=bool(closed), help=closed or None,
            on_click=_start, args=(gap.id,),
        )  # fmt: skip


def _start(gap_id: int) -> None:
    started = doing.attempt(_PLACE, lambda client: client.start_on_gap(gap_id))
    if started is not None:
        doing.go("checklist.py", id=started.checklist_id)
