"""byondpro's ``GET /setups``, typed. What is not as the contract says is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iman.domain.setup import ByondproSetups, Category, Code, Site

_RULE = re.compile(r"N|[ES][1-9]")


def read_setups(raw: Mapping[str, Any]) -> ByondproSetups:
    """Never raises: a spoilt row says nothing about the others."""
    configuration = raw.get("configuration")
    rule = configuration.get("ProductGLCodeSiteSegment") if isinstance(configuration, dict) else ""
    return ByondproSetups(
        terms=_codes(raw, "terms"),
        categories=[
            Category(
                code=_text(row, "code"),
                description=_text(row, "description"),
                active=row.get("active") is not False,
                accounts=_accounts(row.get("accounts")),
            )
            for row in _rows(raw, "categories")
        ],
        sites=[
            Site(
                code=_text(row, "code"),
                description=_text(row, "description"),
                active=row.get("active") is not False,
                gl_segment=_text(row, "gl_segment"),
            )
            for row in _rows(raw, "sites")
        ],
        tax_codes=_codes(raw, "tax_codes"),
        customer_groups=_codes(raw, "customer_groups"),
        receipt_types=_codes(raw, "receipt_types"),
        segment_rule=rule if isinstance(rule, str) and _RULE.fullmatch(rule) else "N",
    )


def _codes(raw: Mapping[str, Any], name: str) -> list[Code]:
    return [
        Code(
            code=_text(row, "code"),
            description=_text(row, "description"),
            active=row.get("active") is not False,
        )
        for row in _rows(raw, name)
    ]


def _rows(raw: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    listed = raw.get(name)
    for row in listed if isinstance(listed, list) else ():
        if isinstance(row, dict) and _text(row, "code"):
            yield row


def _accounts(raw: Any) -> dict[str, str]:
    if not isinstance(raw, dict):
        return {}
    return {str(name): number for name, number in raw.items() if isinstance(number, str)}


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name)
    return found.strip()[:200] if isinstance(found, str) else ""
