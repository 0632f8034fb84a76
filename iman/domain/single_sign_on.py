"""What an identity provider says of a person, and what that is worth in Iman.

Which of the provider's groups carries which role and reach is the site's own list; nobody gets more
than one line of it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from iman.domain.people import EVERYWHERE, Reach, Role


def discovery_address(issuer: str) -> str:
    """Where a provider describes itself: OpenID Connect Discovery 1.0, section 4."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRole:
    """Who is in the provider's *group* has *role* within *reach*."""

    group: str
    role: Role
    reach: Reach = EVERYWHERE

    def __str__(self) -> str:
        limits = f" ({self.reach})" if self.reach.limited else ""
        return f"{self.group}: {self.role}{limits}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A person as the provider's token names them; its signature and claims were checked.

    *subject* is the provider's own, for good; *name* is what it calls the account, and may change.
    """

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]
    digest: str  # of the token: it signs in once
    until: datetime  # when the token is worth nothing by itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the groups give, and which of them gave it."""

    role: Role
    reach: Reach
    groups: tuple[str, ...]


def standing(groups: Iterable[str], mapping: Sequence[GroupRole]) -> Standing | None:
    """What a person in *groups* may; None where none of them is mapped.

    The first line of *mapping* that fits says the role. Further lines with that role widen the
    reach, but only where the two together hold no company and site that neither holds: sites of the
    same companies, or companies of the same sites.
    """
    theirs = frozenset(groups)
    fitting = [line for line in mapping if line.group in theirs]
    if not fitting:
        return None
    first = fitting[0]
    reach, giving = first.reach, [first.group]
    for line in fitting[1:]:
        if line.role is not first.role:
            continue
        wider = _together(reach, line.reach)
        if wider is not None and wider != reach:
            reach = wider
            giving.append(line.group)
    return Standing(role=first.role, reach=reach, groups=tuple(giving))


def _together(one: Reach, other: Reach) -> Reach | None:
    """Both, where one reach can say exactly that."""
    if _holds(one, other):
        return one
    if _holds(other, one):
        return other
    if one.companies == other.companies:
        return Reach(companies=one.companies, sites=one.sites + other.sites)
    if one.sites == other.sites:
        return Reach(companies=one.companies + other.companies, sites=one.sites)
    return None


def _holds(wide: Reach, narrow: Reach) -> bool:
    pairs = ((wide.companies, narrow.companies), (wide.sites, narrow.sites))
    return all(not large or (small and set(small) <= set(large)) for large, small in pairs)
