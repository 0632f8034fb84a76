"""What probing, the mirror and releasing need of the rest; each fits by shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from iman.domain.attempt import Sighting
from iman.domain.checklist import Checklist, Evidence
from iman.domain.document import Document
from iman.domain.outcome import Unavailable
from iman.domain.remedy import InUse, Related, SubjectDocument
from iman.domain.setup import ByondproSetups, Gap, SageCode, SetupKind


class Customer(Protocol):
    """What Sage 300 says of a customer."""

    @property
    def active(self) -> bool: ...

    @property
    def on_hold(self) -> bool: ...


class Setups(Protocol):
    """Sage 300's set-up tables. Every call may raise ``SetupsUnavailable``."""

    async def code(self, kind: SetupKind, code: str) -> SageCode | None:
        """One code; None where Sage 300 has none of that name."""

    async def customer(self, number: str) -> Customer | None: ...

    async def whole(self, kind: SetupKind) -> Mapping[str, SageCode] | None:
        """Every code of a kind by its name in capitals; None where the server lists none."""


class SourceSetups(Protocol):
    """byondpro's set-up tables. May raise ``SourceUnavailable``."""

    async def setups(self) -> Mapping[str, Any]: ...


class Lookup(Protocol):
    """Sage 300 as ``Accounting``, as far as a remedy asks it."""

    async def find(self, document: Document, *, token: str) -> Sighting: ...

    async def probe(self) -> Unavailable | None: ...


class ProbingBooks(Protocol):
    """What the ledger knows of checklists. A write has been made durable when it returns."""

    async def open_checklists(self) -> list[Checklist]: ...

    async def checklist(self, checklist_id: int) -> Checklist:
        """Raises ``NotFound``."""

    async def subject(self, checklist: Checklist) -> list[SubjectDocument]: ...

    async def credit_notes(self, documents: Sequence[SubjectDocument]) -> list[Related]: ...

    async def re_invoices(
        self, documents: Sequence[SubjectDocument], *, entity_kind: str, entity: str
    ) -> list[Related]: ...

    async def in_use(self, *, entity_kind: str, entity: str) -> list[InUse]: ...

    async def saw(
        self, seen: Sequence[tuple[int, str, Evidence, bool]], *, now: datetime, asked: bool
    ) -> bool:
        """Checklist, step, what was seen, and whether the step is locked; True: a tick changed."""


class MirrorBooks(Protocol):
    """Where set-ups as they were last read are kept."""

    async def tax_groups_used(self, *, since: datetime) -> list[str]: ...

    async def save_setups(
        self,
        byondpro: ByondproSetups,
        sage: Mapping[SetupKind, Mapping[str, SageCode]],
        gaps: Sequence[Gap],
        trouble: Mapping[SetupKind, str],
        *,
        now: datetime,
    ) -> tuple[int, int]:
        """How many gaps are open, and how many of them are new."""


class ReleasingBooks(Protocol):
    """Releases and parkings, moved on in transactions of their own."""

    async def releases_to_move(self, *, now: datetime) -> list[int]: ...

    async def move_release(self, release_id: int, *, now: datetime) -> int:
        """How many documents began a new round."""

    async def end_parkings(self, *, now: datetime) -> int:
        """Parked documents whose date has come; how many began a new round."""


class HowFar(Protocol):
    """How far history has been read by the rules in force."""

    @property
    def finished_at(self) -> datetime | None: ...

    @property
    def looked_at(self) -> int:
        """Attempts looked at, of *up_to*."""

    @property
    def up_to(self) -> int: ...

    @property
    def attempts(self) -> int:
        """Attempts that say something else now."""

    @property
    def documents(self) -> int:
        """Likewise, of open documents."""


class HistoryBooks(Protocol):
    """History, read again by new rules."""

    async def read_again(self, *, now: datetime) -> HowFar:
        """One bounded step on."""


class CauseBooks(Protocol):
    """Causes."""

    async def causes_out_of_step(self) -> bool: ...

    async def reconcile_causes(self, *, now: datetime) -> Any: ...
