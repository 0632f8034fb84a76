"""What somebody asks of a list, and the statements it makes: ``sql/listing.sql`` holds their parts.

A part is put in by its name and values are bound, so that nothing anybody typed is ever SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from iman.domain.document import CLOSED_STATES
from iman.ledger.queries import queries
from iman.ledger.read_model import Refusals, Row
from iman.ledger.search import Sought, indexed, sought
from iman.ledger.utc import to_db

_SQL = queries("listing")
_NAMED = re.compile(r"\$(\w+)")

#: What closed_totals and the search's cells tell apart.
_CELL = ("states", "entry_type", "company", "site")
#: What each table is asked by, in the order that costs least.
_OPEN = (*_CELL, "error_type", "entity", "began_from", "began_to", "dated_to", "search", "refused")
_CLOSED = (*_CELL, "began_from", "began_to", "dated_to", "search", "refused")
#: Orders in which the search's own rows stand.
_SEARCHED = frozenset({"newest", "oldest", "next_try"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A list's filter; everything absent means everything.

    *began_from* and *began_to* bound when it first failed, or arrived; *dated_to* its date. With
    *refused*, *error_type* is that of the refusal.
    """

    entry_type: str | None = None
    states: Sequence[str] = ()
    error_type: str | None = None
    entity: str | None = None
    site: str | None = None
    company: str | None = None
    search: str = ""
    order: str = "newest"
    began_from: datetime | None = None
    began_to: datetime | None = None
    dated_to: date | None = None
    refused: Refusals | None = None

    @property
    def with_open(self) -> bool:
        return not self.states or any(state not in CLOSED_STATES for state in self.states)

    @property
    def with_closed(self) -> bool:
        """What is closed stands on no error and on nothing that is missing."""
        if self.entity is not None or (self.error_type is not None and self.refused is None):
            return False
        return not self.states or any(state in CLOSED_STATES for state in self.states)


