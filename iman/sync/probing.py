"""Looks whether a step is done, in Sage 300, in byondpro and in the ledger. Changes neither."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from iman.domain.checklist import Checklist, Evidence, verifiable
from iman.domain.playbook import Check, Step
from iman.domain.remedy import SubjectDocument, matched, still_in_use
from iman.domain.setup import ByondproSetups, SageCode, SetupKind
from iman.errors import SetupsUnavailable, SourceUnavailable
from iman.sync.beats import Beats
from iman.sync.patience import Patience
from iman.sync.ports import Now
from iman.sync.remedy_ports import Lookup, ProbingBooks, Setups, SourceSetups

_SETUP_KINDS = {
    "terms_code": SetupKind.TERM,
    "gl_account": SetupKind.ACCOUNT,
    "tax_group": SetupKind.TAX_GROUP,
    "customer_group": SetupKind.CUSTOMER_GROUP,
    "payment_code": SetupKind.PAYMENT_CODE,
}


@dataclass(slots=True)
class _Round:
    """What was read already: many steps ask the same."""

    codes: dict[tuple[SetupKind, str], SageCode | None] = field(default_factory=dict)
    byondpro: ByondproSetups | None = None
    subjects: dict[int, list[SubjectDocument]] = field(default_factory=dict)
    locks: dict[tuple[str, str], str] = field(default_factory=dict)
    down: SetupsUnavailable | None = None  # Sage 300 could not be asked at all


class Prober:
    """One round looks at every verifiable step of every open checklist. *fixed* is called when a
    step that lets documents go became true: the mirror is out of date then."""

    loop = "probing"

    def __init__(
        self,
        *,
        books: ProbingBooks,
        setups: Setups,
        source: SourceSetups,
        read_setups: Callable[[object], ByondproSetups],
        sage: Lookup,
        document_in_sage: Callable[[SubjectDocument], Awaitable[Evidence]],
        patience: Patience,
        beats: Beats,
        now: Now,
        fixed: Callable[[], None],
    ) -> None:
        self._patience = patience
        self._books = books
        self._setups = setups
        self._source = source
        self._read_setups = read_setups
        self._sage = sage
        self._document_in_sage = document_in_sage
        self._beats = beats
        self._now = now
        self._fixed = fixed

    async def round(self) -> None:
        reading = _Round()
        seen: list[tuple[int, str, Evidence, bool]] = []
        unclear = ""
        for checklist in await self._books.open_checklists():
            for step, check in verifiable(checklist.playbook, checklist.standing):
                evidence = await self._look(checklist, step, check, reading)
                if evidence.holds is None:
                    unclear = evidence.text
                seen.append(
                    (
                        checklist.id,
                        step.id,
                        evidence,
                        bool(await self._lock(checklist, step, reading)),
                    )
                )
        if seen and await self._books.saw(seen, now=self._now(), asked=False):
            self._fixed()
        told = f"{len(seen)} steps looked at" if seen else "nothing to verify"
        self._beats.beat(self.loop, f"{told}; {unclear}" if unclear else told)

    async def verify(self, checklist_id: int, step_id: str) -> Evidence | None:
        """Look at one step now; the answer is recorded. None where it cannot be verified."""
        checklist = await self._books.checklist(checklist_id)
        step = checklist.playbook.step(step_id)
        if step is None or step.verify is None:
            return None
        reading = _Round()
        evidence = await self._look(checklist, step, step.verify, reading)
        locked = bool(await self._lock(checklist, step, reading))
        seen = [(checklist_id, step_id, evidence, locked)]
        if await self._books.saw(seen, now=self._now(), asked=True):
            self._fixed()
        return evidence

    async def _lock(self, checklist: Checklist, step: Step, reading: _Round) -> str:
        if step.locked_while is None:
            return ""
        kind, entity = key = (checklist.entity_kind, checklist.entity)
        if key not in reading.locks:
            using = await self._books.in_use(entity_kind=kind, entity=entity)
            reading.locks[key] = still_in_use(using)
        return reading.locks[key]

    async def _look(
        self, checklist: Checklist, step: Step, check: Check, reading: _Round
    ) -> Evidence:
        looks = {
            Check.TERM_IN_SAGE: self._term_in_sage,
            Check.TERM_INACTIVE_IN_SAGE: self._term_inactive_in_sage,
            Check.TERM_INACTIVE_IN_BYONDPRO: self._term_inactive_in_byondpro,
            Check.TERM_INACTIVE_IN_BOTH: self._term_inactive_in_both,
            Check.ACCOUNT_IN_SAGE: self._account_in_sage,
            Check.ACCOUNT_INACTIVE_IN_SAGE: self._account_inactive,
            Check.CATEGORY_CORRECTED: self._category_corrected,
            Check.CUSTOMER_IN_SAGE: self._customer_in_sage,
            Check.SETUP_IN_SAGE: self._setup_in_sage,
            Check.DOCUMENTS_SYNCED: self._documents_synced,
            Check.CREDIT_NOTES_SYNCED: self._credit_notes_synced,
            Check.REINVOICED: self._reinvoiced,
            Check.DOCUMENT_IN_SAGE: self._documents_in_sage,
            Check.SAGE_WELL: self._sage_well,
        }
        try:
            return await looks[check](checklist, step, reading)
        except (SetupsUnavailable, SourceUnavailable) as exc:
            if isinstance(exc, SetupsUnavailable):
                self._patience.learn(exc)
                reading.down = exc if exc.whole else reading.down
            return Evidence(holds=None, text=f"Could not look: {exc}")

    # -- Sage 300's tables

    async def _code(self, kind: SetupKind, code: str, reading: _Round) -> SageCode | None:
        key = (kind, code)
        if key not in reading.codes:
            self._ask_only_once(reading)
            reading.codes[key] = await self._setups.code(kind, code)
        return reading.codes[key]

    def _ask_only_once(self, reading: _Round) -> None:
        """Raises ``SetupsUnavailable`` where Sage 300 is unwell, or was so in this round."""
        if reading.down is not None:
            raise reading.down
        self._patience.check()

    async def _in_sage(
        self, kind: SetupKind, name: str, checklist: Checklist, reading: _Round
    ) -> Evidence:
        entity = checklist.entity
        if not entity:
            return Evidence(holds=None, text=f"The error names no {name} to look up.")
        found = await self._code(kind, entity, reading)
        if found is None:
            return Evidence(holds=False, text=f"Sage 300 has no {name} {entity}.")
        shown = f"{name} {entity}" + (f" “{found.description}”" if found.description else "")
        if not found.active:
            return Evidence(holds=False, text=f"Sage 300 has {shown}, but it is inactive.")
        if not found.usable:
            return Evidence(holds=False, text=f"Sage 300 has {shown}, but {found.why_not}.")
        return Evidence(holds=True, text=f"Sage 300 has {shown}, active.")

    async def _inactive_in_sage(
        self, kind: SetupKind, name: str, checklist: Checklist, reading: _Round
    ) -> Evidence:
        found = await self._code(kind, checklist.entity, reading)
        if found is None:
            return Evidence(holds=True, text=f"Sage 300 has no {name} {checklist.entity}.")
        state = "active" if found.active else "inactive"
        return Evidence(
            holds=not found.active, text=f"{name} {checklist.entity} is {state} in Sage 300."
        )

    async def _term_in_sage(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        return await self._in_sage(SetupKind.TERM, "terms code", checklist, reading)

    async def _account_in_sage(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        return await self._in_sage(SetupKind.ACCOUNT, "G/L account", checklist, reading)

    async def _account_inactive(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        return await self._inactive_in_sage(SetupKind.ACCOUNT, "G/L account", checklist, reading)

    async def _term_inactive_in_sage(
        self, checklist: Checklist, _: Step, reading: _Round
    ) -> Evidence:
        return await self._inactive_in_sage(SetupKind.TERM, "Terms code", checklist, reading)

    async def _setup_in_sage(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        kind = _SETUP_KINDS.get(checklist.entity_kind)
        if kind is None:
            what = checklist.entity_kind.replace("_", " ") or "code"
            return Evidence(holds=None, text=f"Iman cannot look up a {what}; see for yourself.")
        return await self._in_sage(kind, kind.value.replace("_", " "), checklist, reading)

    async def _customer_in_sage(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        number = checklist.entity
        if not number:
            customers = {one.customer for one in await self._subject(checklist, reading)}
            if len(customers) != 1:
                return Evidence(holds=None, text="The error names no customer to look up.")
            number = customers.pop()
        self._ask_only_once(reading)
        found = await self._setups.customer(number)
        if found is None:
            return Evidence(holds=False, text=f"Sage 300 has no customer {number}.")
        if not found.active:
            return Evidence(holds=False, text=f"Customer {number} is inactive in Sage 300.")
        if found.on_hold:
            return Evidence(holds=False, text=f"Customer {number} is on hold in Sage 300.")
        return Evidence(holds=True, text=f"Sage 300 has customer {number}, active, not on hold.")

    async def _sage_well(self, _: Checklist, __: Step, ___: _Round) -> Evidence:
        if (reason := self._patience.held()) != "":
            return Evidence(holds=False, text=reason)
        trouble = await self._sage.probe()
        return Evidence(
            holds=trouble is None, text=trouble.reason if trouble else "Sage 300 answers."
        )

    # -- byondpro's tables

    async def _byondpro(self, reading: _Round) -> ByondproSetups:
        if reading.byondpro is None:
            reading.byondpro = self._read_setups(await self._source.setups())
        return reading.byondpro

    async def _term_inactive_in_byondpro(
        self, checklist: Checklist, _: Step, reading: _Round
    ) -> Evidence:
        terms = (await self._byondpro(reading)).terms
        found = next((t for t in terms if t.code.upper() == checklist.entity.upper()), None)
        if found is None:
            return Evidence(holds=True, text=f"byondpro has no term {checklist.entity}.")
        state = "active" if found.active else "inactive"
        return Evidence(
            holds=not found.active, text=f"Term {checklist.entity} is {state} in byondpro."
        )

    async def _term_inactive_in_both(
        self, checklist: Checklist, step: Step, reading: _Round
    ) -> Evidence:
        here = await self._term_inactive_in_sage(checklist, step, reading)
        there = await self._term_inactive_in_byondpro(checklist, step, reading)
        holds = bool(here.holds and there.holds)
        return Evidence(holds=holds, text=f"{here.text} {there.text}")

    async def _category_corrected(
        self, checklist: Checklist, step: Step, reading: _Round
    ) -> Evidence:
        """No category posts to the account any more; the one that did carries the right one."""
        setups = await self._byondpro(reading)
        posting = [made for made in setups.accounts() if made.posted == checklist.entity]
        still = [made for made in posting if made.active]
        if still:
            first = still[0]
            at = f" at {first.site_name or first.site}" if first.site else ""
            return Evidence(
                holds=False,
                text=f"Category {first.category} “{first.category_description}” still carries "
                f"{first.stored} as {first.account_field}, which posts to {checklist.entity}{at}.",
            )
        right = checklist.standing.choices.get(step.argument, "").strip()
        if not right:
            return Evidence(
                holds=True, text=f"No category of byondpro posts to {checklist.entity} any more."
            )
        carrying = [made for made in setups.accounts() if right in {made.stored, made.posted}]
        if not carrying:
            return Evidence(holds=False, text=f"No category of byondpro carries account {right}.")
        return Evidence(
            holds=True,
            text=f"Category {carrying[0].category} “{carrying[0].category_description}” now "
            f"carries account {right}.",
        )

    # -- the ledger

    async def _subject(self, checklist: Checklist, reading: _Round) -> list[SubjectDocument]:
        if checklist.id not in reading.subjects:
            reading.subjects[checklist.id] = await self._books.subject(checklist)
        return reading.subjects[checklist.id]

    async def _documents_synced(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        documents = await self._subject(checklist, reading)
        missing = [one for one in documents if not one.closed]
        if missing:
            first = missing[0]
            return Evidence(
                holds=False,
                text=f"{len(documents) - len(missing)} of {len(documents)} are in Sage 300; "
                f"{first.number} is {first.state}.",
            )
        if not documents:
            return Evidence(holds=True, text="No document is held up.")
        many = (
            f"All {len(documents)} documents are"
            if len(documents) > 1
            else (f"{documents[0].number} is")
        )
        return Evidence(holds=True, text=f"{many} through.")

    async def _credit_notes_synced(
        self, checklist: Checklist, _: Step, reading: _Round
    ) -> Evidence:
        documents = [
            one for one in await self._subject(checklist, reading) if one.entry_type == "invoice"
        ]
        notes = {one.parent: one for one in await self._books.credit_notes(documents)}
        without = [one for one in documents if one.key not in notes]
        if not documents:
            return Evidence(holds=None, text="There is no invoice to credit.")
        if without:
            return Evidence(holds=False, text=f"{without[0].number} has no credit note yet.")
        waiting = [one for one in notes.values() if not one.synced]
        if waiting:
            return Evidence(
                holds=False, text=f"Credit note {waiting[0].number} has not synced yet."
            )
        named = ", ".join(sorted(one.number for one in notes.values())[:5])
        return Evidence(holds=True, text=f"Credited and synced: {named}.")

    async def _reinvoiced(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        documents = [
            one for one in await self._subject(checklist, reading) if one.entry_type == "invoice"
        ]
        if not documents:
            return Evidence(holds=None, text="There is no invoice to replace.")
        later = await self._books.re_invoices(
            documents, entity_kind=checklist.entity_kind, entity=checklist.entity
        )
        found = matched(documents, later)
        without = [one for one in documents if one.id not in found]
        if without:
            return Evidence(
                holds=False, text=f"There is no new invoice for {without[0].number} yet."
            )
        first = found[documents[0].id]
        state = "in Sage 300" if first.synced else "not in Sage 300 yet"
        return Evidence(
            holds=True, text=f"{documents[0].number} was re-invoiced as {first.number}, {state}."
        )

    async def _documents_in_sage(self, checklist: Checklist, _: Step, reading: _Round) -> Evidence:
        documents = await self._subject(checklist, reading)
        if documents and all(one.closed for one in documents):
            return Evidence(holds=True, text="Closed, and linked with Sage 300.")
        self._ask_only_once(reading)
        looked = await asyncio.gather(
            *(self._document_in_sage(one) for one in documents[:5] if not one.closed)
        )
        unclear = next((one for one in looked if one.holds is None), None)
        missing = next((one for one in looked if one.holds is False), None)
        if missing or unclear or not looked:
            return missing or unclear or Evidence(holds=None, text="There is no document.")
        return Evidence(
            holds=False, text=f"{looked[0].text} Close it as Already in Sage to link it."
        )
