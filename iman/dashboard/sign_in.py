"""The sign-in form and the way out: plain HTML, works without script."""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, quote

import anyio.to_thread
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from iman.dashboard import single_sign_on, text, text_sign_on
from iman.dashboard.gate import COOKIE, safe_next, same_origin, token_of
from iman.dashboard.sessions import Sessions, SignedIn
from iman.dashboard.single_sign_on import Own, SingleSignOn
from iman.demo import DemoSignIn
from iman.errors import (
    DaemonUnavailable,
    ImanError,
    NotAllowed,
    NotSignedIn,
    TooManySignIns,
)

ASSETS = Path(__file__).parent / "assets"
_LARGEST_FORM = 8_192
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class SignIn:
    """The routes under ``/auth``; *static* holds the fonts and the icon."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        static: Path,
        sandbox: bool = False,
        demo: Iterable[DemoSignIn] = (),
        allowed_hosts: Iterable[str] = (),
        sso: SingleSignOn | None = None,
    ) -> None:
        self._sessions = sessions
        self._sso = sso
        self._sandbox = sandbox
        self._demo = tuple(demo) if sandbox else ()
        self._hosts = tuple(allowed_hosts)
        self._files = {
            path.name: path
            for folder in (ASSETS, static)
            for path in folder.iterdir()
            if path.suffix in _TYPES
        }

    def routes(self) -> list[BaseRoute]:
        there = [] if self._sso is None else single_sign_on.routes(self._sso, self.through_provider)
        return [
            *there,
            Own("/auth/login", self.form, methods=["GET"]),
            Own("/auth/login", self.sign_in, methods=["POST"]),
            Own("/auth/logout", self.ask, methods=["GET"]),
            Own("/auth/logout", self.sign_out, methods=["POST"]),
            Route("/auth/session", self.session, methods=["GET"]),
            Route("/auth/assets/{name}", self.asset, methods=["GET"]),
        ]

    async def form(self, request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next", "/"))
        token = token_of(request.scope)
        if token and await self._known(token):
            return RedirectResponse(wanted, 303)
        note = text.SIGNED_OUT if "out" in request.query_params else ""
        what = request.query_params.get("sso", "") if self._sso else ""
        problem = text_sign_on.problem(what, self._sso.name) if self._sso else ""
        return self._form(wanted, note=note, problem=problem)

    async def sign_in(self, request: Request) -> Response:
        if not same_origin(request.scope, self._hosts):
            return self._form("/", problem=text.SIGN_IN_ELSEWHERE, status=403)
        fields = await _fields(request)
        name, password = fields.get("name", "").strip(), fields.get("password", "")
        wanted = safe_next(fields.get("next", "/"))
        address = request.client.host if request.client else ""
        try:
            signed_in = await anyio.to_thread.run_sync(
                lambda: self._sessions.sign_in(name, password, address=address)
            )
        except (NotSignedIn, ValidationError):
            # one answer for a wrong name and a wrong password
            wrong = text.SIGN_IN_WRONG
            if self._sso and self._sso.passwords_for_few:
                wrong = text_sign_on.few_have_one(self._sso.name)
            return self._form(wanted, name=name, problem=wrong, status=401)
        except TooManySignIns as exc:
            return self._form(wanted, name=name, problem=str(exc), status=429)
        except DaemonUnavailable:
            return self._form(wanted, name=name, problem=text.SIGN_IN_NO_DAEMON, status=503)
        except ImanError as exc:
            return self._form(wanted, name=name, problem=str(exc), status=400)
        answer, _ = _let_in(request, signed_in, wanted)
        return answer

    async def through_provider(self, request: Request) -> Response:
        """Back from the identity provider: the API looks at what it handed out."""
        assert self._sso is not None  # noqa: S101 -- there is no such route without
        sso, wanted, token = self._sso, self._sso.wanted(request), self._sso.id_token(request)
        address = request.client.host if request.client else ""
        try:
            if not token:
                raise NotSignedIn(text_sign_on.problem(text_sign_on.FAILED, sso.name))
            signed_in = await anyio.to_thread.run_sync(
                lambda: self._sessions.sign_in_through_provider(token, address=address)
            )
        except ImanError as exc:
            away = isinstance(exc, DaemonUnavailable)
            answer = self._form(
                wanted, problem=text.SIGN_IN_NO_DAEMON if away else str(exc), status=_status_of(exc)
            )
            sso.drop_cookies(request, answer)
            return answer
        before = token_of(request.scope)
        if before:
            await anyio.to_thread.run_sync(self._sessions.sign_out, before)
        answer, seconds = _let_in(request, signed_in, wanted)
        sso.keep_cookies(request, answer, seconds)
        return answer

    async def ask(self, request: Request) -> Response:
        """A link must not sign anybody out by itself, so it asks."""
        token = token_of(request.scope)
        if self._sso and not (token and await self._known(token)):
            return RedirectResponse(single_sign_on.LEAVE, 303)  # st.logout comes by here
        return _page(
            text.SIGN_OUT,
            f"""<h1>{text.SIGN_OUT_ASK}</h1>
<form method="post" action="/auth/logout"><button autofocus>{text.SIGN_OUT}</button></form>
<p class="quiet"><a href="/">{text.SIGN_OUT_STAY}</a></p>""",
        )

    async def sign_out(self, request: Request) -> Response:
        if not same_origin(request.scope, self._hosts):
            return self._form("/", problem=text.SIGN_IN_ELSEWHERE, status=403)
        token = token_of(request.scope)
        me = None
        if token:
            me = await anyio.to_thread.run_sync(self._sessions.me, token)
            await anyio.to_thread.run_sync(self._sessions.sign_out, token)
        answer: Response = RedirectResponse("/auth/login?out", 303)
        if self._sso and me is not None and me.single_sign_on:
            answer = self._leaving(self._sso.name)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return answer

    def _leaving(self, name: str) -> Response:
        """On to the provider's own way out. Not by a redirect: the form's policy would forbid one
        that leaves this site."""
        to, escaped = single_sign_on.LEAVE, html.escape
        return _page(
            text.SIGN_OUT,
            f"""<meta http-equiv="refresh" content="0; url={to}">