class Asking:
    """Statements for *wanted*, on a connection that sees one moment."""

    def __init__(self, conn: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
        self._conn = conn
        self._sought: Sought | None = sought(conn, wanted.search)
        self._values = _values(wanted, self._sought)
        self._given = {
            name
            for name in {*_OPEN, *_CLOSED}
            if self._values.get("refused_from" if name == "refused" else name) is not None
        }
        self.wanted = wanted
        self.by_search = self._sought is not None and wanted.with_closed
        if self.by_search:
            self._values["indexed"] = indexed(conn)

    @property
    def totals_know(self) -> bool:
        """Whether how many there are is known without finding them."""
        known = {*_CELL} if self.wanted.with_closed else {*_OPEN}
        return self._given <= known

    @property
    def found_first(self) -> bool:
        """Whether the closed ones are found before they are put in order."""
        return self.wanted.with_closed and bool(self._given & {"search", "refused"})

    def rows(self, name: str, *, within: str = "", **values: Any) -> list[tuple[Any, ...]]:
        """The answer of one of ``listing.sql``; *within* bounds what is closed."""
        sql, bound = self.statement(name, within=within, **values)
        return self._conn.execute(sql, bound).fetchall()

    def statement(self, name: str, *, within: str = "", **values: Any) -> tuple[str, Row]:
        before, source, closed = self._closed(within)
        parts = {
            "open": _where(f"open_{one}" for one in self._of(_OPEN))
            if self.wanted.with_open
            else "WHERE FALSE",
            "closed": closed if self.wanted.with_closed else "WHERE FALSE",
            "source": source,
        }
        text = _SQL[name]
        parts["total"] = _filled(_SQL["total"], parts) if self.found_first else ""
        if name in ("count", "count_closed", "least_amount"):
            parts["closed"] = _where(f"closed_{one}" for one in self._of(_CLOSED))
        text = _filled(text, parts)
        if used := [part for part in before if part]:
            text = f"WITH {', '.join(used)} {text}"
        bound = {**self._values, **values}
        return text, {name: bound[name] for name in set(_NAMED.findall(text))}

    def all_rows(self) -> tuple[str, Row]:
        """Every row that fits, read as it comes: for a file."""
        parts = {
            "open": _where(f"open_{one}" for one in self._of(_OPEN)),
            "closed": _where(f"closed_{one}" for one in self._of(_CLOSED)),
        }
        if not self.wanted.with_open:
            parts["open"] = "WHERE FALSE"
        if not self.wanted.with_closed:
            parts["closed"] = "WHERE FALSE"
        text = _filled(_SQL["all_rows"], parts)
        if refused := self._refused():
            text = f"WITH {refused} {text}"
        bound = {**self._values, "order": self.wanted.order}
        return text, {name: bound[name] for name in set(_NAMED.findall(text))}

    def _of(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._given]

    def _refused(self) -> str:
        """What was refused in the window, for conditions to read."""
        if "refused" not in self._given:
            return ""
        kind = "attempts" if self._values["unaligned"] else "quarters"
        begin = f"refused_{kind}_"
        names = [f"{begin}from", f"{begin}to"]
        names += [f"{begin}of"] if self._values["quarters"] is not None else []
        names += [f"{begin}error_type"] if self._values["refused_for"] is not None else []
        return _filled(_SQL[f"refused_{kind}"], {"refusals": _where(names)})

    def _closed(self, within: str) -> tuple[list[str], str, str]:
        """What is worked out beforehand, the table to read, and its conditions."""
        refused = self._refused()
        if not self.found_first:
            names = [f"closed_{one}" for one in self._of(_CLOSED)]
            names += [f"closed_within_{within}"] if within else []
            return [refused], "closings", _where(names)
        if not self.by_search:
            return [refused, self._fitting([])], "fitting", ""
        cells = self._of(_CELL)
        newest = [f"closed_{one}" for one in (*cells, "search")]
        found = _filled(
            _SQL["found_words"],
            {
                "cells": "AND "
                + _filled(_SQL["found_cells"], {"closed": _where(f"closed_{c}" for c in cells)})
                if cells
                else "",
                "closed": "AND " + _all(newest),
            },
        )
        assert self._sought is not None  # noqa: S101 -- by_search says so
        beyond = self._given & {"dated_to", "refused"}
        if self.wanted.order in _SEARCHED and not beyond and not self._sought.longer:
            dates = [f"closed_{one}" for one in self._of(("began_from", "began_to"))]
            return [refused, found], "found", _where(dates)
        return [refused, found, self._fitting(["fitting_found"])], "fitting", ""

    def _fitting(self, names: list[str]) -> str:
        short = self.by_search and not (self._sought and self._sought.longer)
        asked = [one for one in self._of(_CLOSED) if not (one == "search" and short)]
        return _filled(
            _SQL["fitting"], {"closed": _where([*names, *(f"closed_{one}" for one in asked)])}
        )


def _values(wanted: Wanted, search: Sought | None) -> Row:
    refused = wanted.refused
    return {
        "states": list(wanted.states) or None,
        "entry_type": wanted.entry_type,
        "company": wanted.company,
        "site": wanted.site,
        "error_type": None if refused else wanted.error_type,
        "entity": wanted.entity,
        "began_from": to_db(wanted.began_from) if wanted.began_from else None,
        "began_to": to_db(wanted.began_to) if wanted.began_to else None,
        "dated_to": wanted.dated_to,
        "search": search.text if search else None,
        "pattern": search.pattern if search else None,
        "low": search.low if search else None,
        "high": search.high if search else None,
        "refused_from": to_db(refused.since) if refused else None,
        "refused_to": to_db(refused.until) if refused else None,
        "refused_for": wanted.error_type if refused else None,
        "quarters": _quarters(refused) if refused else None,
        "unaligned": refused is not None and not _aligned(refused),
    }


def _aligned(refused: Refusals) -> bool:
    """Whether it begins and ends with a quarter of an hour."""
    return all(
        moment == _quarter_of(moment) for moment in (to_db(refused.since), to_db(refused.until))
    )


def _quarter_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _quarters(refused: Refusals) -> list[datetime] | None:
    """Those of the weekday and hour asked for; None where any will do.

    An hour of a person's week begins at a quarter of UTC's everywhere.
    """
    if refused.weekday is None and refused.hour is None:
        return None
    zone, since, until = ZoneInfo(refused.zone), _quarter_of(to_db(refused.since)), refused.until
    hours = range(24) if refused.hour is None else [refused.hour]
    day, found = (refused.since - timedelta(days=1)).astimezone(zone).date(), set()
    while day <= (until + timedelta(days=1)).astimezone(zone).date():
        if refused.weekday in (None, day.isoweekday()):
            for hour, minute, fold in product(hours, (0, 15, 30, 45), (0, 1)):
                here = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
                there = here.astimezone(UTC)
                if there.astimezone(zone).replace(tzinfo=None) == here.replace(tzinfo=None, fold=0):
                    found.add(to_db(there))
        day += timedelta(days=1)
    return sorted(quarter for quarter in found if since <= quarter < to_db(until))


def _where(names: Iterable[str]) -> str:
    told = _all(names)
    return f"WHERE {told}" if told else ""


def _all(names: Iterable[str]) -> str:
    return " AND ".join(_SQL[name] for name in names)


def _filled(text: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text
