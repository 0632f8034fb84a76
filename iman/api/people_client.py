"""The control API's client for people, one's own account, and service tokens."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from iman.api.client import DaemonClient, read
from iman.api.wire_people import (
    IssuedToken,
    NewToken,
    NewUser,
    OneTimePassword,
    PasswordChange,
    ServiceToken,
    User,
    UserChange,
)

T = TypeVar("T")


class PeopleClient:
    """Speaks for the person that *daemon* speaks for. Raises what ``DaemonClient`` raises."""

    def __init__(self, daemon: DaemonClient) -> None:
        self._daemon = daemon

    def users(self) -> list[User]:
        return self._ask(list[User], "GET", "/users")

    def add_user(self, user: NewUser) -> User:
        return self._ask(User, "POST", "/users", user)

    def change_user(self, name: str, change: UserChange) -> User:
        return self._ask(User, "PUT", f"/users/{quote(name)}", change)

    def reset_password(self, name: str) -> OneTimePassword:
        """Ends their sessions too."""
        return self._ask(OneTimePassword, "POST", f"/users/{quote(name)}/reset-password")

    def end_sessions(self, name: str) -> None:
        self._daemon.call("DELETE", f"/users/{quote(name)}/sessions")

    def change_password(self, old: str, new: str, *, address: str = "") -> None:
        """One's own; every other session ends."""
        body = PasswordChange(password=old, new_password=new)
        self._daemon.call("PUT", "/me/password", body=body, address=address)

    def sign_out_everywhere(self) -> None:
        self._daemon.call("DELETE", "/me/sessions")

    def tokens(self) -> list[ServiceToken]:
        return self._ask(list[ServiceToken], "GET", "/tokens")

    def issue_token(self, token: NewToken) -> IssuedToken:
        return self._ask(IssuedToken, "POST", "/tokens", token)

    def revoke_token(self, name: str) -> None:
        self._daemon.call("DELETE", f"/tokens/{quote(name)}")

    def _ask(self, shape: type[T], method: str, path: str, body: BaseModel | None = None) -> T:
        return read(shape, self._daemon.call(method, path, body=body))
