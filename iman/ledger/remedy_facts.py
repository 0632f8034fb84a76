"""What a remedy depends on: its documents, their credit notes and re-invoices, who uses a code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import duckdb

from iman.domain.checklist import Checklist
from iman.domain.culprit import accounts_of
from iman.domain.document import DocumentState
from iman.domain.remedy import InUse, Related, SubjectDocument
from iman.ledger.causes import documents_of
from iman.ledger.queries import queries
from iman.ledger.read_model import Facts

_SQL = queries("checklists")
_ACCOUNT_KINDS = frozenset({"gl_account", "account"})


def subject_ids(conn: duckdb.DuckDBPyConnection, checklist: Checklist) -> list[int]:
    """The documents of a checklist: its own one, or all its cause has held up since it began.

    What was held up when the checklist was started counts from before.
    """
    if checklist.document_id is not None:
        return [checklist.document_id]
    if checklist.cause_id is None:
        return []
    return documents_of(conn, checklist.cause_id, since=checklist.opened_at)


def subject_documents(
    conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int]
) -> list[SubjectDocument]:
    if not document_ids:
        return []
    found = conn.execute(_SQL["subject"], {"ids": list(document_ids)}).fetchall()
    return [
        SubjectDocument(
            id=row[0], key=f"{row[1]}/{row[2]}/{row[3]}", entry_type=row[2], number=row[3],
            booking=row[4], customer=row[5], customer_name=row[6], site=row[7], site_name=row[8],
            terms_code=row[9], terms_description=row[10], amount=row[11] or Decimal(0),
            payload=row[12], state=DocumentState(row[14]), received_at=row[13],
        )
        for row in found
    ]  # fmt: skip


def credit_notes(
    conn: duckdb.DuckDBPyConnection, documents: Sequence[SubjectDocument]
) -> list[Related]:
    """Those whose parent is one of *documents*."""
    rows = conn.execute(
        _SQL["credit_notes"], {"parents": [document.key for document in documents]}
    ).fetchall()
    return [
        Related(
            number=number, parent=parent, synced=state == "synced"
        )
        for _, number, parent, state, _ in rows
    ]  # fmt: skip


def re_invoices(
    conn: duckdb.DuckDBPyConnection,
    documents: Sequence[SubjectDocument],
    *,
    entity_kind: str,
    entity: str,
) -> list[Related]:
    """Invoices of the same bookings or customers that came after them."""
    if not documents:
        return []
    rows = conn.execute(
        _SQL["later_invoices"],
        {
            "ids": [one.id for one in documents],
            "bookings": sorted({one.booking for one in documents if one.booking}),
            "customers": sorted({one.customer for one in documents if one.customer}),
            "since": min(one.received_at for one in documents),
        },
    ).fetchall()
    return [
        Related(
            number=number, booking=booking, customer=customer, amount=amount or Decimal(0),
            synced=state == "synced", carries=_carries(payload, terms, entity_kind, entity),
        )
        for _, number, booking, customer, terms, payload, state, amount in rows
    ]  # fmt: skip


def in_use(conn: duckdb.DuckDBPyConnection, *, entity_kind: str, entity: str) -> list[InUse]:
    """Open documents, whatever their state, that carry the code."""
    if not entity:
        return []
    if entity_kind == "terms_code":
        rows = conn.execute(_SQL["open_with_term"], {"code": entity}).fetchall()
        return [InUse(number=row[1], entry_type=row[2], state=row[3]) for row in rows]
    if entity_kind in _ACCOUNT_KINDS:
        rows = conn.execute(_SQL["open_with_account"], {"account": entity}).fetchall()
        return [
            InUse(number=row[1], entry_type=row[2], state=row[3])
            for row in rows
            if _posts_to(row[4], entity)
        ]
    return []


def words_for(
    checklist: Checklist, documents: Sequence[SubjectDocument], *, company: str
) -> dict[str, str]:
    """What a playbook's placeholders stand for."""
    first = documents[0] if documents else None
    one = first if len(documents) == 1 else None
    if one is not None:
        them = one.number
    elif documents:
        them = f"all {len(documents)} documents"
    else:
        them = "the documents"
    return {
        "entity": checklist.entity,
        "description": _description(checklist, first),
        "thing": checklist.playbook.thing,
        "documents": them,
        "company": company,
        "customer": one.customer_name if one else "the customer",
        "booking": one.booking if one else "the booking",
        "site": one.site_name if one else "the site",
    }


def step_link(link: str, known: Facts, documents: Sequence[SubjectDocument]) -> str | None:
    """The page a step leads to; a single document's own where it has one."""
    if not link:
        return None
    one = documents[0] if len(documents) == 1 else None
    if link == "byondpro_booking":
        return known.link("booking", booking=one.booking) if one else None
    if link == "byondpro_document":
        return known.link(one.entry_type, number=one.number) if one else None
    return known.link(link)


def _description(checklist: Checklist, first: SubjectDocument | None) -> str:
    if first is None:
        return ""
    if (
        checklist.entity_kind == "terms_code"
        and first.terms_code.upper() == checklist.entity.upper()
    ):
        return first.terms_description
    if checklist.entity_kind == "customer":
        return first.customer_name
    return ""


def _carries(payload: str, terms_code: str, entity_kind: str, entity: str) -> bool:
    if entity_kind == "terms_code":
        return terms_code.upper() == entity.upper()
    return entity_kind in _ACCOUNT_KINDS and _posts_to(payload, entity)


def _posts_to(payload: str, account: str) -> bool:
    try:
        accounts = accounts_of(json.loads(payload))
    except (ValueError, AttributeError):
        return False
    return account in accounts
