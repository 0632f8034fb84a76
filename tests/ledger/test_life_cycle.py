"""The life cycle of documents, step by step beside a model that knows nothing of the ledger."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from iman.domain.attempt import Claim
from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.errors import DaemonRefused
from iman.ledger import by_hand, holding
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.rollups import differences
from tests.builders import absent, accepted, make_arrived, refused, unavailable, unknown
from tests.ledger.books import Books

CHILDREN = ("receipt", "repayment_plan")
KINDS = ("invoice", *CHILDREN)
RETRY = timedelta(seconds=20)
CLOSED = ("synced", "settled")
SAGE_MAY_HOLD_IT = ("syncing", "unknown")


@dataclass
class Modelled:
    """What stands of a document, by the rules of docs/states.md."""

    kind: str
    number: str
    parent: Modelled | None
    revision: int = 1
    state: str = "pending"
    round: int = 1
    burnt: int = 0
    due: datetime | None = None
    failed_ever: bool = False
    waiting: int | None = None  # a revision that came while Sage 300 may hold it
    until: datetime | None = None
    taken_at: datetime | None = None  # the claim that holds it
    children: list[Modelled] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.state in CLOSED

    def go(self, now: datetime) -> None:
        """Due now, or behind its parent."""
        held = self.parent is not None and not self.parent.closed
        self.state, self.due = ("waiting", None) if held else ("pending", now)

    def again(self, now: datetime) -> None:
        self.round, self.burnt = self.round + 1, 0
        self.go(now)

    def revise(self, revision: int, now: datetime) -> None:
        self.revision, self.failed_ever, self.until = revision, False, None
        self.again(now)

    def close(self, state: str, now: datetime) -> None:
        self.state, self.due = state, None
        for child in self.children:
            if child.state == "waiting":
                child.state, child.due = "pending", now


class LifeCycle(RuleBasedStateMachine):
    documents = Bundle("documents")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        path = Path(self.folder.name) / "ledger.duckdb"
        self.books = Books(lambda now: DuckDBLedger(path, now=now, inline=True))
        self.model: dict[int, Modelled] = {}
        self.paused: set[str] = set()
        self.problems: set[tuple[str, int]] = set()  # revisions that came too late

    def teardown(self) -> None:
        assert differences(self.books.ledger.reader()) == {}
        self.books.ledger.close()
        self.folder.cleanup()

    @property
    def now(self) -> datetime:
        return self.books.now

    def write(self, work: Any) -> Any:
        return self.books.ledger.write(work).result()

    def allowed(self, work: Any, *, may: bool) -> bool:
        """Whether it came about; that is as it may."""
        try:
            self.write(work)
        except DaemonRefused:
            assert not may
            return False
        assert may
        return True

    # -- byondpro ------------------------------------------------------------------------------

    @initialize(target=documents)
    def first(self) -> int:
        return self._arrive("invoice", None)

    @rule(target=documents)
    def an_invoice_arrives(self) -> int:
        return self._arrive("invoice", None)

    @rule(target=documents, kind=st.sampled_from(CHILDREN), parent=documents)
    def a_child_arrives(self, kind: str, parent: int) -> int:
        of = self.model[parent]
        return self._arrive(kind, of if of.kind == "invoice" else None)

    def _arrive(self, kind: str, parent: Modelled | None) -> int:
        id_ = len(self.model) + 1
        made = Modelled(kind, f"{kind[:3].upper()}-{id_}", parent)
        self.model[id_] = made
        if parent is not None:
            parent.children.append(made)
        made.go(self.now)
        self._receive(made, 1)
        return id_

    def _receive(self, one: Modelled, revision: int) -> None:
        parent = one.parent and {"entry_type": "invoice", "number": one.parent.number}
        self.books.receive(
            make_arrived(one.number, entry_type=one.kind, revision=revision, parent=parent)
        )

    @rule(id_=documents, older=st.booleans())
    def it_is_revised(self, id_: int, older: bool) -> None:
        one = self.model[id_]
        if older:
            self._receive(one, one.revision)  # told again: nothing comes of it
            return
        revision = max(one.revision, one.waiting or 0) + 1
        self._receive(one, revision)
        if one.state in SAGE_MAY_HOLD_IT:
            one.waiting = revision
        elif one.closed:
            self.problems.add((one.number, revision))
        else:
            one.revise(revision, self.now)

    # -- the push ------------------------------------------------------------------------------

    @rule(target=claims)
    def what_is_due_is_claimed(self) -> Any:
        due = {
            id_
            for id_, one in self.model.items()
            if one.due is not None and one.due <= self.now
            and (one.state == "unknown" or not self.paused & {"", one.kind})
        }  # fmt: skip
        claims = self.books.claim()
        assert {claim.document_id for claim in claims} == due
        for claim in claims:
            one = self.model[claim.document_id]
            assert claim.asks == (one.state == "unknown")
            assert (claim.revision, claim.round) == (one.revision, one.round)
            assert claim.number == one.burnt + 1
            one.state, one.due, one.taken_at = "syncing", None, self.now
        self.books.later(1)
        return multiple(*claims)

    @rule(
        claim=consumes(claims),
        what=st.sampled_from(["accepted", "retry", "failed", "unwell", "lost", "absent"]),
    )
    def it_is_finished(self, claim: Claim, what: str) -> None:
        one, soon = self.model[claim.document_id], self.now + RETRY
        outcome, following = {
            "accepted": (accepted(), Done("187-1")),
            "retry": (refused(), RetryAt(soon, burnt=True)),
            "failed": (refused(), GiveUp()),
            "unwell": (unavailable(), RetryAt(soon, burnt=False)),
            "lost": (unknown(), AskSage(soon)),
            "absent": (absent(), RetryAt(soon, burnt=True)),
        }[what]
        self.books.finish(claim, outcome, following)
        if one.state != "syncing" or one.taken_at != claim.started_at:
            return  # that claim's time was over
        if what == "lost":
            one.state, one.due = "unknown", soon
            one.failed_ever |= not claim.asks
            return
        if what == "accepted":
            one.close("synced", self.now)
            if one.waiting is not None:
                self.problems.add((one.number, one.waiting))
        else:
            burnt = what != "unwell"
            one.burnt = claim.number if burnt else claim.number - 1
            one.failed_ever |= burnt
            one.state, one.due = ("retrying" if one.burnt else "pending"), soon
            if what == "failed":
                one.state, one.due = "failed", None
            if one.waiting is not None:
                one.revise(one.waiting, self.now)
        one.waiting = None

    @rule()
    def the_daemon_dies_and_starts(self) -> None:
        self.books.reopened()
        for one in self.model.values():
            if one.state == "syncing":
                one.state, one.due = "unknown", self.now

    @rule(seconds=st.sampled_from([1, 19, 21, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.books.later(seconds)

    # -- people --------------------------------------------------------------------------------

    @rule(id_=documents)
    def somebody_resyncs_it(self, id_: int) -> None:
        one = self.model[id_]
        try:
            _, begun = self.books.resync(id_)
        except DaemonRefused:
            assert one.state not in ("failed", "parked")
            return
        assert one.state in ("failed", "parked")
        one.again(self.now)
        assert begun == one.round

    @rule(id_=documents, days=st.sampled_from([None, 1]))
    def somebody_parks_it(self, id_: int, days: int | None) -> None:
        one = self.model[id_]
        until = self.now + timedelta(days=days) if days else None
        may = not one.closed and one.state not in SAGE_MAY_HOLD_IT
        if self.allowed(
            lambda conn: by_hand.park(
                conn, self.books.ledger.ids, id_, who="ada", reason="", until=until, now=self.now
            ),
            may=may,
        ):
            one.state, one.due, one.until = "parked", None, until

    @rule(id_=documents)
    def somebody_takes_it_back_up(self, id_: int) -> None:
        one = self.model[id_]
        if self.allowed(
            lambda conn: by_hand.unpark(conn, id_, who="ada", now=self.now),
            may=one.state == "parked",
        ):
            if one.failed_ever:
                one.state = "failed"
            else:
                one.go(self.now)

    @rule()
    def a_day_passes_and_parkings_end(self) -> None:
        self.books.later(90_000)
        self.write(lambda conn: by_hand.end_parkings(conn, self.books.ledger.ids, now=self.now))
        for one in self.model.values():
            if one.state == "parked" and one.until is not None and one.until <= self.now:
                one.again(self.now)

    @rule(id_=documents, reference=st.sampled_from(["", "9-1"]))
    def somebody_closes_it(self, id_: int, reference: str) -> None:
        one = self.model[id_]
        how = "already_in_sage" if reference else "do_not_send"
        if self.allowed(
            lambda conn: by_hand.settle(
                conn, self.books.ledger.ids, id_, how=how, reference=reference, reason="",
                who="ada", now=self.now,
            ),
            may=not one.closed and one.state not in SAGE_MAY_HOLD_IT,
        ):  # fmt: skip
            one.close("settled", self.now)

    @rule(id_=documents)
    def somebody_opens_it_again(self, id_: int) -> None:
        one = self.model[id_]
        if self.allowed(
            lambda conn: by_hand.reopen(
                conn, self.books.ledger.ids, id_, reason="", who="ada", now=self.now
            ),
            may=one.state == "settled",
        ):
            one.failed_ever = False
            one.again(self.now)

    @rule(kind=st.sampled_from(["", *KINDS]), held=st.booleans())
    def an_admin_pauses_or_resumes(self, kind: str, held: bool) -> None:
        if held:
            self.write(lambda c: holding.pause(c, kind, who="ada", reason="", now=self.now))
            self.paused.add(kind)
        else:
            self.write(lambda c: holding.resume(c, kind))
            self.paused.discard(kind)

    # -- what must hold ------------------------------------------------------------------------

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        told = self.books.rows(
            "SELECT d.document_id AS id, d.revision, coalesce(o.state, c.state) AS state, "
            "coalesce(o.round, c.round) AS round, o.attempt, o.due_at IS NOT NULL AS due "
            "FROM documents d LEFT JOIN open_documents o USING (document_id) "
            "LEFT JOIN closings c USING (document_id)"
        )
        assert {row["id"]: row for row in told} == {
            id_: {
                "id": id_, "revision": one.revision, "state": one.state, "round": one.round,
                "attempt": None if one.closed else one.burnt, "due": one.due is not None,
            }
            for id_, one in self.model.items()
        }  # fmt: skip
        assert len(told) == len(self.model)
        assert len(self.books.rows("FROM intake_problems")) == len(self.problems)

    @invariant()
    def at_most_one_outcome_belongs_to_an_attempt(self) -> None:
        assert not self.books.rows("FROM outcomes GROUP BY ALL HAVING count(*) > 1")


LifeCycle.TestCase.settings = settings(
    max_examples=max(settings.default.max_examples // 10, 5), stateful_step_count=30
)
test_documents_live_as_the_model_says = LifeCycle.TestCase
