"""The set-up mirror in the ledger: what both systems hold, and the gaps between them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from iman.domain.culprit import SetupPlace, places_of
from iman.domain.setup import (
    ENTITY_KINDS,
    ByondproSetups,
    Category,
    Code,
    Gap,
    Place,
    Problem,
    SageCode,
    SetupKind,
    Site,
    error_type_of,
)
from iman.errors import NotFound
from iman.ledger.cause_reading import rows
from iman.ledger.ids import Ids
from iman.ledger.queries import queries
from iman.ledger.reach import reach_of
from iman.ledger.utc import to_db

_SQL = queries("setups")
Row = dict[str, Any]
RECENT = timedelta(days=30)  # a sale so old says little about the next
_GONE_FOR = timedelta(days=1)
_SHOWN = 20  # documents named per gap


def tax_groups_used(conn: duckdb.DuckDBPyConnection, *, since: datetime) -> list[str]:
    found = conn.execute(_SQL["tax_groups_used"], {"since": to_db(since)}).fetchall()
    return [row[0] for row in found]


def save(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    byondpro: ByondproSetups,
    sage: Mapping[SetupKind, Mapping[str, SageCode]],
    found: Sequence[Gap],
    trouble: Mapping[SetupKind, str],
    *,
    carried: Sequence[str],
    now: datetime,
) -> tuple[int, int]:
    """Replace what was known; how many gaps are open, and how many of them are new.

    *carried* is what ``carried_by`` says of each gap. A kind that could not be read keeps its gaps
    as they were.
    """
    codes = [*_byondpro_rows(byondpro), *_sage_rows(sage)]
    conn.execute(_SQL["clear_codes"])
    conn.execute(_SQL["insert_codes"], _columns(_CODE_COLUMNS, codes))
    conn.execute(_SQL["clear_readings"])
    readings: list[tuple[Any, ...]] = [("byondpro", "all", to_db(now), "")]
    readings += [
        ("sage", kind.value, to_db(now) if kind in sage else None, trouble.get(kind, ""))
        for kind in SetupKind
    ]
    conn.execute(
        _SQL["insert_readings"], _columns(("side", "kind", "read_at", "trouble"), readings)
    )
    return _save_gaps(conn, ids, found, carried, set(sage), now)


_CODE_COLUMNS = ("side", "kind", "code", "description", "active", "detail")


def _save_gaps(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    found: Sequence[Gap],
    carried: Sequence[str],
    judged: set[SetupKind],
    now: datetime,
) -> tuple[int, int]:
    known = {
        (kind, code, problem): gap_id
        for gap_id, kind, code, problem in conn.execute(_SQL["open_gaps"]).fetchall()
    }
    carry = dict(zip(((gap.kind, gap.code) for gap in found), carried, strict=True))
    now_open = {(gap.kind.value, gap.code, gap.problem.value): gap for gap in found}
    news = [(key, gap) for key, gap in now_open.items() if key not in known]
    kept = [(known[key], gap) for key, gap in now_open.items() if key in known]
    gone = [
        gap_id
        for key, gap_id in known.items()
        if key not in now_open and SetupKind(key[0]) in judged
    ]
    if news:
        conn.execute(
            _SQL["insert_gaps"],
            {
                "gap_id": [ids.take("setup_gap") for _ in news],
                "kind": [key[0] for key, _ in news],
                "code": [key[1] for key, _ in news],
                "problem": [key[2] for key, _ in news],
                "message": [gap.message for _, gap in news],
                "places": [_places(gap) for _, gap in news],
                "carried": [carry[gap.kind, gap.code] for _, gap in news],
                "now": to_db(now),
            },
        )
    if kept:
        conn.execute(
            _SQL["see_gaps"],
            {
                "gap_id": [gap_id for gap_id, _ in kept],
                "message": [gap.message for _, gap in kept],
                "places": [_places(gap) for _, gap in kept],
                "carried": [carry[gap.kind, gap.code] for _, gap in kept],
                "now": to_db(now),
            },
        )
    if gone:
        conn.execute(_SQL["end_gaps"], {"ids": gone, "now": to_db(now)})
    return len(known) + len(news) - len(gone), len(news)


def gaps(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> list[Row]:
    """Every gap with what it holds up now and what it would; open ones first."""
    found = rows(conn, _SQL["gaps"], {"id": None, "gone_since": to_db(now - _GONE_FOR)})
    return _told(conn, _within_reach(conn, found, now))


def gap(conn: duckdb.DuckDBPyConnection, gap_id: int, *, now: datetime) -> Row:
    """Raises ``NotFound``."""
    found = rows(conn, _SQL["gaps"], {"id": gap_id, "gone_since": to_db(now)})
    if not found:
        raise NotFound(f"There is no set-up gap {gap_id}.")
    return _told(conn, _within_reach(conn, found, now))[0]


def _within_reach(
    conn: duckdb.DuckDBPyConnection, found: Sequence[Row], now: datetime
) -> Sequence[Row]:
    """What carries each is kept for all sites together; for somebody's own it is counted now."""
    if not found or not reach_of(conn).limited:
        return found
    several = [
        Gap(
            kind=SetupKind(row["kind"]), code=row["code"], problem=Problem(row["problem"]),
            message=row["message"], places=tuple(Place(**one) for one in json.loads(row["places"])),
        )
        for row in found
    ]  # fmt: skip
    carried = carried_by(conn, several, now=now)
    return [{**row, "carried": told} for row, told in zip(found, carried, strict=True)]


