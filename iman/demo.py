"""The sandbox's people, known to everybody: only ever added where the sandbox is on."""

from __future__ import annotations

from iman.domain.people import Role

DEMO_SIGN_INS = (
    ("admin", Role.ADMIN, "admin-demo"),
    ("support", Role.SUPPORT, "support-demo"),
    ("manager", Role.MANAGER, "manager-demo"),
)
