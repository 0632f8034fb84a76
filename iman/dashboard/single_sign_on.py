"""Single sign-on with Streamlit's ``st.login``, behind the gate.

Streamlit leads the browser to the identity provider and back (authorization code, state, nonce and
PKCE are Authlib's); it would take anybody the provider knows for signed in. Here that counts for
nothing by itself: the provider's ID token is handed to the control API, which checks it and begins
a session of Iman's. So who signs in this way is looked at, ends and is written down like anybody.

A stranger never gets a websocket for it: ``/auth/sso`` leads straight to where ``st.login`` would.
"""

from __future__ import annotations

import contextlib
import hmac
import importlib.util
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import certifi
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route

from iman.dashboard import text_sign_on as words
from iman.dashboard.gate import (
    LOOPBACK,
    STREAMLITS,
    App,
    Message,
    Receive,
    Scope,
    Send,
    header,
    safe_next,
)
from iman.domain.single_sign_on import discovery_address
from iman.errors import SettingsError
from iman.secret import Secret
from iman.settings import DashboardSettings
from iman.settings_sign_on import CALLBACK

#: What Streamlit calls the provider; no person sees it.
PROVIDER = "iman"
START, FINISH, LEAVE = "/auth/sso", "/auth/sso/finish", "/auth/sso/out"
FORM = "/auth/login"
NEXT = "iman_next"  # the cookie that remembers the page somebody wanted

_WAY_OUT = "/auth"  # the path of what is kept for signing out
_PATIENCE = 10  # seconds Authlib waits for the provider
_STREAMLITS_COOKIE = re.compile(r"_streamlit_user(_tokens)?(_\d+)?\Z")
_NEW_TOKENS = re.compile(rb"_streamlit_user_tokens=[^;]{8}")


class SingleSignOn:
    """The set-up, and the way there and back."""

    def __init__(self, settings: DashboardSettings) -> None:
        """Raises ``SettingsError`` for what is missing."""
        if importlib.util.find_spec("authlib") is None:  # st.login needs it
            raise SettingsError(words.NEEDS_PACKAGE)
        if not settings.oidc_client_secret.get_secret_value():
            raise SettingsError(words.NEEDS_SECRET)
        self.name = settings.oidc_name
        self.passwords_for_few = bool(settings.password_sign_in)
        self._settings = settings
        self._secret = Secret(settings.oidc_client_secret, "IMAN_OIDC_CLIENT_SECRET")
        self.redirect = settings.oidc_callback
        host = urlsplit(self.redirect).hostname or ""
        if not {host, "*"} & {*LOOPBACK, "::1", *settings.dashboard_allowed_hosts}:
            raise SettingsError(words.unknown_host(host))
        self._lock = Lock()
        self._trusted = _trusted(settings.ca_bundle)
        self._applied = self.secrets()

    def secrets(self) -> dict[str, Any]:
        """What Streamlit would find in ``secrets.toml``. Raises ``SettingsError``."""
        secret = self._secret.value()
        kwargs: dict[str, Any] = {
            "scope": self._settings.oidc_scopes,
            "prompt": "select_account",
            "timeout": _PATIENCE,
            "trust_env": False,
        }
        if self._trusted:
            kwargs["verify"] = self._trusted
        return {
            "auth": {
                "redirect_uri": self.redirect,
                # signs Streamlit's cookies; the same after a restart, and kept nowhere
                "cookie_secret": hmac.digest(secret.encode(), b"iman dashboard", "sha256").hex(),
                PROVIDER: {
                    "client_id": self._settings.oidc_client_id,
                    "client_secret": secret,
                    "server_metadata_url": discovery_address(self._settings.oidc_issuer),
                    "client_kwargs": kwargs,
                },
            }
        }

    def close(self) -> None:
        if self._trusted:
            Path(self._trusted).unlink(missing_ok=True)

    async def start(self, request: Request) -> Response:
        """To where ``st.login`` leads."""
        from streamlit.user_info import generate_login_redirect_url

        await anyio.to_thread.run_sync(self._secret_anew)
        answer = RedirectResponse(generate_login_redirect_url(PROVIDER), 303)
        wanted = safe_next(request.query_params.get("next", "/"))
        answer.set_cookie(
            NEXT, wanted.encode().hex(), max_age=600, httponly=True, samesite="lax",
            path="/auth/sso", secure=self.redirect.startswith("https:"),
        )  # fmt: skip
        return answer

    def _secret_anew(self) -> None:
        """A secret that was changed in its file is used without a restart."""
        from streamlit.runtime.secrets import secrets_singleton

        with self._lock, contextlib.suppress(SettingsError):  # the one of before may still do
            now = self.secrets()
            if now != self._applied:
                secrets_singleton.merge_programmatic_secrets(now)
                self._applied = now

    def id_token(self, request: Request) -> str:
        """What the provider handed out, from Streamlit's signed cookie; '' where there is none."""
        from streamlit.auth_util import get_cookie_with_chunks
        from streamlit.web.server.server_util import get_cookie_secret
        from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

        def one(name: str) -> bytes | None:
            value = request.cookies.get(name)
            secret = get_cookie_secret()
            return decode_signed_value(secret, name, value.encode("latin-1")) if value else None

        found = get_cookie_with_chunks(one, "_streamlit_user_tokens")
        try:
            tokens = json.loads(found or b"{}")
        except ValueError:
            return ""
        token = tokens.get("id_token") if isinstance(tokens, dict) else None
        return token if isinstance(token, str) else ""

    def wanted(self, request: Request) -> str:
        """The page somebody asked for before they were led away."""
        with contextlib.suppress(ValueError):
            return safe_next(bytes.fromhex(request.cookies.get(NEXT, "")).decode() or "/")
        return "/"

    def keep_cookies(self, request: Request, answer: Response, seconds: int) -> None:
        """Streamlit's, which tell it whom to sign out at the provider: for as long as the session,
        over TLS only where there is TLS, and to the way out only. It would keep them for thirty
        days and have them sent with everything, to websockets too, whose headers have to be short.
        """
        for name, value in _streamlits(request).items():
            answer.delete_cookie(name, httponly=True, samesite="lax")
            answer.set_cookie(
                name, value, max_age=seconds, httponly=True, samesite="lax", path=_WAY_OUT,
                secure=self.redirect.startswith("https:"),
            )  # fmt: skip
        answer.delete_cookie(NEXT, path="/auth/sso", httponly=True, samesite="lax")

    def drop_cookies(self, request: Request, answer: Response) -> None:
        for name in _streamlits(request):
            for path in ("/", _WAY_OUT):
                answer.delete_cookie(name, path=path, httponly=True, samesite="lax")


