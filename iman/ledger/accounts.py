"""People and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from iman.domain.people import EVERYWHERE, Reach, Role
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("people")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredUser:
    name: str
    role: Role
    password_hash: str
    created_at: datetime
    reach: Reach = EVERYWHERE
    active: bool = True
    must_change: bool = False  # the password is one that an admin gave for once
    signed_in_at: datetime | None = None
    wrong: int = 0  # wrong passwords since then
    wrong_at: datetime | None = None
    wrong_from: str = ""
    provider: bool = False  # signs in through the identity provider, and with no password


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSession:
    name: str
    role: Role  # the user's role now, not at sign-in; so is all but the notice
    expires_at: datetime
    reach: Reach = EVERYWHERE
    must_change: bool = False
    notice: str = ""
    provider: bool = False


def find_user(conn: duckdb.DuckDBPyConnection, name: str) -> StoredUser | None:
    found = _users(conn, name)
    return found[0] if found else None


def list_users(conn: duckdb.DuckDBPyConnection) -> list[StoredUser]:
    return _users(conn, None)


def _users(conn: duckdb.DuckDBPyConnection, name: str | None) -> list[StoredUser]:
    return [
        StoredUser(
            name=row[0], role=Role(row[1]), password_hash=row[2], created_at=from_db(row[3]),
            reach=_reach(row[4], row[5]), active=row[6], must_change=row[7],
            signed_in_at=from_db(row[8]), wrong=row[9], wrong_at=from_db(row[10]),
            wrong_from=row[11], provider=row[12],
        )
        for row in conn.execute(_SQL["users"], {"name": name}).fetchall()
    ]  # fmt: skip


def save_user(
    conn: duckdb.DuckDBPyConnection,
    name: str,
    role: Role,
    password_hash: str,
    *,
    now: datetime,
    reach: Reach = EVERYWHERE,
    must_change: bool = False,
) -> None:
    """Add, or replace role, reach and password; whoever was deactivated is active again."""
    if find_user(conn, name) is None:
        values = {"name": name, "role": role.value, "password_hash": password_hash}
        conn.execute(_SQL["insert_user"], {**values, "now": to_db(now)})
    else:
        set_password(conn, name, password_hash)
    if must_change:
        set_password(conn, name, password_hash, must_change=True)
    change_user(conn, name, role, reach, active=True)


def change_user(
    conn: duckdb.DuckDBPyConnection, name: str, role: Role, reach: Reach, *, active: bool
) -> None:
    conn.execute(
        _SQL["set_role"],
        {
            "name": name, "role": role.value, "companies": list(reach.companies),
            "sites": list(reach.sites), "active": active,
        },
    )  # fmt: skip


def account_stands(conn: duckdb.DuckDBPyConnection, name: str, now: datetime) -> str:
    """An account in words for the audit trail; '' where there is none."""
    user = find_user(conn, name)
    if user is None:
        return ""
    row = first_row(conn, _SQL["open_sessions"], {"name": name, "now": to_db(now)})
    many = int(row[0]) if row else 0
    told = [f"role {user.role}", str(user.reach), _HOW[user.provider, user.must_change]]
    told += [] if user.active else ["may not sign in"]
    told += [f"{many} open session{'' if many == 1 else 's'}"]
    return "; ".join(told)


_HOW = {
    (False, False): "a password of their own",
    (False, True): "a password for one use",
    (True, False): "signs in through the provider",
    (True, True): "signs in through the provider",
}


def last_to_manage(conn: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether *name* is the only one left who manages people, with a password: what an identity
    provider gives it may take, or be away."""
    managing = [
        one.name
        for one in list_users(conn)
        if one.active and one.role is Role.ADMIN and not one.reach.limited and not one.provider
    ]
    return managing == [name]


def set_password(
    conn: duckdb.DuckDBPyConnection, name: str, password_hash: str, *, must_change: bool = False
) -> None:
    conn.execute(
        _SQL["set_password"],
        {"name": name, "password_hash": password_hash, "must_change": must_change},
    )


def note_wrong(conn: duckdb.DuckDBPyConnection, name: str, *, address: str, now: datetime) -> None:
    conn.execute(_SQL["note_wrong"], {"name": name, "address": address[:60], "now": to_db(now)})


def been_here(conn: duckdb.DuckDBPyConnection, name: str, address: str) -> bool:
    """Whether *name* signed in from there within a month or so."""
    return first_row(conn, _SQL["been_here"], {"name": name, "address": address}) is not None


def begin_session(
    conn: duckdb.DuckDBPyConnection,
    digest: str,
    name: str,
    role: Role,
    *,
    now: datetime,
    expires_at: datetime,
    address: str = "",
    notice: str = "",
) -> None:
    conn.execute(_SQL["forget_sessions"], {"before": to_db(now - timedelta(days=30))})
    conn.execute(
        _SQL["insert_session"],
        {
            "digest": digest, "name": name, "role": role.value, "now": to_db(now),
            "expires_at": to_db(expires_at), "address": address[:60], "notice": notice,
        },
    )  # fmt: skip
    conn.execute(_SQL["note_right"], {"name": name, "now": to_db(now)})


def find_session(
    conn: duckdb.DuckDBPyConnection, digest: str, *, now: datetime
) -> StoredSession | None:
    """The session if it has neither ended nor expired, and its person is active."""
    row = first_row(conn, _SQL["session"], {"digest": digest, "now": to_db(now)})
    if row is None:
        return None
    return StoredSession(
        name=row[0], role=Role(row[1]), expires_at=from_db(row[2]), reach=_reach(row[3], row[4]),
        must_change=row[5], notice=row[6], provider=row[7],
    )  # fmt: skip


def end_sessions(
    conn: duckdb.DuckDBPyConnection, name: str | None, *, now: datetime, but_for: str = ""
) -> None:
    """All of *name*, or of everybody; one may go on."""
    conn.execute(_SQL["end_sessions"], {"name": name, "now": to_db(now), "but_for": but_for})


def end_session(conn: duckdb.DuckDBPyConnection, digest: str, *, now: datetime) -> None:
    conn.execute(_SQL["end_session"], {"digest": digest, "now": to_db(now)})


def _reach(companies: list[str] | None, sites: list[str] | None) -> Reach:
    return Reach(companies=tuple(companies or ()), sites=tuple(sites or ()))


def save_beat(
    conn: duckdb.DuckDBPyConnection,
    loop: str,
    *,
    every: float,
    ok: bool,
    detail: str,
    now: datetime,
) -> None:
    conn.execute(
        _SQL["save_beat"],
        {"loop": loop, "every": every, "ok": ok, "detail": detail, "now": to_db(now)},
    )