def readings(conn: duckdb.DuckDBPyConnection) -> list[Row]:
    """When each table was last read, or why it could not be."""
    return rows(conn, _SQL["readings"], {})


def codes(conn: duckdb.DuckDBPyConnection, side: str) -> list[Row]:
    """One side's codes as last read."""
    found = rows(conn, _SQL["codes"], {"side": side})
    return [{**row, "detail": json.loads(row["detail"])} for row in found]


def byondpro_setups(conn: duckdb.DuckDBPyConnection) -> ByondproSetups:
    """As last read; empty before the first reading."""
    held: dict[str, list[Row]] = {}
    for row in codes(conn, "byondpro"):
        held.setdefault(row["kind"], []).append(row)
    rule = held.get("configuration", [{"description": "N"}])[0]["description"]
    return ByondproSetups(
        terms=_codes(held, "term"),
        categories=[
            Category(code=row["code"], description=row["description"], active=row["active"],
                     accounts=row["detail"])
            for row in held.get("category", ())
        ],
        sites=[
            Site(code=row["code"], description=row["description"], active=row["active"],
                 gl_segment=row["detail"]["gl_segment"])
            for row in held.get("site", ())
        ],
        tax_codes=_codes(held, "tax_code"),
        customer_groups=_codes(held, "customer_group"),
        receipt_types=_codes(held, "receipt_type"),
        segment_rule=rule,
    )  # fmt: skip


def places_of_cause(
    conn: duckdb.DuckDBPyConnection, entity_kind: str | None, entity: str | None
) -> list[SetupPlace]:
    """Every set-up of byondpro, as last read, that would produce the cause again."""
    if not entity_kind or not entity:
        return []
    return places_of(entity_kind, entity, byondpro_setups(conn))


# -- what a gap holds up, and what it would -------------------------------------------------


def carried_by(
    conn: duckdb.DuckDBPyConnection, found: Sequence[Gap], *, now: datetime
) -> list[str]:
    """Per gap, the documents that carry its code, as JSON. One or two passes over a month."""
    codes = sorted({gap.code for gap in found if gap.kind is not SetupKind.ACCOUNT})
    stored = sorted({p.stored_account for gap in found for p in gap.places if p.stored_account})
    since = to_db(now - RECENT)
    headers = (
        rows(conn, _SQL["carriers"], {"since": since, "pattern": _any_of(codes, before='"')})
        if codes
        else []
    )
    lines = (
        conn.execute(
            _SQL["line_carriers"],
            {"since": since, "pattern": _any_of(stored, before='"gl_account":"')},
        ).fetchall()
        if stored
        else []
    )
    return [
        _carried(_carrying(gap.kind, gap.code, [asdict(p) for p in gap.places], headers, lines))
        for gap in found
    ]


def _any_of(codes: Sequence[str], *, before: str) -> str:
    """A pattern for a JSON text that is one of *codes*, in any letters."""
    told = "|".join(re.escape(json.dumps(code, ensure_ascii=False)[1:-1]) for code in codes)
    return f'(?i){before}({told})"'


