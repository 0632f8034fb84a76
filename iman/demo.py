"""The sandbox's people, known to everybody: only ever added where the sandbox is on."""

from __future__ import annotations

from dataclasses import dataclass

from iman.domain.people import Role


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """Somebody to try things out as."""

    name: str
    role: Role
    password: str


DEMO_SIGN_INS = (
    DemoSignIn("admin", Role.ADMIN, "admin-demo"),
    DemoSignIn("support", Role.SUPPORT, "support-demo"),
    DemoSignIn("manager", Role.MANAGER, "manager-demo"),
)
