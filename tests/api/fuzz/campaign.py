"""Calls made from the API's own description, as each role, and what must hold of every answer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from iman.domain.people import Role
from tests.api.fuzz.ground import PASSWORDS, TRAIL, Ground

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
URL = "http://127.0.0.1:8601"
_CALLERS: list[Role | None] = [None, *Role]
#: Calls that only ask between looks at every table, each of which takes as long as a call.
_LOOK_EVERY = 20
#: What a number in an address is now and then: rows that are there.
_SMALL = st.integers(0, 6)


@dataclass
class Report:
    """What came of a campaign."""

    calls: int = 0
    refused: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)  # calls by caller
    refused_to: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = ", ".join(f"{status}: {n:,}" for status, n in sorted(self.answers.items()))
        who = ", ".join(
            f"{name} {n:,} ({self.refused_to[name]:,} refused)"
            for name, n in sorted(self.of.items())
        )
        return (
            f"{self.calls:,} calls, {self.refused:,} refused ({told}); by caller {who}; "
            f"{len(self.faults)} faults"
        )


class Campaign:
    """One caller after another, over every route."""

    def __init__(self, ground: Ground, *, seed: int = 1) -> None:
        self._ground = ground
        self._seed = seed
        self._schema = schemathesis.openapi.from_dict(ground.app.openapi())
        self._schema.app = ground.app
        self._routes = [found.ok() for found in self._schema.get_all_operations()]
        self._tokens: dict[Role | None, str] = {}
        self._before = ground.sums()
        self._unseen = 0
        self.report = Report()

    @property
    def routes(self) -> int:
        return len(self._routes)

    def run(self, calls: int, say: Callable[[str], None] = lambda _: None) -> Report:
        """About *calls* of them, a share for every route, as nobody and as every role."""
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        each = max(len(_CALLERS), round(calls / len(self._routes)))
        for place, route in enumerate(self._routes, start=1):
            self._one(route, each)
            if place % 10 == 0:
                say(f"{place} of {len(self._routes)} routes: {self.report}")
        return self.report

    def _one(self, route: Any, calls: int) -> None:
        wrong = route.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        right = route.as_strategy(generation_mode=GenerationMode.POSITIVE)
        ways = [right, right, wrong] if _can_be_wrong(route) else [right]

        @seed(self._seed)
        @settings(
            max_examples=calls,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            role=st.sampled_from(_CALLERS),
            way=st.sampled_from(range(len(ways))),
            data=st.data(),
            small=_SMALL,
        )
        def call(role: Role | None, way: int, data: st.DataObject, small: int) -> None:
            case = data.draw(ways[way])
            if ways[way] is right:
                for name, value in (case.path_parameters or {}).items():
                    if isinstance(value, int) and small < 5:
                        case.path_parameters[name] = small + 1
            self._call(case, role)

        call()

    def _call(self, case: Any, role: Role | None) -> None:
        told = f"{role or 'nobody'} {case.method} {case.path}"
        headers = {} if role is None else {"authorization": f"Bearer {self._token(role)}"}
        try:
            answer = case.call(base_url=URL, headers=headers)
        except Exception as exc:  # noqa: BLE001 -- whatever it was, it is a fault
            self._fault(f"{told}: {exc!r}")
            return
        self.report.calls += 1
        self.report.of[role or "nobody"] += 1
        self.report.refused_to[role or "nobody"] += answer.status_code >= 400
        self.report.answers[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS, headers=headers)
        except (Failure, FailureGroup, AssertionError) as exc:
            self._fault(f"{told}: {exc}")
        self._nothing_changed(case, told, answer.status_code)
        if answer.status_code == 401 or "/sessions" in case.path:
            self._tokens.pop(role, None)  # it may have signed out, here or everywhere

    def _nothing_changed(self, case: Any, told: str, status: int) -> None:
        """A refused call changes nothing but the audit trail; asking changes nothing at all."""
        asks = case.method.upper() == "GET"
        self._unseen += 1
        self.report.refused += status >= 400
        if asks and self._unseen < _LOOK_EVERY:
            return
        self._unseen = 0
        now = self._ground.sums()
        changed = {name for name, content in now.items() if content != self._before[name]}
        self._before = now
        if status < 400 and not asks:
            return
        if case.path.endswith("/me/password"):
            changed -= {"users"}  # a wrong password is counted
        changed -= TRAIL  # an export is written down, and so is what was refused before this call
        if changed:
            self._fault(f"{told} answered {status} and changed {sorted(changed)}")

    def _token(self, role: Role) -> str:
        if role not in self._tokens:
            self._tokens[role] = self._ground.sign_in(role.value, PASSWORDS[role])
            self._before = self._ground.sums()
        return self._tokens[role]

    def _fault(self, told: str) -> None:
        self.report.faults.append(told[:2000])


def _can_be_wrong(route: Any) -> bool:
    return bool(route.body or list(route.path_parameters) or list(route.query))
