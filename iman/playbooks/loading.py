"""Reads a playbook's TOML, and says in plain words what is wrong with one. docs/playbooks.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from iman.domain.playbook import (
    LINKS,
    PLACEHOLDERS,
    Branch,
    Check,
    Choice,
    Lock,
    Option,
    Playbook,
    Step,
    Who,
    placeholders,
)

Table = Mapping[str, Any]

LONGEST = 64_000  # characters of a playbook's file
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TOP = {
    "error_type",
    "version",
    "title",
    "summary",
    "thing",
    "question",
    "branch",
    "choice",
    "step",
}
_BRANCH = {"id", "title", "when", "result"}
_CHOICE = {"id", "question", "help", "options", "branches"}
_OPTION = {"id", "title", "help"}
_STEP = {
    "id", "who", "do", "where", "link", "why", "out_of_order", "verify", "argument", "branches",
    "only_if", "after", "locked_while", "optional", "releases", "follow_up",
}  # fmt: skip


class PlaybookError(ValueError):
    """A playbook that cannot be used; every fault in a line of its own."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def read_playbook(text: str, *, error_types: Sequence[str]) -> Playbook:
    """Raises ``PlaybookError`` with all that is wrong, not only the first."""
    if len(text) > LONGEST:
        raise PlaybookError([f"The playbook is longer than {LONGEST} characters."])
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise PlaybookError([f"This is not valid TOML: {exc}."]) from exc
    return _Reader(error_types).read(raw)


