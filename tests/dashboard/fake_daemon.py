"""What the daemon tells of itself: its queue, pauses, breaker, settings, audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from iman.api.wire import BreakerEvent, DocumentRecord, Pause, Queue
from iman.api.wire_audit import AuditVerification
from iman.api.wire_settings import ChangedSetting, Setting, SettingsRecord
from iman.domain.document import DocumentState
from iman.reading import frames
from tests.dashboard.fake_documents import HOSTILE


def frame_of(columns: Sequence[str], rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    for name in frame.columns:
        if name.endswith("_at") or name in ("at", "bucket"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


class FakeDaemon:
    """A pause here holds at once."""

    known: dict[int, DocumentRecord]

    @cached_property
    def held(self) -> dict[str, Pause]:
        return {}

    def queue(self) -> Queue:
        moving = (DocumentState.PENDING, DocumentState.RETRYING, DocumentState.UNKNOWN)
        depth = sum(d.state in moving for d in self.known.values())
        return Queue(
            depth=depth,
            waiting_for_others=sum(d.state is DocumentState.WAITING for d in self.known.values()),
            trend="shrinking" if depth else "empty",
            seconds_to_empty=230.0 if depth else None,
            highest=40 if depth else 0,
            highest_at=datetime.now(UTC) - timedelta(minutes=5),
        )

    def pauses(self) -> list[Pause]:
        return list(self.held.values())

    def pause(self, what: str, *, reason: str) -> None:
        self.held[what] = Pause(
            entry_type=what, paused_at=datetime.now(UTC), paused_by="ada", reason=reason
        )

    def resume(self, what: str) -> None:
        self.held.pop(what, None)

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        now = datetime.now(UTC)
        return [
            BreakerEvent(at=now - timedelta(minutes=ago), state=state, reason=reason)
            for ago, state, reason in (
                (190, "closed", ""),
                (191, "half_open", "Sage 300 answered 503"),
                (214, "open", f"Sage 300 answered 503 {HOSTILE}"),
            )
        ]

    def audit(self, *, limit: int) -> pd.DataFrame:
        now = datetime.now(UTC)
        rows = [
            (9, 1, "ada", "admin", "resync", "INV-010204", True, f"6030 was added {HOSTILE}",
             "round 1", "round 2"),
            (8, 4, "sam", "support", "resync", "/api/v1/documents/1/resync", False, "", "", ""),
            (7, 9, "ada", "admin", "pause", "receipt", True, "Sage 300 is being updated", "pushing",
             "paused"),
            (6, 30, "ada", "admin", "save_user", "sam", True, "role support", "", ""),
            (5, 44, "eve", "", "sign_in", "=cmd|' /C calc'!A0", False, "", "", ""),
        ]  # fmt: skip
        return frame_of(
            frames.AUDIT,
            [
                {
                    "id": i, "at": now - timedelta(minutes=ago), "who": who, "role": role,
                    "action": action, "target": target, "allowed": allowed, "reason": reason,
                    "origin": "dashboard 127.0.0.1", "old_value": old, "new_value": new,
                    "request_id": f"req-{i}", "hash": f"{i:064x}",
                }
                for i, ago, who, role, action, target, allowed, reason, old, new in rows
            ],
        )  # fmt: skip

    def audit_proof(self) -> AuditVerification:
        return AuditVerification(events=5, head=f"5:{'9' * 64}", broken=None)

    def settings(self) -> SettingsRecord:
        now = datetime.now(UTC)
        several = [
            Setting(name=name, value=value, default=default, origin=origin, meaning=meaning)
            for name, value, default, origin, meaning in (
                ("sage_url", f"http://sage/{HOSTILE}", "required", "file", "Sage 300 Web API"),
                ("sage_password", "set", "required", "environment", "That user's password"),
                ("max_attempts", "7", "5", "file", "Attempts in one round"),
                ("speed", "1.0", "1.0", "default", "Divides every interval"),
                ("grace", "10.0", "10.0", "file", "As delivered, though the file says so"),
            )
        ]
        changed = ChangedSetting(
            at=now - timedelta(days=3), name="max_attempts", before="5", now="7", origin="file",
            started_by="iman-svc",
        )  # fmt: skip
        return SettingsRecord(
            settings=several if self.known else [],
            changes=[changed] if self.known else [],
            file="/etc/iman/iman.toml" if self.known else "",
            started_at=now - timedelta(days=3),
            started_by="iman-svc",
        )
