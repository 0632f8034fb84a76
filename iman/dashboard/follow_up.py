"""The Follow-up page's own parts."""

from __future__ import annotations

from html import escape

from iman.api.wire_checklists import FollowUp
from iman.dashboard import export, parts, session, text, text_remedies
from iman.dashboard.parts import Column


def verdict(several: list[FollowUp]) -> None:
    if not several:
        parts.verdict("synced", text_remedies.NO_FOLLOW_UP, text_remedies.NO_FOLLOW_UP_HINT)
        return
    first = several[0]
    parts.verdict(
        "waiting",
        text_remedies.follow_up_headline(several),
        first.do,
        parts.inside(
            "checklist", text_remedies.OPEN_IT, "iman-button iman-strong", id=first.checklist_id
        ),
    )


def listed(several: list[FollowUp]) -> None:
    if not several:
        parts.empty(text_remedies.NO_FOLLOW_UP, text_remedies.NO_FOLLOW_UP_HINT, css="good")
        return
    zone, now = session.zone(), session.now()
    today = now.astimezone(zone).date()

    def what(one: FollowUp) -> str:
        link = parts.inside("checklist", one.do, "iman-open", id=one.checklist_id)
        said = "".join(
            f'<p class="iman-{css}">{escape(words)}</p>'
            for css, words in (("locked", one.locked), ("warning", one.warning))
            if words
        )
        return f"<div>{link}<small>{escape(one.title)}</small>{said}</div>"

    parts.table(
        text_remedies.FOLLOW_UP_TITLE,
        [
            Column(title="What", cell=what, css="iman-wide"),
            Column(title="Who", cell=lambda f: text_remedies.WHO[f.who]),
            Column(
                title=text_remedies.OWNER, cell=lambda f: escape(f.owner or text_remedies.NOBODY)
            ),
            Column(
                title="Age",
                cell=lambda f: (
                    f"<div>{text_remedies.age(f.age_hours)}"
                    f"<small>{text.moment(f.since, zone, now)}</small></div>"
                ),
                css="iman-tight",
            ),
            Column(
                title=text_remedies.DUE,
                cell=lambda f: text_remedies.due(f.due, today),
                css="iman-tight",
            ),
        ],
        several,
    )
    export.button("follow-up", lambda: export.of_models(several))
