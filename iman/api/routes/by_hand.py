"""Parking, closing by hand, and taking either back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from iman.api.routes.asking import Viewer, ledger, reader
from iman.api.routes.remedy_asking import Id, Parker, Settler, audited, moment, remedies
from iman.api.wire_remedies import ByHand, Park, Parked, Settle, Settlement, TakeBack
from iman.errors import DaemonRefused
from iman.ledger import by_hand

router = APIRouter(tags=["by hand"])


@router.get("/parked")
def parked(request: Request, _: Viewer) -> list[Parked]:
    """What is set aside now, the nearest date first, at most 200: a list by state has all of it."""
    return [Parked.model_validate(row) for row in by_hand.parked(reader(request))]


@router.get("/settled")
def settled(
    request: Request,
    _: Viewer,
    document_id: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> list[Settlement]:
    """What was closed by hand, newest first, with what was taken back."""
    found = by_hand.settlements(reader(request), document_id=document_id)
    return [Settlement.model_validate(row) for row in found]


@router.post("/documents/{document_id}/park")
def park(request: Request, person: Parker, document_id: Id, body: Park) -> ByHand:
    """Set it aside with a reason. Until a date, and a new round begins by itself then."""
    if body.until is not None and body.until.utcoffset() is None:
        raise DaemonRefused("The date to park it until needs its offset from UTC.")
    now, ids = moment(request), ledger(request).ids
    number = audited(
        request, person, "park", f"document {document_id}",
        lambda conn: by_hand.park(
            conn, ids, document_id, who=person.name, reason=body.reason, until=body.until, now=now,
            request_id=body.request_id,
        ),
        stands=_stands(document_id),
        reason=body.reason + (f" Until {body.until.isoformat()}." if body.until else ""),
    )  # fmt: skip
    return ByHand(
        document_id=document_id, number=number, state="parked", message=f"{number} is parked."
    )


@router.post("/documents/{document_id}/unpark")
def unpark(
    request: Request, person: Parker, document_id: Id, body: TakeBack | None = None
) -> ByHand:
    """Back among the failed; one that was never tried is due at once."""
    now, asked = moment(request), body or TakeBack()
    number = audited(
        request, person, "unpark", f"document {document_id}",
        lambda conn: by_hand.unpark(conn, document_id, who=person.name, now=now),
        reason=asked.reason, stands=_stands(document_id),
    )  # fmt: skip
    request.app.state.daemon.wake()
    standing = by_hand.standing(reader(request), document_id)
    return ByHand(
        document_id=document_id, number=number, state=standing["state"] or "synced",
        message=f"{number} is no longer parked.",
    )  # fmt: skip


@router.post("/documents/{document_id}/settle")
def settle(request: Request, person: Settler, document_id: Id, body: Settle) -> ByHand:
    """Close it by hand.

    *already_in_sage* is looked up first and linked; 409 where Sage 300 does not hold it. Where it
    cannot tell, a *reference* with a reason is believed. *do_not_send* wants a reason.
    """
    reference = _reference(request, document_id, body)
    now, ids = moment(request), ledger(request).ids
    number = audited(
        request, person, "settle", f"document {document_id}",
        lambda conn: by_hand.settle(
            conn, ids, document_id, how=body.how, reference=reference, reason=body.reason,
            who=person.name, now=now, request_id=body.request_id,
        ),
        reason=f"{body.how}. {reference} {body.reason}".strip(), stands=_stands(document_id),
    )  # fmt: skip
    request.app.state.daemon.wake()  # what waited for it is due
    told = f"{number} is closed" + (f", in Sage 300 as {reference}." if reference else ".")
    return ByHand(
        document_id=document_id, number=number, state="settled", message=told,
        reference=reference or None,
    )  # fmt: skip


@router.post("/documents/{document_id}/reopen")
def reopen(
    request: Request, person: Settler, document_id: Id, body: TakeBack | None = None
) -> ByHand:
    """Take a closing by hand back: a new round begins."""
    now, ids, asked = moment(request), ledger(request).ids, body or TakeBack()

    def work(conn: Any) -> tuple[str, int]:
        return by_hand.reopen(conn, ids, document_id, reason=asked.reason, who=person.name, now=now)

    number, begun = audited(
        request, person, "reopen", f"document {document_id}", work, reason=asked.reason,
        stands=_stands(document_id),
    )  # fmt: skip
    request.app.state.daemon.wake()
    return ByHand(
        document_id=document_id, number=number, state="pending",
        message=f"{number} is open again, round {begun}.",
    )  # fmt: skip


def _stands(document_id: int) -> Callable[[Any], str]:
    return lambda conn: by_hand.standing(conn, document_id)["state"] or "closed"


def _reference(request: Request, document_id: int, body: Settle) -> str:
    standing = by_hand.standing(reader(request), document_id)
    if body.how == "do_not_send":
        if not body.reason:
            raise DaemonRefused("Say why it is not to be sent.")
        return ""
    sighting = remedies(request).find(document_id)
    if sighting.found is not None:
        return sighting.found.reference
    if sighting.sure:
        raise DaemonRefused(
            f"Sage 300 was asked: {standing['number']} is not there under its number."
        )
    if body.reference and body.reason:
        return body.reference
    raise DaemonRefused(
        f"Sage 300 could not tell ({sighting.reason}); give its reference there and a reason."
    )
