"""Pushes what is due: intents durable before anything leaves, outcomes durable right after."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import structlog

from iman.domain.attempt import Claim, Exchange, Finished, Sighting, Verdict
from iman.domain.document import Document, EntryType
from iman.domain.masking import Masking
from iman.domain.outcome import (
    OUTCOME_NAMES,
    Absent,
    Accepted,
    NotTried,
    Outcome,
    Refused,
    Unavailable,
    Unknown,
)
from iman.domain.retry import AskSage, Done, RetryPolicy
from iman.sync.batching import Batcher
from iman.sync.beats import Beats
from iman.sync.breaker import Breaker
from iman.sync.lost import Lost
from iman.sync.neighbours import Neighbours
from iman.sync.ports import Accounting, Classify, Ledger, Now, ReadDocument

_POLL = 1.0  # seconds; the longest it sleeps while nothing is due
_SICK = Verdict(error_type="erp_unavailable", entity_kind=None, entity=None)
_DUPLICATE = "duplicate_document"
_LINGER = 0.02  # seconds an outcome waits for others to share its commit
_AHEAD = 8  # documents that may wait for each worker at the most
_WRITTEN_LATE = 1000  # outcomes that wait for the ledger

log = structlog.get_logger()


#: What is kept of a request and its answer: no card numbers.
_ALL_OF_IT = Masking()


class Pusher:
    """One worker a lane, each with its own ``Accounting``; one task claims, one records.

    Workers never wait for their own outcome's commit: a document cannot be claimed again before
    its outcome is durable, so taking the next one is safe, and outcomes share commits.
    """

    loop = "push"

    def __init__(
        self,
        *,
        lanes: Sequence[Accounting],
        ledger: Ledger,
        read: ReadDocument,
        classify: Classify,
        policy: RetryPolicy,
        breaker: Breaker,
        beats: Beats,
        now: Now,
        rng: Random,
        batcher: Batcher | None = None,
        posting: bool = False,
        neighbours: Neighbours | None = None,
        held_back: Callable[[], str] = lambda: "",
        leftover: Callable[[str, EntryType], None] = lambda _token, _entry_type: None,
        recorded: asyncio.Event | None = None,
        masking: Callable[[str | None], str | None] = _ALL_OF_IT,
        written: Callable[[Finished], None] = lambda _: None,
    ) -> None:
        self._lanes = lanes
        self._ledger = ledger
        self._read = read
        self._classify = classify
        self._policy = policy
        self._breaker = breaker
        self._beats = beats
        self._now = now
        self._rng = rng
        self._batcher = batcher or Batcher(
            most=1, lanes=len(lanes), carries=lambda _: frozenset(), now=now
        )
        self._posting = posting
        self._neighbours = neighbours
        self._held_back = held_back
        self._leftover = leftover
        self._masking = masking
        self._units: asyncio.Queue[list[Claim]] = asyncio.Queue()
        self._outcomes: asyncio.Queue[Finished | None] = asyncio.Queue()
        self._busy = 0
        self._lost = Lost()
        self._unwritten = ""  # why outcomes cannot be made durable
        self._ahead = 1  # documents that wait for each worker, so that none waits for a claim
        self._wake = asyncio.Event()
        self._written = written
        self._recorded = recorded or asyncio.Event()

    def wake(self) -> None:
        """Look for due documents now. Call it from this loop's thread."""
        self._wake.set()

    def idle(self) -> bool:
        """Nothing under way, and Sage 300 well."""
        return not self._units.qsize() and not self._busy and self._breaker.view.state == "closed"

    async def run(self, stop: asyncio.Event, *, grace: float = 20.0) -> None:
        """Until *stop*; then what is under way may finish for *grace* seconds.

        What does not is found ``unknown`` at the next start and looked up.
        """
        workers = [asyncio.create_task(self._work(lane)) for lane in self._lanes]
        recorder = asyncio.create_task(self._record())
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        try:
            while not stop.is_set():
                try:
                    await self._round()
                except Exception as exc:
                    log.exception("round_broke", loop=self.loop)
                    self._beats.beat(self.loop, f"broke: {type(exc).__name__}", ok=False)
                    await asyncio.sleep(_POLL)
        finally:
            stopping.cancel()
            await self._wind_down(workers, grace)
            self._outcomes.put_nowait(None)
            await recorder

    async def _round(self) -> None:
        self._wake.clear()
        if self._breaker.probe_due():
            self._breaker.probed(await self._lanes[0].probe())
        under_way = self._units.qsize() + self._busy
        room = self._breaker.room((1 + self._ahead) * len(self._lanes)) - under_way
        if self._held_back():
            room = 0  # what is under way is finished, and nothing more is taken up
        if self._unwritten or self._outcomes.qsize() > _WRITTEN_LATE:
            room = 0  # the ledger falls behind; nothing more may be taken up
        if self._neighbours is not None and not self._neighbours.looked and room > 0:
            room = 0  # another ledger may be pushing the same documents
            await self._look_around(self._neighbours)
        if room >= self._worth_a_claim():
            half_open = self._breaker.view.state == "half_open"
            units = await self._ledger.claim(
                limit=1 if half_open else room * self._batcher.size,
                now=self._now(),
                together=self._batcher.together,
                plans=self._posting,
            )
            if not half_open:
                idle = under_way > 0 and self._busy < len(self._lanes)
                self._look_ahead(starved=idle and len(units) >= room)
            for unit in units:
                self._units.put_nowait(unit)
            self._beat(under_way + len(units))
            if units:
                return
            if not under_way and self._breaker.view.state == "half_open":
                self._breaker.close()  # the probe went well and nothing waits to try it out
            pause = await self._pause()
        else:
            self._beat(under_way)
            pause = _POLL  # what is under way wakes us; a question to the ledger would slow it
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause)

    async def _look_around(self, neighbours: Neighbours) -> None:
        """The first question of all. Where Sage 300 cannot answer it, the breaker learns why."""
        await neighbours.look()
        if not neighbours.looked:
            self._breaker.observe(
                await self._lanes[0].probe()
                or Unavailable(kind="unavailable", reason="Sage 300 does not tell its batches.")
            )
        elif self._breaker.view.state == "half_open":
            self._breaker.close()
        self._wake.set()

    def _look_ahead(self, *, starved: bool) -> None:
        """Take up more where workers ran dry while a claim was written: Sage 300 is that fast."""
        waiting = self._units.qsize()
        if starved and not waiting:
            self._ahead = min(self._ahead * 2, _AHEAD)
        elif waiting > len(self._lanes) * self._ahead // 2:
            self._ahead = max(self._ahead // 2, 1)

    def _worth_a_claim(self) -> int:
        """Room from which on documents are taken up: each claim is a commit, so not for every one.

        Until then half of what was taken up waits for a worker still.
        """
        if self._breaker.view.state != "closed":
            return 1
        return max(len(self._lanes) * self._ahead // 2, 1)

    def _beat(self, under_way: int) -> None:
        view = self._breaker.view
        if self._unwritten:
            self._beats.beat(self.loop, self._unwritten, ok=False)
        elif why := (view.reason if view.state == "open" else self._held_back()):
            self._beats.beat(self.loop, f"held back: {why}", ok=False)
        else:
            self._beats.beat(self.loop, f"{under_way} under way" if under_way else "nothing due")

    async def _pause(self) -> float:
        """Seconds until something is due, at most a second."""
        due = self._breaker.view.next_probe_at
        if self._breaker.view.state == "closed":
            due = await self._ledger.next_due()
        if due is None:
            return _POLL
        return min(max((due - self._now()).total_seconds(), 0.001), _POLL)

    async def _work(self, sage: Accounting) -> None:
        while True:
            unit = await self._units.get()
            self._busy += 1
            try:
                if self._breaker.view.state == "open":
                    finished = [self._not_begun(claim, "Sage 300 is unwell") for claim in unit]
                else:
                    finished = await self._try(unit, sage)
            finally:
                self._busy -= 1
            for one in finished:
                self._outcomes.put_nowait(one)
            self._wake.set()

    async def _record(self) -> None:
        """Everything that is there shares one commit; more gathers while it is written."""
        last = False
        while not last:
            gathered = [await self._outcomes.get()]
            if self._busy > 1:  # others are about to come: a commit costs the same for many
                await asyncio.sleep(_LINGER)
            while not self._outcomes.empty():
                gathered.append(self._outcomes.get_nowait())
            last = None in gathered
            finished = [one for one in gathered if one is not None]
            if finished:
                await self._write_down(finished)
                self._recorded.set()
                self._wake.set()

    async def _write_down(self, finished: list[Finished]) -> None:
        """Until it is durable: what Sage 300 answered must not be lost to a full disk.

        Meanwhile these documents stay ``syncing``, and with the room they take pushing comes to
        rest by itself.
        """
        while True:
            try:
                await self._ledger.finish(finished, now=self._now())
            except Exception as exc:
                log.exception("outcomes_not_written", waiting=len(finished))
                self._unwritten = f"the ledger does not take outcomes: {exc}"
                self._beats.beat(self.loop, self._unwritten, ok=False)
                await asyncio.sleep(_POLL)
            else:
                self._unwritten = ""
                break
        for one in finished:
            _log(one)
            self._written(one)
            if isinstance(one.next, Done) and one.claim.number > 1 and not one.claim.asks:
                self._leftover(one.claim.token, one.claim.key.entry_type)

    async def _wind_down(self, workers: list[asyncio.Task[None]], grace: float) -> None:
        while not self._units.empty():
            for claim in self._units.get_nowait():
                self._outcomes.put_nowait(self._not_begun(claim, "the daemon was stopped"))
        waited = 0.0
        while self._busy and waited < grace:
            await asyncio.sleep(0.05)
            waited += 0.05
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _try(self, unit: list[Claim], sage: Accounting) -> list[Finished]:
        """One finished try for each claim of *unit*, whatever goes wrong."""
        finished: list[Finished] = []
        readable: list[tuple[Claim, Document]] = []
        for claim in unit:
            try:
                readable.append((claim, self._read(claim.payload)))
            except ValueError as exc:
                refused = Refused(code="iman", text=str(exc), local=True)
                finished.append(self._decided(claim, Exchange(refused)))
        try:
            if len(readable) > 1:
                return finished + await self._push_many(readable, sage)
            for claim, document in readable:
                step = self._ask if claim.asks else self._push
                finished.append(await step(claim, document, sage))
        except Exception:
            log.exception("push_broke", documents=[str(claim.key) for claim, _ in readable])
            done = {one.claim.attempt_id for one in finished}
            broke = Unknown(reason="Iman itself failed; the log says how.")
            finished += [
                self._decided(claim, Exchange(broke))
                for claim, _ in readable
                if claim.attempt_id not in done
            ]
        return finished

    async def _push_many(
        self, readable: list[tuple[Claim, Document]], sage: Accounting
    ) -> list[Finished]:
        claims = [claim for claim, _ in readable]
        sent_at = self._lost.now()
        exchanges = await sage.push_many(
            [document for _, document in readable], token=claims[0].token
        )
        self._lost.remember(claims, exchanges, sent_at)
        for outcome in {type(one.outcome): one.outcome for one in exchanges}.values():
            self._breaker.observe(outcome)  # one answer, however many documents it was about
        verdicts = [self._verdict(exchange.outcome) for exchange in exchanges]
        self._batcher.learn(claims, exchanges, verdicts)
        if any(isinstance(one.outcome, Refused) for one in exchanges):
            self._leftover(claims[0].token, claims[0].key.entry_type)  # used once, never again
        return [
            await self._entered(claim, document, exchange, sage)
            for (claim, document), exchange in zip(readable, exchanges, strict=True)
        ]

    async def _push(self, claim: Claim, document: Document, sage: Accounting) -> Finished:
        if self._neighbours is not None and self._neighbours.shared and claim.number == 1:
            sighting = await sage.find(document, token=claim.token, parent=claim.parent)
            if sighting.found is not None or sighting.stranger is not None:
                return await self._entered(claim, document, Exchange(_taken_over(sighting)), sage)
            if not sighting.sure:
                return self._decided(claim, Exchange(_no_answer(sighting)))
        sent_at = self._lost.now()
        exchange = await sage.push(document, token=claim.token, parent=claim.parent)
        self._lost.remember([claim], [exchange], sent_at)
        self._breaker.observe(exchange.outcome)
        verdict = self._verdict(exchange.outcome)
        self._batcher.learn([claim], [exchange], [verdict])
        if verdict is not None and verdict.error_type == _DUPLICATE:
            # Never believed blindly: an earlier try may have gone through.
            sighting = await sage.find(document, token=claim.token, parent=claim.parent)
            if sighting.found is not None or sighting.stranger is not None:
                exchange = Exchange(_taken_over(sighting), exchange.sent, exchange.answered)
        return await self._entered(claim, document, exchange, sage)

    async def _entered(
        self, claim: Claim, document: Document, exchange: Exchange, sage: Accounting
    ) -> Finished:
        """With posting on, a document is through only once it is posted itself.

        An invoice's repayment plan comes before that: a posted schedule cannot be overwritten.
        """
        entered = exchange.outcome
        if not (self._posting and isinstance(entered, Accepted)):
            return self._decided(claim, exchange)
        posted = await self._with_its_plan(claim, entered.reference, sage)
        if isinstance(posted, Accepted):
            posted = await sage.post(document, entered.reference)
        self._breaker.observe(posted)
        if not isinstance(posted, Unavailable | Unknown):
            decided = self._decided(claim, replace(exchange, outcome=posted))
            return replace(decided, entered=True)
        # It is entered: it must be found again, never sent again.
        held_up = Unknown(reason=f"Entered as {entered.reference}. {posted.reason}")
        later = self._now() + timedelta(seconds=self._policy.ask_every)
        decided = self._decided(claim, replace(exchange, outcome=held_up))
        return replace(decided, next=AskSage(later))

    async def _with_its_plan(self, claim: Claim, reference: str, sage: Accounting) -> Outcome:
        """``Accepted`` where the invoice may be posted: its plan is through, or there is none.

        The plan follows as a document of its own, and finds its schedule there.
        """
        if claim.plan is None:
            return Accepted(reference=reference)
        try:
            plan = self._read(claim.plan)
        except ValueError as exc:
            return Refused(code="iman", text=_not_posted(reference, f"cannot be read: {exc}"))
        outcome = (await sage.push(plan, token=claim.token, parent=reference)).outcome
        if isinstance(outcome, Refused) and outcome.local:  # posted already: it fails by itself
            return Accepted(reference=reference)
        if not isinstance(outcome, Refused):
            return outcome
        text = f"{outcome.text} {_not_posted(reference, f'{plan.key.number} was refused')}"
        return replace(outcome, text=text)

    async def _ask(self, claim: Claim, document: Document, sage: Accounting) -> Finished:
        asked_at = self._now()
        look = sage.find_anywhere if claim.anywhere else sage.find
        sighting = await look(document, token=claim.token, parent=claim.parent)
        asked_at -= timedelta(seconds=sighting.age)
        pushed_at = claim.pushed_at or claim.started_at
        if sighting.found is not None:
            self._breaker.observe(sighting.found)
            return await self._entered(claim, document, Exchange(sighting.found), sage)
        if sighting.stranger is not None:
            return self._decided(claim, Exchange(_taken_over(sighting)))
        if not sighting.sure:
            self._breaker.observe(Unknown(reason=sighting.reason))
        else:
            self._breaker.answered()
        long_ago = self._lost.longer_ago(claim, self._policy.settle + sighting.age)
        if sighting.sure and long_ago and self._policy.settled(pushed_at, asked_at):
            absent = Absent(reason="Sage 300 was asked: the document is not there.")
            return self._decided(claim, Exchange(absent))
        again = self._now() + timedelta(seconds=self._policy.ask_every)
        return self._asks_again(
            claim, sighting.reason or "Sage 300 may still be working on it.", again
        )

    def _not_begun(self, claim: Claim, why: str) -> Finished:
        """A question stays one: its document may be in Sage 300, and must not come back a push."""
        if claim.asks:
            return self._asks_again(claim, f"Not asked: {why}.", self._now())
        outcome = Unavailable(kind="stopped", reason=f"Not sent: {why}.")
        return self._decided(claim, Exchange(outcome))

    def _asks_again(self, claim: Claim, reason: str, moment: datetime) -> Finished:
        return Finished(
            claim=claim,
            outcome=Unknown(reason=reason),
            next=AskSage(moment),
            ended_at=self._now(),
        )

    def _decided(self, claim: Claim, exchange: Exchange) -> Finished:
        now = self._now()
        since = claim.pushed_at or claim.started_at
        return Finished(
            claim=claim,
            outcome=exchange.outcome,
            next=self._policy.decide(
                exchange.outcome,
                attempt=claim.number,
                sick=claim.crashed or self._breaker.opened_since(since),
                now=now,
                rng=self._rng,
            ),
            ended_at=now,
            verdict=self._verdict(exchange.outcome),
            sent=self._masking(exchange.sent),
            answered=self._masking(exchange.answered),
        )

    def _verdict(self, outcome: Outcome) -> Verdict | None:
        match outcome:
            case Accepted() | NotTried():
                return None
            case Refused(text=text, http_status=status, code=code):
                return self._classify(text, status, code)
            case _:
                return _SICK


def _taken_over(sighting: Sighting) -> Outcome:
    """In Sage 300, by our own hand or another ledger's: either way it must not be sent."""
    if sighting.found is not None:
        return sighting.found
    return Refused(
        code="iman",
        text=f"Another Iman ledger ({sighting.stranger}) put this document into Sage 300 already. "
        f"{sighting.reason}".strip(),
        local=True,
    )


def _not_posted(reference: str, why: str) -> str:
    return f"Entered as {reference} and not posted, because its repayment plan {why}."


def _no_answer(sighting: Sighting) -> Outcome:
    return Unavailable(kind="unavailable", reason=sighting.reason)


def _log(finished: Finished) -> None:
    claim = finished.claim
    log.info(
        "attempt_finished",
        document=str(claim.key),
        attempt_id=claim.attempt_id,
        round=claim.round,
        attempt=claim.number,
        trigger=claim.trigger,
        outcome=OUTCOME_NAMES[type(finished.outcome)],
        ms=round((finished.ended_at - claim.started_at).total_seconds() * 1000),
    )
