"""Who may do what, and of what they see: the one table of roles and permissions.

``docs/roles.md`` says it in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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
    WATCH = "watch"  # the figures for Prometheus, of every company and site
    VIEW_AUDIT = "view_audit"
    VIEW_SETTINGS = "view_settings"  # what the daemon runs on
    WORK_SANDBOX = "work_sandbox"  # let its Sage 300 misbehave
    MANAGE_USERS = "manage_users"  # and service tokens


_READ = frozenset({Permission.VIEW, Permission.EXPORT})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MANAGER: _READ,
    Role.SUPPORT: _READ | {Permission.WORK_CHECKLIST, Permission.PARK},
    Role.ADMIN: frozenset(Permission),
}

#: What changes or shows the whole of Iman: nobody limited to companies or sites carries it.
REACHES_EVERYTHING = frozenset(
    {
        Permission.PAUSE,
        Permission.EDIT_PLAYBOOKS,
        Permission.EDIT_RULES,
        Permission.EDIT_SHARED_VIEWS,
        Permission.BACK_UP,
        Permission.PRUNE,
        Permission.WATCH,
        Permission.VIEW_AUDIT,
        Permission.VIEW_SETTINGS,
        Permission.WORK_SANDBOX,
        Permission.MANAGE_USERS,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """The companies and sites whose documents somebody sees; none named: all of them.

    Who is limited to sites sees nothing that has no site.
    """

    companies: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("companies", "sites"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def limited(self) -> bool:
        return bool(self.companies or self.sites)

    def __str__(self) -> str:
        several = (("companies", self.companies), ("sites", self.sites))
        told = [f"{what} {', '.join(codes)}" for what, codes in several if codes]
        return "; ".join(told) or "everything"


EVERYWHERE = Reach()


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who signed in, a service token, or a part of the system acting on its own."""

    name: str
    role: str  # a Role, or SERVICE
    reach: Reach = EVERYWHERE
    granted: frozenset[Permission] | None = None  # a token's own; None: what the role carries

    @property
    def permissions(self) -> frozenset[Permission]:
        carried = PERMISSIONS[Role(self.role)] if self.granted is None else self.granted
        return carried - REACHES_EVERYTHING if self.reach.limited else carried

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


#: The role of a service token, in answers and in the audit trail.
SERVICE: Final = "service"
