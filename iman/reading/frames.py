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
#: The seconds are means: from byondpro to Sage 300, and from the first refusal to Sage 300.
SERIES = (
    "bucket",
    "first_attempts",
    "first_accepted",
    "refused",
    "synced",
    "synced_amount",
    "sync_seconds",
    "remedy_seconds",
)

#: What stood open at the beginning of each bucket; those nobody looked at are absent.
HISTORY = ("bucket", "documents", "failed", "amount", "failed_amount")

#: Refused attempts by weekday (1: Monday) and hour of the zone asked for; quiet hours are absent.
BUSY_HOURS = ("weekday", "hour", "refused")

#: Attempts refused after an earlier one of their round. *transient*: waiting could help.
RETRIES = ("error_type", "transient", "attempts", "previous_attempts")

#: What documents were refused for in a window; one that comes back counts again.
MET_CAUSES = (
    "id",
    "error_type",
    "entity_kind",
    "entity",
    "error",  # one of the texts
    "is_open",
    "documents",
    "amount",
)

#: What is dated on or before a day and is not in Sage 300.
PERIOD_END = ("state", "error_type", "entity_kind", "entity", "documents", "amount", "oldest")

#: What explains a change. *kind*: outage, release, cause_resolved, setup_fixed; an outage has an
#: end once it is over.
MARKS = ("at", "ended_at", "kind", "what", "error_type", "entity", "id")

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
AUDIT = (
    "id", "at", "who", "role", "action", "target", "allowed", "reason", "origin",
    "old_value", "new_value", "request_id", "hash",
)  # fmt: skip
