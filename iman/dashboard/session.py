"""Who is looking, and what their page may ask. Pages call these through the module."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo

import streamlit as st

from iman.api.backups import BackupState
from iman.api.people_client import PeopleClient
from iman.api.remedies_client import RemediesClient
from iman.api.storage import StorageState
from iman.api.wire import Me, ResyncStarted
from iman.api.wire_checklists import PlaybookView
from iman.api.wire_remedies import PreviewSelection, ReleasePreview
from iman.api.wire_sandbox import SandboxFaults
from iman.api.wire_views import SavedView, ViewToSave
from iman.dashboard import backend, text
from iman.dashboard.shared import Memory, SharedReading
from iman.dashboard.shared_remedies import SharedRemedies
from iman.domain.people import Permission
from iman.domain.setting import SettingValue
from iman.errors import DaemonUnavailable, NotFound
from iman.reading import open_reading
from iman.reading.reading import Reading
from iman.reading.remedies import RemediesReading, open_remedies

T = TypeVar("T")
_MEMORY = Memory()


def require_gate() -> None:
    """Stop a script that was started without the gate in front of it."""
    shown = str(st.user.get("gate") or "")
    if not hmac.compare_digest(shown.encode(), backend.GATE_SECRET.encode()):
        st.error(text.NO_GATE)
        st.stop()


def me() -> Me:
    """The person of this session, looked up anew in every run; stops the run when it has ended."""
    found = look_up(token())
    if found is None:
        signed_out()
    return found


def require(permission: Permission) -> Me:
    """For the top of a page that not every role may open."""
    person = me()
    if permission not in person.permissions:
        st.error(text.NOT_FOR_YOU)
        st.stop()
    return person


def may(permission: Permission) -> bool:
    return permission in me().permissions


def signed_out() -> NoReturn:
    st.warning(text.SESSION_ENDED)
    st.html(f'<a class="iman-button" href="/auth/login">{text.SIGN_IN}</a>')
    st.stop()


def provider_name() -> str:
    """What people call the identity provider; '' where there is none."""
    return backend.settings().oidc_name if backend.settings().oidc_issuer else ""


def sign_out() -> None:
    """This session; the websocket is closed soon after."""
    backend.sessions().sign_out(token())


def token() -> str:
    return str(st.user.get("session") or "")


def look_up(of: str) -> Me | None:
    return backend.sessions().me(of) if of else None


def read_only_sign_in() -> bool:
    """Whether this person signed in while the daemon was away."""
    return backend.sessions().signed_in_read_only(token())


def reading() -> Reading:
    """Over the API, or from the file while the daemon is away."""
    reach = me().reach
    opened = open_reading(backend.daemon(token()), backend.settings().ledger, reach)
    return SharedReading(opened, _MEMORY.within(reach))


def resync(document_id: int, *, reason: str, request_id: str) -> ResyncStarted:
    """Raises what ``DaemonClient`` raises; the API decides who may."""
    started = backend.daemon(token()).resync(document_id, reason=reason, request_id=request_id)
    _MEMORY.forget()
    return started


def pause(what: str, *, reason: str) -> None:
    """Hold an entry type back, or ``all``."""
    backend.daemon(token()).pause(what, reason=reason)
    _MEMORY.forget()


def resume(what: str) -> None:
    backend.daemon(token()).resume(what)
    _MEMORY.forget()


def people() -> PeopleClient:
    """Accounts and service tokens, as this person. The API decides who may."""
    return PeopleClient(backend.daemon(token()))


def change_password(old: str, new: str) -> None:
    """One's own. Raises ``NotSignedIn`` where *old* is wrong."""
    address = st.context.ip_address or ""
    people().change_password(old, new, address=address)
    backend.sessions().forget(token())


def sign_out_everywhere() -> None:
    people().sign_out_everywhere()
    backend.sessions().forget(token())


def prefer(name: str, value: str) -> None:
    """Remember it for this person."""
    backend.daemon(token()).prefer(name, value)


def save_view(view: ViewToSave, view_id: int | None = None) -> SavedView:
    """A new one, or in the place of the one with that id."""
    client = backend.daemon(token())
    return client.save_view(view) if view_id is None else client.change_view(view_id, view)


def remove_view(view_id: int) -> None:
    backend.daemon(token()).remove_view(view_id)


def remedies() -> RemediesReading:
    """Causes, checklists, releases, set-ups: over the API, or from the file."""
    reach = me().reach
    opened = open_remedies(_remedies_client(), backend.settings().ledger, reach)
    return SharedRemedies(opened, _MEMORY.within(reach))


def preview_release(selection: PreviewSelection) -> ReleasePreview:
    """Asked every few seconds by everybody who looks, so it is shared."""
    asked = ("preview", selection.model_dump_json())
    memory = _MEMORY.within(me().reach)
    return memory.get(asked, 2.0, lambda: _remedies_client().preview_release(selection))


def playbook(error_type: str) -> PlaybookView | None:
    """The written remedy; None where there is none, or nobody who could say."""
    try:
        return remedies().playbook(error_type).playbook
    except (DaemonUnavailable, NotFound):
        return None


def evidence(checklist_id: int, attachment_id: int) -> bytes:
    return _remedies_client().attachment(checklist_id, attachment_id)


def remedy(action: Callable[[RemediesClient], T]) -> T:
    """Do something about a remedy as this person. Raises what the client raises."""
    done = action(_remedies_client())
    _MEMORY.forget()
    return done


def _remedies_client() -> RemediesClient:
    return RemediesClient(backend.daemon(token()))


def backups() -> BackupState:
    return _MEMORY.get(("backups",), 1.0, lambda: backend.daemon(token()).backups())


def back_up() -> None:
    """Begin one, into the schedule's folder. Raises what the client raises."""
    backend.daemon(token()).back_up()
    _MEMORY.forget()


def storage() -> StorageState:
    return backend.daemon(token()).storage()


def sandbox_faults() -> SandboxFaults:
    """What the sandbox's Sage 300 does wrong on purpose. Raises ``DaemonRefused``."""
    return backend.daemon(token()).sandbox_faults()


def switch_fault(name: str, *, on: bool) -> None:
    backend.daemon(token()).switch_fault(name, on=on)


def clear_faults() -> None:
    backend.daemon(token()).clear_faults()


def own_settings() -> tuple[SettingValue, ...]:
    return backend.own_settings()


def sandbox() -> bool:
    return backend.settings().sandbox


def zone() -> ZoneInfo:
    """The browser's."""
    return text.zone_of(st.context.timezone)


def now() -> datetime:
    return datetime.now(UTC)


def live() -> bool:
    """Whether pages refresh by themselves; the switch stands in the sidebar."""
    return bool(st.session_state.get("live", True))
