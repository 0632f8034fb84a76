"""What byondpro posts of a pre-need line later: its revenue recognised, or taken back.

Each function makes the journal, puts it in the outbox and returns its number. One that is not
allowed raises `ValueError` with the sentence the page shows.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from iman.sandbox import sales, seed
from iman.sandbox.byondpro_store import Body, ByondproStore
from iman.sandbox.byondpro_wire import Document, Journal, JournalLine
from iman.sandbox.followups import balance, invoice_body, number_stem, parent_of, taken_over

JournalKind = Literal["redemption", "reversal", "revenue", "revaluation"]


def redeem(store: ByondproStore, invoice: str, line: int, *, day: date, reason: str = "") -> str:
    """Recognise the revenue of a pre-need line; *reason* overrides that it has to be paid."""
    body, order = _pre_need(store, invoice, line)
    redeemed = order.get("redeemed") or {}
    if str(line) in redeemed:
        raise ValueError(f"Line {line} of {invoice} has been redeemed already.")
    if balance(store, invoice) > 0 and not reason:
        raise ValueError("A pre-need item can be redeemed once its invoice is paid in full.")
    return _journal_of_line(store, body, order, line, "redemption", day)


def reverse_redemption(store: ByondproStore, invoice: str, line: int, *, day: date) -> str:
    """Take a redemption back."""
    body, order = _pre_need(store, invoice, line)
    if str(line) not in (order.get("redeemed") or {}):
        raise ValueError(f"Line {line} of {invoice} has not been redeemed.")
    return _journal_of_line(store, body, order, line, "reversal", day)


def _pre_need(store: ByondproStore, invoice: str, line: int) -> tuple[Body, Body]:
    body = invoice_body(store, invoice)
    order = store.order(body["sales_order"])
    found = [row for row in body["lines"] if row["line"] == line]
    if order is None or not found or found[0]["account_field"] != "pre_need":
        raise ValueError(f"Line {line} of {invoice} is no pre-need item.")
    return body, order


def _journal_of_line(
    store: ByondproStore, invoice: Body, order: Body, line: int, kind: JournalKind, day: date
) -> str:
    row = next(row for row in invoice["lines"] if row["line"] == line)
    category = store.setup("category", row["category"]["code"])
    if category is None:
        raise ValueError(f"Category {row['category']['code']} is not set up.")
    number = store.free_number("journal", f"JE-{number_stem(invoice['booking'])}", first="-1")
    document = journal_document(
        invoice,
        number=number,
        kind=kind,
        debit=(row["gl_account"], False),
        credit=(category["accounts"]["revenue"], True),
        amount=Decimal(row["amount"]) - Decimal(row["tax"]),
        description=row["description"],
        day=day,
    )
    redeemed = dict(order.get("redeemed") or {})
    if kind == "redemption":
        redeemed[str(line)] = number
    else:
        del redeemed[str(line)]
    kept = {key: order[key] for key in order.keys() - {"number", "booking", "status"}}
    with store.db.transaction():
        store.add_document(document)
        store.save_order(
            order["number"], order["booking"], order["status"], kept | {"redeemed": redeemed}
        )
        store.track(order["booking"], sales.USER, f"Journal {number}: {kind} of line {line}")
    return number


def journal_document(
    of: Mapping[str, Any],
    *,
    number: str,
    kind: JournalKind,
    debit: tuple[str, bool],
    credit: tuple[str, bool],
    amount: Decimal,
    description: str,
    day: date,
    parent: bool = True,
) -> Document:
    """A journal of two lines, not stored; a reversal changes its sides.

    *debit* and *credit* are an account and whether the site's segment is written over it. Without
    *parent* nothing has to be in Sage 300 before it.
    """
    sign = -1 if kind == "reversal" else 1
    sides = ((debit, amount * sign), (credit, -amount * sign))
    rule = {"gl_segment_rule": seed.SEGMENT_RULE}
    return Document(
        **(taken_over(of) | rule),
        entry_type="journal",
        number=number,
        description=f"{kind.capitalize()} of {description}"[:60],
        date=day,
        amount=amount,
        parent=parent_of(of) if parent else None,
        journal=Journal(kind=kind),
        journal_lines=[
            JournalLine(
                line=n,
                gl_account=account,
                segmented=segmented,
                amount=value,
                description=description,
                reference=number,
            )
            for n, ((account, segmented), value) in enumerate(sides, 1)
        ],
    )
