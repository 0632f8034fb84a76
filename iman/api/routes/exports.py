"""Lists as files, complete: every page of them, as of one moment."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from iman.api.routes.asking import ledger, needs, origin, reader
from iman.api.routes.documents import Wanted
from iman.api.routes.figures import known_zone
from iman.domain.people import Permission, Person
from iman.domain.view import ListColumn, fields_of, in_order
from iman.exporting import About, Format, pieces
from iman.ledger import listing, read_model
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["exports"])
Exporter = Annotated[Person, Depends(needs(Permission.EXPORT))]


@router.get(
    "/exports/documents",
    response_class=StreamingResponse,
    responses={200: {"content": {form.media_type.split(";")[0]: {} for form in Format}}},
)
def documents(
    request: Request,
    person: Exporter,
    wanted: Wanted,
    zone: Annotated[str, Depends(known_zone)],
    column: Annotated[
        list[ListColumn] | None, Query(description="Columns of the list; none: everything known")
    ] = None,
    form: Format = Format.CSV,
) -> StreamingResponse:
    """Every document that fits the filter, as CSV, Excel or Parquet; it is audited."""
    now, held, came_from = request.app.state.now(), ledger(request), origin(request)
    filters = told(wanted)
    about = About(what="Documents", taken_at=now, by=person.name, filters=filters, zone=zone)
    event = AuditEvent(
        who=person.name, role=person.role, action="export", target=f"documents as {form}",
        allowed=True, reason=about.filter[:500], origin=came_from,
    )  # fmt: skip
    held.write(lambda conn: write_audit(conn, held.ids, event, now=now)).result()
    seen = fields_of(in_order(column)) if column else None
    tables = listing.all_documents(reader(request), fields=seen, **wanted)
    name = f"iman-documents.{form}"
    return StreamingResponse(
        pieces(tables, form, about),
        media_type=form.media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def told(wanted: dict[str, Any]) -> dict[str, str]:
    """A filter for people."""
    found: dict[str, str] = {}
    for name, value in wanted.items():
        if isinstance(value, read_model.Refusals):
            found["refused"] = f"{value.since:%Y-%m-%d %H:%M} to {value.until:%Y-%m-%d %H:%M} UTC"
            if value.weekday:
                found["weekday"] = str(value.weekday)
            if value.hour is not None:
                found["hour"] = f"{value.hour:02}:00"
        elif isinstance(value, list):
            found[name] = ", ".join(value)
        elif value:
            found[name] = str(value)
    return found
