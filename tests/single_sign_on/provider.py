"""An OpenID Connect provider of our own: discovery, keys, authorization code with PKCE, sign-out.

``python -m tests.single_sign_on.provider PORT CALLBACK [PEM]`` serves it, with TLS where there is a
file of certificate and key. What a provider does that means
harm, or is unwell, is switched on by ``PUT /test/manners``; ``POST /test/token`` hands out whatever
token is asked for.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import html
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

CLIENT, SECRET = "iman-dashboard", "the-clients-secret"
#: Who may sign in there, and their groups.
PEOPLE = {
    "olga": ["Iman admins", "Everybody"],
    "sara": ["HGH clerks"],
    "max": ["Iman managers"],
    "nina": ["Everybody"],
}


class Provider:
    """Everything in memory; one event loop, so nothing is done twice at once."""

    def __init__(self, issuer: str, callback: str) -> None:
        self.issuer, self.callback = issuer, callback
        self.people = {name: list(groups) for name, groups in PEOPLE.items()}
        self.keys: list[Any] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.manners: dict[str, str] = {}
        self.asked: list[str] = []
        self.rotate()

    def rotate(self) -> None:
        """A new key, in the place of the old one."""
        name = {"kid": secrets.token_hex(4), "use": "sig"}
        self.keys = [
            RSAKey.generate_key(2048, name),
            ECKey.generate_key("P-256", name | {"kid": secrets.token_hex(4)}),
        ]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize),
                Route("/authorize", self.chosen, methods=["POST"]),
                Route("/token", self.token, methods=["POST"]),
                Route("/end", self.end),
                Route("/test/token", self.any_token, methods=["POST"]),
                Route("/test/rotate", self.rotated, methods=["POST"]),
                Route("/test/people", self.set_people, methods=["PUT"]),
                Route("/test/manners", self.set_manners, methods=["PUT"]),
                Route("/test/asked", self.were_asked),
            ]
        )

    async def discovery(self, request: Request) -> Response:
        self.asked.append("discovery")
        at = self.issuer
        return await self._mannered(
            "discovery",
            {
                "issuer": at,
                "authorization_endpoint": at + "/authorize",
                "token_endpoint": at + "/token",
                "jwks_uri": at + "/jwks",
                "end_session_endpoint": at + "/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "scopes_supported": ["openid", "email", "profile"],
            },
        )

    async def jwks(self, request: Request) -> Response:
        self.asked.append("jwks")
        return await self._mannered("jwks", {"keys": [k.as_dict(private=False) for k in self.keys]})

    async def _mannered(self, what: str, answer: dict[str, Any]) -> Response:
        match self.manners.get(what):
            case "away":
                return PlainTextResponse("gone", 503)
            case "redirects":
                return RedirectResponse("http://localhost:9/" + what)
            case "huge":
                return JSONResponse(answer | {"padding": "x" * 2_000_000})
            case "nonsense":
                return PlainTextResponse("<html>", 200)
            case "list":
                return JSONResponse([answer])
            case "drips":
                return StreamingResponse(_dripping(json.dumps(answer)))
            case "another":
                return JSONResponse(answer | {"issuer": "https://another.example"})
            case "elsewhere":
                return JSONResponse(answer | {"jwks_uri": "http://keys.example/jwks"})
            case "no_keys":
                return JSONResponse({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}]})
        return JSONResponse(answer)

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") != self.callback:
            return PlainTextResponse("no such client or address to come back to", 400)
        wanted = {"response_type": "code", "code_challenge_method": "S256"}
        if asked.get("prompt") == "none":
            return self._back(asked, error="login_required")
        if any(asked.get(name) != value for name, value in wanted.items()):
            return self._back(asked, error="invalid_request")
        if "openid" not in asked.get("scope", "").split() or not asked.get("code_challenge"):
            return self._back(asked, error="invalid_request")
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        buttons = "".join(
            f'<button name="person" value="{name}">{name}</button>' for name in self.people
        )
        cancel = '<button name="person" value="">Cancel</button>'
        return HTMLResponse(
            f"<!doctype html><title>Provider</title><h1>Who are you?</h1>"
            f'<form method="post">{hidden}{buttons}{cancel}</form>'
        )

    async def chosen(self, request: Request) -> Response:
        async with request.form() as form:
            asked = {name: str(value) for name, value in form.items()}
        if asked.get("redirect_uri") != self.callback:
            return PlainTextResponse("no such address to come back to", 400)
        if asked["person"] not in self.people:
            return self._back(asked, error="access_denied")
        code = secrets.token_urlsafe(24)
        self.codes[code] = asked
        return self._back(asked, code=code)

    def _back(self, asked: dict[str, str], **told: str) -> Response:
        told["state"] = asked.get("state", "")
        return RedirectResponse(f"{self.callback}?{urlencode(told)}", 302)

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        told = base64.b64decode(word).decode() if scheme.lower() == "basic" else ""
        if told != f"{CLIENT}:{self.manners.get('secret', SECRET)}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(given.get("code", ""), None)  # good once
        if asked is None or given.get("redirect_uri") != self.callback:
            return JSONResponse({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = self._claims(asked["person"], nonce=asked.get("nonce", ""))
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": self._signed(claims),
            }
        )

    def _claims(self, person: str, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.issuer, "aud": CLIENT, "sub": f"subject-of-{person}", "iat": now,
            "exp": now + 300, "preferred_username": person, "name": person.title(),
            "groups": self.people.get(person, []), "jti": secrets.token_hex(8),
        } | more  # fmt: skip

    def _signed(self, claims: dict[str, Any], key: int = 0, **header: Any) -> str:
        alg = ("RS256", "ES256")[key]
        told = {"alg": alg, "kid": self.keys[key].kid} | header
        return jwt.encode(told, claims, self.keys[key], algorithms=[alg])

    async def end(self, request: Request) -> Response:
        self.asked.append("end " + ("hinted" if "id_token_hint" in request.query_params else ""))
        back = request.query_params.get("post_logout_redirect_uri")
        if back != self.callback:
            return PlainTextResponse("signed out", 200)
        return RedirectResponse(back, 302)

    async def any_token(self, request: Request) -> Response:
        """*claims* instead of the usual; *drop* some; *key* 1: the EC one; *how* to forge it."""
        asked = await request.json()
        claims = self._claims(asked.get("person", "olga"), **asked.get("claims", {}))
        for name in asked.get("drop", []):
            claims.pop(name, None)
        header = asked.get("header", {})
        match asked.get("how", "right"):
            case "right":
                made = self._signed(claims, asked.get("key", 0), **header)
            case "none":
                made = f"{_b64({'alg': 'none', 'typ': 'JWT'})}.{_b64(claims)}."
            case "public_key_as_secret" | "clients_secret":
                key = self.keys[0].as_pem(private=False)
                secret = key if asked["how"].startswith("public") else SECRET.encode()
                front = f"{_b64({'alg': 'HS256', 'kid': self.keys[0].kid})}.{_b64(claims)}"
                made = f"{front}.{_b64(hmac.digest(secret, front.encode(), 'sha256'))}"
            case "by_hand":  # with a header that no library would write
                front = f"{_b64({'alg': 'RS256', 'kid': self.keys[0].kid} | header)}.{_b64(claims)}"
                private = self.keys[0].private_key
                made = f"{front}.{_b64(private.sign(front.encode(), PKCS1v15(), SHA256()))}"
            case "own_key":
                key = RSAKey.generate_key(2048)
                told = {"alg": "RS256", "kid": self.keys[0].kid}
                if asked.get("embedded"):
                    told["jwk"] = key.as_dict(private=False)
                made = jwt.encode(told, claims, key, algorithms=["RS256"])
            case "tampered":
                head, _, tail = self._signed(claims).split(".")
                made = f"{head}.{_b64(claims | asked['tampered'])}.{tail}"
        return JSONResponse({"id_token": made, "claims": claims})

    async def rotated(self, request: Request) -> Response:
        self.rotate()
        return Response(status_code=204)

    async def set_people(self, request: Request) -> Response:
        self.people = await request.json()
        return Response(status_code=204)

    async def set_manners(self, request: Request) -> Response:
        self.manners = await request.json()
        return Response(status_code=204)

    async def were_asked(self, request: Request) -> Response:
        asked, self.asked = self.asked, []
        return JSONResponse(asked)


async def _dripping(text: str):
    for letter in text:
        yield letter.encode()
        await asyncio.sleep(0.2)


def _b64(value: dict[str, Any] | bytes) -> str:
    whole = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def main() -> None:
    port, callback = int(sys.argv[1]), sys.argv[2]
    pem = sys.argv[3] if len(sys.argv) > 3 else None
    scheme = "http" if pem is None else "https"
    provider = Provider(f"{scheme}://127.0.0.1:{port}", callback)
    uvicorn.run(
        provider.app(), host="127.0.0.1", port=port, log_level="warning", ssl_certfile=pem,
    )  # fmt: skip


if __name__ == "__main__":
    main()
