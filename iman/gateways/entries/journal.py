"""A journal: one batch of ``GL/GLJournalBatches`` each, one header, two or more details.

General Ledger gives entries no number of ours, so byondpro's opens the header's description and is
known again by it.
"""

from __future__ import annotations

from iman.domain.document import Journal, JournalKind, JournalLine
from iman.gateways.entries.batched import Batched
from iman.gateways.entries.batches import JOURNALS
from iman.gateways.entries.mapping import account, cut
from iman.gateways.sage_web import Record

_WORDS = {
    JournalKind.REDEMPTION: "Pre-need redemption",
    JournalKind.REVERSAL: "Redemption reversed",
    JournalKind.REVENUE: "Revenue on payment in full",
    JournalKind.REVALUATION: "Location revaluation",
}


def header(_document: Journal, token: str) -> Record:
    """The batch; General Ledger dates its entries, not its batches."""
    return {"Description": token}


def entry(document: Journal) -> Record:
    """The journal. Raises ``ValueError`` where an account cannot be built."""
    day = document.document_date.isoformat()
    what = document.description or _WORDS[document.kind]
    return {
        "SourceLedger": "GL",
        "SourceType": "JE",
        "Description": cut(f"{document.key.number} {what}"),
        "DocumentDate": day,
        "PostingDate": day,
        "JournalDetails": [_detail(document, line) for line in document.journal_lines],
    }


def _detail(document: Journal, line: JournalLine) -> Record:
    """Debits positive. A balance-sheet account stands for all sites, so it keeps its ending."""
    return {
        "AccountNumber": account(document, line.gl_account) if line.segmented else line.gl_account,
        "Amount": line.amount,
        "SourceCurrencyAmount": line.amount,
        "Description": cut(line.description or document.description),
        "Reference": cut(line.reference or document.key.number),
    }


def is_entry_of(stored: Record, document: Journal) -> bool:
    found, number = stored.get("Description"), document.key.number.strip().upper()
    if not isinstance(found, str):
        return False
    text = found.strip().upper()
    return text == number or text.startswith(f"{number} ")


MAPPING: Batched[Journal] = Batched(
    batch=JOURNALS, header=header, entry=entry, is_entry_of=is_entry_of
)
