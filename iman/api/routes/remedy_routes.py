"""The routes of remedies, in one list."""

from __future__ import annotations

from iman.api.routes import by_hand, causes, checklists, playbooks, releases, setups

PARTS = (causes, checklists, playbooks, releases, by_hand, setups)
