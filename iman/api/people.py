"""Who is asking, and whether they may."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta
from threading import Lock

from iman.api.passwords import new_token, password_fits, token_digest
from iman.api.wire import Me, Session
from iman.domain.people import PERMISSIONS, Permission, Person
from iman.errors import NotAllowed, NotSignedIn, TooManySignIns
from iman.ledger.accounts import StoredSession, begin_session, end_session, find_session, find_user
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.sync.ports import Now

_SESSION = timedelta(hours=8)
_MOST_KNOWN = 4096  # sessions remembered
_TRIES, _TRIES_WITHIN = 5, timedelta(minutes=1)


class People:
    """Signs people in and out and answers for a token. Called from the API's threads."""

    def __init__(self, ledger: DuckDBLedger, now: Now) -> None:
        self._ledger = ledger
        self._now = now
        self._wrong: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)
        self._lock = Lock()
        #: Sessions by their tokens' digests: every request asks for one. This process alone begins
        #: and ends them while it runs.
        self._known: dict[str, StoredSession] = {}

    def sign_in(self, name: str, password: str, *, address: str) -> Session:
        """Raises ``NotSignedIn``, or ``TooManySignIns`` after five wrong passwords in a minute."""
        who = (name, address)
        self._slow_down(who)
        user = find_user(self._ledger.reader(), name)
        if not password_fits(user.password_hash if user else None, password) or user is None:
            with self._lock:
                self._wrong[who].append(self._now())
            self.audit(
                AuditEvent(
                    who=name, role="", action="sign_in", target="", allowed=False,
                    reason="wrong name or password", origin=address,
                )
            )  # fmt: skip
            raise NotSignedIn("The name or the password is wrong.")
        with self._lock:
            self._wrong.pop(who, None)
        token, now = new_token(), self._now()
        expires = now + _SESSION
        self._ledger.write(
            lambda conn: begin_session(
                conn, token_digest(token), user.name, user.role, now=now, expires_at=expires
            )
        ).result()
        self.audit(
            AuditEvent(
                who=user.name, role=user.role, action="sign_in", target="", allowed=True,
                reason="", origin=address,
            )
        )  # fmt: skip
        return Session(token=token, name=user.name, role=user.role, expires_at=expires)

    def sign_out(self, token: str) -> None:
        now, digest = self._now(), token_digest(token)
        self._ledger.write(lambda conn: end_session(conn, digest, now=now)).result()
        with self._lock:
            self._known.pop(digest, None)

    def changed(self) -> None:
        """After a user was changed: everybody's session is looked up again."""
        with self._lock:
            self._known.clear()

    def me(self, token: str) -> Me:
        """Raises ``NotSignedIn``."""
        session = self._session(token_digest(token))
        if session is None:
            raise NotSignedIn("Sign in first: there is no such session, or it has ended.")
        return Me(
            name=session.name,
            role=session.role,
            permissions=sorted(PERMISSIONS[session.role]),
            expires_at=session.expires_at,
        )

    def _session(self, digest: str) -> StoredSession | None:
        now = self._now()
        with self._lock:  # held while it is read: an end that is being written follows
            known = self._known.get(digest) or find_session(self._ledger.reader(), digest, now=now)
            if known is None or known.expires_at <= now:
                self._known.pop(digest, None)
                return None
            while len(self._known) >= _MOST_KNOWN and digest not in self._known:
                self._known.pop(next(iter(self._known)))
            self._known[digest] = known
        return known

    def require(self, person: Person, permission: Permission, *, target: str, origin: str) -> None:
        """Raises ``NotAllowed``, and records that it was asked for."""
        if person.may(permission):
            return
        self.audit(
            AuditEvent(
                who=person.name, role=person.role, action=permission, target=target,
                allowed=False, reason="the role does not carry it", origin=origin,
            )
        )  # fmt: skip
        raise NotAllowed(
            f"The role {person.role} may not {permission.replace('_', ' ')}; ask an admin."
        )

    def audit(self, event: AuditEvent) -> None:
        now = self._now()
        self._ledger.write(
            lambda conn: write_audit(conn, self._ledger.ids, event, now=now)
        ).result()

    def _slow_down(self, who: tuple[str, str]) -> None:
        with self._lock:
            tries = self._wrong[who]
            while tries and self._now() - tries[0] > _TRIES_WITHIN:
                tries.popleft()
            if len(tries) >= _TRIES:
                wait = _TRIES_WITHIN - (self._now() - tries[0])
                seconds = max(1, round(wait.total_seconds()))
                raise TooManySignIns(f"Too many wrong passwords. Try again in {seconds} s.")
            if not tries:
                self._wrong.pop(who, None)
