"""Where in a document the value stands that Sage 300 refused, and which set-ups put it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iman.domain.gl_account import posted_account
from iman.domain.setup import ByondproSetups

Payload = Mapping[str, Any]

_ACCOUNTS = frozenset({"gl_account_missing", "gl_account_inactive"})
_ACCOUNT_KINDS = frozenset({"gl_account", "gl_segment", "account"})
#: Entity kinds to the header's field that carries them.
_HEADER_KINDS = {
    "terms_code": "terms",
    "customer": "customer",
    "national_account": "customer",
    "customer_group": "customer_group",
    "tax_group": "tax_group",
    "currency": "currency",
    "period": "date",
    "fiscal_year": "date",
    "date": "date",
    "exchange_rate": "date",
    "payment_code": "receipt_type",
    "bank": "bank",
    "document": "number",
}
#: What the error type alone says, where the text names no kind.
_HEADER_TYPES = {
    "terms_missing": "terms",
    "customer_missing": "customer",
    "customer_inactive_or_on_hold": "customer",
    "tax_setup": "tax_group",
    "currency_or_rate": "currency",
    "period_closed": "date",
    "duplicate_document": "number",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Culprit:
    """One place in a document that carries the offending value."""

    place: str  # header or line
    field: str  # terms, customer, date, tax_group, account …
    code: str  # the value as Sage 300 was given it
    description: str = ""
    line: int | None = None
    item: str = ""
    item_description: str = ""
    category: str = ""
    category_description: str = ""
    account_field: str = ""  # the category's field the account comes from
    stored_account: str = ""  # as it stands on the category
    site: str = ""
    site_name: str = ""
    site_segment: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetupPlace:
    """One set-up of byondpro that gives a document the value."""

    kind: str  # term, category, customer_group, receipt_type
    code: str
    description: str
    active: bool
    account_field: str = ""
    stored_account: str = ""
    site: str = ""
    site_name: str = ""


def culprits(
    payload: Payload, *, error_type: str, entity_kind: str | None, entity: str | None
) -> list[Culprit]:
    """Every place in *payload* (byondpro's document) that carries what Sage 300 refused.

    Empty where the text names nothing that can be found in the document.
    """
    if error_type in _ACCOUNTS or entity_kind in _ACCOUNT_KINDS:
        return [one for one in _accounts(payload) if _same_account(one.code, entity)]
    found = [*_lines_with(payload, entity)] if entity_kind in {"item", "tax_class"} else []
    field = _HEADER_KINDS.get(entity_kind or "") or _HEADER_TYPES.get(error_type)
    if field is None:
        return found
    header = _header(payload, field)
    return [*found, header] if header is not None else found


def accounts_of(payload: Payload) -> list[str]:
    """Every account the document posts to."""
    return [one.code for one in _accounts(payload)]


def places_of(entity_kind: str, entity: str, setups: ByondproSetups) -> list[SetupPlace]:
    """Every set-up of byondpro that would produce *entity* again."""
    if entity_kind in _ACCOUNT_KINDS:
        return [
            SetupPlace(
                kind="category", code=made.category, description=made.category_description,
                active=made.active, account_field=made.account_field,
                stored_account=made.stored, site=made.site, site_name=made.site_name,
            )
            for made in setups.accounts()
            if _same_account(made.posted, entity)
        ]  # fmt: skip
    listed = {
        "terms_code": ("term", setups.terms),
        "customer_group": ("customer_group", setups.customer_groups),
        "payment_code": ("receipt_type", setups.receipt_types),
        "tax_class": ("tax_code", setups.tax_codes),
        "tax_authority": ("tax_code", setups.tax_codes),
    }.get(entity_kind)
    if listed is None:
        return []
    kind, codes = listed
    return [
        SetupPlace(kind=kind, code=one.code, description=one.description, active=one.active)
        for one in codes
        if one.code.strip().upper() == entity.strip().upper()
    ]


def _same_account(one: str, other: str | None) -> bool:
    """Sage shows accounts with its structure's delimiters, byondpro stores them without."""
    return _bare(one) == _bare(other or "") != ""


def _bare(account: str) -> str:
    return "".join(sign for sign in account.upper() if sign.isalnum())


def _accounts(payload: Payload) -> Iterator[Culprit]:
    site = _part(payload, "site")
    segment, rule = _text(site, "gl_segment"), _text(payload, "gl_segment_rule") or "N"
    for line in _list(payload, "lines"):
        category = _part(line, "category")
        stored = _text(line, "gl_account")
        yield Culprit(
            place="line", field="account", code=_posted(stored, segment, rule),
            line=_number(line), item=_text(line, "item"),
            item_description=_text(line, "description"), category=_text(category, "code"),
            category_description=_text(category, "description"),
            account_field=_text(line, "account_field"), stored_account=stored,
            site=_text(site, "code"), site_name=_text(site, "name"), site_segment=segment,
        )  # fmt: skip
    for line in _list(payload, "journal_lines"):
        stored = _text(line, "gl_account")
        segmented = line.get("segmented") is True
        yield Culprit(
            place="line", field="account",
            code=_posted(stored, segment, rule) if segmented else stored, line=_number(line),
            description=_text(line, "description"), stored_account=stored,
            site=_text(site, "code"), site_name=_text(site, "name"),
            site_segment=segment if segmented else "",
        )  # fmt: skip


def _posted(stored: str, segment: str, rule: str) -> str:
    try:
        return posted_account(stored, segment=segment, rule=rule)
    except ValueError:
        return stored


def _lines_with(payload: Payload, entity: str | None) -> Iterator[Culprit]:
    for line in _list(payload, "lines"):
        category = _part(line, "category")
        if entity and entity in {_text(line, "item"), str(line.get("tax_class", ""))}:
            yield Culprit(
                place="line", field="item" if entity == _text(line, "item") else "tax_class",
                code=entity, line=_number(line), item=_text(line, "item"),
                item_description=_text(line, "description"), category=_text(category, "code"),
                category_description=_text(category, "description"),
            )  # fmt: skip


def _header(payload: Payload, field: str) -> Culprit | None:
    customer, terms = _part(payload, "customer"), _part(payload, "terms")
    receipt = _part(payload, "receipt") or _part(payload, "refund")
    code, description = {
        "terms": (_text(terms, "code"), _text(terms, "description")),
        "customer": (_text(customer, "number"), _text(customer, "name")),
        "customer_group": (_text(customer, "group"), _text(customer, "name")),
        "tax_group": (_text(payload, "tax_group"), ""),
        "currency": (_text(payload, "currency"), ""),
        "date": (_text(payload, "date"), ""),
        "receipt_type": (_text(receipt, "type"), ""),
        "bank": (_text(receipt, "bank"), ""),
        "number": (_text(payload, "number"), _text(payload, "description")),
    }[field]
    if not code:
        return None
    site = _part(payload, "site")
    return Culprit(
        place="header", field=field, code=code, description=description,
        site=_text(site, "code"), site_name=_text(site, "name"),
    )  # fmt: skip


def _part(raw: Payload, name: str) -> Payload:
    part = raw.get(name)
    return part if isinstance(part, Mapping) else {}


def _list(raw: Payload, name: str) -> Sequence[Payload]:
    found = raw.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _text(raw: Payload, name: str) -> str:
    found = raw.get(name)
    return found[:200] if isinstance(found, str) else ""


def _number(line: Payload) -> int | None:
    found = line.get("line")
    return found if isinstance(found, int) else None
