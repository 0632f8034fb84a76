"""Who may do what: the one table of roles and permissions. ``docs/roles.md`` says it in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person comes for."""

    MANAGER = "manager"  # is it healthy, what is stuck, how much money
    SUPPORT = "support"  # what failed, why, what to do now
    ADMIN = "admin"  # resync, users, the daemon


class Permission(StrEnum):
    """One thing that may be allowed or refused."""

    VIEW = "view"
    EXPORT = "export"
    RESYNC = "resync"
    PAUSE = "pause"
    WORK_CHECKLIST = "work_checklist"  # start, tick, note, attach, assign, due dates
    PARK = "park"
    RESYNC_MANY = "resync_many"
    SETTLE = "settle"  # close by hand, and take that back
    EDIT_PLAYBOOKS = "edit_playbooks"
    EDIT_RULES = "edit_rules"  # how error texts are read
    EDIT_SHARED_VIEWS = "edit_shared_views"  # of others
    BACK_UP = "back_up"  # copy the whole ledger into a folder of the daemon's machine
    PRUNE = "prune"  # move old attempts out, delete what is past its age
    VIEW_AUDIT = "view_audit"
    VIEW_SETTINGS = "view_settings"  # what the daemon runs on
    WORK_SANDBOX = "work_sandbox"  # let its Sage 300 misbehave
    MANAGE_USERS = "manage_users"


_READ = frozenset({Permission.VIEW, Permission.EXPORT})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MANAGER: _READ,
    Role.SUPPORT: _READ | {Permission.WORK_CHECKLIST, Permission.PARK},
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who signed in, or a named part of the system acting on its own."""

    name: str
    role: Role

    def may(self, permission: Permission) -> bool:
        """Whether this person's role carries *permission*."""
        return permission in PERMISSIONS[self.role]
