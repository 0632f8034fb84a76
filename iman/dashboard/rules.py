"""The Rules page: try a message, this site's own rules and a draft of them, all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from iman.api.wire_rules import OtherRule, RuleListing, SiteRule, Tried
from iman.dashboard import doing, parts, rule_form, session, text, text_rules
from iman.dashboard.parts import Column
from iman.domain.people import Permission

_PLACE = "rules"
_DRAFT = "iman_rules_draft"  # (version it began from, rules)


# -- the draft: what somebody changed and has not saved yet


def draft(listing: RuleListing) -> list[SiteRule]:
    """The site's own rules with this person's changes."""
    kept = st.session_state.get(_DRAFT)
    return list(kept[1]) if kept else list(listing.own)


def began_from(listing: RuleListing) -> int:
    kept = st.session_state.get(_DRAFT)
    return int(kept[0]) if kept else listing.version


def changed(listing: RuleListing) -> bool:
    return _DRAFT in st.session_state and draft(listing) != listing.own


def keep(listing: RuleListing, rules: Sequence[SiteRule]) -> None:
    st.session_state[_DRAFT] = (began_from(listing), list(rules))


def put(listing: RuleListing, place: int | None, rule: SiteRule) -> None:
    """A rule out of the form; a new one comes first."""
    found = draft(listing)
    if place is None or place >= len(found):
        found.insert(0, rule)
    else:
        found[place] = rule
    keep(listing, found)
    rule_form.close()


def drop() -> None:
    st.session_state.pop(_DRAFT, None)
    rule_form.close()


def closed() -> str:
    """Why this person cannot change rules now; empty when they can."""
    return doing.hindrance(Permission.EDIT_RULES, text_rules.ONLY_ADMINS)


# -- how far history is


def progress() -> None:
    """Refreshed by itself."""
    far = session.remedies().rereading()
    tone, words = text_rules.rereading(far)
    share = text_rules.share(far)
    bar = (
        f'<span class="iman-bar" role="progressbar" aria-label="{text_rules.HISTORY}" '
        f'aria-valuenow="{share}" aria-valuemin="0" aria-valuemax="100">'
        f'<b style="width:{share}%"></b></span>'
        if far.state != "done"
        else ""
    )
    st.html(
        f'<p class="iman-title">{parts.lamp(tone, text_rules.HISTORY)}'
        f"<span>{escape(words)}</span></p>{bar}"
    )
    parts.told(_PLACE)


# -- try a message


def trying(listing: RuleListing) -> None:
    there = session.reading().status().available
    with st.form("try_message", border=False):
        st.text_area(
            text_rules.MESSAGE, key="try_text", max_chars=20_000, height=90,
            placeholder=text_rules.MESSAGE_HINT,
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.number_input(
                text_rules.STATUS, min_value=100, max_value=599, value=None, key="try_status",
                width=180,
            )  # fmt: skip
            st.form_submit_button(
                text_rules.TRY, type="primary", icon=":material/search:", on_click=_try,
                disabled=not there, help=None if there else text.AWAY_NO_CHANGE,
            )  # fmt: skip
    parts.told("try")
    asked, tried = st.session_state.get("iman_tried", ("", None))
    if tried is None:
        st.html(f'<p class="iman-quiet">{text_rules.NOT_TRIED}</p>')
        return
    _tried(tried)
    if not tried.rule and not closed():
        st.button(
            text_rules.WRITE_FOR_IT, icon=":material/add:", key="write_for_it",
            on_click=rule_form.begin_for, args=(asked, tried.suggestion, listing.others),
        )  # fmt: skip


def _try() -> None:
    message = str(st.session_state.get("try_text") or "").strip()
    status = st.session_state.get("try_status")
    if not message:
        st.session_state.pop("iman_tried", None)
        return
    status = None if status is None else int(status)
    found = doing.attempt("try", lambda client: client.try_message(message, http_status=status))
    if found is not None:
        st.session_state["iman_tried"] = (message, found)


def _tried(tried: Tried) -> None:
    shown = escape(tried.inner)
    if tried.matched and tried.matched in tried.inner:
        before, _, after = tried.inner.partition(tried.matched)
        shown = f"{escape(before)}<mark>{escape(tried.matched)}</mark>{escape(after)}"
    named = escape(" ".join(filter(None, ((tried.entity_kind or "").replace("_", " "),
                                          tried.entity))))  # fmt: skip
    tone = "synced" if tried.rule else "unknown"
    st.html(
        f'<p class="iman-title">{parts.lamp(tone, text.error_type(tried.type))}'
        f"<strong>{escape(text_rules.answered_by(tried))}</strong></p>"
        f'<p class="iman-error iman-said">{shown}</p>'
    )
    pairs = [
        (text_rules.NAMES, named or text_rules.NAMES_NOTHING),
        (text_rules.FIXES, text_rules.WHO_FIXES_WORDS.get(tried.who_fixes, tried.who_fixes)),
        (text_rules.WAITING_HELPS, text_rules.RETRY_HELPS[tried.transient]),
    ]
    if not tried.rule:
        pairs.append((text_rules.GROUPED, f"<code>{escape(tried.template)}</code>"))
    parts.facts(pairs)
    if tried.pattern:
        st.html(
            f'<details class="iman-why"><summary>{text_rules.PATTERN}</summary>'
            f"<code>{escape(tried.pattern)}</code></details>"
        )


# -- this site's own rules


def own(listing: RuleListing) -> None:
    parts.heading(text_rules.OWN_TITLE)
    shut, rules = closed(), draft(listing)
    st.html(f'<p class="iman-quiet">{text_rules.OWN_HINT}</p>')
    if not rules:
        parts.empty(text_rules.NO_OWN, text_rules.NO_OWN_HINT)
    for place, rule in enumerate(rules):
        _own(listing, rules, place, rule, shut=bool(shut))
    with st.container(horizontal=True, vertical_alignment="center", key="rules_new"):
        st.button(
            text_rules.NEW_RULE, icon=":material/add:", key="new_rule", disabled=bool(shut),
            on_click=rule_form.begin_new,
        )  # fmt: skip
        if shut:
            st.html(f'<p class="iman-quiet">{escape(shut)}</p>', width="content")


def _own(
    listing: RuleListing, rules: list[SiteRule], place: int, rule: SiteRule, *, shut: bool
) -> None:
    lamp = parts.lamp(*(("synced", text_rules.ON) if rule.on else ("parked", text_rules.OFF)))
    patterns = "".join(f"<li><code>{escape(one)}</code></li>" for one in rule.patterns)
    examples = "".join(
        f'<li><span class="iman-error">{escape(one.text)}</span>'
        + (f" {text_rules.FINDS} <b>{escape(one.entity)}</b>" if one.entity else "")
        + "</li>"
        for one in rule.examples
    )
    note = f'<p class="iman-quiet">{escape(rule.note)}</p>' if rule.note else ""
    name = text.label(rule.id)
    with st.container(key=f"own_{place}", gap="xsmall"):
        st.html(
            f'<div class="iman-rule"><p class="iman-title"><b>{place + 1}.</b>{lamp}'
            f"<strong>{escape(rule.id)}</strong><span>{text.error_type(rule.type)}</span></p>"
            f"{note}<ul>{patterns}</ul><details><summary>{text_rules.EXAMPLES}</summary>"
            f"<ul>{examples}</ul></details></div>"
        )
        with st.container(horizontal=True, key=f"own_buttons_{place}", gap="small"):
            _button(text_rules.EDIT, name, f"edit_{place}", "edit", shut,
                    rule_form.begin_edit, (place, rule))  # fmt: skip
            switch = text_rules.SWITCH_OFF if rule.on else text_rules.SWITCH_ON
            icon = "toggle_off" if rule.on else "toggle_on"
            switched = _with(rules, place, rule.model_copy(update={"on": not rule.on}))
            _button(switch, name, f"switch_{place}", icon, shut, keep, (listing, switched))
            _button(text_rules.UP, name, f"up_{place}", "arrow_upward", shut or place == 0,
                    keep, (listing, _moved(rules, place, -1)))  # fmt: skip
            last = place == len(rules) - 1
            _button(text_rules.DOWN, name, f"down_{place}", "arrow_downward", shut or last,
                    keep, (listing, _moved(rules, place, 1)))  # fmt: skip
            _button(text_rules.REMOVE, name, f"remove_{place}", "delete", shut, keep,
                    (listing, rules[:place] + rules[place + 1 :]))  # fmt: skip


def _button(
    words: str,
    name: str,
    key: str,
    icon: str,
    shut: bool,
    press: Callable[..., None],
    args: tuple[object, ...],
) -> None:
    st.button(
        words, key=key, icon=f":material/{icon}:", disabled=shut, help=f"{words}: {name}",
        on_click=press, args=args,
    )  # fmt: skip


def _with(rules: list[SiteRule], place: int, rule: SiteRule) -> list[SiteRule]:
    return [*rules[:place], rule, *rules[place + 1 :]]


def _moved(rules: list[SiteRule], place: int, by: int) -> list[SiteRule]:
    found, to = list(rules), place + by
    if 0 <= to < len(found):
        found[place], found[to] = found[to], found[place]
    return found


# -- all others


def others(listing: RuleListing) -> None:
    parts.heading(text_rules.OTHERS_TITLE)
    st.html(f'<p class="iman-quiet">{text_rules.OTHERS_HINT}</p>')
    types = sorted({one.type for one in listing.others if one.type})
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        wanted = parts.choice(
            "means", text_rules.FILTER_TYPE,
            {"": text_rules.EVERY_TYPE, **{one: text.error_type(one) for one in types}},
        )  # fmt: skip
        word = parts.from_address("word", "")
        st.text_input(
            text_rules.FILTER_WORD, key="word", placeholder=text_rules.FILTER_WORD_HINT, width=260,
            max_chars=100, type="search", on_change=parts.to_address, args=("word", ""),
        )  # fmt: skip
    found = [one for one in listing.others if _fits(one, wanted, word.strip().lower())]
    if not found:
        parts.empty(text_rules.NO_RULE)
        return
    number, per = parts.page_number(), text_rules.SHOW_MOST
    parts.table(text_rules.OTHERS_TITLE, _COLUMNS, found[(number - 1) * per : number * per])
    carried = {name: value for name, value in (("means", wanted), ("word", word)) if value}
    parts.pager("rules", number, per, len(found), carried)


def _fits(rule: OtherRule, wanted: str, word: str) -> bool:
    if wanted and rule.type != wanted and wanted not in {one.type for one in rule.examples}:
        return False
    said = (rule.id, rule.file, *rule.patterns, *(one.text for one in rule.examples))
    return not word or any(word in one.lower() for one in said)


def _patterns(rule: OtherRule) -> str:
    several = "".join(f"<li><code>{escape(one)}</code></li>" for one in rule.patterns)
    if len(rule.patterns) == 1:
        return f"<ul>{several}</ul>"
    words = text_rules.several_patterns(len(rule.patterns))
    return f"<details><summary>{words}</summary><ul>{several}</ul></details>"


def _example(rule: OtherRule) -> str:
    if not rule.examples:
        return "–"
    first = rule.examples[0]
    found = f"{text_rules.FINDS} {escape(first.entity)}" if first.entity else ""
    return f'<div><span class="iman-error">{escape(first.text)}</span><small>{found}</small></div>'


_COLUMNS = [
    Column(
        title=text_rules.NAME,
        cell=lambda r: f"<div>{escape(r.id)}<small>{escape(r.file)}</small></div>",
        css="iman-tight",
    ),
    Column(title=text_rules.FILTER_TYPE, cell=lambda r: escape(text_rules.meaning(r))),
    Column(title=text_rules.EXAMPLE, cell=_example, css="iman-wide"),
    Column(title=text_rules.PATTERN, cell=_patterns, css="iman-wide iman-patterns"),
]


def versions() -> None:
    zone, now = session.zone(), session.now()
    with st.expander(text_rules.VERSIONS, key="rule_versions"):
        edits = session.remedies().rule_edits()
        if not edits:
            st.html(f'<p class="iman-quiet">{text_rules.NO_VERSIONS}</p>')
            return
        parts.table(
            text_rules.VERSIONS,
            [
                Column(title="When", cell=lambda e: text.moment(e.at, zone, now), css="iman-tight"),
                Column(title="Who", cell=lambda e: escape(e.by)),
                Column(title="What", cell=lambda e: escape(e.told), css="iman-wide"),
                Column(title="Rules", cell=lambda e: str(len(e.rules)), css="iman-number"),
            ],
            edits,
        )
