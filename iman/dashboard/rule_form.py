"""The form a rule is written in. What is typed stays until it is put into the list or dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import streamlit as st
from pydantic import ValidationError

from iman.api.wire_rules import OtherRule, RuleExample, SiteRule
from iman.classify import ERROR_TYPES, WHO_FIXES
from iman.classify.own import value_in
from iman.dashboard import parts, text, text_rules

_OPEN = "iman_rule_form"  # (turn, place or None for a new one, the rule it began from)
_PLACE = "rule_form"
_MOST_EXAMPLES = 8
_BLANK = SiteRule.model_construct(id="", type="other", patterns=[], examples=[])


def begin_new() -> None:
    _begin(None, _BLANK)


def begin_edit(place: int, rule: SiteRule) -> None:
    _begin(place, rule)


def begin_for(message: str, suggestion: str, others: Sequence[OtherRule]) -> None:
    """For a *message* no rule knows: with a pattern to begin with, and the message as example."""
    words = re.findall(r"[a-z]{3,}", suggestion.replace("{value}", "").replace("{any}", ""))
    taken, name = {one.id for one in others}, "-".join(words[:3])[:50] or "rule"
    entity = value_in(message, suggestion)
    _begin(
        None,
        SiteRule.model_construct(
            id=f"site-{name}" if name in taken else name, type="other", patterns=[suggestion],
            examples=[RuleExample(text=message[:2000], entity=entity)],
        ),
    )  # fmt: skip


def close() -> None:
    st.session_state.pop(_OPEN, None)


def is_open() -> bool:
    return _OPEN in st.session_state


def _begin(place: int | None, rule: SiteRule) -> None:
    turn = st.session_state.get("iman_rule_turn", 0) + 1
    st.session_state["iman_rule_turn"] = turn
    st.session_state["iman_rule_examples"] = max(len(rule.examples), 1)
    st.session_state[_OPEN] = (turn, place, rule)


def form() -> tuple[int | None, SiteRule] | None:
    """Draw it; the place and the rule once somebody put it into the list."""
    turn, place, rule = st.session_state[_OPEN]
    parts.heading(text_rules.FORM_NEW if place is None else text_rules.FORM_EDIT)
    left, right = st.columns(2, gap="small")
    name = left.text_input(
        text_rules.NAME, value=rule.id, key=f"rule_id_{turn}", max_chars=60,
        help=text_rules.NAME_HELP,
    )  # fmt: skip
    types = list(ERROR_TYPES)
    means = right.selectbox(
        text_rules.TYPE, types, index=types.index(rule.type) if rule.type in types else 0,
        format_func=text.error_type, key=f"rule_type_{turn}",
    )  # fmt: skip
    patterns = st.text_area(
        text_rules.PATTERNS, value=text_rules.patterns(rule), key=f"rule_patterns_{turn}",
        help=text_rules.PATTERNS_HELP, height=90, max_chars=4000,
    )  # fmt: skip
    one, two, three = st.columns(3, gap="small")
    kind = one.text_input(
        text_rules.ENTITY_KIND, value=rule.entity_kind or "", key=f"rule_kind_{turn}",
        placeholder=text_rules.ENTITY_KIND_HINT, max_chars=60,
    )  # fmt: skip
    fixers = ["", *WHO_FIXES]
    who = two.selectbox(
        text_rules.WHO_FIXES, fixers, index=fixers.index(rule.who_fixes or ""),
        format_func=lambda w: text_rules.WHO_FIXES_WORDS.get(w, text_rules.AS_THE_TYPE),
        key=f"rule_who_{turn}",
    )  # fmt: skip
    waits = list(text_rules.WAITING_WORDS)
    waiting = three.selectbox(
        text_rules.WAITING, waits,
        index=waits.index({None: "", True: "yes", False: "no"}[rule.transient]),
        format_func=lambda w: text_rules.WAITING_WORDS[w], key=f"rule_waits_{turn}",
    )  # fmt: skip
    examples = _examples(turn, rule)
    note = st.text_input(
        text_rules.RULE_NOTE, value=rule.note, key=f"rule_note_{turn}", max_chars=500
    )
    with st.container(horizontal=True, key="rule_form_buttons"):
        done = st.button(
            text_rules.INTO_LIST, type="primary", icon=":material/playlist_add_check:",
            key="rule_into_list",
        )  # fmt: skip
        st.button(text_rules.CANCEL, key="rule_cancel", on_click=close)
    if not done:
        return None
    made = _made(
        {
            "id": name.strip(), "type": means, "on": rule.on, "note": note.strip(),
            "patterns": [line.strip() for line in patterns.splitlines() if line.strip()],
            "examples": examples, "entity_kind": kind.strip() or None, "who_fixes": who or None,
            "transient": {"": None, "yes": True, "no": False}[waiting],
        }
    )  # fmt: skip
    return None if made is None else (place, made)


def _examples(turn: int, rule: SiteRule) -> list[dict[str, str | None]]:
    """One row each; a row without a message is left out."""
    shown = min(st.session_state.get("iman_rule_examples", 1), _MOST_EXAMPLES)
    given: list[dict[str, str | None]] = []
    for number in range(shown):
        known = rule.examples[number] if number < len(rule.examples) else None
        message, finds = st.columns([3, 1], gap="small")
        words = message.text_input(
            f"{text_rules.EXAMPLE} {number + 1}", value=known.text if known else "",
            key=f"rule_example_{turn}_{number}", max_chars=2000,
        )  # fmt: skip
        entity = finds.text_input(
            f"{text_rules.EXAMPLE_FINDS} {number + 1}", key=f"rule_finds_{turn}_{number}",
            value=(known.entity or "") if known else "", max_chars=200,
            help=text_rules.EXAMPLE_HELP,
        )  # fmt: skip
        if words.strip():
            given.append({"text": words.strip(), "entity": entity.strip() or None})
    if shown < _MOST_EXAMPLES:
        st.button(text_rules.MORE_EXAMPLES, icon=":material/add:", key="rule_more", on_click=_more)
    return given


def _more() -> None:
    st.session_state["iman_rule_examples"] = st.session_state.get("iman_rule_examples", 1) + 1


def _made(values: dict[str, object]) -> SiteRule | None:
    """Says what is missing; what is wrong with it is said by the preview."""
    missing = [
        words
        for name, words in (
            ("id", text_rules.NAME_NEEDED),
            ("patterns", text_rules.PATTERN_NEEDED),
            ("examples", text_rules.EXAMPLE_NEEDED),
        )
        if not values[name]
    ]
    if not missing:
        try:
            return SiteRule.model_validate(values)
        except ValidationError as exc:
            missing = [fault["msg"] for fault in exc.errors()[:3]]
    st.html(f'<p class="iman-warning" role="alert">{escape(" ".join(missing))}</p>')
    return None
