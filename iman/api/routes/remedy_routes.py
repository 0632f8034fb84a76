"""The routes of remedies, in one list."""

from __future__ import annotations

from iman.api.routes import by_hand, causes, checklists, playbooks, releases, rules, setups

PARTS = (causes, checklists, playbooks, rules, releases, by_hand, setups)
