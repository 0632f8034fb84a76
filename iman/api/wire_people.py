"""The JSON shapes of people, their accounts, and service tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from iman.api.wire import Wire
from iman.domain.people import REACHES_EVERYTHING, Permission, Reach, Role

Code = Annotated[str, Field(min_length=1, max_length=60)]
Password = Annotated[str, Field(min_length=8, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._@-]+$")]


class Limits(Wire):
    """The companies and sites somebody is limited to; none: all of them."""

    companies: list[Code] = Field(default=[], max_length=50)
    sites: list[Code] = Field(default=[], max_length=200)

    @property
    def reach(self) -> Reach:
        return Reach(companies=tuple(self.companies), sites=tuple(self.sites))


class NewUser(Limits):
    name: Name
    password: Password
    role: Role


class UserChange(Limits):
    """Everything of it replaces what was."""

    role: Role
    active: bool = Field(default=True, description="Whether they may sign in")
    single_sign_on: bool | None = Field(
        default=None,
        description="True: the identity provider's person of that name takes the account over at "
        "their next sign-in, and its password is gone; false: no longer the provider's",
    )


class User(Wire):
    name: str
    role: Role
    companies: list[str]
    sites: list[str]
    active: bool
    must_change_password: bool = Field(description="The password is an admin's, for one use")
    created_at: datetime
    signed_in_at: datetime | None
    wrong_passwords: int = Field(description="Since they signed in last")
    wrong_at: datetime | None
    single_sign_on: bool = Field(
        default=False, description="Signs in through the identity provider, which gives the role"
    )


class OneTimePassword(Wire):
    """Shown once, here. It signs in, and then another must be chosen."""

    name: str
    password: str


class PasswordChange(Wire):
    password: str = Field(min_length=1, max_length=200, description="The one you have")
    new_password: Password


class NewToken(Limits):
    name: Name
    permissions: list[Permission] = Field(min_length=1, max_length=len(Permission))
    days: int = Field(default=90, ge=1, le=366, description="How long it is good")

    @model_validator(mode="after")
    def _what_a_token_may(self) -> Self:
        if Permission.MANAGE_USERS in self.permissions:
            raise ValueError("a token does not manage users")
        beyond = sorted(REACHES_EVERYTHING & set(self.permissions)) if self.reach.limited else []
        if beyond:
            raise ValueError(f"a token limited to companies or sites has no {beyond[0]}")
        return self


class ServiceToken(Wire):
    id: int
    name: str
    permissions: list[Permission]
    companies: list[str]
    sites: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str


class IssuedToken(Wire):
    """The token is shown once, here."""

    name: str
    token: str
    expires_at: datetime