class Own(Route):
    """A route of ours at an address that Streamlit has a route for as well."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope.get(STREAMLITS):
            return Match.NONE, {}
        return super().matches(scope)


class Handing:
    """Hands Streamlit the requests of ``st.login`` and ``st.logout``, and leads its answers on.

    Streamlit answers all of them with a way to the first page, whatever happened.
    """

    def __init__(self, app: App, *, on: bool) -> None:
        self._app = app
        self._on = on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way = self._way(scope)
        if way is None:
            return await self._app(scope, receive, send)
        path, lead = way
        gone = Response()
        if lead is _from_sign_out:
            for name in _streamlits(Request(scope)):
                gone.delete_cookie(name, path=_WAY_OUT, httponly=True, samesite="lax")
        more = [(name, value) for name, value in gone.raw_headers if name == b"set-cookie"]
        scope = {**scope, "path": path, "raw_path": path.encode(), STREAMLITS: True}
        return await _led(self._app, scope, receive, send, lead, more)

    def _way(self, scope: Scope) -> tuple[str, Lead] | None:
        if not self._on or scope["type"] != "http" or scope["method"] != "GET":
            return None
        try:
            asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
        except ValueError:  # more than anybody sends
            asked = {}
        match scope["path"]:
            case "/auth/login" if "provider" in asked:
                return FORM, _to_provider
            case path if path == LEAVE:
                return "/auth/logout", _from_sign_out
            case path if path == CALLBACK:
                return CALLBACK, _after(asked)
        return None


#: From Streamlit's answer (status, where it leads, its headers) to where the browser goes; None: as
#: Streamlit said.
Lead = Callable[[int, str, list[tuple[bytes, bytes]]], str | None]


def _to_provider(status: int, leads: str, _: list[tuple[bytes, bytes]]) -> str | None:
    if status >= 400:
        return f"{FORM}?sso={words.AWAY}"
    return FORM if leads.startswith("/") else None


def _from_sign_out(_: int, leads: str, __: list[tuple[bytes, bytes]]) -> str | None:
    return None if urlsplit(leads).netloc else f"{FORM}?out"


def _after(asked: dict[str, list[str]]) -> Lead:
    def lead(_: int, __: str, headers: list[tuple[bytes, bytes]]) -> str:
        if not {"code", "error", "state"} & set(asked):  # the provider leads back from signing out
            return f"{FORM}?out"
        if any(n.lower() == b"set-cookie" and _NEW_TOKENS.match(v) for n, v in headers):
            return FINISH
        cancelled = asked.get("error", [""])[0] == "access_denied"
        return f"{FORM}?sso={words.CANCELLED if cancelled else words.FAILED}"

    return lead


async def _led(
    app: App,
    scope: Scope,
    receive: Receive,
    send: Send,
    lead: Lead,
    more: list[tuple[bytes, bytes]],
) -> None:
    """Streamlit's answer with *more* headers, and where *lead* says so another way on."""
    replaced = False

    async def leading(message: Message) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            leads = header({"headers": headers}, b"location")
            to = lead(message["status"], leads, headers)
            if to is not None:
                replaced = True
                dropped = (b"location", b"content-length", b"content-type", b"content-encoding")
                headers = [(n, v) for n, v in headers if n.lower() not in dropped]
                headers += [(b"location", to.encode()), (b"content-length", b"0")]
                message = {**message, "status": 303}
            message = {**message, "headers": headers + more}
        elif replaced:
            message = {**message, "body": b""}
        await send(message)

    await app(scope, receive, leading)


def _streamlits(request: Request) -> dict[str, str]:
    return {name: v for name, v in request.cookies.items() if _STREAMLITS_COOKIE.match(name)}


def _trusted(ca_bundle: Path | None) -> str:
    """A file of all authorities that Authlib may believe: it takes one file only. '' for its own.

    Raises ``SettingsError``.
    """
    if ca_bundle is None:
        return ""
    try:
        ours = ca_bundle.read_bytes()
    except OSError as exc:
        raise SettingsError(f"IMAN_CA_BUNDLE: {ca_bundle} cannot be used: {exc.strerror}.") from exc
    with tempfile.NamedTemporaryFile("wb", suffix=".pem", delete=False) as made:
        made.write(Path(certifi.where()).read_bytes() + b"\n" + ours)
    return made.name


def routes(sso: SingleSignOn, finish: Callable[[Request], Any]) -> list[BaseRoute]:
    return [Route(START, sso.start, methods=["GET"]), Route(FINISH, finish, methods=["GET"])]
