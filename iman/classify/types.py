"""The error types of the taxonomy, and what classification answers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from iman.classify.template import Masked

WHO_FIXES = ("erp_setup", "source_setup", "source_data", "operator", "it", "nobody")


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorType:
    """One label: what must change before a refused document goes through."""

    id: str
    title: str
    description: str
    who_fixes: str  # the first mover, where a rule does not say otherwise
    transient: bool


class Classification(NamedTuple):
    """What one error text says.

    *entity* stands exactly as in the message, None when none is named; *entity_kind* may be known
    all the same. *rule* is the id of what matched, ``unknown:<hash>`` where nothing did: equal
    hashes are equal *template*s, so that the unknown falls into groups.
    """

    type: str
    entity_kind: str | None
    entity: str | None
    transient: bool  # an unattended retry could cure it
    who_fixes: str
    rule: str
    masked: Masked

    @property
    def template(self) -> str:
        """The inner text with its values replaced."""
        return self.masked.template


def _read_types() -> Mapping[str, ErrorType]:
    source = Path(__file__).with_name("types.toml")
    raw = tomllib.loads(source.read_text(encoding="utf-8"))
    return MappingProxyType({id_: ErrorType(id=id_, **fields) for id_, fields in raw.items()})


ERROR_TYPES: Mapping[str, ErrorType] = _read_types()