<h1>{text.SIGN_OUT}</h1>
<p class="quiet" role="status">{escaped(text_sign_on.leaving(name))}</p>
<p><a class="button" href="{to}">{escaped(text_sign_on.leave_for(name))}</a></p>""",
        )

    async def session(self, request: Request) -> Response:
        """An open page asks whether it may stay; see ``assets/iman.js``."""
        token = token_of(request.scope)
        known = token is not None and await self._known(token)
        return Response(status_code=204 if known else 401, headers={"cache-control": "no-store"})

    async def asset(self, request: Request) -> Response:
        path = self._files.get(request.path_params["name"])
        if path is None:
            return Response(status_code=404)
        return FileResponse(
            path,
            # by our own table: some Windows registries call script text/plain
            media_type=_TYPES[path.suffix],
            headers={"cache-control": "public, max-age=3600"},
        )

    async def _known(self, token: str) -> bool:
        return await anyio.to_thread.run_sync(self._sessions.me, token) is not None

    def _form(
        self, wanted: str, *, name: str = "", problem: str = "", note: str = "", status: int = 200
    ) -> Response:
        escaped = html.escape
        alert = f'<p class="problem" role="alert">{escaped(problem)}</p>' if problem else ""
        told = f'<p class="note" role="status">{escaped(note)}</p>' if note else ""
        body = f"""<h1>{text.SIGN_IN}</h1>
<p class="quiet">{text.SIGN_IN_TO}</p>
{told}{alert}
{self._password_box(wanted, name)}
{self._demo_box(wanted)}"""
        return _page(text.SIGN_IN, body, status)

    def _password_box(self, wanted: str, name: str) -> str:
        """The form; beside single sign-on in second place, and folded up where few need it."""
        escaped, sso = html.escape, self._sso
        first = "" if sso else " autofocus"
        form = f"""<form method="post" action="/auth/login">
<input type="hidden" name="next" value="{escaped(wanted)}">
<label for="name">{text.SIGN_IN_NAME}</label>
<input id="name" name="name" value="{escaped(name)}" autocomplete="username" autocapitalize="none"
 spellcheck="false" maxlength="80" required{"" if name else first}>
<label for="password">{text.SIGN_IN_PASSWORD}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 maxlength="200" required{" autofocus" if name else ""}>
<button{' class="second"' if sso else ""}>{text.SIGN_IN}</button>
</form>"""
        if sso is None:
            return form
        to = single_sign_on.START + ("" if wanted == "/" else "?next=" + quote(wanted, safe=""))
        link = (
            f'<p><a class="button" href="{escaped(to)}">'
            f"{escaped(text_sign_on.sign_in_with(sso.name))}</a></p>"
        )
        if sso.passwords_for_few:
            opened = " open" if name else ""
            summary = f"<summary>{text_sign_on.WITH_PASSWORD}</summary>"
            return f"{link}<details{opened}>{summary}{form}</details>"
        return f'{link}<p class="or"><span>{text_sign_on.OR_PASSWORD}</span></p>{form}'

    def _demo_box(self, wanted: str) -> str:
        if not self._sandbox:
            return ""
        escaped = html.escape
        forms = "".join(
            f"""<li><form method="post" action="/auth/login">
<input type="hidden" name="next" value="{escaped(wanted)}">
<input type="hidden" name="name" value="{escaped(one.name)}">
<input type="hidden" name="password" value="{escaped(one.password)}">
<button class="demo">{text.demo_sign_in(escaped(one.name), one.role)}</button>
<code>{escaped(one.password)}</code></form></li>"""
            for one in self._demo
        )
        return f"""<section class="sandbox" aria-labelledby="sandbox"><h2 id="sandbox">\
{text.SANDBOX}</h2><p>{text.SANDBOX_SIGN_INS}</p><ul>{forms}</ul></section>"""


def _let_in(request: Request, signed_in: SignedIn, wanted: str) -> tuple[Response, int]:
    """On to the page, with the session's cookie; and the seconds it is good for."""
    answer = RedirectResponse(wanted, 303)
    left = signed_in.me.expires_at - datetime.now(UTC)
    seconds = max(1, int(left.total_seconds()))
    answer.set_cookie(
        COOKIE,
        signed_in.token,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        # a forged header would only keep the forger's own cookie from plain HTTP
        secure="https" in (request.url.scheme, request.headers.get("x-forwarded-proto")),
    )
    return answer, seconds


def _status_of(exc: ImanError) -> int:
    several = ((NotSignedIn, 401), (NotAllowed, 403), (TooManySignIns, 429))
    told = next((status for kind, status in several if isinstance(exc, kind)), 400)
    return 503 if isinstance(exc, DaemonUnavailable) else told


async def _fields(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            return {}
    try:
        fields = parse_qs(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20
        )
    except ValueError:  # more than the form has
        return {}
    return {name: values[0] for name, values in fields.items()}


def _page(title: str, body: str, status: int = 200) -> Response:
    page = Template((ASSETS / "sign-in.html").read_text(encoding="utf-8"))
    return HTMLResponse(
        page.substitute(title=title, body=body),
        status,
        headers={"content-security-policy": _POLICY, "cache-control": "no-store"},
    )
