"""Accounts of people who sign in through an identity provider."""

from __future__ import annotations

from datetime import datetime

import duckdb

from iman.domain.single_sign_on import Identity
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("people")
#: No password fits it: it is no hash.
NO_PASSWORD = "-"  # noqa: S105 -- as said


def account_of(conn: duckdb.DuckDBPyConnection, identity: Identity) -> str | None:
    """The name in Iman of whom the provider calls by that subject."""
    row = first_row(
        conn,
        _SQL["provider_account"],
        {"issuer": identity.issuer, "subject": identity.subject},
    )
    return None if row is None else str(row[0])


def waits_for_somebody(conn: duckdb.DuckDBPyConnection, name: str, issuer: str) -> bool:
    """Whether an admin gave that account to the provider, and nobody has come for it yet."""
    row = first_row(conn, _SQL["subject_of"], {"name": name, "issuer": issuer})
    return row is not None and row[0] == ""


def same_names(conn: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Accounts of that name, in capitals or not."""
    return [row[0] for row in conn.execute(_SQL["same_name"], {"name": name}).fetchall()]


def bind(
    conn: duckdb.DuckDBPyConnection, name: str, *, issuer: str, subject: str, now: datetime
) -> None:
    """From now on that account is the provider's *subject*; '' for the first who comes."""
    unbind(conn, name)
    conn.execute(
        _SQL["bind"], {"name": name, "issuer": issuer, "subject": subject, "now": to_db(now)}
    )


def unbind(conn: duckdb.DuckDBPyConnection, name: str) -> None:
    """It signs in with a password again, once an admin has made one."""
    conn.execute(_SQL["unbind"], {"name": name})


def use_token(conn: duckdb.DuckDBPyConnection, identity: Identity, *, now: datetime) -> bool:
    """Remember that the token was used; False where it was before."""
    conn.execute(_SQL["forget_used_tokens"], {"now": to_db(now)})
    if first_row(conn, _SQL["used_token"], {"digest": identity.digest}) is not None:
        return False
    conn.execute(_SQL["use_token"], {"digest": identity.digest, "until": to_db(identity.until)})
    return True
