"""The audit trail: appended to only, each event chained to the one before by its hash.

An event's hash covers every column of it and the hash of the event before, so that nothing in the
middle can be changed, removed, added or moved unnoticed. That the end is still there is told by
``audit_head``, and by a head that was kept elsewhere: the daemon's log and every export name one.
Whoever may write the file and knows this module can forge a whole chain: only a head kept elsewhere
tells of that.

Old events may lie in files beside the ledger (``audit_retention.py``): the walk begins in them, and
what follows them names the last hash they hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import structlog

from iman.ledger.disk import archive_folder
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("audit")
log = structlog.get_logger()

#: What an event's hash covers, in order; then ``previous_hash``.
FIELDS = (
    "event_id", "happened_at", "who", "role", "action", "target", "allowed", "reason", "origin",
    "old_value", "new_value", "request_id",
)  # fmt: skip
#: What is recorded and changes nothing that could be told before and after: a session begins, a
#: file is taken out. Every other action tells both, or what there is now.
CHANGES_NOTHING = frozenset({"sign_in", "export"})
#: What the first event follows.
BEGINNING = "0" * 64
#: An event's fields, the hash it names as the one before, and its own.
_Link = tuple[list[str | None], str | None, str | None]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 500  # characters of a value kept

#: The number of the call being answered; the API sets it, and the writer runs in its context.
current_request: ContextVar[str] = ContextVar("current_request", default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEvent:
    """Who did what to what, and whether it was allowed; *before* and *after* where it had any."""

    who: str
    role: str
    action: str
    target: str
    allowed: bool
    reason: str
    origin: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """How long the chain is, and its newest hash: kept elsewhere, a proof of all before it."""

    events: int
    hash: str

    def __str__(self) -> str:
        return f"{self.events}:{self.hash}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditArchive:
    """A file of old events; *last_hash* is what the event after them follows."""

    file: str
    first_event: int
    last_event: int
    events: int
    last_hash: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """The first link that does not fit; *event_id* is None where the end is missing."""

    event_id: str | None
    place: int  # in the chain, from 1
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What was found: the chain is whole where nothing is broken."""

    head: Head
    broken: Broken | None


def write_audit(
    conn: duckdb.DuckDBPyConnection, ids: Ids, event: AuditEvent, *, now: datetime
) -> None:
    """Append *event* in the caller's transaction: what it tells of and it are kept together."""
    if not tells_what_changed(event):  # a test fails of it; here it is kept all the same
        log.warning("audit_without_before_and_after", action=event.action)
    head, event_id = read_head(conn), ids.take("audit")
    told = [
        str(event_id), _microseconds(now), event.who, event.role, event.action, event.target,
        "true" if event.allowed else "false", event.reason, event.origin,
        event.before[:_LONGEST], event.after[:_LONGEST], current_request.get(),
    ]  # fmt: skip
    made = link(told, head.hash)
    values = dict(zip(FIELDS[2:], told[2:], strict=True))
    values.pop("allowed")
    conn.execute(
        _SQL["insert"],
        {
            **values,
            "id": event_id,
            "now": to_db(now),
            "allowed": event.allowed,
            "previous_hash": head.hash,
            "hash": made,
        },
    )
    conn.execute(_SQL["set_head"], {"events": head.events + 1, "hash": made})


def tells_what_changed(event: AuditEvent) -> bool:
    """Whether it says how things stood before or after, where it was done and changed something."""
    done = event.allowed and event.action not in CHANGES_NOTHING
    return bool(event.before or event.after) or not done


def link(told: Sequence[str | None], previous: str | None) -> str:
    """The hash of an event: SHA-256 of a JSON list of its fields and the hash before it."""
    whole = json.dumps([*told, previous], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode("ascii")).hexdigest()


def read_head(conn: duckdb.DuckDBPyConnection) -> Head:
    row = first_row(conn, _SQL["head"])
    return Head(events=0, hash=BEGINNING) if row is None else Head(events=row[0], hash=row[1])


def verify(conn: duckdb.DuckDBPyConnection, known: Head | None = None) -> Verification:
    """Walk the chain; *known*: a head that was kept elsewhere, which it must hold."""
    cursor = conn.cursor()
    try:
        cursor.execute("BEGIN")  # one moment of the ledger: events are being written meanwhile
        return _walk(cursor, known)
    finally:
        cursor.close()


