"""Numbers for new rows. Only the writer thread takes them; a rolled-back one leaves a gap."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

import duckdb

from iman.ledger.queries import first_row

_NEWEST = {
    "document": "SELECT max(document_id) FROM documents",
    # one that was taken back is not given again: its words may be in the search
    "closing": "SELECT greatest((SELECT coalesce(max(closing_id), 0) FROM closings),"
    " (SELECT coalesce(max(closing_id), 0) FROM search_gone))",
    "attempt": "SELECT max(attempt_id) FROM all_attempts",
    "resync": "SELECT max(resync_id) FROM resyncs",
    "write_back": "SELECT max(write_back_id) FROM write_backs",
    "problem": "SELECT max(problem_id) FROM intake_problems",
    "audit": "SELECT max(event_id) FROM (SELECT event_id FROM audit_events UNION ALL "
    "SELECT last_event FROM audit_archives)",
    "cause": "SELECT max(cause_id) FROM causes",
    "playbook_edit": "SELECT max(edit_id) FROM playbook_edits",
    "checklist": "SELECT max(checklist_id) FROM checklists",
    "attachment": "SELECT max(attachment_id) FROM attachments",
    "release": "SELECT max(release_id) FROM releases",
    "parking": "SELECT max(parking_id) FROM parkings",
    "settlement": "SELECT max(settlement_id) FROM settlements",
    "rule_edit": "SELECT max(edit_id) FROM rule_edits",
    "reclassification": "SELECT max(pass_id) FROM reclassifications",
    "view": "SELECT max(view_id) FROM saved_views",
    "token": "SELECT max(token_id) FROM service_tokens",
    "setup_gap": "SELECT max(gap_id) FROM setup_gaps",
}


class Ids:
    """Counts on from what the ledger holds."""

    def __init__(self, conn: duckdb.DuckDBPyConnection) -> None:
        self._next: defaultdict[str, count[int]] = defaultdict(count)
        for kind, sql in _NEWEST.items():
            row = first_row(conn, sql)
            self._next[kind] = count(((row[0] if row else None) or 0) + 1)

    def take(self, kind: str) -> int:
        return next(self._next[kind])
