"""Who may sign in, and tokens for scripts. For those who manage users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Request, Response

from iman.api.passwords import hash_password, new_token, one_time_password
from iman.api.people import TOKEN_MARK
from iman.api.routes.asking import ledger, needs, people, reader, single_sign_on
from iman.api.routes.remedy_asking import audited, event_of, moment
from iman.api.wire_people import (
    IssuedToken,
    NewToken,
    NewUser,
    OneTimePassword,
    ServiceToken,
    User,
    UserChange,
)
from iman.domain.people import Permission, Person, Reach, Role
from iman.errors import DaemonRefused, NotFound
from iman.ledger import provider_accounts, service_tokens
from iman.ledger.accounts import (
    StoredUser,
    account_stands,
    change_user,
    end_sessions,
    find_user,
    last_to_manage,
    list_users,
    save_user,
    set_password,
)
from iman.ledger.audit import write_audit
from iman.ledger.service_tokens import token_stands

router = APIRouter(tags=["users"])
T = TypeVar("T")
Admin = Annotated[Person, Depends(needs(Permission.MANAGE_USERS))]
Name = Annotated[str, Path(min_length=1, max_length=80)]


@router.get("/users")
def users(request: Request, _: Admin) -> list[User]:
    return [_shown(one) for one in list_users(reader(request))]


@router.post("/users", status_code=201)
def add_user(request: Request, person: Admin, body: NewUser) -> User:
    """Add somebody, or give a known name a new role, limits and password; their sessions end."""
    now, hashed = moment(request), hash_password(body.password)

    def work(conn: Any) -> User:
        _of_iman(conn, body.name)
        _keep_one(conn, body.name, body.role, body.reach, active=True)
        save_user(conn, body.name, body.role, hashed, now=now, reach=body.reach)
        end_sessions(conn, body.name, now=now)
        return _shown(_known(conn, body.name))

    told = f"role {body.role}; {body.reach}"
    return _changing(request, person, "save_user", body.name, work, told)


@router.put("/users/{name}")
def change(request: Request, person: Admin, name: Name, body: UserChange) -> User:
    """A new role, new limits, or no signing in any more; open sessions follow at once. 409 for
    role and limits of who signs in through the identity provider: their groups give them."""
    now, issuer = moment(request), single_sign_on(request).issuer

    def work(conn: Any) -> User:
        known = _known(conn, name)
        through = known.provider if body.single_sign_on is None else body.single_sign_on
        if through and not known.provider and issuer is None:
            raise DaemonRefused("No identity provider is set up: oidc_issuer names one.")
        if through and known.provider and (body.role, body.reach) != (known.role, known.reach):
            raise DaemonRefused(
                f"{name} signs in through single sign-on: the role and the limits come from the "
                "groups, by oidc_groups."
            )
        _keep_one(conn, name, body.role, body.reach, active=body.active and not through)
        change_user(conn, name, body.role, body.reach, active=body.active)
        if body.single_sign_on is not None:
            _hand_over(conn, name, issuer if through else None, now)
        if not body.active or body.single_sign_on is not None:
            end_sessions(conn, name, now=now)
        return _shown(_known(conn, name))

    told = f"role {body.role}; {body.reach}" if body.active else "may not sign in any more"
    return _changing(request, person, "change_user", name, work, told)


@router.post("/users/{name}/reset-password")
def reset(request: Request, person: Admin, name: Name) -> OneTimePassword:
    """A password for one use; another must be chosen with it. Their sessions end."""
    now, password = moment(request), one_time_password()
    hashed = hash_password(password)

    def work(conn: Any) -> None:
        _of_iman(conn, name)
        _known(conn, name)
        set_password(conn, name, hashed, must_change=True)
        end_sessions(conn, name, now=now)

    _changing(request, person, "reset_password", name, work)
    return OneTimePassword(name=name, password=password)


@router.delete("/users/{name}/sessions", status_code=204)
def sign_out(request: Request, person: Admin, name: Name) -> Response:
    """Sign somebody out everywhere."""
    now = moment(request)

    def work(conn: Any) -> None:
        _known(conn, name)
        end_sessions(conn, name, now=now)

    _changing(request, person, "end_sessions", name, work)
    return Response(status_code=204)


@router.get("/tokens")
def tokens(request: Request, _: Admin) -> list[ServiceToken]:
    """Those in force and those that were; never the tokens themselves."""
    return [ServiceToken.model_validate(row) for row in service_tokens.tokens(reader(request))]


@router.post("/tokens", status_code=201)
def issue(request: Request, person: Admin, body: NewToken) -> IssuedToken:
    """A token for a script, shown this once; 409 for a name that is taken."""
    now, held, token = moment(request), ledger(request), TOKEN_MARK + new_token()
    digest, expires = people(request).digest(token), now + timedelta(days=body.days)

    def work(conn: Any) -> None:
        service_tokens.issue(
            conn, held.ids, name=body.name, digest=digest, permissions=body.permissions,
            reach=body.reach, expires_at=expires, who=person.name, now=now,
        )  # fmt: skip

    may = ", ".join(sorted(body.permissions))
    told = f"may {may}; {body.reach}; until {expires:%Y-%m-%d}"
    audited(
        request, person, "issue_token", body.name, work, reason=told,
        stands=lambda conn: token_stands(conn, body.name, now),
    )  # fmt: skip
    return IssuedToken(name=body.name, token=token, expires_at=expires)


@router.delete("/tokens/{name}", status_code=204)
def revoke(request: Request, person: Admin, name: Name) -> Response:
    """It is worth nothing from now on."""
    now = moment(request)

    def work(conn: Any) -> None:
        service_tokens.revoke(conn, name, who=person.name, now=now)

    _changing(request, person, "revoke_token", name, work)
    return Response(status_code=204)


def _changing(
    request: Request, person: Person, action: str, target: str, work: Callable[[Any], T],
    reason: str = "",
) -> T:  # fmt: skip
    """Run *work*, which takes something back, with its audit event in the same transaction; how
    the account or the token stands is told before and after."""
    held, now = ledger(request), moment(request)
    told = event_of(request, person, action, target, reason)
    stands = token_stands if action == "revoke_token" else account_stands

    def both(conn: Any) -> T:
        before = stands(conn, target, now)
        done = work(conn)
        event = replace(told, before=before, after=stands(conn, target, now))
        write_audit(conn, held.ids, event, now=now)
        return done

    return people(request).take_back(both)


def _known(conn: Any, name: str) -> StoredUser:
    found = find_user(conn, name)
    if found is None:
        raise NotFound(f"There is nobody called {name}.")
    return found


def _of_iman(conn: Any, name: str) -> None:
    """Raises ``DaemonRefused`` for an account that is the identity provider's."""
    known = find_user(conn, name)
    if known is not None and known.provider:
        raise DaemonRefused(f"{name} signs in through single sign-on and has no password in Iman.")


def _hand_over(conn: Any, name: str, issuer: str | None, now: datetime) -> None:
    """To the provider's person of that name, the first who comes; or, without one, back."""
    if issuer is None:
        provider_accounts.unbind(conn, name)
    else:
        provider_accounts.bind(conn, name, issuer=issuer, subject="", now=now)
    set_password(conn, name, provider_accounts.NO_PASSWORD)


def _keep_one(conn: Any, name: str, role: Role, reach: Reach, *, active: bool) -> None:
    stays = active and role is Role.ADMIN and not reach.limited
    if not stays and last_to_manage(conn, name):
        raise DaemonRefused(f"{name} is the only one left who manages people: add another first.")


def _shown(one: StoredUser) -> User:
    return User(
        name=one.name, role=one.role, companies=list(one.reach.companies),
        sites=list(one.reach.sites), active=one.active, must_change_password=one.must_change,
        created_at=one.created_at, signed_in_at=one.signed_in_at, wrong_passwords=one.wrong,
        wrong_at=one.wrong_at, single_sign_on=one.provider,
    )  # fmt: skip
