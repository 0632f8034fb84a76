"""Playbooks that behave: the real ones, with an administrator's edits kept in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property

from iman.api.playbook_wire import playbook_detail, playbook_row
from iman.api.wire_checklists import PlaybookDetail, PlaybookEdit, PlaybookRow
from iman.errors import DaemonRefused, NotFound
from iman.playbooks import PlaybookError, PlaybookText, built_in, parsed


class FakePlaybooks:
    """What the API answers about playbooks."""

    @cached_property
    def edited(self) -> list[tuple[str, str]]:
        """Error type and text, oldest first."""
        return []

    def _kept(self, error_type: str) -> PlaybookText:
        mine = [text for kind, text in self.edited if kind == error_type]
        if mine and mine[-1]:
            return PlaybookText(error_type=error_type, text=mine[-1], origin="edited")
        found = built_in().get(error_type)
        if found is None:
            raise NotFound("There is no such playbook.")
        return found

    def playbooks(self) -> list[PlaybookRow]:
        return [playbook_row(self._kept(error_type)) for error_type in built_in()]

    def playbook(self, error_type: str) -> PlaybookDetail:
        return playbook_detail(self._kept(error_type))

    def playbook_edits(self, error_type: str) -> list[PlaybookEdit]:
        at = datetime.now(UTC)
        found = [
            PlaybookEdit(
                id=number, by="ada", at=at, text=text, version=parsed(text).version if text else 0
            )
            for number, (kind, text) in enumerate(self.edited, start=1)
            if kind == error_type
        ]
        return found[::-1]

    def save_playbook(self, error_type: str, text: str, *, instead_of: str) -> PlaybookDetail:
        if self._kept(error_type).digest != instead_of:
            raise DaemonRefused("Somebody saved another version meanwhile; look at it first.")
        if text:
            try:
                parsed(text)
            except PlaybookError as exc:
                raise DaemonRefused(f"The playbook is not valid: {' '.join(exc.faults)}") from exc
        self.edited.append((error_type, text))
        return self.playbook(error_type)
