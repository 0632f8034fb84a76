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
from iman.errors import DaemonRefused
from iman.ledger.queries import queries
from iman.ledger.read_model import Refusals, Row
from iman.ledger.search import AMOUNTS, Kept, Sought, kept, sought
from iman.ledger.utc import to_db

_SQL = queries("listing")
_NAMED = re.compile(r"\$(\w+)")
_LONGEST_WINDOW = timedelta(days=3 * 366)

#: What closed_totals and the search's cells tell apart.
_CELL = ("states", "entry_type", "company", "site")
#: What each table is asked by, in the order that costs least.
_OPEN = (*_CELL, "error_type", "entity", "began_from", "began_to", "dated_to", "search", "refused")
_DATES = ("began_from", "began_to")
_CLOSED = (*_CELL, *_DATES, "dated_to", "search", "refused")
#: What the search does not know of a document.
_BEYOND = frozenset({"dated_to", "refused"})
_FEW = 2000  # documents that are read one by one sooner than all are passed
#: Orders in which the search's own rows stand.
_SEARCHED = frozenset({"newest", "oldest", "next_try"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A list's filter; everything absent means everything.

    *began_from* and *began_to* bound when it first failed, or arrived; *dated_to* its date. With
    *refused*, *error_type* is that of the refusal.

    Raises ``DaemonRefused`` for refusals in a window that is longer than three years.
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

    def __post_init__(self) -> None:
        if self.refused is not None and self.refused.until - self.refused.since > _LONGEST_WINDOW:
            # it is taken apart into quarters of an hour: of all time they would fill the memory
            raise DaemonRefused("Refusals are looked for in a window of three years at most.")

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
            if self._values["refused_from" if name == "refused" else name] is not None
        }
        self.wanted = wanted
        self._kept: Kept | None = None
        if wanted.with_closed and (self._sought or self.by_amount):
            self._kept = kept(conn)
            self._values |= {"indexed": self._kept.indexed, "amounts": AMOUNTS}

    @property
    def totals_know(self) -> bool:
        """Whether how many there are is known without finding them."""
        known = {*_CELL} if self.wanted.with_closed else {*_OPEN}
        return self._given <= known

    @property
    def found_first(self) -> bool:
        """Whether the closed ones are found before they are put in order."""
        return self.wanted.with_closed and bool(self._given & {"search", "refused"})

    @property
    def by_amount(self) -> bool:
        """Whether the search has them in that order."""
        ordered = self.wanted.order == "amount" and self.wanted.with_closed
        return ordered and self._given <= {*_CELL, *_DATES}

    def rows(self, name: str, within: str = "", **values: Any) -> list[tuple[Any, ...]]:
        """The answer of one of ``listing.sql``; *within* bounds what is closed."""
        before, parts = self._parts(name, within)
        text = _filled(_SQL[name], parts)
        if before:
            text = f"WITH {', '.join(before)} {text}"
        return self._conn.execute(text, self._used(text, values)).fetchall()

    def all_rows(self) -> tuple[str, Row]:
        """Every row that fits, read as it comes: for a file. SQL and what it is bound to."""
        text = _filled(_SQL["all_rows"], {"open": self._open(), "closed": self._closed()})
        if refused := self._refused():
            text = f"WITH {refused} {text}"
        return text, self._used(text, {"order": self.wanted.order})

    def _parts(self, name: str, within: str) -> tuple[list[str], dict[str, str]]:
        """What is worked out beforehand, and what stands in the statement's places."""
        before = [refused] if (refused := self._refused()) else []
        parts = {"open": self._open(), "opened": "open_documents", "total": ""}
        if name == "amount_kept":
            newest = self._all("closed", self._of(_CLOSED))
            parts |= {
                "kept": self._kept_rows("amounts", dates=True),
                "closed": f"AND {newest}" if newest else "",
            }
        elif self.found_first:
            before.append(_filled(_SQL["opened"], parts))
            parts |= {"open": "", "opened": "opened"}
            found, source, closed = self._found()
            parts |= {"source": source, "closed": closed}
            before += found
            parts["total"] = _filled(_SQL["total"], parts)
        else:
            parts |= {"source": "closings", "closed": self._closed(within)}
        return before, parts

    def _found(self) -> tuple[list[str], str, str]:
        """How what was found comes about, the table it then is, and what is asked of that."""
        if self._kept is None or self._sought is None:
            return [self._fitting(self._of(_CLOSED))], "fitting", ""
        newest = self._all("closed", (*self._of(_CELL), "search"))
        rows = {"kept": self._kept_rows("found"), "closed": newest}
        found = _filled(_SQL["found_words"], rows)
        if self.wanted.order in _SEARCHED and not (self._given & _BEYOND or self._sought.longer):
            return [found], "found", _where(self._all("closed", self._of(_DATES)))
        names = [one for one in self._of(_CLOSED) if one != "search" or self._sought.longer]
        text = f"WITH {found} {_SQL['few']}"
        few = self._conn.execute(text, self._used(text, {"limit": _FEW + 1})).fetchall()
        if len(few) > _FEW:
            return [found, self._fitting(names, _SQL["fitting_found"])], "fitting", ""
        if not few:
            return [], "closings", "WHERE FALSE"
        self._values["few"] = [row[0] for row in few]
        return [self._fitting(names, _SQL["fitting_few"])], "fitting", ""

    def _kept_rows(self, what: str, *, dates: bool = False) -> str:
        """Those of the search's tables that hold anything; then come the newest closings."""
        assert self._kept is not None  # noqa: S101 -- asked for only then
        cells = self._of(_CELL)
        asked = [_filled(_SQL["found_cells"], {"closed": _where(self._all("closed", cells))})]
        asked = asked if cells else []
        asked += [_SQL["found_not_gone"]] if self._kept.gone else []
        if dates and (between := self._all("closed", self._of(_DATES))):
            asked.append(f"AND {between}")
        tables = ["search_words"] * self._kept.sorted + ["search_late"] * self._kept.late
        filled = {"cells": " ".join(asked)}
        return " ".join(_filled(_SQL[f"{what}_in_{table}"], filled) for table in tables)

    def _fitting(self, names: Iterable[str], *more: str) -> str:
        told = " AND ".join(filter(None, (*more, self._all("closed", names))))
        return _filled(_SQL["fitting"], {"closed": _where(told)})

    def _open(self) -> str:
        if not self.wanted.with_open:
            return "WHERE FALSE"
        return _where(self._all("open", self._of(_OPEN)))

    def _closed(self, within: str = "") -> str:
        if not self.wanted.with_closed:
            return "WHERE FALSE"
        told = self._all("closed", self._of(_CLOSED))
        bound = _SQL[f"closed_within_{within}"] if within else ""
        return _where(" AND ".join(filter(None, (told, bound))))

    def _refused(self) -> str:
        """What was refused in the window, for conditions to read."""
        if "refused" not in self._given:
            return ""
        kind = "attempts" if self._values["unaligned"] else "quarters"
        names = ["from", "to"]
        names += ["of"] if self._values["quarters"] is not None else []
        names += ["error_type"] if self._values["refused_for"] is not None else []
        told = {"refusals": _where(self._all(f"refused_{kind}", names))}
        return _filled(_SQL[f"refused_{kind}"], told)

    def _of(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._given]

    def _all(self, of: str, names: Iterable[str]) -> str:
        return " AND ".join(_SQL[f"{of}_{name}"] for name in names)

    def _used(self, text: str, values: Row) -> Row:
        """DuckDB refuses a value that a statement does not name."""
        bound = {**self._values, **values}
        return {name: bound[name] for name in set(_NAMED.findall(text))}


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


def _where(told: str) -> str:
    return f"WHERE {told}" if told else ""


def _filled(text: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text
