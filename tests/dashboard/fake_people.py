"""Accounts and service tokens that behave, without a daemon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from iman.api.wire_people import (
    IssuedToken,
    NewToken,
    NewUser,
    OneTimePassword,
    ServiceToken,
    User,
    UserChange,
)
from iman.domain.people import Role
from iman.errors import DaemonRefused, NotSignedIn

SINCE = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def make_user(name: str, role: Role = Role.SUPPORT, **overrides: Any) -> User:
    values: dict[str, Any] = {
        "name": name, "role": role, "companies": [], "sites": [], "active": True,
        "must_change_password": False, "created_at": SINCE, "signed_in_at": None,
        "wrong_passwords": 0, "wrong_at": None,
    }  # fmt: skip
    return User.model_validate(values | overrides)


class FakePeople:
    """As ``PeopleClient``, for an admin whose password is "long enough"."""

    def __init__(self) -> None:
        self.known = {"ada": make_user("ada", Role.ADMIN)}
        self.made: dict[str, ServiceToken] = {}
        self.ended: list[str] = []

    def users(self) -> list[User]:
        return list(self.known.values())

    def add_user(self, user: NewUser) -> User:
        told = {"companies": user.companies, "sites": user.sites}
        self.known[user.name] = make_user(user.name, user.role, **told)
        return self.known[user.name]

    def change_user(self, name: str, change: UserChange) -> User:
        if name == "ada" and change.role is not Role.ADMIN:
            raise DaemonRefused("ada is the only one left who manages people: add another first.")
        told = {"companies": change.companies, "sites": change.sites, "active": change.active}
        before = self.known[name].single_sign_on
        through = before if change.single_sign_on is None else change.single_sign_on
        self.known[name] = make_user(name, change.role, single_sign_on=through, **told)
        return self.known[name]

    def reset_password(self, name: str) -> OneTimePassword:
        self.known[name] = self.known[name].model_copy(update={"must_change_password": True})
        return OneTimePassword(name=name, password="abcde-fghjk")

    def end_sessions(self, name: str) -> None:
        self.ended.append(name)

    def change_password(self, old: str, new: str, *, address: str = "") -> None:
        if old != "long enough":
            raise NotSignedIn("The name or the password is wrong.")

    def sign_out_everywhere(self) -> None:
        self.ended.append("me")

    def tokens(self) -> list[ServiceToken]:
        return list(self.made.values())

    def issue_token(self, token: NewToken) -> IssuedToken:
        expires = datetime.now(UTC) + timedelta(days=token.days)
        self.made[token.name] = ServiceToken(
            id=len(self.made) + 1, name=token.name, permissions=token.permissions,
            companies=token.companies, sites=token.sites, created_at=SINCE, created_by="ada",
            expires_at=expires, revoked_at=None, revoked_by="",
        )  # fmt: skip
        return IssuedToken(name=token.name, token="iman_once", expires_at=expires)

    def revoke_token(self, name: str) -> None:
        told = {"revoked_at": datetime.now(UTC), "revoked_by": "ada"}
        self.made[name] = self.made[name].model_copy(update=told)