def _carried(carrying: Sequence[tuple[int, str, Decimal, str | None, bool]]) -> str:
    waiting = [one for one in carrying if one[3] is not None and not one[4]]
    recent = [one for one in carrying if one[3] is None]
    return json.dumps(
        {
            "would_fail_documents": len(waiting),
            "would_fail_amount": str(sum((one[2] for one in waiting), Decimal(0))),
            "recent_documents": len(recent),
            "recent_amount": str(sum((one[2] for one in recent), Decimal(0))),
            "examples": [
                {"id": one[0], "number": one[1]} for one in sorted(waiting or recent)[-_SHOWN:]
            ],
        }
    )


def _told(conn: duckdb.DuckDBPyConnection, found: Sequence[Row]) -> list[Row]:
    if not found:
        return []
    blocked = {(row[0], row[1].upper()): row for row in conn.execute(_SQL["blocked"]).fetchall()}
    return [_one(row, blocked) for row in found]


def _one(row: Row, blocked: Mapping[tuple[str, str], tuple[Any, ...]]) -> Row:
    kind, problem = SetupKind(row["kind"]), Problem(row["problem"])
    error_type = error_type_of(kind, problem)
    held = blocked.get((error_type, row["code"].upper()))
    return {
        **{name: value for name, value in row.items() if name not in {"places", "carried"}},
        "places": json.loads(row["places"]),
        "error_type": error_type,
        "entity_kind": ENTITY_KINDS[kind],
        "cause_id": held[2] if held else None,
        "blocked_documents": held[3] if held else 0,
        "blocked_amount": held[4] if held else Decimal(0),
        **json.loads(row["carried"]),
    }


def _carrying(
    kind: SetupKind,
    code: str,
    places: Sequence[Row],
    headers: Sequence[Row],
    lines: Sequence[tuple[Any, ...]],
) -> list[tuple[int, str, Decimal, str | None, bool]]:
    """Documents that carry the code: id, number, amount, open state, refused already."""
    if kind is SetupKind.ACCOUNT:
        wanted = {(p["code"], p["account_field"], p["site"], p["stored_account"]) for p in places}
        found = {
            line[0]: (line[0], line[1], line[3], line[7], line[8])
            for line in lines
            if (line[4], line[5], line[2], line[6]) in wanted
        }
        return list(found.values())
    column = {
        SetupKind.TERM: "terms_code",
        SetupKind.TAX_GROUP: "tax_group",
        SetupKind.CUSTOMER_GROUP: "customer_group",
        SetupKind.PAYMENT_CODE: "payment_code",
    }[kind]
    return [
        (row["document_id"], row["number"], row["amount"], row["state"], row["refused"])
        for row in headers
        if row[column].upper() == code.upper()
        # only a new customer is given its group in Sage 300
        and (kind is not SetupKind.CUSTOMER_GROUP or row["entry_type"] == "customer")
    ]


def _codes(held: Mapping[str, Sequence[Row]], kind: str) -> list[Code]:
    return [
        Code(code=row["code"], description=row["description"], active=row["active"])
        for row in held.get(kind, ())
    ]


def _byondpro_rows(setups: ByondproSetups) -> list[tuple[Any, ...]]:
    listed: list[tuple[str, Code | Category | Site, dict[str, str]]] = [
        *(("term", one, {}) for one in setups.terms),
        *(("tax_code", one, {}) for one in setups.tax_codes),
        *(("customer_group", one, {}) for one in setups.customer_groups),
        *(("receipt_type", one, {}) for one in setups.receipt_types),
        *(("category", one, dict(one.accounts)) for one in setups.categories),
        *(("site", one, {"gl_segment": one.gl_segment}) for one in setups.sites),
    ]
    found = [
        ("byondpro", kind, one.code, one.description, one.active, json.dumps(detail))
        for kind, one, detail in listed
    ]
    rule = ("byondpro", "configuration", "ProductGLCodeSiteSegment", setups.segment_rule, True)
    return [*found, (*rule, "{}")]


def _sage_rows(sage: Mapping[SetupKind, Mapping[str, SageCode]]) -> list[tuple[Any, ...]]:
    return [
        (
            "sage", kind.value, one.code, one.description, one.active,
            json.dumps({} if one.usable else {"why_not": one.why_not}),
        )
        for kind, held in sage.items()
        for one in held.values()
    ]  # fmt: skip


def _places(gap: Gap) -> str:
    return json.dumps([asdict(place) for place in gap.places], ensure_ascii=False)


def _columns(names: Sequence[str], found: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in found] for place, name in enumerate(names)}
