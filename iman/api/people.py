"""Who is asking, and whether they may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock
from typing import Any, TypeVar

from iman.api.guessing import Guesses
from iman.api.passwords import hash_password, new_token, password_fits
from iman.api.wire import Me, Session
from iman.domain.people import SERVICE, Permission, Person
from iman.errors import DaemonRefused, NotAllowed, NotFound, NotSignedIn
from iman.ledger import seal, service_tokens
from iman.ledger.accounts import (
    StoredSession,
    StoredUser,
    account_stands,
    been_here,
    begin_session,
    end_session,
    end_sessions,
    find_session,
    find_user,
    note_wrong,
    set_password,
)
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.reach import sees
from iman.ledger.seal import Seal
from iman.ledger.service_tokens import StoredToken
from iman.sync.ports import Now

T = TypeVar("T")

SESSION = timedelta(hours=8)
_MOST_KNOWN = 4096  # sessions remembered
TOKEN_MARK = "iman_"  # noqa: S105 -- how a service token begins, so that leaked ones can be looked for


@dataclass(frozen=True, slots=True)
class Passwords:
    """*only*: the names that may sign in with one; none named: everybody who has one."""

    only: frozenset[str] = frozenset()

    def refuses(self, name: str) -> bool:
        return bool(self.only) and name not in self.only


class People:
    """Signs people in and out and answers for a token. Called from the API's threads."""

    def __init__(self, ledger: DuckDBLedger, now: Now, passwords: Passwords | None = None) -> None:
        self._ledger = ledger
        self._now = now
        self._passwords = passwords or Passwords()
        self.guesses = Guesses(now)
        self._lock = Lock()
        self._sealing = Lock()
        self._seal: Seal | None = None
        #: Sessions and service tokens by their digests: every request asks for one. This process
        #: alone begins and ends them while it runs.
        self._known: dict[str, StoredSession | StoredToken] = {}

    @property
    def seal(self) -> Seal:
        """Opened when first asked for; whatever must have ended by then is ended."""
        with self._sealing:
            self._seal = self._seal or self._opened()
            return self._seal

    def _opened(self) -> Seal:
        ledger, now = self._ledger, self._now()
        found = Seal(ledger.path, seal.mark_of(ledger.reader()))
        noted = seal.noted_ends(ledger.path)

        def work(conn: Any) -> None:
            seal.set_mark(conn, found.mark)
            for digest in noted:
                end_session(conn, digest, now=now)
            if found.renewed:
                end_sessions(conn, None, now=now)
                service_tokens.revoke(conn, None, who="iman", now=now)

        ledger.write(work).result()
        seal.ended_path(ledger.path).unlink(missing_ok=True)
        return found

    def digest(self, token: str) -> str:
        return self.seal.digest(token)

    def sign_in(self, name: str, password: str, *, address: str) -> Session:
        """Raises ``NotSignedIn``, or ``TooManySignIns`` after five wrong passwords in a minute."""
        user = self._checked(name, password, address=address, action="sign_in")
        token, now = new_token(), self._now()
        digest, expires = self.digest(token), now + SESSION
        event = event_of(user.name, user.role, "sign_in", origin=address)

        def work(conn: Any) -> None:
            begin_session(
                conn, digest, user.name, user.role, now=now, expires_at=expires, address=address,
                notice=_notice(user),
            )  # fmt: skip
            write_audit(conn, self._ledger.ids, event, now=now)

        self._ledger.write(work).result()
        return Session(token=token, name=user.name, role=user.role, expires_at=expires)

    def sign_out(self, token: str) -> None:
        digest, now = self.digest(token), self._now()
        self.take_back(lambda conn: end_session(conn, digest, now=now))

    def sign_out_everywhere(self, person: Person, *, origin: str) -> None:
        """Every session of *person*, this one too."""
        now = self._now()
        event = event_of(person.name, person.role, "sign_out_everywhere", origin=origin)

        def work(conn: Any) -> None:
            before = account_stands(conn, person.name, now)
            end_sessions(conn, person.name, now=now)
            told = replace(event, before=before, after=account_stands(conn, person.name, now))
            write_audit(conn, self._ledger.ids, told, now=now)

        self.take_back(work)

    def change_password(
        self, person: Person, token: str, old: str, new: str, *, address: str, origin: str
    ) -> None:
        """One's own; every other session of that person ends. Raises as ``sign_in`` does."""
        user = self._checked(person.name, old, address=address, action="change_password")
        if old == new:
            raise DaemonRefused("Choose another password than the one you have.")
        hashed, now, digest = hash_password(new), self._now(), self.digest(token)
        event = event_of(user.name, user.role, "change_password", origin=origin)

        def work(conn: Any) -> None:
            before = account_stands(conn, user.name, now)
            set_password(conn, user.name, hashed)
            end_sessions(conn, user.name, now=now, but_for=digest)
            told = replace(event, before=before, after=account_stands(conn, user.name, now))
            write_audit(conn, self._ledger.ids, told, now=now)

        self.take_back(work)

    def take_back(self, work: Callable[[Any], T]) -> T:
        """Run *work*, which ends something handed out, in the writer; an older ledger knows."""
        mark = self.seal.raised()

        def both(conn: Any) -> T:
            done = work(conn)
            seal.set_mark(conn, mark)
            return done

        try:
            return self._ledger.write(both).result()
        finally:
            self.changed()

    def changed(self) -> None:
        """After a user or a token was changed: everybody's session is looked up again."""
        with self._lock:
            self._known.clear()

    def me(self, token: str) -> Me:
        """Raises ``NotSignedIn``."""
        found = self._session(self.digest(token), service=token.startswith(TOKEN_MARK))
        if found is None:
            raise NotSignedIn("Sign in first: there is no such session, or it has ended.")
        person = _person(found)
        once = isinstance(found, StoredSession) and found.must_change
        return Me(
            name=person.name,
            role=person.role,
            permissions=[] if once else sorted(person.permissions),
            companies=list(person.reach.companies),
            sites=list(person.reach.sites),
            expires_at=found.expires_at,
            must_change_password=once,
            notice=found.notice if isinstance(found, StoredSession) else "",
            single_sign_on=isinstance(found, StoredSession) and found.provider,
        )

    def person(self, token: str) -> Person:
        """Raises ``NotSignedIn``; ``NotAllowed`` before an admin's password was changed."""
        found = self._session(self.digest(token), service=token.startswith(TOKEN_MARK))
        if found is None:
            raise NotSignedIn("Sign in first: there is no such session, or it has ended.")
        if isinstance(found, StoredSession) and found.must_change:
            raise NotAllowed("Your password is for one use: choose your own first.")
        return _person(found)

    def require(self, person: Person, permission: Permission, *, target: str, origin: str) -> None:
        """Raises ``NotAllowed``, and records that it was asked for."""
        if person.may(permission):
            return
        limited = f"Whoever is limited to {person.reach}" if person.reach.limited else ""
        who = "This token" if person.granted is not None else f"The role {person.role}"
        carries = person.granted is None and Person(name="", role=person.role).may(permission)
        why = "it reaches beyond the person's" if carries else "the role does not carry it"
        self.audit(
            event_of(person.name, person.role, permission, target, why, origin, allowed=False)
        )
        raise NotAllowed(
            f"{limited if carries else who} may not {permission.replace('_', ' ')}; ask an admin."
        )

    def reach_check(
        self, person: Person, what: str, found: int, *, target: str, origin: str
    ) -> None:
        """Raises ``NotFound`` for what lies out of *person*'s reach, as for what does not exist.

        *what*: ``document``, ``cause``, ``checklist`` or ``release``. The former is recorded.
        """
        if not person.reach.limited or sees(self._ledger.reader(person.reach), what, found):
            return
        if sees(self._ledger.reader(), what, found):
            why = f"out of reach: {person.reach}"
            self.audit(
                event_of(person.name, person.role, "reach", target, why, origin, allowed=False)
            )
        raise NotFound(f"There is no {what} {found}.")

    def audit(self, event: AuditEvent) -> None:
        now = self._now()
        self.write(lambda conn: write_audit(conn, self._ledger.ids, event, now=now))

    def write(self, work: Callable[[Any], T]) -> T:
        return self._ledger.write(work).result()

    def _checked(self, name: str, password: str, *, address: str, action: str) -> StoredUser:
        reader = self._ledger.reader()
        familiar = been_here(reader, name, address)
        waits = self.guesses.begin(name, address, familiar=familiar)
        user = find_user(reader, name)
        with_one = user is not None and not user.provider and not self._passwords.refuses(name)
        fits = password_fits(user.password_hash if user and with_one else None, password)
        if fits and user is not None and user.active:
            self.guesses.right(name, address)
            return user
        now, why = self._now(), "wrong name or password"
        if user is not None and not with_one:
            why += "; it does not sign in with a password"
        if waits:
            why += "; the next from there have to wait"

        def work(conn: Any) -> None:
            note_wrong(conn, name, address=address, now=now)
            event = event_of(name, "", action, reason=why, origin=address, allowed=False)
            write_audit(conn, self._ledger.ids, event, now=now)

        self._ledger.write(work).result()
        if self._passwords.only:  # told to whatever name, so that it tells nothing of this one
            raise NotSignedIn(
                "The name or the password is wrong, or that name signs in through single sign-on."
            )
        raise NotSignedIn("The name or the password is wrong.")

    def _session(self, digest: str, *, service: bool) -> StoredSession | StoredToken | None:
        now = self._now()
        look = service_tokens.find_token if service else find_session
        with self._lock:  # held while it is read: an end that is being written follows
            known = self._known.get(digest) or look(self._ledger.reader(), digest, now=now)
            if known is None or known.expires_at <= now:
                self._known.pop(digest, None)
                return None
            while len(self._known) >= _MOST_KNOWN and digest not in self._known:
                self._known.pop(next(iter(self._known)))
            self._known[digest] = known
        return known


def _person(found: StoredSession | StoredToken) -> Person:
    if isinstance(found, StoredToken):
        return Person(name=found.name, role=SERVICE, reach=found.reach, granted=found.permissions)
    return Person(name=found.name, role=found.role, reach=found.reach)


def _notice(user: StoredUser) -> str:
    """What somebody who signs in should know about their name."""
    if not user.wrong or user.wrong_at is None:
        return ""
    times = "A wrong password was" if user.wrong == 1 else f"{user.wrong} wrong passwords were"
    return (
        f"{times} tried for your name since you last signed in, the last on "
        f"{user.wrong_at:%d %b %Y at %H:%M} UTC from {user.wrong_from}. "
        "If that was not you, change your password and tell an admin."
    )


def event_of(
    who: str, role: str, action: str, target: str = "", reason: str = "", origin: str = "", *,
    allowed: bool = True, before: str = "", after: str = "",
) -> AuditEvent:  # fmt: skip
    return AuditEvent(
        who=who, role=role, action=action, target=target, allowed=allowed, reason=reason[:500],
        origin=origin, before=before, after=after,
    )  # fmt: skip
