"""From byondpro's JSON to a checked document, one function per entry type.

The contract is ``docs/byondpro-feed.md``. A document that breaks it is not pushed: no try can help,
only byondpro can mend it, so every text says what to mend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from iman.domain.document import (
    Address,
    CreditNote,
    Customer,
    Document,
    DocumentKey,
    EntryType,
    Instalment,
    Invoice,
    Journal,
    JournalLine,
    Line,
    Receipt,
    Refund,
    RepaymentPlan,
)
from iman.gateways.byondpro_rules import (
    InvalidDocument,
    check_common,
    check_credit_note,
    check_customer,
    check_invoice,
    check_journal,
    check_plan,
    check_receipt,
    check_refund,
)
from iman.gateways.byondpro_wire import (
    Common,
    Kind,
    SalesLine,
    WireCustomer,
    WireJournal,
    WirePlan,
    WireReceipt,
    WireRefund,
    WireSale,
    key_of,
    why,
)

__all__ = ["InvalidDocument", "read_document"]


def read_document(payload: str) -> Document:
    """The whole document, checked. Raises ``InvalidDocument`` naming the field and the fault."""
    try:
        kind = Kind.model_validate_json(payload).entry_type
        return _READERS[kind](payload)
    except ValidationError as exc:
        raise InvalidDocument(f"byondpro's document is not valid: {why(exc)}.") from exc


def _invoice(payload: str) -> Invoice:
    found = WireSale.model_validate_json(payload)
    check_common(found)
    check_invoice(found)
    return Invoice(**_sale(found), debit_note=found.kind == "debit_note")


def _credit_note(payload: str) -> CreditNote:
    found = WireSale.model_validate_json(payload)
    check_common(found)
    check_credit_note(found)
    return CreditNote(**_sale(found), reason=found.reason)


def _receipt(payload: str) -> Receipt:
    found = WireReceipt.model_validate_json(payload)
    check_common(found)
    check_receipt(found)
    return Receipt(
        **_common(found),
        receipt_type=found.receipt.type,
        reference=found.receipt.reference,
        bank=found.receipt.bank,
        payer=found.receipt.payer,
    )


def _refund(payload: str) -> Refund:
    found = WireRefund.model_validate_json(payload)
    check_common(found)
    check_refund(found)
    return Refund(
        **_common(found),
        refund_type=found.refund.type,
        reference=found.refund.reference,
        bank=found.refund.bank,
    )


def _plan(payload: str) -> RepaymentPlan:
    found = WirePlan.model_validate_json(payload)
    check_common(found)
    check_plan(found)
    return RepaymentPlan(
        **_common(found),
        schedule=tuple(
            Instalment(number=one.number, due=one.due, amount=one.amount) for one in found.schedule
        ),
    )


def _journal(payload: str) -> Journal:
    found = WireJournal.model_validate_json(payload)
    check_common(found)
    check_journal(found)
    lines = (
        JournalLine(
            line=line.line,
            gl_account=line.gl_account,
            segmented=line.segmented,
            amount=line.amount,
            description=line.description,
            reference=line.reference,
        )
        for line in found.journal_lines
    )
    return Journal(**_common(found), kind=found.journal.kind, journal_lines=tuple(lines))


def _customer(payload: str) -> Customer:
    found = WireCustomer.model_validate_json(payload)
    check_common(found)
    check_customer(found)
    common = _common(found) | {"customer": found.number}
    address = Address(**found.address.model_dump())
    return Customer(**common, **_terms(found), tax_group=found.tax_group, address=address)


_READERS: dict[EntryType, Callable[[str], Document]] = {
    EntryType.INVOICE: _invoice,
    EntryType.CREDIT_NOTE: _credit_note,
    EntryType.RECEIPT: _receipt,
    EntryType.REFUND: _refund,
    EntryType.CUSTOMER: _customer,
    EntryType.REPAYMENT_PLAN: _plan,
    EntryType.JOURNAL: _journal,
}


def _common(found: Common) -> dict[str, Any]:
    return {
        "key": DocumentKey(company=found.company, entry_type=found.entry_type, number=found.number),
        "revision": found.revision,
        "site": found.site.code,
        "site_name": found.site.name,
        "site_segment": found.site.gl_segment,
        "segment_rule": found.gl_segment_rule,
        "booking": found.booking,
        "description": found.description,
        "customer": found.customer.number,
        "customer_name": found.customer.name,
        "customer_kind": found.customer.kind,
        "customer_group": found.customer.group,
        "document_date": found.date,
        "amount": found.amount,
        "currency": found.currency,
        "parent": key_of(found.company, found.parent),
    }


def _terms(found: WireSale | WireCustomer) -> dict[str, Any]:
    return {"terms_code": found.terms.code, "terms_description": found.terms.description}


def _sale(found: WireSale) -> dict[str, Any]:
    return {
        **_common(found),
        **_terms(found),
        "sales_order": found.sales_order,
        "tax": found.tax,
        "tax_group": found.tax_group,
        "lines": tuple(_line(line) for line in found.lines),
    }


def _line(line: SalesLine) -> Line:
    return Line(
        line=line.line,
        item=line.item,
        description=line.description,
        category=line.category.code,
        category_description=line.category.description,
        account_field=line.account_field,
        gl_account=line.gl_account,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        tax_code=line.tax_code,
        tax_class=line.tax_class,
        tax_included=line.tax_included,
        tax=line.tax,
    )
