"""Remedies as data: one TOML file per error type, an administrator's own before the built-in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from iman.domain.playbook import Playbook
from iman.playbooks.loading import PlaybookError, read_playbook

__all__ = [
    "ERROR_TYPES",
    "PlaybookError",
    "PlaybookText",
    "built_in",
    "from_folder",
    "parsed",
    "read_playbook",
]

#: The error types of the taxonomy; a test holds them to ``iman.classify``.
ERROR_TYPES: tuple[str, ...] = (
    "terms_missing", "gl_account_missing", "gl_account_inactive", "customer_missing",
    "customer_inactive_or_on_hold", "setup_code_missing", "tax_setup", "currency_or_rate",
    "period_closed", "duplicate_document", "document_or_batch_state", "amount_or_balance",
    "field_invalid", "record_conflict", "permission_or_login", "licence_limit", "erp_unavailable",
    "database_error", "other",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaybookText:
    """A playbook as it is written down, and where that text came from."""

    error_type: str
    text: str
    origin: str  # built-in, file or edited

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]

    @property
    def playbook(self) -> Playbook:
        return parsed(self.text)


@cache
def parsed(text: str) -> Playbook:
    """Raises ``PlaybookError``. The same text is read once."""
    return read_playbook(text, error_types=ERROR_TYPES)


@cache
def built_in() -> Mapping[str, PlaybookText]:
    """The playbook of every error type."""
    folder = resources.files("iman.playbooks")
    return {
        error_type: PlaybookText(
            error_type=error_type,
            text=(folder / f"{error_type}.toml").read_text(encoding="utf-8"),
            origin="built-in",
        )
        for error_type in ERROR_TYPES
    }


def from_folder(folder: Path) -> dict[str, PlaybookText]:
    """An administrator's own files. Raises ``PlaybookError`` naming each file and its faults."""
    if not folder.is_dir():
        raise PlaybookError([f"{folder}: there is no such folder of playbooks."])
    found: dict[str, PlaybookText] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            text = file.read_text(encoding="utf-8")
            playbook = parsed(text)
        except (OSError, UnicodeDecodeError) as exc:
            faults.append(f"{file.name}: cannot be read: {exc}.")
        except PlaybookError as exc:
            faults += [f"{file.name}: {fault}" for fault in exc.faults]
        else:
            if playbook.error_type in found:
                faults.append(f"{file.name}: {playbook.error_type} is in another file already.")
            found[playbook.error_type] = PlaybookText(
                error_type=playbook.error_type, text=text, origin="file"
            )
    if faults:
        raise PlaybookError(faults)
    return found