def _walk(conn: duckdb.DuckDBPyConnection, known: Head | None) -> Verification:
    heads = conn.execute(_SQL["head"]).fetchall()
    before = Head(events=0, hash=BEGINNING)
    for archive in archives(conn):
        file = archive_folder(Path(str((first_row(conn, _SQL["own_file"]) or ("",))[0])))
        file /= archive.file
        if not file.is_file():
            return _broken(before, None, f"the file {archive.file} that it goes on in is not there")
        try:
            before, broken = walk(links_of(conn, file), before, known)
        except duckdb.Error:
            return _broken(before, None, f"the file {archive.file} cannot be read")
        if broken is not None:
            return Verification(head=before, broken=broken)
        if before.hash != archive.last_hash:
            why = f"the file {archive.file} does not end in the hash the ledger kept of it"
            return _broken(before, None, why)
    before, broken = walk(_links(conn, _SQL["links"]), before, known)
    if broken is None and (why := _at_the_end(before, heads, known)):
        return _broken(before, None, why)
    return Verification(head=before, broken=broken)


def walk(links: Iterable[_Link], before: Head, known: Head | None) -> tuple[Head, Broken | None]:
    """Along *links*, which follow *before*: the last that fits, and the first that does not."""
    for told, named, hash_ in links:
        place = before.events + 1
        why = ""
        if named != before.hash:
            why = (
                "it does not follow the event before it: one was removed, added or moved there, "
                "or the one before it was changed"
            )
        elif link(told, named) != hash_:
            why = "its content is not what was written"
        elif known is not None and place == known.events and hash_ != known.hash:
            why = "it is not the event that the head kept elsewhere names: the chain was rewritten"
        if why:
            return before, Broken(event_id=told[0], place=place, why=why)
        before = Head(events=place, hash=str(hash_))
    return before, None


def _broken(before: Head, event_id: str | None, why: str) -> Verification:
    return Verification(
        head=before, broken=Broken(event_id=event_id, place=before.events + 1, why=why)
    )


def _at_the_end(head: Head, written: Sequence[tuple[int, str]], known: Head | None) -> str:
    """What does not fit behind the last event; '' where all does."""
    if len(written) != 1:
        return "what names the newest event is missing, or is there twice"
    if written[0][0] > head.events:
        return f"{written[0][0] - head.events} events at the end were removed"
    if written[0] != (head.events, head.hash):
        return "the newest event is not the one that was written last: one was added or replaced"
    if known is not None and known.events > head.events:
        return f"the head kept elsewhere names {known.events} events, and there are {head.events}"
    return ""


def proof(conn: duckdb.DuckDBPyConnection, known: Head | None = None) -> dict[str, Any]:
    """As ``wire_audit.AuditVerification``."""
    found = verify(conn, known)
    broken = None if found.broken is None else asdict(found.broken)
    return {"events": found.head.events, "head": str(found.head), "broken": broken}


def chain(conn: duckdb.DuckDBPyConnection) -> None:
    """Chain what was written without hashes: before the chain was, or made up."""
    events, befores, hashes = [], [], []
    previous = BEGINNING
    for told, _, _ in _links(conn, _SQL["links"]):
        events.append(int(str(told[0])))
        befores.append(previous)
        previous = link(told, previous)
        hashes.append(previous)
    if events:
        made = pa.table({"event_id": events, "previous_hash": befores, "hash": hashes})
        conn.register("made", made)
        conn.execute(_SQL["chain"])
        conn.unregister("made")
    conn.execute(_SQL["forget_heads"])
    conn.execute(_SQL["first_head"], {"events": len(events), "hash": previous})


def _links(
    conn: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any] | None = None
) -> Iterator[_Link]:
    asked = conn.execute(sql, values or {})
    while rows := asked.fetchmany(10_000):
        for row in rows:
            yield list(row[:-2]), row[-2], row[-1]


def links_of(conn: duckdb.DuckDBPyConnection, file: Path) -> Iterator[_Link]:
    """Of events that were moved into *file*."""
    return _links(conn, _SQL["links_of_file"], {"file": str(file)})


def archives(conn: duckdb.DuckDBPyConnection) -> list[AuditArchive]:
    """What was moved out, in the chain's order."""
    names = ("file", "first_event", "last_event", "events", "last_hash", "bytes", "sha256")
    return [
        AuditArchive(**dict(zip(names, row, strict=True)))
        for row in conn.execute(_SQL["archives"]).fetchall()
    ]


def _microseconds(moment: datetime) -> str:
    return str((moment - _EPOCH) // timedelta(microseconds=1))
