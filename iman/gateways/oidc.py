"""The identity provider: where it says its keys stand, and whether a token is one of its own.

OpenID Connect Core 1.0 section 3.1.3.7 and Discovery 1.0. Only the configured issuer is asked, and
the address of its keys that it names; redirects are not followed, answers bounded. joserfc is
loaded where a provider is configured only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx

from iman.domain.single_sign_on import Identity, discovery_address
from iman.errors import DaemonRefused, NotSignedIn, SettingsError
from iman.gateways.answers import loads

#: Asymmetric ones only: with a shared secret whoever checks a token could make one.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
LONGEST_TOKEN = 32 * 1024  # characters

_LEEWAY = 60.0  # seconds two clocks may differ
_FRESH = 600.0  # seconds after which a token signs nobody in: it was handed out for this sign-in
_KEPT = 3600.0  # seconds keys are believed without asking
_LONGEST_KEPT = 86400.0  # seconds they are believed while the provider does not answer
_NOT_AGAIN = 30.0  # seconds between two questions because of a key nobody knows
_AFTER_TROUBLE = 5.0  # seconds until the next one where there was no answer
_MOST = 512 * 1024  # bytes of an answer
_SILENCE, _WHOLE = 5.0, 10.0  # seconds
_MOST_KEYS = 100
_BITS = 2048  # of an RSA key, at least
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SSO = "pip install 'iman[sso]'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """*issuer*: exactly as the provider writes it. The claims name what is read of a token."""

    issuer: str
    client_id: str
    name_claim: str
    groups_claim: str


class Unreachable(Exception):
    """The provider cannot be asked now, or answers what no provider answers."""


class OpenIdProvider:
    """Checks ID tokens. Thread-safe; give it a client that checks certificates. Close it.

    Raises ``SettingsError`` where the package that checks signatures is missing.
    """

    def __init__(
        self,
        provider: Provider,
        http: httpx.Client,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            from joserfc.jwk import KeySet
        except ImportError as exc:
            raise SettingsError(f"IMAN_OIDC_ISSUER needs one more package: {_SSO}.") from exc
        self._key_set = KeySet
        self._provider = provider
        self._http = http
        self._clock = clock
        self._lock = Lock()
        self._keys: Any = None
        self._trouble = ""  # why the last question had no answer
        self._got_at = self._not_before = float("-inf")

    @property
    def issuer(self) -> str:
        return self._provider.issuer

    def close(self) -> None:
        self._http.close()

    def identity(self, token: str, *, now: datetime) -> Identity:
        """Who *token* names. Raises ``NotSignedIn`` with the reason, or ``DaemonRefused`` where the
        provider's keys cannot be had."""
        claims = self._verified(token)
        moment = now.timestamp()
        _check_claims(claims, self._provider, moment)
        expires = min(claims["exp"] + _LEEWAY, claims["iat"] + _FRESH + _LEEWAY)
        return Identity(
            issuer=self._provider.issuer,
            subject=claims["sub"],
            name=_name_of(claims, self._provider.name_claim),
            groups=_groups_of(claims, self._provider.groups_claim),
            digest=hashlib.sha256(token.encode()).hexdigest(),
            until=datetime.fromtimestamp(expires, UTC) + timedelta(seconds=1),
        )

    def _verified(self, token: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jws import JWSRegistry

        header = _header_of(token)
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        keys = self._keys_for(header.get("kid"))
        try:
            return jwt.decode(token, keys, registry=registry).claims
        except (JoseError, ValueError, TypeError, RecursionError) as exc:
            raise NotSignedIn(
                "The provider's token is not its own: the signature does not fit."
            ) from exc

    def _keys_for(self, kid: object) -> Any:
        """The provider's keys; asked for anew where *kid* is none of them, but not all the time."""
        with self._lock:  # one at a time: a crowd asks once
            now = self._clock()
            if (now - self._got_at > _KEPT or not self._has(kid)) and now >= self._not_before:
                self._ask(now)
            if now - self._got_at > _LONGEST_KEPT:
                self._keys = None
            if self._has(kid):
                return self._keys
            if self._trouble:
                raise DaemonRefused(f"Single sign-on does not work now: {self._trouble}.")
        raise NotSignedIn("The token is signed with a key that is not the provider's.")

    def _has(self, kid: object) -> bool:
        if self._keys is None:
            return False
        if kid is None:
            return len(self._keys.keys) == 1
        return any(key.kid == kid for key in self._keys.keys)

    def _ask(self, now: float) -> None:
        try:
            self._keys, self._trouble = self._fetch_keys(self._http), ""
        except Unreachable as exc:  # what it said before is good for a while
            self._trouble = str(exc)
            self._not_before = self._clock() + _AFTER_TROUBLE
        else:
            self._got_at, self._not_before = now, now + _NOT_AGAIN

    def count_keys(self, http: httpx.Client) -> int:
        """How many it names now, asked by *http*. Raises ``Unreachable``."""
        return len(self._fetch_keys(http).keys)

    def _fetch_keys(self, http: httpx.Client) -> Any:
        told = discover(http, self._provider.issuer)
        found = fetch(http, told["jwks_uri"]).get("keys")
        if not isinstance(found, list) or len(found) > _MOST_KEYS:
            raise Unreachable("what stands at its jwks_uri are no keys")
        keys = [key for key in map(self._key, found) if key is not None]
        if not keys:
            raise Unreachable("it names no key to check signatures with")
        return self._key_set(keys)

    def _key(self, found: object) -> Any:
        """None for what is no public key for signatures: a provider may have others as well."""
        from joserfc.errors import JoseError

        if not isinstance(found, dict) or found.get("kty") not in ("RSA", "EC", "OKP"):
            return None
        if found.get("use", "sig") != "sig":
            return None
        public = {name: value for name, value in found.items() if name not in _PRIVATE}
        try:
            one = self._key_set.import_key_set({"keys": [public]}).keys[0]
            bits = getattr(one.raw_value, "key_size", _BITS) if one.key_type == "RSA" else _BITS
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return one if bits >= _BITS else None


_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5c", "key_ops"})


def discover(http: httpx.Client, issuer: str) -> dict[str, Any]:
    """The provider's own description. Raises ``Unreachable``: also for one of another issuer."""
    told = fetch(http, discovery_address(issuer))
    if told.get("issuer") != issuer:
        raise Unreachable(f"it calls itself {str(told.get('issuer'))[:200]!r} and not {issuer!r}")
    for name in ("jwks_uri", "authorization_endpoint", "token_endpoint"):
        address = told.get(name)
        if not isinstance(address, str) or not encrypted(address, issuer):
            raise Unreachable(f"its {name} is no https address")
    return told


def fetch(http: httpx.Client, address: str) -> dict[str, Any]:
    """A JSON object from there; redirects are no answer. Raises ``Unreachable``."""
    host = urlsplit(address).hostname
    end, gathered = time.monotonic() + _WHOLE, bytearray()
    try:
        with http.stream(
            "GET", address, follow_redirects=False, timeout=_SILENCE,
            headers={"accept": "application/json"},
        ) as answer:  # fmt: skip
            if answer.is_redirect:
                raise Unreachable(f"{host} leads elsewhere, and Iman does not follow")
            if answer.status_code != httpx.codes.OK:
                raise Unreachable(f"{host} answers with {answer.status_code}")
            for part in answer.iter_bytes():
                gathered += part
                if len(gathered) > _MOST:
                    raise Unreachable(f"{host} answers more than anybody needs")
                if time.monotonic() > end:
                    raise Unreachable(f"{host} does not finish its answer")
        found = loads(bytes(gathered))
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise Unreachable(f"{host} does not answer ({type(exc).__name__})") from exc
    except ValueError as exc:
        raise Unreachable(f"{host} does not answer with JSON") from exc
    if not isinstance(found, dict):
        raise Unreachable(f"{host} does not answer with a JSON object")
    return found


def encrypted(address: str, issuer: str) -> bool:
    """Whether *address* is https; on this machine a provider for trying out may speak http."""
    try:
        there, theirs = urlsplit(address), urlsplit(issuer)
    except ValueError:
        return False
    here = (
        there.scheme == "http" == theirs.scheme and {there.hostname, theirs.hostname} <= _LOOPBACK
    )
    return bool(there.hostname) and (there.scheme == "https" or here)


def _header_of(token: str) -> Mapping[str, Any]:
    """A signed token's header; refused before any key is asked for."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise NotSignedIn("That is no signed token of a provider.")
    try:
        first = token.split(".", 1)[0].encode("ascii")
        header = json.loads(base64.b64decode(first + b"=" * (-len(first) % 4), altchars=b"-_"))
    except (ValueError, binascii.Error, RecursionError) as exc:
        raise NotSignedIn("That is no signed token of a provider.") from exc
    if not isinstance(header, dict):
        raise NotSignedIn("That is no signed token of a provider.")
    if header.get("alg") not in ALGORITHMS:
        raise NotSignedIn("The provider's token is not signed with a key pair.")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT" or "crit" in header:
        raise NotSignedIn("That is no ID token.")  # an access token, or one to sign out with
    if not isinstance(header.get("kid"), str | None):
        raise NotSignedIn("That is no signed token of a provider.")
    return header


def _check_claims(claims: Mapping[str, Any], provider: Provider, now: float) -> None:
    """Raises ``NotSignedIn``."""
    if claims.get("iss") != provider.issuer:
        raise NotSignedIn("The token comes from another provider.")
    if claims.get("typ", "ID") != "ID":  # Keycloak says in the claims what a token is for
        raise NotSignedIn("That is no ID token.")
    audience = claims.get("aud")
    several = [audience] if isinstance(audience, str) else audience
    if not isinstance(several, list) or provider.client_id not in several:
        raise NotSignedIn("The token was made for another application.")
    party = claims.get("azp")
    if (party is not None or len(several) > 1) and party != provider.client_id:
        raise NotSignedIn("The token was made for another application.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotSignedIn("The token names nobody.")
    moments = {name: claims.get(name) for name in ("exp", "iat", "nbf")}
    if moments["nbf"] is None:
        moments["nbf"] = moments["iat"]
    if not all(_is_moment(value) for value in moments.values()):
        raise NotSignedIn("The token does not say when it is good.")
    expires, issued, not_before = (float(moments[name]) for name in ("exp", "iat", "nbf"))  # type: ignore[arg-type]  # looked at above
    if now >= expires + _LEEWAY:
        raise NotSignedIn("The token has expired: sign in again.")
    if now < max(issued, not_before) - _LEEWAY:
        raise NotSignedIn("The token is not good yet: are both machines' clocks right?")
    if now >= issued + _FRESH + _LEEWAY:
        raise NotSignedIn("The token was made too long ago: sign in again.")


def _is_moment(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**40


def _name_of(claims: Mapping[str, Any], wanted: str) -> str:
    """Raises ``NotSignedIn``."""
    name = _claim(claims, wanted)
    if not isinstance(name, str) or not name:
        raise NotSignedIn(f"The token has no {wanted}: an admin sets another oidc_name_claim.")
    if wanted == "email" and claims.get("email_verified") is False:
        raise NotSignedIn("The provider has not verified your e-mail address.")
    return name


def _groups_of(claims: Mapping[str, Any], wanted: str) -> tuple[str, ...]:
    """Raises ``NotSignedIn`` where the provider left them out for their number."""
    found = _claim(claims, wanted)
    elsewhere = claims.get("_claim_names")
    if found is None and isinstance(elsewhere, dict) and wanted in elsewhere:
        raise NotSignedIn(
            "You are in more groups than the provider tells: an admin has it tell only those that "
            "Iman knows, or roles instead (oidc_groups_claim)."
        )
    several = [found] if isinstance(found, str) else found
    if not isinstance(several, list):
        return ()
    return tuple(dict.fromkeys(one for one in several if isinstance(one, str)))


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """By its name, or a way of names: Keycloak's ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
