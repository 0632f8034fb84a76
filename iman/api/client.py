"""The control API's client: what the dashboard, the CLI and notebooks use."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import pyarrow as pa
from pydantic import BaseModel, TypeAdapter, ValidationError

from iman.api.backups import BackupRequest, BackupState
from iman.api.retention import RetentionState
from iman.api.storage import StorageState
from iman.api.wire import (
    BreakerEvent,
    DocumentDetail,
    DocumentId,
    Durations,
    ErrorBody,
    Health,
    Me,
    Neighbours,
    Overview,
    Pause,
    PauseRequest,
    Preference,
    ProviderSignIn,
    Queue,
    ResyncRequest,
    ResyncStarted,
    Session,
    SignIn,
)
from iman.api.wire_audit import AuditVerification
from iman.api.wire_sandbox import SandboxFaults
from iman.api.wire_settings import SettingsRecord
from iman.api.wire_views import SavedView, ViewToSave
from iman.errors import (
    DaemonRefused,
    DaemonUnavailable,
    ImanError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooManySignIns,
)

ARROW = "application/vnd.apache.arrow.stream"
BASE = "/api/v1"
T = TypeVar("T")

#: Another program on that port, or a proxy in between.
_STRANGER = "Something answers at the control API's address, but it is no daemon of this Iman."

_RAISES: dict[int, type[ImanError]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    429: TooManySignIns,
}


class DaemonClient:
    """Speaks for one person: *token* is theirs, or None before sign-in.

    Give several clients one ``httpx.Client`` (a new one costs tens of milliseconds).
    Raises ``DaemonUnavailable`` when nobody answers, ``NotSignedIn``, ``NotAllowed``, ``NotFound``,
    ``TooManySignIns`` and ``DaemonRefused`` for what the API answers.
    """

    def __init__(self, http: httpx.Client, token: str | None = None) -> None:
        self._http = http
        self._token = token

    def as_person(self, token: str) -> DaemonClient:
        return DaemonClient(self._http, token)

    def health(self) -> Health:
        return read(Health, self._get("/health"))

    def sign_in(self, name: str, password: str, *, address: str = "") -> Session:
        """*address*: of the browser behind this process; guesses are counted by it."""
        body = SignIn(name=name, password=password)
        return read(Session, self.call("POST", "/sessions", body=body, address=address))

    def sign_in_through_provider(self, id_token: str, *, address: str = "") -> Session:
        """*id_token*: the identity provider's, fresh. ``NotAllowed`` where no group has a role."""
        body = ProviderSignIn(id_token=id_token)
        return read(Session, self.call("POST", "/sessions/oidc", body=body, address=address))

    def sign_out(self) -> None:
        self._send("DELETE", "/sessions/current")

    def me(self) -> Me:
        return read(Me, self._get("/me"))

    def overview(self, *, hours: int, **asked: Any) -> Overview:
        return read(Overview, self._get("/overview", {"hours": hours, **asked}))

    def durations(self, *, hours: int, **asked: Any) -> Durations:
        return read(Durations, self._get("/durations", {"hours": hours, **asked}))

    def document(self, document_id: int) -> DocumentDetail:
        return read(DocumentDetail, self._get(f"/documents/{document_id}"))

    def neighbours(self, document_id: int, params: Mapping[str, Any]) -> dict[str, int | None]:
        found = read(Neighbours, self._get(f"/documents/{document_id}/neighbours", params))
        return {"before": found.before, "after": found.after}

    def find(self, entry_type: str, number: str) -> int:
        """The id of the document with that number, of any entry type if that is empty.

        Raises ``NotFound``.
        """
        params = {"number": number} | ({"entry_type": entry_type} if entry_type else {})
        return read(DocumentId, self._get("/document-ids", params)).id

    def resync(self, document_id: int, *, reason: str = "", request_id: str = "") -> ResyncStarted:
        body = ResyncRequest(reason=reason, request_id=request_id)
        return read(ResyncStarted, self._send("POST", f"/documents/{document_id}/resync", body))

    def settings(self) -> SettingsRecord:
        """What the daemon runs on, and what changed between two starts."""
        return read(SettingsRecord, self._get("/settings"))

    def verify_audit(self, head: str = "") -> AuditVerification:
        """Whether the audit trail is what was written; *head*: EVENTS:HASH, kept elsewhere."""
        events, _, known = head.partition(":")
        params = {"events": events, "hash": known} if head else None
        return read(AuditVerification, self._get("/audit/verification", params))

    def backups(self) -> BackupState:
        return read(BackupState, self._get("/backups"))

    def storage(self) -> StorageState:
        return read(StorageState, self._get("/storage"))

    def retention(self, *, planned: bool = True) -> RetentionState:
        return read(RetentionState, self._get("/retention", {"planned": planned}))

    def retain(self) -> RetentionState:
        """Begin a run; it is under way when this answers. Raises ``DaemonRefused``."""
        return read(RetentionState, self._send("POST", "/retention"))

    def back_up(self, folder: str = "") -> BackupState:
        """Begin one; it is under way when this answers. Raises ``DaemonRefused``."""
        body = BackupRequest(folder=folder)
        return read(BackupState, self._send("POST", "/backups", body))

    def sandbox_faults(self) -> SandboxFaults:
        """What the sandbox's Sage 300 does wrong on purpose. Raises ``DaemonRefused`` without."""
        return read(SandboxFaults, self._get("/sandbox/faults"))

    def switch_fault(self, name: str, *, on: bool) -> SandboxFaults:
        method = "PUT" if on else "DELETE"
        return read(SandboxFaults, self._send(method, f"/sandbox/faults/{name}"))

    def clear_faults(self) -> SandboxFaults:
        return read(SandboxFaults, self._send("DELETE", "/sandbox/faults"))

    def pauses(self) -> list[Pause]:
        return read(list[Pause], self._get("/pauses"))

    def pause(self, what: str, *, reason: str) -> list[Pause]:
        """Push nothing of entry type *what*, or nothing at all: ``all``."""
        return read(list[Pause], self._send("PUT", f"/pauses/{what}", PauseRequest(reason=reason)))

    def resume(self, what: str) -> None:
        self._send("DELETE", f"/pauses/{what}")

    def breaker_events(self, *, hours: int) -> list[BreakerEvent]:
        return read(list[BreakerEvent], self._get("/breaker-events", {"hours": hours}))

    def queue(self) -> Queue:
        return read(Queue, self._get("/queue"))

    def sites(self) -> list[str]:
        return read(list[str], self._get("/sites"))

    def companies(self) -> list[str]:
        return read(list[str], self._get("/companies"))

    def views(self) -> list[SavedView]:
        """This person's own and the shared ones."""
        return read(list[SavedView], self._get("/views"))

    def save_view(self, view: ViewToSave) -> SavedView:
        return read(SavedView, self._send("POST", "/views", view))

    def change_view(self, view_id: int, view: ViewToSave) -> SavedView:
        return read(SavedView, self._send("PUT", f"/views/{view_id}", view))

    def remove_view(self, view_id: int) -> None:
        self._send("DELETE", f"/views/{view_id}")

    def preferences(self) -> dict[str, str]:
        """What this person chose."""
        return read(dict[str, str], self._get("/me/preferences"))

    def prefer(self, name: str, value: str) -> None:
        self._send("PUT", f"/me/preferences/{name}", Preference(value=value))

    def table(self, path: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The Arrow table at *path* (``/counts``, ``/failures``, ``/documents``, …)."""
        answer = self._answer("GET", path, params=params, headers={"accept": ARROW})
        try:
            with pa.ipc.open_stream(io.BytesIO(answer.content)) as reader:
                table = reader.read_all()
        except pa.ArrowException as exc:
            raise DaemonUnavailable(_STRANGER) from exc
        total = answer.headers.get("x-iman-total")
        return table.replace_schema_metadata({"total": total}) if total else table

    @contextmanager
    def download(self, path: str, params: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """A file, read piece by piece with ``iter_bytes``. Raises as every method does."""
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        patience = httpx.Timeout(300.0, connect=5.0)  # Excel is gathered before its first byte
        try:
            with self._http.stream(
                "GET", BASE + path, params=params, headers=headers, timeout=patience
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _error_of(answer)
                yield answer
        except httpx.TransportError as exc:
            raise DaemonUnavailable(f"The daemon does not answer ({type(exc).__name__}).") from exc

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: BaseModel | None = None,
        address: str = "",
    ) -> bytes:
        """For clients of a part of the API: the answer's bytes. Raises as every method does."""
        content = None if body is None else body.model_dump_json()
        headers = {"x-iman-address": address} if address else {}
        return self._answer(method, path, params=params, content=content, headers=headers).content

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> bytes:
        return self._answer("GET", path, params=params).content

    def _send(self, method: str, path: str, body: Any = None) -> bytes:
        content = None if body is None else body.model_dump_json()
        return self._answer(method, path, content=content).content

    def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        sent = dict(headers or {})
        if self._token:
            sent["authorization"] = f"Bearer {self._token}"
        if content is not None:
            sent["content-type"] = "application/json"
        try:
            answer = self._http.request(
                method, BASE + path, params=params, content=content, headers=sent
            )
        except httpx.TransportError as exc:
            raise DaemonUnavailable(f"The daemon does not answer ({type(exc).__name__}).") from exc
        if answer.is_success:
            return answer
        raise _error_of(answer)


def read(shape: type[T], content: bytes) -> T:
    """An answer in its shape. Raises ``DaemonUnavailable`` for what another program answered."""
    try:
        return TypeAdapter(shape).validate_json(content)
    except ValidationError as exc:
        raise DaemonUnavailable(_STRANGER) from exc


def _error_of(answer: httpx.Response) -> ImanError:
    try:
        body = ErrorBody.model_validate_json(answer.content)
    except ValidationError:
        return DaemonUnavailable(f"{_STRANGER} It said {answer.status_code}.")
    message = body.message
    if answer.status_code >= 500 or body.error == "too_many_calls":
        return DaemonUnavailable(message)
    return _RAISES.get(answer.status_code, DaemonRefused)(message)
