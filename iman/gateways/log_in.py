"""How each request carries its secret: read at use, and once more where it was refused."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Protocol

import httpx

from iman.errors import ImanError


class Secret(Protocol):
    """As ``iman.secret.Secret``."""

    def value(self) -> str: ...

    def changed(self) -> bool: ...


class SecretUnreadable(httpx.ConnectError):
    """The secret's place cannot be read now, so nothing was sent; the text says why."""


class LogIn(httpx.Auth):
    """Tries again at once where the secret was changed meanwhile; a refused one is not repeated,
    for Sage 300 may lock its user."""

    def __init__(self, secret: Secret) -> None:
        self.secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = self.whole()
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED and self.secret.changed():
            request.headers["authorization"] = self.whole()
            yield request

    def whole(self) -> str:
        """The header. Raises ``SecretUnreadable``."""
        try:
            return self._header(self.secret.value())
        except ImanError as exc:
            raise SecretUnreadable(str(exc)) from exc

    def _header(self, secret: str) -> str:
        raise NotImplementedError


class Bearer(LogIn):
    """byondpro's token."""

    def _header(self, secret: str) -> str:
        return f"Bearer {secret}"


class Basic(LogIn):
    """Sage 300's user and password."""

    def __init__(self, user: str, secret: Secret) -> None:
        super().__init__(secret)
        self._user = user

    def _header(self, secret: str) -> str:
        pair = f"{self._user}:{secret}".encode()
        return "Basic " + base64.b64encode(pair).decode()
