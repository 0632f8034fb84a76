"""A repayment plan: it overwrites the payment schedule Sage 300 worked out for an invoice.

The schedule is part of the invoice's entry, so the entry's batch is read and patched; the answer to
a PATCH is empty, so it is read again. Overwriting twice is overwriting once: no token is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import httpx

from iman.domain.attempt import Exchange, Sighting
from iman.domain.document import DocumentKey, Instalment, RepaymentPlan
from iman.domain.outcome import Accepted, Outcome, Refused, Unknown
from iman.gateways import exact_json
from iman.gateways.entries.batches import INVOICES
from iman.gateways.entries.invoice_entry import InvoiceEntry, find_invoice
from iman.gateways.entries.mapping import looked
from iman.gateways.sage_answers import Unreadable, refusal
from iman.gateways.sage_web import PAGE, CannotTell, Record, SageWeb, no_connection

_SCHEDULES = "InvoicePaymentSchedules"


class RepaymentPlanMapping:
    """The plan's reference is its invoice's."""

    async def push(
        self, sage: SageWeb, document: RepaymentPlan, *, token: str, parent: str | None
    ) -> Exchange:
        """Refused where the invoice is not in Sage 300, or is posted there with another schedule.

        With posting on a plan was put into its invoice before that was posted: then it is there.
        """
        try:
            found = await find_invoice(sage, document, token=token, reference=parent)
        except httpx.HTTPError as exc:
            return Exchange(no_connection(exc))  # nothing was changed: it was only read
        except Unreadable as exc:
            return Exchange(Unknown(reason=f"Sage 300 answered with {exc}."))
        except CannotTell as exc:
            return Exchange(Unknown(reason=str(exc)))
        if found is not None and found.posted and _has(found.entry, document.schedule):
            return Exchange(Accepted(reference=found.reference, adopted=True))
        if (fault := _unfit(found, document)) is not None or found is None:
            return Exchange(fault or _missing(document))
        sent = exact_json.dumps(change(found, document.schedule))
        answer = await sage.send("PATCH", INVOICES.address(found.batch_number), sent)
        if not isinstance(answer, httpx.Response):
            return Exchange(answer, sent=sent)
        if not answer.is_success:
            return Exchange(refusal(answer), sent=sent, answered=sage.kept(answer))
        seen = await self.find(sage, document, token=token, parent=found.reference)
        return Exchange(_kept(seen, found), sent=sent, answered=sage.kept(answer))

    async def find(
        self, sage: SageWeb, document: RepaymentPlan, *, token: str, parent: str | None
    ) -> Sighting:
        """Whether the invoice has this schedule now."""
        return await looked(self._find(sage, document, token, parent))

    async def _find(
        self, sage: SageWeb, document: RepaymentPlan, token: str, parent: str | None
    ) -> Sighting:
        found = await find_invoice(sage, document, token=token, reference=parent)
        if found is not None and _has(found.entry, document.schedule):
            return Sighting(found=Accepted(reference=found.reference, adopted=True), sure=True)
        return Sighting(sure=True)

    async def post(
        self,
        sage: SageWeb,  # noqa: ARG002 -- the Protocol's
        document: RepaymentPlan,  # noqa: ARG002 -- the Protocol's
        reference: str,
    ) -> Outcome:
        """It is posted with its invoice."""
        return Accepted(reference=reference)


def change(found: InvoiceEntry, schedule: Sequence[Instalment]) -> Record:
    """The PATCH. An instalment with its full key and no operation is changed, or added if new:
    Sage 300 may show fewer than there are, so we do not say which."""
    keys = {"BatchNumber": found.batch["BatchNumber"], "EntryNumber": found.entry["EntryNumber"]}
    rows: list[Record] = [
        keys
        | {
            "PaymentNumber": one.number,
            "DueDate": one.due.isoformat(),
            "AmountDue": one.amount,
        }
        for one in schedule
    ]
    rows += [
        keys | {"PaymentNumber": number, "UpdateOperation": "Delete"}
        for number in _numbers(found.entry)
        if number > len(schedule)
    ]
    entry = keys | {"UpdateOperation": "Update", _SCHEDULES: rows}
    return {INVOICES.entries: [entry]}


def _numbers(entry: Record) -> list[int]:
    """The payments Sage 300 has: those it shows, and those it only counts."""
    counted = entry.get("NumberOfScheduledPayments")
    shown = {number for number, _, _ in _rows(entry)}
    return sorted(shown | set(range(1, counted + 1) if isinstance(counted, int) else ()))


def _has(entry: Record, schedule: Sequence[Instalment]) -> bool:
    """Whether *entry* carries *schedule*; of a longer one than a page only the page may be seen."""
    wanted = [(one.number, one.due, one.amount) for one in schedule]
    rows = sorted(_rows(entry))
    if rows == wanted:
        return True
    counted = entry.get("NumberOfScheduledPayments")
    return PAGE <= len(rows) < len(wanted) == counted and rows == wanted[: len(rows)]


def _rows(entry: Record) -> list[tuple[int, date, Decimal]]:
    found: list[tuple[int, date, Decimal]] = []
    for row in entry.get(_SCHEDULES) or ():
        try:
            found.append(
                (
                    int(row["PaymentNumber"]),
                    date.fromisoformat(str(row["DueDate"])[:10]),
                    Decimal(str(row["AmountDue"])),
                )
            )
        except (KeyError, TypeError, ValueError, InvalidOperation):
            continue
    return found


def _unfit(found: InvoiceEntry | None, document: RepaymentPlan) -> Refused | None:
    if found is not None and found.posted:
        number = document.parent.number if document.parent else ""
        return Refused(
            code="iman",
            text=f"Invoice {number} is posted in Sage 300 ({found.reference}): its payment "
            "schedule cannot be changed any more.",
            local=True,  # nothing was sent, and no later try can help
        )
    return None


def _missing(document: RepaymentPlan) -> Refused:
    parent: DocumentKey | None = document.parent
    return Refused(
        code="iman",
        text=f"Invoice {parent.number if parent else ''} is not in Sage 300, so it has no payment "
        "schedule to overwrite.",
    )


def _kept(seen: Sighting, found: InvoiceEntry) -> Outcome:
    if seen.found is not None:
        return Accepted(reference=found.reference)
    if not seen.sure:
        return Unknown(reason=seen.reason)
    return Refused(
        code="iman", text="Sage 300 took the payment schedule and shows another one afterwards."
    )


MAPPING = RepaymentPlanMapping()
