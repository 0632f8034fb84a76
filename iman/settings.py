"""Every setting, in one place: from the environment, or from a file.

A name is ``IMAN_`` and the field's in capitals in the environment, and the field's as it is in
``iman.toml`` (or the file ``IMAN_SETTINGS`` names). The environment wins. ``docs/settings.md``
lists them; a test notices when one is missing there.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from iman.domain.setting import Origin, SettingValue
from iman.errors import SettingsError
from iman.settings_sign_on import CALLBACK, DaemonSignOnSettings, DashboardSignOnSettings

Seconds = Annotated[float, Field(gt=0, le=86400)]
Port = Annotated[int, Field(ge=1, le=65535)]
#: A name in a database: quoted wherever it is used, and yet nothing that could end a quote.
_NAME = r"[^\W\d][\w $#-]*"
ColumnName = Annotated[str, Field(pattern=rf"^{_NAME}$", max_length=128)]
TableName = Annotated[str, Field(pattern=rf"^{_NAME}(\.{_NAME})?(\.{_NAME})?$", max_length=384)]

#: Where nothing leaves this machine.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: Read by us, but no field of a class.
FILE_VARIABLE = "IMAN_SETTINGS"
#: What ``iman up`` and tests hand to the processes they start.
_PRIVATE = frozenset(
    {
        FILE_VARIABLE,
        "IMAN_SANDBOX_TOKEN",
        "IMAN_SANDBOX_PASSWORD",
        "IMAN_USER",
        "IMAN_USER_PASSWORD",
        "IMAN_NEW_PASSWORD",
    }
)


def settings_file() -> Path:
    return Path(os.environ.get(FILE_VARIABLE, "iman.toml"))


class _FromEnvironmentAndFile(BaseSettings):
    # without hide_input_in_errors a missing field prints the others, passwords too
    model_config = SettingsConfigDict(
        env_prefix="IMAN_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = settings_file()
        from_file = TomlConfigSettingsSource(settings_cls, file if file.exists() else None)
        return init_settings, env_settings, from_file


class DaemonSettings(DaemonSignOnSettings, _FromEnvironmentAndFile):
    """What ``sync_daemon.py`` runs on. The defaults of the clock are the byondpro guide's."""

    ledger: Path = Field(Path("data/ledger.duckdb"), description="The ledger's file")
    ledger_memory: str = Field(
        "1GB", pattern=r"^\d+(\.\d+)?\s?(MB|GB)$", description="Memory DuckDB may use"
    )

    retain_attempts: int = Field(
        0,
        ge=0,
        le=36500,
        description="Days after which attempts move out of the ledger into files; 0: never",
    )
    retain_bodies: int = Field(
        0,
        ge=0,
        le=36500,
        description="Days after which what was sent and answered is deleted; 0: never",
    )
    retain_audit: int = Field(
        0,
        ge=0,
        le=36500,
        description="Days after which audit events move out of the ledger into files; 0: never",
    )
    disk_reserve: int = Field(
        300,
        ge=0,
        le=10**7,
        description="Megabytes of free space on the ledger's disk below which nothing is pushed",
    )
    backup_folder: Path | None = Field(
        None, description="Folder for backups by the schedule; empty: backups, beside the ledger"
    )
    backup_every: float = Field(
        0.0, ge=0, le=24 * 31, description="Hours between backups; 0: only when asked for"
    )
    backup_keep: int = Field(
        7, ge=1, le=1000, description="Backups kept in that folder; older ones are deleted"
    )

    source: Literal["feed", "sql"] = Field(
        "feed", description="Where documents come from: byondpro's feed, or an outbox table or view"
    )
    byondpro_url: HttpUrl | None = Field(
        None, validate_default=True, description="Base URL of byondpro's integration feed"
    )
    byondpro_token: SecretStr = Field(
        SecretStr(""), validate_default=True, description="Bearer token of the feed"
    )
    byondpro_pages: str = Field(
        "", description="Base URL of byondpro's pages for links; empty: the feed's base URL"
    )
    byondpro_booking_page: str = Field("/bookings/{booking}", description="A booking's page")
    byondpro_sales_order_page: str = Field(
        "/sales-orders/{sales_order}", description="A sales order's page"
    )
    byondpro_invoice_page: str = Field("/invoices/{number}", description="An invoice's page")

    byondpro_item_page: str = Field("/items/{item}", description="An item's page")
    byondpro_category_page: str = Field("/categories/{category}", description="A category's page")
    byondpro_term_page: str = Field("/terms/{code}", description="A term's page")
    byondpro_terms_page: str = Field("/terms", description="The list of terms")
    byondpro_categories_page: str = Field("/categories", description="The list of categories")

    sql_url: SecretStr = Field(
        SecretStr(""),
        validate_default=True,
        description="Address of the outbox's database for SQLAlchemy, with user and password",
    )
    sql_outbox: TableName = Field(
        "iman_outbox", description="The outbox table or view, with its schema where it needs one"
    )
    sql_cursor: ColumnName = Field(
        "cursor", description="Its column with a whole number that grows with every row"
    )
    sql_type: ColumnName | Literal[""] = Field(
        "type", description="Its column with the event's type; empty: it stands in the payload"
    )
    sql_payload: ColumnName = Field("payload", description="Its column with the JSON")
    sql_at: ColumnName | Literal[""] = Field(
        "at", description="Its column with the event's moment; empty: it stands in the payload"
    )
    sql_status: TableName | Literal[""] = Field(
        "", description="Table to write sync statuses to; empty: they stay in the dashboard"
    )
    sql_gap_wait: Seconds = Field(
        900.0, description="Seconds a number left out of the outbox may still turn up"
    )
    sql_timeout: Seconds = Field(30.0, description="Seconds a statement may take in that database")

    sage_url: HttpUrl = Field(description="Sage 300 Web API, up to and with /Sage300WebApi")
    sage_company: str = Field(
        pattern=r"^[A-Za-z0-9]{1,6}$", description="Sage 300 company database ID"
    )
    sage_user: str = Field(min_length=1, description="Sage 300 user, with the Web API right")
    sage_password: SecretStr = Field(description="That user's password")
    sage_timeout: Seconds = Field(80.0, description="Seconds to wait for an answer of Sage 300")
    sage_pages: str = Field(
        "",
        description="Base URL of Sage 300's screens for links; empty: the sandbox's own, else none",
    )
    sage_terms_page: str = Field("/terms", description="Sage 300's terms codes")
    sage_accounts_page: str = Field("/accounts", description="Sage 300's G/L accounts")
    sage_customers_page: str = Field("/customers", description="Sage 300's customers")
    sage_batches_page: str = Field("/batches", description="Sage 300's invoice batches")
    ca_bundle: Path | None = Field(
        None, description="PEM file of the authority that signed a self-signed server's certificate"
    )

    intake_every: Seconds = Field(3.0, description="Seconds between readings of byondpro's outbox")
    write_back_every: Seconds = Field(2.0, description="Seconds between status deliveries")
    max_attempts: int = Field(5, ge=1, le=100, description="Attempts in one round")
    retry_wait_min: Seconds = Field(15.0, description="Shortest wait for the next attempt, seconds")
    retry_wait_max: Seconds = Field(25.0, description="Longest wait for the next attempt, seconds")
    settle: Seconds = Field(
        90.0,
        description="Seconds after which Sage 300 is surely done with a request whose answer was "
        "lost; longer than its own time-outs",
    )
    ask_every: Seconds = Field(
        5.0, description="Seconds between look-ups of a document whose answer was lost"
    )
    probe_every: Seconds = Field(5.0, description="Seconds between probes of a Sage 300 unwell")
    push_concurrency: int = Field(4, ge=1, le=256, description="Pushes under way at once")
    batch_most: int = Field(
        50, ge=1, le=500, description="Invoices in one Sage 300 batch under backlog; 1: always one"
    )
    mask_fields: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Fields not kept of requests to Sage 300 and its answers, with commas, such as "
        "CustomerName",
    )
    posting: bool = Field(
        False, description="Post each batch in Sage 300 too; otherwise processed means entered"
    )
    speed: float = Field(
        1.0, gt=0, le=1000, description="Divides every interval, for trying things out"
    )

    verify_every: Seconds = Field(
        20.0, description="Seconds between looks whether a checklist's steps are done"
    )
    mirror_every: Seconds = Field(
        900.0, description="Seconds between comparisons of byondpro's set-ups with Sage 300's"
    )
    release_grace: float = Field(
        10.0, ge=0, le=3600, description="Seconds in which a release of many can be undone"
    )
    release_canary: int = Field(
        2, ge=0, le=100, description="Documents of a release that go first; 0: all at once"
    )
    playbooks: Path | None = Field(
        None, description="Folder of playbooks of your own; they come before the built-in ones"
    )
    rules: Path | None = Field(
        None, description="File or folder of rules of your own; they come before the built-in ones"
    )

    api_host: str = Field("127.0.0.1", description="Address the control API listens on")
    api_port: Port = Field(8601, description="Port of the control API")
    api_certificate: Path | None = Field(
        None, description="PEM file of the control API's certificate; it speaks TLS then"
    )
    api_key: Path | None = Field(None, description="PEM file of that certificate's key")
    api_plain: bool = Field(
        False, description="Listen beyond this machine without TLS: a proxy in front speaks it"
    )
    api_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further host names the control API may be called by, with commas; 127.0.0.1, "
        "localhost and the listening address always work",
    )
    api_calls_per_second: float = Field(
        100.0,
        gt=0,
        le=100_000,
        description="Calls a session may make a second, or an address without one; ten times as "
        "many at once",
    )
    sandbox: bool = Field(False, description="Both systems are the sandbox's: adds demo sign-ins")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged"
    )

    @field_validator("byondpro_url", "byondpro_token", "sql_url")
    @classmethod
    def _needed_by_its_source(cls, value: Any, info: ValidationInfo) -> Any:
        source = "sql" if info.field_name == "sql_url" else "feed"
        given = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not given and info.data.get("source", source) == source:
            raise PydanticCustomError("missing", "Field required")  # told as any missing one
        return value

    @field_validator("mask_fields", mode="before")
    @classmethod
    def _fields(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("api_allowed_hosts", mode="before")
    @classmethod
    def _api_hosts(cls, value: object) -> object:
        return _with_commas(value)

    @model_validator(mode="after")
    def _encrypted_beyond_this_machine(self) -> DaemonSettings:
        if (self.api_certificate is None) != (self.api_key is None):
            raise ValueError("api_certificate and api_key are given together, or neither")
        if self.api_host not in _LOOPBACK and self.api_certificate is None and not self.api_plain:
            raise ValueError(
                f"api_host {self.api_host} is reached from other machines, and passwords would "
                "travel unencrypted: set api_certificate and api_key, or api_plain=true where a "
                "proxy in front speaks TLS"
            )
        return self

    @model_validator(mode="after")
    def _waits_in_order(self) -> DaemonSettings:
        if self.retry_wait_max < self.retry_wait_min:
            raise ValueError("retry_wait_max must not be shorter than retry_wait_min")
        return self

    @model_validator(mode="after")
    def _ages_in_order(self) -> DaemonSettings:
        if 0 < self.retain_attempts < 35:
            raise ValueError("retain_attempts must be 35 at least: whole months move")
        if self.retain_attempts and self.retain_bodies > self.retain_attempts:
            raise ValueError("retain_bodies must not be longer than retain_attempts")
        return self

    def seconds(self, interval: float) -> float:
        """An interval as it really runs, at the chosen speed."""
        return interval / self.speed


class DashboardSettings(DashboardSignOnSettings, _FromEnvironmentAndFile):
    """What ``app.py`` runs on; every default suits one machine."""

    dashboard_host: str = Field("127.0.0.1", description="Address the dashboard listens on")
    dashboard_port: Port = Field(8600, description="Port of the dashboard")
    dashboard_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further host names people may reach it by, with commas; 127.0.0.1, localhost "
        "and the listening address always work",
    )
    api_url: HttpUrl = Field(HttpUrl("http://127.0.0.1:8601"), description="The control API")
    ca_bundle: Path | None = Field(
        None, description="PEM file of the authority that signed a self-signed server's certificate"
    )
    ledger: Path = Field(
        Path("data/ledger.duckdb"), description="The ledger's file, read while the daemon is away"
    )
    sandbox: bool = Field(False, description="Says so, and shows the demo sign-ins")
    minutes_by_hand: float = Field(
        6.0,
        ge=0,
        le=480,
        description="Minutes a person needs to key one document into Sage 300, for the hours saved",
    )

    @property
    def oidc_callback(self) -> str:
        """Where the identity provider leads back to."""
        return self.oidc_redirect or f"http://127.0.0.1:{self.dashboard_port}{CALLBACK}"

    @field_validator("dashboard_allowed_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        return _with_commas(value)


def _with_commas(value: object) -> object:
    if isinstance(value, str):
        return tuple(host.strip().lower() for host in value.split(",") if host.strip())
    return value


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """Raises ``SettingsError``: a line for each setting that is wrong, with its value and rule."""
    strangers = _strangers()
    if strangers:
        raise SettingsError("\n".join(strangers))
    try:
        return kind()
    except ValidationError as exc:
        raise SettingsError("\n".join(_line(kind, fault) for fault in exc.errors())) from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"{settings_file()} is not valid TOML: {exc}.") from exc


