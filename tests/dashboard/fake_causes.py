"""A cause as the API tells of it, and the words its playbook is filled with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from iman.api.wire_remedies import Cause
from iman.domain.cause import CauseState
from tests.dashboard.fake_documents import F48

WORDS = {
    "entity": "F48", "description": "48 Month Repayment Plan", "thing": "terms code",
    "documents": "INV-010319", "company": "SAMLTD", "customer": "Margaret Ellison",
    "booking": "10319", "site": "Highview",
}  # fmt: skip


def make_cause(**overrides: Any) -> Cause:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": 1, "company": "SAMLTD", "error_type": "terms_missing", "entity_kind": "terms_code",
        "entity": "F48", "template": "", "sample": F48, "state": CauseState.OPEN, "documents": 1,
        "amount": Decimal("3760.00"), "failed": 1, "retrying": 0, "parked": 0, "on_the_way": 0,
        "first_seen_at": now - timedelta(minutes=7), "last_seen_at": now - timedelta(minutes=5),
        "since": now - timedelta(minutes=7), "resolved_at": None, "times_back": 0,
        "documents_ever": 1, "owner": None, "checklist_id": None, "release_id": None,
        "trend": [0] * 20 + [1, 0, 0, 5],
    }  # fmt: skip
    return Cause(**{**values, **overrides})
