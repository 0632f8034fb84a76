"""A setting as people may see it, and a change of one between two starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

#: Where a value stands; *start*: handed in by the program that started the process.
Origin = Literal["default", "file", "environment", "start"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingValue:
    """Of a secret only whether it is set; an address without its password."""

    name: str
    value: str  # empty: none
    default: str
    origin: Origin
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingChange:
    """One setting that is not what it was at the start before."""

    name: str
    before: str
    now: str
    origin: Origin  # of what it is now


def changes(
    known: Mapping[str, str], settings: Sequence[SettingValue]
) -> tuple[SettingChange, ...]:
    """What differs from the values *known* from the start before; at the first start nothing does.

    A setting that the version before did not have was at what is now its default.
    """
    if not known:
        return ()
    return tuple(
        SettingChange(name=one.name, before=before, now=one.value, origin=one.origin)
        for one in settings
        if (before := known.get(one.name, one.default)) != one.value
    )
