"""Level 2's filter as it stands in the address, so that it survives a reload and can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from iman.domain.document import CLOSED_STATES, DocumentState, EntryType
from iman.domain.view import ListColumn, Order, in_order
from iman.reading.reading import DocumentFilter, Refusals

S = DocumentState

#: What "Show" offers, and the states it stands for.
SHOW: dict[str, tuple[DocumentState, ...]] = {
    "attention": (S.FAILED, S.RETRYING, S.UNKNOWN),
    "failed": (S.FAILED,),
    "retrying": (S.RETRYING,),
    "unknown": (S.UNKNOWN,),
    "waiting": (S.PENDING, S.SYNCING, S.WAITING),
    "parked": (S.PARKED,),
    "synced": (S.SYNCED, S.SETTLED),
    "open": tuple(state for state in S if state not in CLOSED_STATES),
    "all": (),
}

ORDERS: tuple[Order, ...] = get_args(Order)

ALL_TYPES = "all"  # as the address's type: a cause may block several
DEFAULT_SHOW = "attention"
DEFAULT_ORDER: Order = "newest"

#: The address's parameters, in the order they are written.
NAMES = ("type", "show", "site", "company", "error", "entity", "q", "order")
#: What only a chart's click or a link narrows; shown as words with a way to clear it.
NARROWING = ("since", "until", "weekday", "hour", "age", "due")

#: How the list looks; no part of the filter.
LOOK = ("columns", "view")

#: Ages as the Overview's bands have them, in hours: from, to.
AGES: tuple[tuple[int, int | None], ...] = ((0, 1), (1, 24), (24, 168), (168, 720), (720, None))


def from_address(
    params: Mapping[str, str], zone: ZoneInfo | None = None, now: datetime | None = None
) -> DocumentFilter:
    """What nobody can read is taken as absent: an address may be typed or old.

    *since* and *until*: refused in that time, on *weekday* and *hour* of *zone* only; *age*: the
    Overview's band, counted from *now*; *due*: dated on or before that day.
    """
    kind = params.get("type", EntryType.INVOICE)
    known_kind = EntryType(kind) if kind in set(EntryType) else EntryType.INVOICE
    order = params.get("order", DEFAULT_ORDER)
    return DocumentFilter(
        entry_type=None if kind == ALL_TYPES else known_kind,
        states=SHOW.get(params.get("show", DEFAULT_SHOW), SHOW[DEFAULT_SHOW]),
        error_type=params.get("error") or None,
        entity=params.get("entity") or None,
        site=params.get("site") or None,
        company=params.get("company") or None,
        **_age(params.get("age"), now),
        dated_to=_day(params.get("due")),
        refused=_refused(params, zone),
        search=params.get("q", "").strip()[:200],
        order=next((known for known in ORDERS if known == order), DEFAULT_ORDER),
    )


def carried(params: Mapping[str, str]) -> dict[str, str]:
    """The filter's part of an address, and how its list looks, to hand on to the next page."""
    return {name: params[name] for name in (*NAMES, *NARROWING, *LOOK) if params.get(name)}


def columns(params: Mapping[str, str]) -> tuple[ListColumn, ...]:
    """The columns an address names, as they stand in the list; empty where it names none."""
    named = set(params.get("columns", "").split(",")) & set(ListColumn)
    return in_order(named) if named else ()


def _age(given: str | None, now: datetime | None) -> dict[str, datetime | None]:
    if now is None or given not in {str(place) for place in range(len(AGES))}:
        return {}
    youngest, oldest = AGES[int(given)]
    now = now.replace(second=0, microsecond=0)  # the same question for a while
    return {
        "began_to": now - timedelta(hours=youngest) if youngest else None,
        "began_from": None if oldest is None else now - timedelta(hours=oldest),
    }


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given or "")
    except ValueError:
        return None


def _refused(params: Mapping[str, str], zone: ZoneInfo | None) -> Refusals | None:
    since, until = _moment(params.get("since")), _moment(params.get("until"))
    if since is None or until is None:
        return None
    return Refusals(
        since=since,
        until=until,
        weekday=_number(params.get("weekday"), 1, 7),
        hour=_number(params.get("hour"), 0, 23),
        zone=zone.key if zone else "UTC",
    )


def _moment(given: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(given or "")
    except ValueError:
        return None
    aware = found.utcoffset() is not None and 1900 <= found.year <= 9000
    return found if aware else None


def _number(given: str | None, least: int, most: int) -> int | None:
    known = given in {str(number) for number in range(least, most + 1)}
    return int(given) if known and given else None
