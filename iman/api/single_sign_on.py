"""Signing in through an identity provider: whom its token names, and what that is worth here.

The provider says who somebody is and which groups they are in; Iman's own settings say what that
allows. Each sign-in reads both anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from iman.api.passwords import new_token
from iman.api.people import SESSION, People, event_of
from iman.api.wire import Session
from iman.domain.single_sign_on import GroupRole, Identity, Standing, standing
from iman.errors import DaemonRefused, NotAllowed, NotSignedIn
from iman.ledger.accounts import (
    StoredUser,
    account_stands,
    begin_session,
    change_user,
    end_sessions,
    find_user,
    save_user,
)
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.provider_accounts import (
    NO_PASSWORD,
    account_of,
    bind,
    same_names,
    use_token,
    waits_for_somebody,
)
from iman.sync.ports import Now

_NAME = re.compile(r"[A-Za-z0-9._@-]{1,80}\Z")
#: What wrong tokens are counted under: no account can be called so.
_GUESSED = "(single sign-on)"
_WHO = "single sign-on"  # who makes accounts and changes them at a sign-in
_MOST_TOLD = 8  # groups named to a person, or in the audit trail
_NONE = "No identity provider is set up here: sign in with a name and a password."


class IdentityProvider(Protocol):
    """Knows the provider's keys."""

    @property
    def issuer(self) -> str: ...

    def identity(self, token: str, *, now: datetime) -> Identity:
        """Raises ``NotSignedIn`` with the reason, and ``DaemonRefused`` where it cannot be told."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """*why*: for the audit trail; *told*: to the person. *again*: as no good token at all."""

    why: str
    told: str
    again: bool = False


class SingleSignOn:
    """Called from the API's threads."""

    def __init__(
        self,
        people: People,
        ledger: DuckDBLedger,
        now: Now,
        provider: IdentityProvider | None,
        mapping: Sequence[GroupRole],
    ) -> None:
        self._people = people
        self._ledger = ledger
        self._now = now
        self._provider = provider
        self._mapping = tuple(mapping)

    @property
    def issuer(self) -> str | None:
        """As the provider writes itself; None where there is none."""
        return None if self._provider is None else self._provider.issuer

    def sign_in(self, id_token: str, *, address: str) -> Session:
        """Raises ``NotSignedIn`` for a token that is not good, ``NotAllowed`` for a person who may
        not come in, ``TooManySignIns``, and ``DaemonRefused`` where the provider cannot be asked.
        """
        if self._provider is None:
            raise DaemonRefused(_NONE)
        guesses, now = self._people.guesses, self._now()
        # of this address only: by wrong tokens nobody keeps all the others out
        guesses.begin(_GUESSED, address, familiar=True)
        try:
            identity = self._provider.identity(id_token, now=now)
        except DaemonRefused:
            guesses.neither(_GUESSED, address)
            raise
        except NotSignedIn as exc:
            self._people.audit(_refused("", str(exc), address))
            raise
        gives = standing(identity.groups, self._mapping)
        token = new_token()
        digest = self._people.digest(token)

        def work(conn: Any) -> StoredUser | _Refusal:
            return self._admit(conn, identity, gives, digest, now=now, address=address)

        # whoever is in no group any more is signed out everywhere
        write = self._people.take_back if gives is None else self._people.write
        found = write(work)
        self._people.changed()
        if isinstance(found, _Refusal):
            if found.again:
                raise NotSignedIn(found.told)
            guesses.neither(_GUESSED, address)
            raise NotAllowed(found.told)
        guesses.right(_GUESSED, address)
        return Session(token=token, name=found.name, role=found.role, expires_at=now + SESSION)

    def _admit(
        self,
        conn: Any,
        identity: Identity,
        gives: Standing | None,
        digest: str,
        *,
        now: datetime,
        address: str,
    ) -> StoredUser | _Refusal:
        """All in the writer's one transaction, so that two who come at once are one after the
        other; a refusal is answered, not raised, for its event has to stay."""
        found = self._decide(conn, identity, gives, now=now, address=address)
        if isinstance(found, _Refusal):
            event = _refused(identity.name, found.why, address)
            write_audit(conn, self._ledger.ids, event, now=now)
            return found
        begin_session(
            conn, digest, found.name, found.role, now=now, expires_at=now + SESSION,
            address=address,
        )  # fmt: skip
        assert gives is not None  # noqa: S101 -- nobody is found without
        event = event_of(
            found.name, found.role, "sign_in", reason=f"single sign-on; {_told(gives.groups)}",
            origin=address,
        )  # fmt: skip
        write_audit(conn, self._ledger.ids, event, now=now)
        return found

    def _decide(
        self, conn: Any, identity: Identity, gives: Standing | None, *, now: datetime, address: str
    ) -> StoredUser | _Refusal:
        if not use_token(conn, identity, now=now):
            return _Refusal(
                "the token was used before", "That sign-in was used before.", again=True
            )
        name = account_of(conn, identity)
        if gives is None:
            if name is not None:
                end_sessions(conn, name, now=now)
            return _no_group(identity)
        if name is None:
            refusal = self._claim_name(conn, identity, gives, now=now, address=address)
            if refusal is not None:
                return refusal
            name = identity.name
        known = find_user(conn, name)
        if known is None or not known.active:
            return _Refusal(
                "deactivated in Iman",
                f"The account {name} is deactivated in Iman: ask an admin of Iman.",
            )
        if (known.role, known.reach) != (gives.role, gives.reach):
            before = account_stands(conn, name, now)
            change_user(conn, name, gives.role, gives.reach, active=True)
            why = f"groups: {_told(gives.groups)}"
            event = event_of(
                _WHO, "", "change_user", name, why, address,
                before=before, after=account_stands(conn, name, now),
            )  # fmt: skip
            write_audit(conn, self._ledger.ids, event, now=now)
        return find_user(conn, name) or known

    def _claim_name(
        self, conn: Any, identity: Identity, gives: Standing, *, now: datetime, address: str
    ) -> _Refusal | None:
        """An account for somebody new. One that is there already is not theirs for its name."""
        name = identity.name
        if not _NAME.match(name):
            return _Refusal(
                "a name that Iman cannot use",
                "Your account's name at the provider has letters that Iman does not use: an admin "
                "sets another oidc_name_claim.",
            )
        taken = same_names(conn, name)
        if taken == [name] and waits_for_somebody(conn, name, identity.issuer):
            bind(conn, name, issuer=identity.issuer, subject=identity.subject, now=now)
            event = event_of(
                _WHO, "", "bind_user", name, "the first who came for it", address,
                before="waits for the provider's person", after=f"subject {identity.subject}",
            )  # fmt: skip
            write_audit(conn, self._ledger.ids, event, now=now)
            return None
        if taken:
            return _Refusal(
                f"the name {taken[0]} is another account's",
                f"Iman has an account called {taken[0]} already, and it is not yours by its name "
                "alone: an admin of Iman gives it to single sign-on on the People page, or "
                f"with iman user single-sign-on {taken[0]}.",
            )
        save_user(conn, name, gives.role, NO_PASSWORD, now=now, reach=gives.reach)
        bind(conn, name, issuer=identity.issuer, subject=identity.subject, now=now)
        event = event_of(
            _WHO, "", "save_user", name, f"groups: {_told(gives.groups)}", address,
            after=account_stands(conn, name, now),
        )  # fmt: skip
        write_audit(conn, self._ledger.ids, event, now=now)
        return None


def _no_group(identity: Identity) -> _Refusal:
    theirs = _told(identity.groups)
    if not identity.groups:
        return _Refusal(
            "the provider names no groups",
            "The provider does not tell Iman your groups. Ask an admin of Iman: oidc_groups_claim "
            "names where they stand, and the provider has to tell them.",
        )
    return _Refusal(
        f"no group with a role: {theirs}",
        "None of your groups has a role in Iman. Ask an admin of Iman to give one to a group of "
        f"yours in oidc_groups: {theirs}.",
    )


def _told(groups: Sequence[str]) -> str:
    shown = ", ".join(one[:60] for one in groups[:_MOST_TOLD])
    more = len(groups) - _MOST_TOLD
    return f"{shown} and {more} more" if more > 0 else shown


def _refused(name: str, why: str, address: str) -> AuditEvent:
    return event_of(
        name[:80], "", "sign_in", reason=f"single sign-on; {why}", origin=address, allowed=False
    )