def told(settings: BaseSettings) -> list[SettingValue]:
    """Every setting as people may see it, and where it stands. Call it right after ``load``."""
    file, environment = _in_file(), {name.lower() for name in os.environ}
    found = []
    for name, field in type(settings).model_fields.items():
        origin: Origin = "default"
        if f"iman_{name}" in environment:
            origin = "environment"
        elif name in file:
            origin = "file"
        elif name in settings.model_fields_set:
            origin = "start"
        default = "required" if field.is_required() else _shown(field.default)
        value = _shown(getattr(settings, name))
        meaning = field.description or ""
        found.append(
            SettingValue(name=name, value=value, default=default, origin=origin, meaning=meaning)
        )
    return found


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    words = "" if value is None else str(value)
    return re.sub(r"(?<=://)[^/]*@", "", words)  # an address may carry a password


def _in_file() -> frozenset[str]:
    file = settings_file()
    if not file.exists():
        return frozenset()
    with file.open("rb") as opened:
        return frozenset(tomllib.load(opened))


def known_fields() -> dict[str, str]:
    """Every setting and what it is for."""
    return {
        name: field.description or ""
        for kind in (DaemonSettings, DashboardSettings)
        for name, field in kind.model_fields.items()
    }


def _strangers() -> list[str]:
    known = known_fields()
    lines = []
    for variable in sorted(os.environ):
        name = variable.removeprefix("IMAN_").lower()
        if variable.startswith("IMAN_") and variable not in _PRIVATE and name not in known:
            lines.append(f"{variable} is no setting of Iman's{_meant(name, 'IMAN_')}")
    file = settings_file()
    if file.exists():
        with file.open("rb") as opened:
            try:
                content = tomllib.load(opened)
            except ValueError as exc:  # not TOML, or not even UTF-8
                return [*lines, f"{file} is not valid TOML: {exc}."]
        lines += [
            f"{name} in {file} is no setting of Iman's{_meant(name, '')}"
            for name in content
            if name not in known
        ]
    return lines


def _meant(name: str, prefix: str) -> str:
    close = difflib.get_close_matches(name, known_fields(), n=1)
    if not close:
        return "; docs/settings.md lists them."
    right = close[0].upper() if prefix else close[0]
    return f"; did you mean {prefix}{right}?"


def _line(kind: type[BaseSettings], fault: Any) -> str:
    where = str(fault["loc"][0]) if fault["loc"] else ""
    field = kind.model_fields.get(where)
    variable = f"IMAN_{where.upper()}" if where else "The settings"
    meaning = f" ({field.description})" if field is not None and field.description else ""
    if fault["type"] == "missing":
        return f"{variable} is missing{meaning}: set it in the environment or in {settings_file()}."
    rule = str(fault["msg"]).removeprefix("Value error, ")
    value = _value(where, field)
    return f"{variable}{value}{meaning}: {rule[0].lower()}{rule[1:]}."


def _value(where: str, field: Any) -> str:
    if field is None or field.annotation is SecretStr:
        return ""
    value = os.environ.get(f"IMAN_{where.upper()}")
    if value is None and settings_file().exists():
        with settings_file().open("rb") as opened:
            value = tomllib.load(opened).get(where)
    return "" if value is None else f" is {value!r}"
