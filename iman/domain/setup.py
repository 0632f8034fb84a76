"""Set-ups: codes that must exist on both sides, and what byondpro's would ask Sage 300 for.

For terms, customer groups, receipt types and tax codes only the code must be identical. An account
is the category's, with the site's segment written over it by ProductGLCodeSiteSegment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from iman.domain.gl_account import posted_account

#: The category's fields whose account carries no site segment in any document.
PLAIN_FIELDS = frozenset({"land_valuation", "capital_improvement", "valuations_clearing"})
#: Sold with the site's segment, redeemed (by a journal) without it.
BOTH_FIELDS = frozenset({"pre_need"})


class SetupKind(StrEnum):
    """What Sage 300 is asked for."""

    TERM = "term"
    ACCOUNT = "account"
    TAX_GROUP = "tax_group"
    CUSTOMER_GROUP = "customer_group"
    PAYMENT_CODE = "payment_code"


class Problem(StrEnum):
    """What is wrong with a code byondpro uses."""

    MISSING = "missing"  # Sage 300 has no such code
    INACTIVE = "inactive"  # Sage 300 has it, inactive
    MISMATCHED = "mismatched"  # it is there but cannot be used, or is written another way


#: Which remedy a gap needs.
ERROR_TYPES: dict[tuple[SetupKind, Problem], str] = {
    (SetupKind.ACCOUNT, Problem.INACTIVE): "gl_account_inactive",
}
_ERROR_TYPES = {
    SetupKind.TERM: "terms_missing",
    SetupKind.ACCOUNT: "gl_account_missing",
    SetupKind.TAX_GROUP: "tax_setup",
    SetupKind.CUSTOMER_GROUP: "setup_code_missing",
    SetupKind.PAYMENT_CODE: "setup_code_missing",
}
ENTITY_KINDS = {
    SetupKind.TERM: "terms_code",
    SetupKind.ACCOUNT: "gl_account",
    SetupKind.TAX_GROUP: "tax_group",
    SetupKind.CUSTOMER_GROUP: "customer_group",
    SetupKind.PAYMENT_CODE: "payment_code",
}


def error_type_of(kind: SetupKind, problem: Problem) -> str:
    """The error a document meets that runs into the gap."""
    return ERROR_TYPES.get((kind, problem), _ERROR_TYPES[kind])


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A code of byondpro's with its description."""

    code: str
    description: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    code: str
    description: str = ""
    active: bool = True
    accounts: Mapping[str, str] = field(default_factory=dict)  # field to stored account


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    code: str
    description: str = ""
    active: bool = True
    gl_segment: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeAccount:
    """One account a category can post to at a site. *posted* is '' where it cannot be built."""

    posted: str
    stored: str
    category: str
    category_description: str
    account_field: str
    site: str  # '' for one that carries no segment
    site_name: str
    active: bool
    trouble: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ByondproSetups:
    """All of ``GET /setups``, typed."""

    terms: Sequence[Code] = ()
    categories: Sequence[Category] = ()
    sites: Sequence[Site] = ()
    tax_codes: Sequence[Code] = ()
    customer_groups: Sequence[Code] = ()
    receipt_types: Sequence[Code] = ()
    segment_rule: str = "N"

    def accounts(self) -> Iterator[MadeAccount]:
        """Every account a category × site can post to, active or not."""
        for category in self.categories:
            for name, stored in category.accounts.items():
                if not stored:
                    continue
                plain = name in PLAIN_FIELDS or name in BOTH_FIELDS or self.segment_rule == "N"
                if plain:
                    yield MadeAccount(
                        posted=stored, stored=stored, category=category.code,
                        category_description=category.description, account_field=name, site="",
                        site_name="", active=category.active,
                    )  # fmt: skip
                if name not in PLAIN_FIELDS and self.segment_rule != "N":
                    yield from (self._at(category, name, stored, site) for site in self.sites)

    def _at(self, category: Category, name: str, stored: str, site: Site) -> MadeAccount:
        posted, trouble = "", ""
        try:
            posted = posted_account(stored, segment=site.gl_segment, rule=self.segment_rule)
        except ValueError as exc:
            trouble = str(exc)
        return MadeAccount(
            posted=posted, stored=stored, category=category.code,
            category_description=category.description, account_field=name, site=site.code,
            site_name=site.description, active=category.active and site.active, trouble=trouble,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class SageCode:
    """A code as Sage 300 holds it."""

    code: str
    description: str = ""
    active: bool = True
    usable: bool = True  # an account may be there, active, and yet take no posting
    why_not: str = ""


#: Per kind, what Sage 300 holds by its code in capitals; a kind that could not be read is absent.
SageSetups = Mapping[SetupKind, Mapping[str, SageCode]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in byondpro a code comes from."""

    kind: str  # term, category, site, customer_group, receipt_type, document
    code: str
    description: str = ""
    account_field: str = ""
    stored_account: str = ""
    site: str = ""
    site_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A code byondpro would send that has no place to land in Sage 300."""

    kind: SetupKind
    code: str
    problem: Problem
    message: str
    places: tuple[Place, ...]


def gaps(
    byondpro: ByondproSetups, sage: SageSetups, *, tax_groups: Sequence[str] = ()
) -> list[Gap]:
    """Compare the two. *tax_groups*: those that recent documents carry, for byondpro lists none.

    A kind absent from *sage* is not judged. What is inactive in byondpro asks nothing of Sage 300.
    """
    wanted: dict[tuple[SetupKind, str], list[Place]] = {}
    for kind, place_kind, codes in (
        (SetupKind.TERM, "term", byondpro.terms),
        (SetupKind.CUSTOMER_GROUP, "customer_group", byondpro.customer_groups),
        (SetupKind.PAYMENT_CODE, "receipt_type", byondpro.receipt_types),
    ):
        for one in codes:
            if one.active:
                place = Place(kind=place_kind, code=one.code, description=one.description)
                wanted.setdefault((kind, one.code), []).append(place)
    for group in tax_groups:
        place = Place(kind="document", code=group, description="carried by recent documents")
        wanted.setdefault((SetupKind.TAX_GROUP, group), []).append(place)
    found: list[Gap] = []
    for made in byondpro.accounts():
        if not made.active:
            continue
        place = _category_place(made)
        if made.trouble:
            found.append(_unbuildable(made, place))
        else:
            wanted.setdefault((SetupKind.ACCOUNT, made.posted), []).append(place)
    for (kind, code), places in wanted.items():
        held = sage.get(kind)
        if held is not None and (gap := _judge(kind, code, held, tuple(places))) is not None:
            found.append(gap)
    return _merged(found)


def _category_place(made: MadeAccount) -> Place:
    return Place(
        kind="category", code=made.category, description=made.category_description,
        account_field=made.account_field, stored_account=made.stored, site=made.site,
        site_name=made.site_name,
    )  # fmt: skip


def _unbuildable(made: MadeAccount, place: Place) -> Gap:
    return Gap(
        kind=SetupKind.ACCOUNT, code=f"{made.stored}@{made.site}", problem=Problem.MISMATCHED,
        message=f"No account can be built for {made.site_name or made.site}: {made.trouble}.",
        places=(place,),
    )  # fmt: skip


def _judge(
    kind: SetupKind, code: str, held: Mapping[str, SageCode], places: tuple[Place, ...]
) -> Gap | None:
    name = _NAMES[kind]
    found = held.get(code.strip().upper())
    if found is None:
        near = _near(code, held)
        if near is not None:
            message = f"byondpro says {code}, Sage 300 says {near}: the codes must be identical."
            return Gap(kind=kind, code=code, problem=Problem.MISMATCHED, message=message,
                       places=places)  # fmt: skip
        message = f"Sage 300 has no {name} {code}."
        return Gap(kind=kind, code=code, problem=Problem.MISSING, message=message, places=places)
    if not found.active:
        message = f"{name[0].upper()}{name[1:]} {code} is inactive in Sage 300."
        return Gap(kind=kind, code=code, problem=Problem.INACTIVE, message=message, places=places)
    if not found.usable:
        message = f"{name[0].upper()}{name[1:]} {code} cannot be used: {found.why_not}."
        return Gap(kind=kind, code=code, problem=Problem.MISMATCHED, message=message,
                   places=places)  # fmt: skip
    return None


_NAMES = {
    SetupKind.TERM: "terms code",
    SetupKind.ACCOUNT: "G/L account",
    SetupKind.TAX_GROUP: "tax group",
    SetupKind.CUSTOMER_GROUP: "customer group",
    SetupKind.PAYMENT_CODE: "payment code",
}


def _near(code: str, held: Mapping[str, SageCode]) -> str | None:
    """A code that differs in blanks and signs only."""
    bare = _bare(code)
    return next((one for one in held if _bare(one) == bare), None) if bare else None


def _bare(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum())


def _merged(found: Sequence[Gap]) -> list[Gap]:
    together: dict[tuple[SetupKind, str], Gap] = {}
    for gap in found:
        known = together.get((gap.kind, gap.code))
        together[gap.kind, gap.code] = (
            gap if known is None else Gap(
                kind=gap.kind, code=gap.code, problem=gap.problem, message=gap.message,
                places=known.places + gap.places,
            )
        )  # fmt: skip
    return list(together.values())
