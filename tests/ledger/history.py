"""Random histories: documents that come, are tried, fail, are resynced, over days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from iman.domain.attempt import Verdict
from iman.domain.outcome import Accepted, Refused
from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.errors import DaemonRefused
from tests.builders import SICK, absent, accepted, make_arrived, refused, unavailable, unknown
from tests.ledger.books import Books

SITES = ("HGH", "RIV", "")
TYPES = ("invoice", "receipt")
VERDICTS = (
    Verdict(error_type="terms_missing", entity_kind="terms", entity="F48"),
    Verdict(error_type="gl_account_missing", entity_kind="gl_account", entity="6030"),
    Verdict(error_type="other", entity_kind=None, entity=None),
)


@dataclass(frozen=True)
class Step:
    wait: float  # seconds
    what: str  # arrive, try, resync, revise
    outcomes: tuple[str, ...]
    pick: int


STEPS = st.lists(
    st.builds(
        Step,
        wait=st.floats(0.1, 40_000),
        what=st.sampled_from(["arrive", "try", "try", "try", "resync", "revise"]),
        outcomes=st.lists(
            st.sampled_from(["accepted", "retry", "failed", "unwell", "lost", "absent"]),
            min_size=1,
            max_size=4,
        ).map(tuple),
        pick=st.integers(0, 100),
    ),
    min_size=1,
    max_size=14,
)


def live(books: Books, steps: list[Step]) -> Books:
    for step in steps:
        books.later(step.wait)
        match step.what:
            case "arrive":
                _arrive(books, step, f"INV-{books.now.timestamp():.6f}", 1)
            case "revise":
                known = books.rows("SELECT number, revision FROM documents ORDER BY document_id")
                if known:
                    found = known[step.pick % len(known)]
                    _arrive(books, step, found["number"], found["revision"] + 1)
            case "resync":
                for row in books.rows("SELECT document_id FROM open_documents"):
                    try:
                        books.resync(row["document_id"])
                    except DaemonRefused:
                        continue
            case "try":
                _try(books, step)
    return books


def _arrive(books: Books, step: Step, number: str, revision: int) -> None:
    for place in range(1 + step.pick % 3):
        site = SITES[(step.pick + place) % len(SITES)]
        books.receive(
            make_arrived(
                f"{number}-{place}" if revision == 1 else number,
                revision=revision,
                amount=f"{step.pick + place}.25" if step.pick % 7 else "spoilt",
                entry_type=TYPES[step.pick % len(TYPES)],
                site={"code": site, "name": site},
            )
        )


def _try(books: Books, step: Step) -> None:
    for place, claim in enumerate(books.claim()):
        books.later(0.5)
        what = step.outcomes[place % len(step.outcomes)]
        verdict = VERDICTS[(step.pick + place) % len(VERDICTS)]
        soon = books.now + timedelta(seconds=20)
        outcome, following = {
            "accepted": (accepted(), Done("187-1")),
            "retry": (refused(text=f"Refused {place}"), RetryAt(soon, burnt=True)),
            "failed": (refused(), GiveUp()),
            "unwell": (unavailable(), RetryAt(soon, burnt=False)),
            "lost": (unknown(), AskSage(soon)),
            "absent": (absent(), RetryAt(soon, burnt=True)),
        }[what]
        told = verdict if isinstance(outcome, Refused) else SICK
        books.finish(
            claim, outcome, following, verdict=None if isinstance(outcome, Accepted) else told
        )


def as_json(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True)
