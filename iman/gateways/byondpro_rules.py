"""What a document of byondpro must keep to before it may be pushed.

Widths are Sage 300's: a key that is cut names something else, so one that is too long is refused
here, where the text can say so. Texts that only describe are cut by the mappings instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import chain

from iman.domain.document import EntryType
from iman.gateways.byondpro_wire import (
    Common,
    Payment,
    WireCustomer,
    WireJournal,
    WirePlan,
    WireReceipt,
    WireRefund,
    WireSale,
)

_NUMBER = 22  # DocumentNumber
_CUSTOMER = 12
_TERMS = 6
_GROUP = 6
_TAX_GROUP = 12
_ACCOUNT = 45
_REFERENCE = 24  # CheckReceiptNumber
_PAYMENT_CODE = 12
_BANK = 8


class InvalidDocument(ValueError):
    """A document that must not be pushed as it stands; the text says what byondpro should mend."""


def check_common(found: Common) -> None:
    """What holds for every entry type."""
    width = _CUSTOMER if found.entry_type is EntryType.CUSTOMER else _NUMBER
    _fits("document number", found.number, width)
    _fits("customer number", found.customer.number, _CUSTOMER)
    if found.entry_type not in (EntryType.JOURNAL, EntryType.CUSTOMER) and not (
        found.customer.number.strip()
    ):
        raise InvalidDocument(f"{_the(found)} names no customer.")


def check_customer(found: WireCustomer) -> None:
    """A customer's document is the customer: two numbers would be two customers."""
    _fits("terms code", found.terms.code, _TERMS)
    _fits("tax group", found.tax_group, _TAX_GROUP)
    _fits("customer group", found.customer.group, _GROUP)
    if found.customer.number not in ("", found.number):
        raise InvalidDocument(
            f"The customer's document {found.number} is about customer {found.customer.number}: "
            "the two numbers must be the same."
        )
    if not found.customer.name.strip():
        raise InvalidDocument("The customer has no name.")


def check_invoice(found: WireSale) -> None:
    """Lines may be negative, the total may not."""
    if found.amount < 0:
        raise InvalidDocument(
            f"The invoice's total is {found.amount}; an invoice cannot be negative, it needs a "
            "credit note."
        )
    if found.kind == "debit_note":
        _parent(found, EntryType.INVOICE)
    _sale(found)


def check_credit_note(found: WireSale) -> None:
    """Its sign is the entry type's: a negative one would be an invoice."""
    _positive(found)
    if found.parent is not None:
        _parent(found, EntryType.INVOICE)
    _sale(found)


def check_receipt(found: WireReceipt) -> None:
    _positive(found)
    _parent(found, EntryType.INVOICE)
    _payment("receipt", found.receipt)


def check_refund(found: WireRefund) -> None:
    _positive(found)
    _parent(found, EntryType.CREDIT_NOTE)
    _payment("refund", found.refund)


def check_plan(found: WirePlan) -> None:
    """Numbered from 1 without a gap, every instalment positive, in all the invoice's total."""
    _positive(found)
    _parent(found, EntryType.INVOICE)
    for place, one in enumerate(found.schedule, 1):
        if one.number != place:
            raise InvalidDocument(
                f"The schedule's instalment {place} is numbered {one.number}; they are numbered "
                "from 1 without a gap."
            )
        if one.amount <= 0:
            raise InvalidDocument(f"The schedule's instalment {place} is {one.amount}.")
    _adds_up("instalments", (one.amount for one in found.schedule), found.amount)


def check_journal(found: WireJournal) -> None:
    """Debits and credits are equal, and the amount is the debits."""
    for line in found.journal_lines:
        _fits("G/L account", line.gl_account, _ACCOUNT)
    amounts = [line.amount for line in found.journal_lines]
    over = sum(amounts, Decimal(0))
    if over != 0:
        raise InvalidDocument(f"The journal does not balance: its lines add up to {over}, not 0.")
    debits = (amount for amount in amounts if amount > 0)
    _adds_up("debits", debits, found.amount)
    if found.parent is not None:
        _parent(found, EntryType.INVOICE)


def _sale(found: WireSale) -> None:
    codes = chain(
        [("terms code", found.terms.code, _TERMS), ("tax group", found.tax_group, _TAX_GROUP)],
        (("G/L account", line.gl_account, _ACCOUNT) for line in found.lines),
    )
    for what, value, width in codes:
        _fits(what, value, width)
    total = sum((line.amount for line in found.lines), Decimal(0))
    if total != found.amount:
        raise InvalidDocument(
            f"The lines add up to {total}, the document's total says {found.amount}."
        )


def _payment(what: str, payment: Payment) -> None:
    _fits(f"{what} type", payment.type, _PAYMENT_CODE)
    _fits(f"{what} reference", payment.reference, _REFERENCE)
    _fits("bank", payment.bank, _BANK)


def _positive(found: Common) -> None:
    if found.amount <= 0:
        raise InvalidDocument(
            f"{_the(found)}'s amount is {found.amount}; its amounts are sent positive."
        )


def _parent(found: Common, wanted: EntryType) -> None:
    parent = found.parent
    if parent is None:
        raise InvalidDocument(f"{_the(found)} names no {_words(wanted)} as its parent.")
    if parent.entry_type is not wanted:
        raise InvalidDocument(
            f"{_the(found)}'s parent is {_a(parent.entry_type)}; it has to be the "
            f"{_words(wanted)} it belongs to."
        )
    _fits("parent's number", parent.number, _NUMBER)


def _adds_up(what: str, amounts: Iterable[Decimal], total: Decimal) -> None:
    found = sum(amounts, Decimal(0))
    if found != total:
        raise InvalidDocument(f"The {what} add up to {found}, the document's total says {total}.")


def _fits(what: str, value: str, width: int) -> None:
    if len(value) > width:
        raise InvalidDocument(
            f"The {what} {value} has {len(value)} characters; Sage 300 takes at most {width}."
        )


def _the(found: Common) -> str:
    return f"The {_words(found.entry_type)}"


def _words(entry_type: EntryType) -> str:
    return entry_type.replace("_", " ")


def _a(entry_type: EntryType) -> str:
    return f"{'an' if entry_type is EntryType.INVOICE else 'a'} {_words(entry_type)}"
