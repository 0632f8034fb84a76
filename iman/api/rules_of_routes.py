"""Which permission each route wants, told in the API's own description as ``x-permission``."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from iman.api.routes.asking import Needs, signed_in

SIGNED_IN = "signed in"  # whoever has a session or a service token, for what is their own
OPEN = "open"  # everybody


def declare(router: APIRouter) -> None:
    """Before it is made part of an app."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.openapi_extra = {**(route.openapi_extra or {}), "x-permission": rule_of(route)}


def rule_of(route: APIRoute) -> str:
    """A permission, or one of the two words above."""
    calls = list(_calls(route.dependant))
    wanted = {call.permission.value for call in calls if isinstance(call, Needs)}
    assert len(wanted) <= 1, (route.path, wanted)  # noqa: S101 -- one rule a route
    return wanted.pop() if wanted else SIGNED_IN if signed_in in calls else OPEN


def _calls(dependant: Dependant) -> list[object]:
    found: list[object] = [dependant.call]
    for one in dependant.dependencies:
        found += _calls(one)
    return found
