"""What a draft of rules would change, and saving it."""

from __future__ import annotations

from html import escape

import streamlit as st

from iman.api.wire_rules import RuleListing, RulesPreview
from iman.dashboard import doing, parts, rules, session, text_rules
from iman.dashboard.parts import Column
from iman.dashboard.text import error_type
from iman.errors import ImanError

_SEEN = "iman_rules_preview"


def panel(listing: RuleListing) -> None:
    """Only where the draft is not what counts."""
    with st.container(border=True, key="card_change"):
        parts.heading(text_rules.CHANGE_TITLE)
        st.html(f'<p class="iman-quiet">{text_rules.CHANGE_HINT}</p>')
        overtaken = rules.began_from(listing) != listing.version
        if overtaken:
            parts.problem(text_rules.SOMEBODY_SAVED)
        found = _preview(listing)
        if found is not None:
            _faults(found)
            if not found.faults:
                _changes(found)
        _buttons(listing, found, overtaken=overtaken)


def _preview(listing: RuleListing) -> RulesPreview | None:
    """Asked once for each draft: reading history takes a moment."""
    draft = rules.draft(listing)
    key = (listing.version, "".join(rule.model_dump_json() for rule in draft))
    seen = st.session_state.get(_SEEN)
    if seen is None or seen[0] != key:
        try:
            found = session.remedy(lambda client: client.preview_rules(draft))
        except ImanError as exc:
            parts.problem(str(exc))
            return None
        st.session_state[_SEEN] = seen = (key, found)
    shown: RulesPreview = seen[1]
    return shown


def _faults(found: RulesPreview) -> None:
    if not found.faults:
        return
    items = "".join(
        f"<li><b>{escape(one.rule)}</b> {escape(one.text)}</li>" for one in found.faults
    )
    st.html(
        f'<div role="alert"><p class="iman-warning">{text_rules.FAULTS}</p>'
        f'<ul class="iman-list">{items}</ul></div>'
    )


def _changes(found: RulesPreview) -> None:
    st.html(f'<p class="iman-quiet">{escape(text_rules.changes(found))}</p>')
    if found.warnings:
        items = "".join(
            f'<li><span class="iman-error">{escape(one.text)}</span> '
            f"{error_type(one.before)} → {error_type(one.after)} ({escape(one.by)})</li>"
            for one in found.warnings
        )
        st.html(
            f'<p class="iman-locked">{text_rules.WARNING}</p><ul class="iman-list">{items}</ul>'
        )
    if not found.changes:
        parts.empty(text_rules.NOTHING_CHANGES, css="good")
        return
    parts.table(
        text_rules.CHANGES,
        [
            Column(
                title=text_rules.CHANGES, cell=lambda c: escape(text_rules.change(c)),
                css="iman-medium",
            ),
            Column(
                title=text_rules.SAMPLES,
                cell=lambda c: "<div>" + "".join(
                    f'<span class="iman-error">{escape(s.text)}</span>'
                    f"<small>{escape(s.entity_before or text_rules.NAMES_NOTHING)} → "
                    f"{escape(s.entity or text_rules.NAMES_NOTHING)}</small>"
                    for s in c.samples
                ) + "</div>",
                css="iman-wide",
            ),
        ],
        found.changes,
    )  # fmt: skip


def _buttons(listing: RuleListing, found: RulesPreview | None, *, overtaken: bool) -> None:
    warned = found is not None and bool(found.warnings)
    if warned:
        st.checkbox(text_rules.AGREED, key="rules_agreed")
    st.text_input(
        text_rules.REASON, key="rules_reason", max_chars=400, placeholder=text_rules.REASON_HINT
    )
    agreed = not warned or bool(st.session_state.get("rules_agreed"))
    ready = found is not None and not found.faults and agreed and not overtaken
    with st.container(horizontal=True, key="rules_save_or_not"):
        st.button(
            text_rules.SAVE, type="primary", icon=":material/save:", key="rules_save",
            disabled=not ready, on_click=_save, args=(listing, warned and agreed),
        )  # fmt: skip
        st.button(
            text_rules.DISCARD, icon=":material/undo:", key="rules_discard", on_click=rules.drop
        )


def _save(listing: RuleListing, agreed: bool) -> None:
    reason = str(st.session_state.get("rules_reason") or "").strip()
    draft, version = rules.draft(listing), rules.began_from(listing)
    done = doing.attempt(
        "rules",
        lambda client: client.save_rules(draft, instead_of=version, agreed=agreed, reason=reason),
        text_rules.SAVED,
    )
    if done is not None:
        rules.drop()
        doing.finished("rules", "rules_reason")
        st.session_state.pop("rules_agreed", None)
        st.session_state.pop("iman_tried", None)
