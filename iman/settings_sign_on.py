"""The settings of single sign-on and of proxies in front: read by the daemon and by the dashboard.

The daemon checks the identity provider's tokens; the dashboard leads the browser there and back.
"""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from iman.domain.people import Reach, Role
from iman.domain.single_sign_on import GroupRole

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CALLBACK = "/oauth2callback"  # Streamlit's, which st.login comes back to
_KEYS = frozenset({"group", "role", "companies", "sites"})


class SignOnSettings(BaseModel):
    """What both processes read; everything else of single sign-on is one's own."""

    oidc_issuer: str = Field(
        "",
        description="Identity provider for single sign-on by OpenID Connect, exactly as its "
        "discovery document writes the issuer; empty: none",
    )
    oidc_client_id: str = Field("", description="What Iman is called at the identity provider")
    oidc_name: str = Field(
        "single sign-on",
        min_length=1,
        max_length=40,
        description="What people call the identity provider, for the sign-in page",
    )
    password_sign_in: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Names that may still sign in with a password beside single sign-on, with "
        "commas, for when the provider is away; empty: everybody who has one",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks of proxies in front, with commas, whose "
        "X-Forwarded-For is believed; for the API also of a dashboard on another machine",
    )

    @field_validator("password_sign_in", "trusted_proxies", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(one.strip() for one in value.split(",") if one.strip())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if ip_network(one).prefixlen == 0:  # ValueError: told with the value
                raise ValueError("everybody would be believed; name the proxy")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        if not value:
            return value
        address = urlsplit(value)
        encrypted = address.scheme == "https" or (
            address.scheme == "http" and address.hostname in _LOOPBACK
        )
        if not encrypted or not address.hostname or address.username or address.password:
            raise ValueError("an https address is needed")
        if address.query or address.fragment:
            raise ValueError("an issuer has no ? and no #")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_issuer wants oidc_client_id as well")
        if self.password_sign_in and not self.oidc_issuer:
            raise ValueError(
                "password_sign_in names who alone has a password beside single sign-on, and "
                "oidc_issuer names no provider: nobody else could sign in"
            )
        return self


class DaemonSignOnSettings(SignOnSettings):
    """The daemon's part: what a token is worth."""

    oidc_name_claim: str = Field(
        "preferred_username",
        min_length=1,
        max_length=200,
        description="Claim that holds a person's name for Iman: letters, digits and . _ @ -",
    )
    oidc_groups_claim: str = Field(
        "groups",
        min_length=1,
        max_length=200,
        description="Claim that holds a person's groups; dots lead inside, as in "
        "realm_access.roles",
    )
    oidc_groups: Annotated[tuple[GroupRole, ...], NoDecode] = Field(
        (),
        description="Which of the provider's groups has which role and which companies and sites; "
        "the first that fits counts",
    )

    @field_validator("oidc_groups", mode="before")
    @classmethod
    def _mapping(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as exc:
                raise ValueError("in the environment it is a JSON list of objects") from exc
        if not isinstance(value, list | tuple):
            raise ValueError("a list is needed: [[oidc_groups]] for each group")  # noqa: TRY004 -- pydantic tells ValueErrors
        return tuple(_group_role(one) for one in value)

    @model_validator(mode="after")
    def _somebody_may(self) -> Self:
        if self.oidc_issuer and not self.oidc_groups:
            raise ValueError("oidc_issuer wants oidc_groups: without, nobody has a role")
        return self


def _group_role(value: Any) -> GroupRole:
    if isinstance(value, GroupRole):
        return value
    if not isinstance(value, dict) or not set(value) <= _KEYS:
        raise ValueError("each has group, role, and companies and sites where it is limited")
    group = value.get("group")
    if not isinstance(group, str) or not group:
        raise ValueError("each names its group")
    if value.get("role") not in set(Role):
        raise ValueError(f"the role of {group} is one of {', '.join(Role)}")
    limits = {name: value.get(name, []) for name in ("companies", "sites")}
    for name, codes in limits.items():
        if not isinstance(codes, list | tuple) or not all(
            isinstance(one, str) and one for one in codes
        ):
            raise ValueError(f"the {name} of {group} are a list of codes")
    reach = Reach(companies=tuple(limits["companies"]), sites=tuple(limits["sites"]))
    return GroupRole(group=group, role=Role(value["role"]), reach=reach)


class DashboardSignOnSettings(SignOnSettings):
    """The dashboard's part: the way to the provider and back. ``st.login`` gets these."""

    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Iman's secret at the identity provider; file: and keyring: too"
    )
    oidc_redirect: str = Field(
        "",
        description="Where the provider sends the browser back to, as registered there: the "
        "dashboard's address and /oauth2callback; empty: on this machine",
    )
    oidc_scopes: str = Field(
        "openid email profile", description="What is asked of the provider, with spaces"
    )

    @field_validator("oidc_redirect")
    @classmethod
    def _callback(cls, value: str) -> str:
        if not value:
            return value
        address = urlsplit(value)
        here = address.scheme == "http" and address.hostname in _LOOPBACK
        if (address.scheme != "https" and not here) or not address.hostname:
            raise ValueError("an https address is needed, but on this machine")
        if address.path != CALLBACK or address.query or address.fragment:
            raise ValueError(f"it ends in {CALLBACK}, right after the host")
        return value

    @field_validator("oidc_scopes")
    @classmethod
    def _openid(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("openid has to be among them")
        return value
