"""Remedies over the control API: causes, checklists, playbooks, releases, by hand, set-ups."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, TypeAdapter

from iman.api.client import DaemonClient
from iman.api.wire_checklists import (
    Answer,
    ChecklistRow,
    ChecklistView,
    ChooseBranch,
    Close,
    EditNote,
    FollowUp,
    Mark,
    NewNote,
    PlaybookDetail,
    PlaybookEdit,
    PlaybookPreview,
    PlaybookRow,
    PlaybookText,
    SavePlaybook,
    SetDue,
    SetOwner,
    Started,
)
from iman.api.wire_remedies import (
    ByHand,
    Cause,
    CauseDetail,
    Culprits,
    Park,
    Parked,
    Refreshed,
    Release,
    ReleasePreview,
    Selection,
    Settle,
    Settlement,
    SetupCode,
    SetupGap,
    SetupGaps,
    StartRelease,
    TakeBack,
)
from iman.api.wire_rules import (
    DraftRules,
    Rereading,
    RuleEdit,
    RuleListing,
    RulesPreview,
    SaveRules,
    SiteRule,
    Tried,
    TryMessage,
)

M = TypeVar("M", bound=BaseModel)


class _Attachment(BaseModel):
    """As ``NewAttachment``, whose content is bytes once it is read."""

    name: str
    content: str
    step: str
    request_id: str


class RemediesClient:
    """Speaks with the rights of *daemon*'s person. Raises as ``DaemonClient`` does."""

    def __init__(self, daemon: DaemonClient) -> None:
        self._daemon = daemon

    # -- causes

    def causes(
        self, *, hours: int = 24, error_type: str | None = None, entity: str | None = None
    ) -> list[Cause]:
        params = {"hours": hours, "error_type": error_type, "entity": entity}
        return self._many(Cause, "/causes", params)

    def cause(self, cause_id: int, *, hours: int = 168) -> CauseDetail:
        return self._get(CauseDetail, f"/causes/{cause_id}", {"hours": hours})

    def set_cause_owner(self, cause_id: int, owner: str) -> Cause:
        return self._send(Cause, "PUT", f"/causes/{cause_id}/owner", SetOwner(owner=owner))

    def culprits(self, document_id: int) -> Culprits:
        return self._get(Culprits, f"/documents/{document_id}/culprits")

    # -- checklists

    def start_on_cause(self, cause_id: int) -> Started:
        return self._send(Started, "POST", f"/causes/{cause_id}/checklist")

    def start_on_document(self, document_id: int) -> Started:
        return self._send(Started, "POST", f"/documents/{document_id}/checklist")

    def start_on_gap(self, gap_id: int) -> Started:
        return self._send(Started, "POST", f"/setup-gaps/{gap_id}/checklist")

    def checklists(
        self,
        *,
        phases: Sequence[str] = (),
        owner: str | None = None,
        cause_id: int | None = None,
        document_id: int | None = None,
    ) -> list[ChecklistRow]:
        params = {
            "phase": list(phases), "owner": owner, "cause_id": cause_id,
            "document_id": document_id,
        }  # fmt: skip
        return self._many(ChecklistRow, "/checklists", params)

    def checklist(self, checklist_id: int) -> ChecklistView:
        return self._get(ChecklistView, f"/checklists/{checklist_id}")

    def follow_ups(self) -> list[FollowUp]:
        return self._many(FollowUp, "/follow-ups")

    def choose_branch(
        self, checklist_id: int, branch: str, reason: str, *, seen: str = "", request_id: str = ""
    ) -> ChecklistView:
        body = ChooseBranch(branch=branch, reason=reason, seen=seen, request_id=request_id)
        return self._on(checklist_id, "POST", "/branch", body)

    def answer(
        self, checklist_id: int, choice: str, answer: str, *, request_id: str = ""
    ) -> ChecklistView:
        body = Answer(answer=answer, request_id=request_id)
        return self._on(checklist_id, "POST", f"/choices/{choice}", body)

    def verify(self, checklist_id: int, step: str) -> ChecklistView:
        return self._on(checklist_id, "POST", f"/steps/{step}/verify")

    def tick(
        self, checklist_id: int, step: str, *, reason: str = "", request_id: str = ""
    ) -> ChecklistView:
        body = Mark(reason=reason, request_id=request_id)
        return self._on(checklist_id, "POST", f"/steps/{step}/tick", body)

    def untick(
        self, checklist_id: int, step: str, *, reason: str = "", request_id: str = ""
    ) -> ChecklistView:
        body = Mark(reason=reason, request_id=request_id)
        return self._on(checklist_id, "POST", f"/steps/{step}/untick", body)

    def skip(
        self, checklist_id: int, step: str, *, reason: str = "", request_id: str = ""
    ) -> ChecklistView:
        body = Mark(reason=reason, request_id=request_id)
        return self._on(checklist_id, "POST", f"/steps/{step}/skip", body)

    def set_owner(
        self, checklist_id: int, owner: str, *, step: str = "", reason: str = ""
    ) -> ChecklistView:
        where = f"/steps/{step}/owner" if step else "/owner"
        return self._on(checklist_id, "PUT", where, SetOwner(owner=owner, reason=reason))

    def set_due(self, checklist_id: int, due: date | None) -> ChecklistView:
        return self._on(checklist_id, "PUT", "/due", SetDue(due=due))

    def note(
        self, checklist_id: int, text: str, *, step: str = "", request_id: str = ""
    ) -> ChecklistView:
        body = NewNote(text=text, step=step, request_id=request_id)
        return self._on(checklist_id, "POST", "/notes", body)

    def edit_note(
        self, checklist_id: int, note_id: int, text: str, *, version: int
    ) -> ChecklistView:
        body = EditNote(text=text, version=version)
        return self._on(checklist_id, "PUT", f"/notes/{note_id}", body)

    def attach(
        self,
        checklist_id: int,
        name: str,
        content: bytes,
        *,
        step: str = "",
        request_id: str = "",
    ) -> ChecklistView:
        body = _Attachment(
            name=name, content=base64.b64encode(content).decode(), step=step,
            request_id=request_id,
        )  # fmt: skip
        return self._on(checklist_id, "POST", "/attachments", body)

    def attachment(self, checklist_id: int, attachment_id: int) -> bytes:
        return self._daemon.call("GET", f"/checklists/{checklist_id}/attachments/{attachment_id}")

    def close(self, checklist_id: int, reason: str) -> ChecklistView:
        return self._on(checklist_id, "POST", "/close", Close(reason=reason))

    def reopen_checklist(self, checklist_id: int, reason: str = "") -> ChecklistView:
        return self._on(checklist_id, "POST", "/reopen", Mark(reason=reason))

    def newest_playbook(self, checklist_id: int) -> ChecklistView:
        return self._on(checklist_id, "POST", "/playbook")

    # -- playbooks

    def playbooks(self) -> list[PlaybookRow]:
        return self._many(PlaybookRow, "/playbooks")

    def playbook(self, error_type: str) -> PlaybookDetail:
        return self._get(PlaybookDetail, f"/playbooks/{error_type}")

    def playbook_edits(self, error_type: str) -> list[PlaybookEdit]:
        return self._many(PlaybookEdit, f"/playbooks/{error_type}/edits")

    def preview_playbook(self, text: str) -> PlaybookPreview:
        body = PlaybookText(text=text)
        return self._send(PlaybookPreview, "POST", "/playbooks/preview", body)

    def save_playbook(self, error_type: str, text: str, *, instead_of: str) -> PlaybookDetail:
        body = SavePlaybook(text=text, instead_of=instead_of)
        return self._send(PlaybookDetail, "PUT", f"/playbooks/{error_type}", body)

    # -- rules

    def rules(self) -> RuleListing:
        return self._get(RuleListing, "/rules")

    def rereading(self) -> Rereading:
        return self._get(Rereading, "/rules/rereading")

    def rule_edits(self) -> list[RuleEdit]:
        return self._many(RuleEdit, "/rules/edits")

    def try_message(
        self, message: str, *, http_status: int | None = None, code: str | None = None
    ) -> Tried:
        body = TryMessage(message=message, http_status=http_status, code=code)
        return self._send(Tried, "POST", "/rules/try", body)

    def preview_rules(self, rules: Sequence[SiteRule]) -> RulesPreview:
        return self._send(RulesPreview, "POST", "/rules/preview", DraftRules(rules=list(rules)))

    def save_rules(
        self, rules: Sequence[SiteRule], *, instead_of: int, agreed: bool = False, reason: str = ""
    ) -> RuleListing:
        body = SaveRules(rules=list(rules), instead_of=instead_of, agreed=agreed, reason=reason)
        return self._send(RuleListing, "PUT", "/rules", body)

    # -- releases

    def preview_release(self, selection: Selection) -> ReleasePreview:
        return self._send(ReleasePreview, "POST", "/releases/preview", selection)

    def start_release(self, order: StartRelease) -> Release:
        return self._send(Release, "POST", "/releases", order)

    def releases(self, *, cause_id: int | None = None) -> list[Release]:
        return self._many(Release, "/releases", {"cause_id": cause_id})

    def release(self, release_id: int, *, rows: int | None = None) -> Release:
        return self._get(Release, f"/releases/{release_id}", {"rows": rows})

    def stop_release(self, release_id: int) -> Release:
        return self._send(Release, "POST", f"/releases/{release_id}/stop")

    # -- by hand

    def park(
        self, document_id: int, reason: str, *, until: datetime | None = None, request_id: str = ""
    ) -> ByHand:
        body = Park(reason=reason, until=until, request_id=request_id)
        return self._send(ByHand, "POST", f"/documents/{document_id}/park", body)

    def unpark(self, document_id: int, reason: str = "") -> ByHand:
        body = TakeBack(reason=reason)
        return self._send(ByHand, "POST", f"/documents/{document_id}/unpark", body)

    def settle(
        self,
        document_id: int,
        how: Literal["already_in_sage", "do_not_send"],
        *,
        reason: str = "",
        reference: str = "",
        request_id: str = "",
    ) -> ByHand:
        body = Settle(how=how, reason=reason, reference=reference, request_id=request_id)
        return self._send(ByHand, "POST", f"/documents/{document_id}/settle", body)

    def reopen(self, document_id: int, reason: str = "") -> ByHand:
        body = TakeBack(reason=reason)
        return self._send(ByHand, "POST", f"/documents/{document_id}/reopen", body)

    def parked(self) -> list[Parked]:
        return self._many(Parked, "/parked")

    def settled(self, *, document_id: int | None = None) -> list[Settlement]:
        return self._many(Settlement, "/settled", {"document_id": document_id})

    # -- set-ups

    def setup_gaps(self) -> SetupGaps:
        return self._get(SetupGaps, "/setup-gaps")

    def setup_gap(self, gap_id: int) -> SetupGap:
        return self._get(SetupGap, f"/setup-gaps/{gap_id}")

    def compare_setups(self) -> Refreshed:
        return self._send(Refreshed, "POST", "/setup-gaps/refresh")

    def setups(self, side: Literal["byondpro", "sage"]) -> list[SetupCode]:
        return self._many(SetupCode, f"/setups/{side}")

    # -- how

    def _on(
        self, checklist_id: int, method: str, path: str, body: BaseModel | None = None
    ) -> ChecklistView:
        return self._send(ChecklistView, method, f"/checklists/{checklist_id}{path}", body)

    def _get(self, shape: type[M], path: str, params: dict[str, Any] | None = None) -> M:
        return shape.model_validate_json(self._daemon.call("GET", path, params=_given(params)))

    def _many(self, shape: type[M], path: str, params: dict[str, Any] | None = None) -> list[M]:
        answer = self._daemon.call("GET", path, params=_given(params))
        return TypeAdapter(list[shape]).validate_json(answer)  # type: ignore[valid-type]  # a list of that shape

    def _send(self, shape: type[M], method: str, path: str, body: BaseModel | None = None) -> M:
        return shape.model_validate_json(self._daemon.call(method, path, body=body))


def _given(params: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (params or {}).items() if value not in (None, [], "")}
