"""The dashboard's settings, read once from ``IMAN_*``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from iman.domain.people import Role


class DemoSignIn(BaseModel):
    """A public sign-in of the sandbox."""

    model_config = ConfigDict(frozen=True)

    name: str
    role: Role
    password: str


class DashboardSettings(BaseSettings):
    """What app.py needs to know; every value has a default that suits one machine."""

    # without hide_input_in_errors a wrong value would print the others beside it
    model_config = SettingsConfigDict(env_prefix="IMAN_", frozen=True, hide_input_in_errors=True)

    dashboard_host: str = Field("127.0.0.1", description="Address the dashboard listens on")
    dashboard_port: int = Field(8600, ge=0, le=65535, description="Port the dashboard listens on")
    dashboard_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further host names people may reach it by, separated by commas; "
        "127.0.0.1, localhost and the listening address always work",
    )
    api_url: HttpUrl = Field(
        HttpUrl("http://127.0.0.1:8601"), description="Base URL of the daemon's control API"
    )
    ledger: Path | None = Field(
        None,
        description="The ledger's file, read (never written) while the daemon is away; "
        "without it pages are empty then",
    )
    sandbox: bool = Field(
        False, description="Whether this is the sandbox: says so, and shows the demo sign-ins"
    )
    demo_sign_ins: Annotated[tuple[DemoSignIn, ...], NoDecode] = Field(
        (),
        description="Sign-ins shown on the sandbox's form: name:role:password, separated by commas",
    )

    @field_validator("dashboard_allowed_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @field_validator("demo_sign_ins", mode="before")
    @classmethod
    def _sign_ins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = []
        for entry in filter(None, (part.strip() for part in value.split(","))):
            fields = entry.split(":", 2)
            if len(fields) != 3:
                raise ValueError("each demo sign-in is name:role:password")
            found.append({"name": fields[0], "role": fields[1], "password": fields[2]})
        return tuple(found)