class _Reader:
    def __init__(self, error_types: Sequence[str]) -> None:
        self._error_types = error_types
        self._faults: list[str] = []

    def read(self, raw: Table) -> Playbook:
        self._known(raw, _TOP, "The playbook")
        error_type = self._text(raw, "error_type", "The playbook")
        if error_type and error_type not in self._error_types:
            self._fault(f"{error_type!r} is no error type; docs/errors.md lists them.")
        version = raw.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            self._fault("The playbook's version is a whole number from 1 on.")
            version = 1
        branches = [self._branch(one) for one in self._tables(raw, "branch")]
        choices = [self._choice(one) for one in self._tables(raw, "choice")]
        steps = [self._step(one) for one in self._tables(raw, "step")]
        found = Playbook(
            error_type=error_type,
            version=version,
            title=self._text(raw, "title", "The playbook"),
            summary=self._text(raw, "summary", "The playbook", needed=False),
            thing=self._text(raw, "thing", "The playbook", needed=False),
            question=self._text(raw, "question", "The playbook", needed=bool(branches)),
            branches=tuple(branches),
            choices=tuple(choices),
            steps=tuple(steps),
        )
        self._check(found)
        if self._faults:
            raise PlaybookError(self._faults)
        return found

    # -- parts

    def _branch(self, raw: Table) -> Branch:
        where = self._name("Branch", raw)
        self._known(raw, _BRANCH, where)
        return Branch(
            id=self._id(raw, where),
            title=self._text(raw, "title", where),
            when=self._text(raw, "when", where),
            result=self._text(raw, "result", where, needed=False),
        )

    def _choice(self, raw: Table) -> Choice:
        where = self._name("Choice", raw)
        self._known(raw, _CHOICE, where)
        options = []
        for one in self._tables(raw, "options", where):
            self._known(one, _OPTION, f"An option of {where}")
            options.append(
                Option(
                    id=self._id(one, f"An option of {where}"),
                    title=self._text(one, "title", f"An option of {where}"),
                    help=self._text(one, "help", where, needed=False),
                )
            )
        return Choice(
            id=self._id(raw, where),
            question=self._text(raw, "question", where),
            help=self._text(raw, "help", where, needed=False),
            options=tuple(options),
            branches=frozenset(self._texts(raw, "branches", where)),
        )

    def _step(self, raw: Table) -> Step:
        where = self._name("Step", raw)
        self._known(raw, _STEP, where)
        verify = self._text(raw, "verify", where, needed=False)
        lock = self._text(raw, "locked_while", where, needed=False)
        only_if = raw.get("only_if", {})
        if not isinstance(only_if, dict) or not all(isinstance(v, str) for v in only_if.values()):
            self._fault(f'{where}: only_if is a table as in {{ credit = "yes" }}.')
            only_if = {}
        return Step(
            id=self._id(raw, where),
            who=Who(self._one_of(raw, "who", [who.value for who in Who], where) or Who.SUPPORT),
            do=self._text(raw, "do", where),
            where=self._text(raw, "where", where, needed=False),
            link=self._one_of(raw, "link", sorted(LINKS), where, needed=False),
            why=self._text(raw, "why", where, needed=False),
            out_of_order=self._text(raw, "out_of_order", where, needed=False),
            verify=Check(verify) if verify and self._is_check(verify, where) else None,
            argument=self._text(raw, "argument", where, needed=False),
            branches=frozenset(self._texts(raw, "branches", where)),
            only_if=dict(only_if),
            after=tuple(self._texts(raw, "after", where)),
            locked_while=Lock(lock) if lock and self._is_lock(lock, where) else None,
            optional=self._flag(raw, "optional", where),
            releases=self._flag(raw, "releases", where),
            follow_up=self._flag(raw, "follow_up", where),
        )

    # -- the whole

    def _check(self, found: Playbook) -> None:
        if not found.steps:
            self._fault("The playbook has no step.")
        branches = {branch.id for branch in found.branches}
        self._unique([branch.id for branch in found.branches], "branch")
        self._unique([choice.id for choice in found.choices], "choice")
        self._unique([step.id for step in found.steps], "step")
        for choice in found.choices:
            self._refer(choice.branches, branches, f"Choice {choice.id}", "branch")
        earlier: set[str] = set()
        for step in found.steps:
            where = f"Step {step.id}"
            self._refer(step.branches, branches, where, "branch")
            if late := [one for one in step.after if one not in earlier]:
                self._fault(f"{where}: after names {late[0]!r}, which is no earlier step.")
            for choice_id, option in step.only_if.items():
                self._only_if(found, choice_id, option, where)
            if step.argument and found.choice(step.argument) is None:
                self._fault(f"{where}: argument names {step.argument!r}, which is no choice.")
            for text in (step.do, step.where, step.why, step.out_of_order):
                self._placeholders(text, where)
            earlier.add(step.id)
        for text in (found.title, found.summary, found.question):
            self._placeholders(text, "The playbook")
        for branch in found.branches:
            if not any(not step.branches or branch.id in step.branches for step in found.steps):
                self._fault(f"Branch {branch.id} has no step.")

    def _only_if(self, found: Playbook, choice_id: str, option: str, where: str) -> None:
        choice = found.choice(choice_id)
        if choice is None:
            self._fault(f"{where}: only_if names {choice_id!r}, which is no choice.")
        elif option not in {one.id for one in choice.options}:
            self._fault(f"{where}: only_if wants {option!r}, no option of {choice_id}.")

    # -- small checks

    def _fault(self, text: str) -> None:
        self._faults.append(text)

    def _known(self, raw: Table, known: set[str], where: str) -> None:
        for key in sorted(set(raw) - known):
            self._fault(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}.")

    def _name(self, kind: str, raw: Table) -> str:
        return f"{kind} {raw.get('id', '(without id)')}"

    def _id(self, raw: Table, where: str) -> str:
        found = raw.get("id")
        if not isinstance(found, str) or not _ID.fullmatch(found):
            self._fault(f"{where}: an id has small letters, digits and hyphens, at most 40.")
            return "?"
        return found

    def _text(self, raw: Table, key: str, where: str, *, needed: bool = True) -> str:
        found = raw.get(key, "")
        if not isinstance(found, str):
            self._fault(f"{where}: {key} is a text.")
            return ""
        if needed and not found.strip():
            self._fault(f"{where}: {key} is missing.")
        if len(found) > 2000:
            self._fault(f"{where}: {key} is longer than 2000 characters.")
        return " ".join(found.split())

    def _texts(self, raw: Table, key: str, where: str) -> list[str]:
        found = raw.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self._fault(f"{where}: {key} is a list of ids.")
            return []
        return list(found)

    def _tables(self, raw: Table, key: str, where: str = "The playbook") -> list[Table]:
        found = raw.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self._fault(f"{where}: {key} is written as [[{key}]] or a list of tables.")
            return []
        return list(found)

    def _flag(self, raw: Table, key: str, where: str) -> bool:
        found = raw.get(key, False)
        if not isinstance(found, bool):
            self._fault(f"{where}: {key} is true or false.")
            return False
        return found

    def _one_of(
        self, raw: Table, key: str, known: Sequence[str], where: str, *, needed: bool = True
    ) -> str:
        found = self._text(raw, key, where, needed=needed)
        if found and found not in known:
            self._fault(f"{where}: {key} is {found!r}, not one of {', '.join(known)}.")
            return ""
        return found

    def _is_check(self, name: str, where: str) -> bool:
        if name in {check.value for check in Check}:
            return True
        known = ", ".join(check.value for check in Check)
        self._fault(f"{where}: verify is {name!r}, not one of {known}.")
        return False

    def _is_lock(self, name: str, where: str) -> bool:
        if name in {lock.value for lock in Lock}:
            return True
        self._fault(f"{where}: locked_while is {name!r}, not {', '.join(Lock)}.")
        return False

    def _unique(self, ids: Sequence[str], kind: str) -> None:
        for one in sorted({one for one in ids if ids.count(one) > 1}):
            self._fault(f"There is more than one {kind} {one!r}.")

    def _refer(self, named: frozenset[str], known: set[str], where: str, kind: str) -> None:
        for one in sorted(named - known):
            self._fault(f"{where}: {one!r} is no {kind} of this playbook.")

    def _placeholders(self, text: str, where: str) -> None:
        for one in sorted(placeholders(text) - PLACEHOLDERS):
            known = ", ".join(sorted(PLACEHOLDERS))
            self._fault(f"{where}: {{{one}}} is no placeholder; known are {known}.")
