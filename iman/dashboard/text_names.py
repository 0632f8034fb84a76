"""What states, entry types, error types, outcomes and loops are called."""

from __future__ import annotations

from iman.domain.document import DocumentState, EntryType, ErpSyncStatus

STATES: dict[DocumentState, str] = {
    DocumentState.FAILED: "Failed",
    DocumentState.RETRYING: "Retrying",
    DocumentState.UNKNOWN: "Unknown",
    DocumentState.WAITING: "Waiting",
    DocumentState.PENDING: "Pending",
    DocumentState.SYNCING: "Syncing",
    DocumentState.PARKED: "Parked",
    DocumentState.SYNCED: "Synced",
    DocumentState.SETTLED: "Settled",
}

STATE_MEANINGS: dict[DocumentState, str] = {
    DocumentState.PENDING: "Received from byondpro; its first push of this round is due.",
    DocumentState.SYNCING: "It is on its way to Sage 300 at this moment.",
    DocumentState.RETRYING: "Sage 300 refused it; the next try has a time.",
    DocumentState.WAITING: "It needs another document in Sage 300 first, e.g. a receipt its "
    "invoice. No attempt is used up meanwhile.",
    DocumentState.UNKNOWN: "The answer got lost. Sage 300 is asked whether it has the document "
    "before anything is sent again.",
    DocumentState.FAILED: "All attempts are used up. Nothing happens until somebody presses "
    "Resync.",
    DocumentState.PARKED: "A person set it aside, with a reason. It still counts as open.",
    DocumentState.SYNCED: "It is in Sage 300.",
    DocumentState.SETTLED: "Closed by hand, e.g. because it had already been keyed in Sage 300.",
}

ERP_STATUS: dict[ErpSyncStatus, str] = {
    ErpSyncStatus.PENDING: "sync pending",
    ErpSyncStatus.FAILED: "sync failed",
    ErpSyncStatus.PROCESSED: "processed",
}

ENTRY_TYPES: dict[EntryType, tuple[str, str]] = {
    EntryType.INVOICE: ("Invoice", "Invoices"),
    EntryType.CREDIT_NOTE: ("Credit note", "Credit notes"),
    EntryType.RECEIPT: ("Receipt", "Receipts"),
    EntryType.REFUND: ("Refund", "Refunds"),
    EntryType.CUSTOMER: ("Customer", "Customers"),
    EntryType.REPAYMENT_PLAN: ("Repayment plan", "Repayment plans"),
    EntryType.JOURNAL: ("Journal", "Journals"),
}

#: The classification's types in a fixed order, so that each keeps its colour.
ERROR_TYPES: dict[str, str] = {
    "terms_missing": "Terms code missing or inactive",
    "gl_account_missing": "G/L account missing",
    "customer_missing": "Customer missing",
    "setup_code_missing": "Set-up code missing or inactive",
    "tax_setup": "Tax set-up",
    "period_closed": "Period closed",
    "duplicate_document": "Already in Sage 300",
    "gl_account_inactive": "G/L account inactive",
    "customer_inactive_or_on_hold": "Customer inactive or on hold",
    "other": "Other",
    "currency_or_rate": "Currency or rate",
    "document_or_batch_state": "Document or batch state",
    "amount_or_balance": "Amount or balance",
    "field_invalid": "Field not valid",
    "record_conflict": "Record in use",
    "permission_or_login": "Permission or log-in",
    "licence_limit": "Licence limit",
    "erp_unavailable": "Sage 300 unavailable",
    "database_error": "Database error",
}

TRIGGERS = {
    "intake": "first push",
    "retry": "retry",
    "resync": "resync",
    "recovery": "after a restart",
    "lookup": "looked up in Sage 300",
}

OUTCOMES = {
    "accepted": "Accepted by Sage 300",
    "refused": "Refused by Sage 300",
    "unavailable": "Sage 300 was not available",
    "unknown": "The answer was lost",
    "absent": "Asked Sage 300: it is not there",
    "not_tried": "Not sent",
}

LOOPS = {
    "intake": "Fetch from byondpro",
    "push": "Push to Sage 300",
    "retry": "Retry",
    "reconcile": "Look up lost answers",
    "write-back": "Report back to byondpro",
    "heartbeat": "Heartbeat",
    "mirror": "Compare set-ups",
    "neighbours": "Watch for other ledgers",
    "leftovers": "Withdraw empty batches",
    "causes": "Keep causes in step",
    "releasing": "Release what was put right",
    "rereading": "Read history by new rules",
    "probing": "Verify checklists’ steps",
    "backup": "Back up the ledger",
    "retention": "Move old attempts away",
}
