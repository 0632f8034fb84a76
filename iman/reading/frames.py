"""The tables the read model answers, column by column.

Moments are tz-aware UTC, money is ``decimal.Decimal`` in an object column (Arrow
decimal128(19, 3)), text columns may hold None.
A frame always has exactly these columns in this order, empty or not.
"""

from __future__ import annotations

#: Level 1: one row per entry type (all of them, Invoice first), counts by state.
COUNTS = (
    "entry_type",
    "failed",
    "retrying",
    "waiting",  # pending, syncing, waiting and unknown
    "parked",
    "synced",
    "open_amount",  # money of what is open and failed, retrying, waiting or parked
    "oldest_failed_at",
)

#: Level 2: one row per document.
DOCUMENTS = (
    "id",
    "entry_type",
    "number",
    "state",
    "booking",
    "booking_url",  # page of byondpro
    "site",
    "customer",
    "customer_name",
    "document_date",
    "amount",
    "currency",
    "terms_code",
    "terms_description",
    "error",  # "1020 - Terms Code …": number and text, unaltered
    "error_type",
    "entity",
    "attempt",
    "max_attempts",
    "first_failed_at",
    "last_tried_at",
    "next_try_at",
    "received_at",
    "synced_at",
    "erp_reference",
    "parent",  # number of the document that has to be in Sage 300 first
)

#: Refused attempts per bucket and error type; buckets without any are absent.
FAILURES = ("bucket", "error_type", "failures")

#: What each bucket saw, in the same buckets; those in which nothing happened are absent.
SERIES = ("bucket", "first_attempts", "first_accepted", "refused", "synced", "synced_amount")

#: What is not in Sage 300 now. *place* numbers the age: under an hour, a day, 7 days, 30, over.
STANDING = ("entry_type", "site", "place", "documents", "failed", "amount")

#: What lies underneath the open documents that were refused: one row per error type and entity.
OPEN_ERRORS = (
    "error_type",
    "entity_kind",
    "entity",
    "error",  # one of the texts, number and all
    "documents",
    "amount",
    "first_failed_at",
    "last_failed_at",
)

#: Events from byondpro that could not be read.
INTAKE_PROBLEMS = ("id", "cursor", "received_at", "reason", "excerpt")

#: Who did what. byondpro's Tracking columns.
AUDIT = ("id", "at", "who", "role", "action", "target", "allowed", "reason", "origin")
