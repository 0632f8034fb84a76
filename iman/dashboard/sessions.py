"""Who a session token belongs to, asked of the daemon and remembered for two seconds."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from iman.api.client import DaemonClient
from iman.api.wire import Me
from iman.domain.people import SERVICE
from iman.errors import DaemonUnavailable, ImanError, LedgerError, NotSignedIn, TooManySignIns

FRESH_SECONDS = 2.0
_MOST_WRONG = 10  # wrong passwords a minute, while it is this process that checks them
_REST_SECONDS = 2.0  # after a call nobody answered, how long not to ask again
_MOST = 4096  # tokens remembered; a stranger may send any number of invented ones


class OfflinePeople(Protocol):
    """Users and sessions as the ledger's file has them, read-only."""

    def session(self, token: str) -> Me | None: ...

    def sign_in(self, name: str, password: str) -> Me:
        """Raises ``NotSignedIn``."""

    def sign_out(self, token: str) -> None:
        """Remember it for the daemon. Raises ``LedgerError``."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    me: Me


@dataclass(slots=True)
class _Known:
    me: Me | None
    asked_at: float


class Sessions:
    """Thread-safe; one call per token is under way at a time, the others wait for its answer.

    While the daemon is away the ledger's file answers, and a token found good shortly before stays
    good. A session signed out here is never good again in this process, whoever answers.
    """

    def __init__(
        self,
        daemon: DaemonClient,
        offline: OfflinePeople | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._daemon = daemon
        self._offline = offline
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, threading.Lock] = {}
        self._read_only: dict[str, Me] = {}  # signed in while the daemon was away
        self._ended: dict[str, None] = {}
        self._untold: list[str] = []  # ended while the daemon was away; it hears of it on return
        self._wrong_at: deque[float] = deque(maxlen=_MOST_WRONG)
        self._rest_until = float("-inf")

    def me(self, token: str) -> Me | None:
        """The person *token* belongs to, at most two seconds old; None for a stranger's."""
        known = self._fresh(token)
        if known is None:
            with self._asking_for(token):
                known = self._fresh(token) or self._ask(token)
        return known.me

    def sign_in(self, name: str, password: str, *, address: str = "") -> SignedIn:
        """*address*: of the browser.

        Raises ``NotSignedIn``, ``TooManySignIns``, or ``DaemonUnavailable`` (no file either).
        """
        try:
            session = self._daemon.sign_in(name, password, address=address)
        except DaemonUnavailable:
            if self._offline is None:
                raise
            return self._sign_in_read_only(name, password)
        me = self._daemon.as_person(session.token).me()
        self._remember(session.token, me)
        return SignedIn(session.token, me)

    def sign_in_through_provider(self, id_token: str, *, address: str = "") -> SignedIn:
        """Only while the daemon is there: it is who checks the token. Raises as the client does."""
        session = self._daemon.sign_in_through_provider(id_token, address=address)
        me = self._daemon.as_person(session.token).me()
        self._remember(session.token, me)
        return SignedIn(session.token, me)

    def sign_out(self, token: str) -> None:
        with self._lock:
            self._ended[token] = None
            self._known.pop(token, None)
            if self._read_only.pop(token, None):
                return
            while len(self._ended) > _MOST:
                self._ended.pop(next(iter(self._ended)))
        self._tell_ended(token)

    def forget(self, token: str) -> None:
        """What it may was changed: ask anew."""
        with self._lock:
            self._known.pop(token, None)

    def signed_in_read_only(self, token: str) -> bool:
        """Whether *token* is only this process's own, given while the daemon was away."""
        return token in self._read_only

    def _fresh(self, token: str) -> _Known | None:
        with self._lock:
            if token in self._ended:
                return _Known(None, self._clock())
            known = self._known.get(token)
        if known and self._clock() - known.asked_at < FRESH_SECONDS:
            return known
        return None

    def _ask(self, token: str) -> _Known:
        if self._clock() < self._rest_until:
            return self._remember(token, self._while_away(token))
        try:
            me: Me | None = self._daemon.as_person(token).me()
            me = None if me and me.role == SERVICE else me  # a script's token opens no page
        except NotSignedIn:
            me = None
            self._read_only.pop(token, None)  # the daemon is back and does not know it
        except DaemonUnavailable:
            self._rest_until = max(self._rest_until, self._clock() + _REST_SECONDS)
            me = self._while_away(token)
        except ImanError:
            me = None
        else:
            self._tell_the_untold()
        return self._remember(token, me)

    def _while_away(self, token: str) -> Me | None:
        me = self._read_only.get(token)
        if me is None and self._offline is not None:
            try:
                me = self._offline.session(token)
            except LedgerError:  # the file cannot be read just now: go by what was known
                me = self._last_known(token)
        elif me is None:
            me = self._last_known(token)
        return me if me and me.expires_at > self._now() else None

    def _last_known(self, token: str) -> Me | None:
        known = self._known.get(token)
        return known.me if known else None

    def _sign_in_read_only(self, name: str, password: str) -> SignedIn:
        assert self._offline is not None  # noqa: S101 -- checked by the only caller
        if len(self._wrong_at) == _MOST_WRONG and self._clock() - self._wrong_at[0] < 60:
            raise TooManySignIns("Too many wrong passwords; wait a minute.")
        try:
            me = self._offline.sign_in(name, password)
        except LedgerError as exc:
            raise DaemonUnavailable(str(exc)) from exc
        except NotSignedIn:
            self._wrong_at.append(self._clock())
            raise
        token = secrets.token_urlsafe(32)
        self._read_only[token] = me
        self._remember(token, me)
        return SignedIn(token, me)

    def _remember(self, token: str, me: Me | None) -> _Known:
        known = _Known(me, self._clock())
        with self._lock:
            self._known.pop(token, None)
            self._known[token] = known
            while len(self._known) > _MOST:
                self._known.pop(next(iter(self._known)))
        return known

    def _asking_for(self, token: str) -> threading.Lock:
        with self._lock:
            if len(self._asking) > _MOST:
                self._asking.clear()  # at worst a token is asked about twice
            return self._asking.setdefault(token, threading.Lock())

    def _tell_ended(self, token: str) -> None:
        try:
            self._daemon.as_person(token).sign_out()
        except DaemonUnavailable:
            self._untold.append(token)
            if self._offline is not None:
                with contextlib.suppress(LedgerError):
                    self._offline.sign_out(token)
        except ImanError:
            pass  # it had ended already

    def _tell_the_untold(self) -> None:
        while self._untold:
            token = self._untold.pop()
            self._tell_ended(token)
            if token in self._untold:
                return
