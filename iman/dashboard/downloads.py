"""Whole lists as files, handed on piece by piece so that nobody's memory holds them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from iman.dashboard import backend, export, filters, text
from iman.dashboard.gate import token_of
from iman.domain.people import Permission, Reach
from iman.domain.view import ListColumn, fields_of
from iman.errors import DaemonUnavailable, ImanError, LedgerError, NotAllowed, NotSignedIn
from iman.exporting import About, Format, pieces
from iman.ledger import listing
from iman.ledger.offline import read_only
from iman.reading.from_ledger import document_values
from iman.reading.over_api import document_params
from iman.reading.reading import DocumentFilter

Columns = tuple[ListColumn, ...]


def routes() -> list[BaseRoute]:
    return [Route("/export/documents.{form}", documents, methods=["GET"])]


async def documents(request: Request) -> Response:
    """The gate has let the person in; the API decides whether they may export."""
    if request.path_params["form"] not in set(Format):
        return Response(status_code=404)
    form = Format(request.path_params["form"])
    params = dict(request.query_params)
    zone, now = text.zone_of(params.get("zone")), datetime.now(UTC)
    wanted = filters.from_address(params, zone, now)
    name = export.file_name("documents", dict(export.names(params)), now.astimezone(zone), form)
    token = token_of(request.scope) or ""
    seen = filters.columns(params)
    try:
        body = await run_in_threadpool(_opened, token, wanted, seen, form, zone.key)
    except ImanError as exc:
        return PlainTextResponse(f"{exc}\n", _status(exc))
    return StreamingResponse(
        body,
        media_type=form.media_type,
        headers={
            "content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store",
        },
    )  # fmt: skip


def _opened(
    token: str, wanted: DocumentFilter, seen: Columns, form: Format, zone: str
) -> Iterator[bytes]:
    """From the daemon, or from its file while it is away. Raises before the first byte.

    *seen*: only these columns; none: all that is known.
    """
    asked = {**document_params(wanted), "column": list(seen), "form": form.value, "zone": zone}
    stack = ExitStack()
    try:
        answer = stack.enter_context(backend.daemon(token).download("/exports/documents", asked))
    except DaemonUnavailable:
        stack.close()
        return _from_file(token, wanted, seen, form, zone)
    return _handed_on(stack, answer.iter_bytes())


def _handed_on(stack: ExitStack, body: Iterator[bytes]) -> Iterator[bytes]:
    with stack:
        yield from body


def _from_file(
    token: str, wanted: DocumentFilter, seen: Columns, form: Format, zone: str
) -> Iterator[bytes]:
    person = backend.sessions().me(token)
    if person is None:
        raise NotSignedIn(text.SESSION_ENDED)
    if Permission.EXPORT not in person.permissions:
        raise NotAllowed(text.NOT_FOR_YOU)
    path = backend.settings().ledger
    if not path.exists():
        raise DaemonUnavailable(text.DAEMON_AWAY)
    about = About(
        what="Documents", taken_at=datetime.now(UTC), by=person.name,
        filters={k: str(v) for k, v in document_params(wanted).items()}, zone=zone,
    )  # fmt: skip
    return _gathered(_gather(path, person.reach, wanted, fields_of(seen) or None, form, about))


def _gather(
    path: Path, reach: Reach, wanted: DocumentFilter, fields: list[str] | None, form: Format,
    about: About,
) -> IO[bytes]:  # fmt: skip
    """All of it on disk first: a slow reader of the ledger would keep a daemon from starting."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by whoever sends it
    with read_only(path, reach) as conn:
        tables = listing.all_documents(conn, fields=fields, **document_values(wanted))
        out.writelines(pieces(tables, form, about))
    out.seek(0)
    return out


def _gathered(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        while piece := out.read(256 * 1024):
            yield piece


def _status(exc: ImanError) -> int:
    if isinstance(exc, NotSignedIn):
        return 401
    if isinstance(exc, NotAllowed):
        return 403
    return 503 if isinstance(exc, (DaemonUnavailable, LedgerError)) else 400
