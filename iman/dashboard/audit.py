"""The Audit page's own parts: byondpro's Tracking columns."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from iman.dashboard import export, parts, session, text, text_daemon
from iman.dashboard.parts import Column

MOST = 5000
_SHOWN = 100


def filter_bar(events: pd.DataFrame) -> dict[str, str]:
    """What to show; the address holds it."""
    people = sorted({str(who) for who in events["who"].dropna()})
    actions = sorted({str(what) for what in events["action"].dropna()}, key=text_daemon.action)
    kinds = {what: text_daemon.action(what) for what in actions}
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        who = _choice("who", text_daemon.AUDIT_WHO, {"": text_daemon.EVERYBODY}, people)
        action = _choice("action", text_daemon.AUDIT_WHAT, {"": text_daemon.EVERY_TYPE}, kinds)
        allowed = _choice("allowed", text_daemon.AUDIT_SHOW, text_daemon.ALLOWED, {})
        parts.from_address("q", "")
        search = st.text_input(
            text.FILTER_SEARCH, key="q", type="search", max_chars=200, width=250,
            placeholder=text_daemon.AUDIT_SEARCH_HINT, on_change=parts.to_address, args=("q", ""),
        )  # fmt: skip
    return {"who": who, "action": action, "allowed": allowed, "q": search.strip()}


def matching(events: pd.DataFrame, wanted: dict[str, str]) -> pd.DataFrame:
    found = events
    for column in ("who", "action"):
        if wanted[column]:
            found = found[found[column] == wanted[column]]
    if wanted["allowed"]:
        found = found[found["allowed"].astype(bool) == (wanted["allowed"] == "yes")]
    if wanted["q"]:
        texts = found[["who", "target", "reason", "action"]].fillna("").agg(" ".join, axis=1)
        found = found[texts.str.lower().str.contains(wanted["q"].lower(), regex=False)]
    return found


def listed(found: pd.DataFrame, wanted: dict[str, str]) -> None:
    if found.empty:
        everything = not any(wanted.values())
        parts.empty(
            text_daemon.NO_AUDIT if everything else text_daemon.NO_AUDIT_MATCH,
            text_daemon.NO_AUDIT_HINT if everything else text.NO_MATCH_HINT,
        )
        return
    zone, now, number = session.zone(), session.now(), parts.page_number()
    page = tracking(found.iloc[(number - 1) * _SHOWN : number * _SHOWN])
    columns = [
        Column(
            title="Date & time",
            cell=lambda r: text.moment(r.moment, zone, now),
            css="iman-tight",
        ),
        Column(title="User name", cell=lambda r: f"<strong>{escape(r.user)}</strong>"),
        Column(title="Audit type", cell=lambda r: escape(r.kind), css="iman-tight"),
        Column(title="Details", cell=lambda r: escape(r.details or "–"), css="iman-wide"),
    ]
    if page["caption"].any():
        columns += [
            Column(title="Field caption", cell=lambda r: escape(r.caption or "–")),
            Column(title="Old value", cell=lambda r: escape(r.old or "–")),
            Column(title="New value", cell=lambda r: escape(r.new or "–")),
        ]
    columns += [
        Column(title="Reason", cell=lambda r: escape(r.reason or "–"), css="iman-medium"),
        Column(
            title="Allowed",
            cell=lambda r: parts.lamp("synced", "Yes") if r.allowed else parts.lamp("failed", "No"),
        ),
        Column(title="From", cell=lambda r: escape(r.origin or "–"), css="iman-tight"),
    ]
    parts.table(text_daemon.AUDIT_TITLE, columns, parts.rows_of(page))
    parts.pager("audit", number, _SHOWN, len(found), {k: v for k, v in wanted.items() if v})
    export.button("audit", lambda: tracking(found), wanted)


def tracking(events: pd.DataFrame) -> pd.DataFrame:
    """An event as byondpro's Tracking tab would show it."""
    rows = [
        {
            "moment": row.at,
            "user": row.who or "",
            "role": row.role or "",
            "kind": text_daemon.action(row.action),
            "details": row.target or "",
            **dict(zip(("caption", "old", "new"), text_daemon.field_caption(row), strict=True)),
            "reason": row.reason or "",
            "allowed": bool(row.allowed),
            "origin": row.origin or "",
            "request": row.request_id or "",
            "event": int(row.id),
            "hash": row.hash or "",
        }
        for row in parts.rows_of(events)
    ]
    names = (
        "moment",
        "user",
        "role",
        "kind",
        "details",
        "caption",
        "old",
        "new",
        "reason",
        "allowed",
    )
    return pd.DataFrame(rows, columns=[*names, "origin", "request", "event", "hash"])


def proof() -> None:
    """A button that walks the whole chain, and what came of it."""
    if st.button(
        text_daemon.AUDIT_PROVE, key="prove", icon=":material/link:", help=text_daemon.AUDIT_PROVES
    ):
        found = session.reading().audit_proof()
        parts.tell("audit_proof", text_daemon.proven(found), bad=found.broken is not None)
    parts.told("audit_proof")


def _choice(
    name: str, label: str, first: dict[str, str], others: dict[str, str] | list[str]
) -> str:
    named = others if isinstance(others, dict) else {one: one for one in others}
    chosen = st.query_params.get(name, "")
    kept = {chosen: chosen} if chosen and name == "who" else {}
    return parts.choice(name, label, {**first, **named, **kept})
