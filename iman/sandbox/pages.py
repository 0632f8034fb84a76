"""What the human pages of both sandboxes share: templates that escape, headers, the stylesheet."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException as StarletteHTTPException

_HERE = Path(__file__).parent
_HEADERS = {
    # no script at all: hostile text that slipped past the escaping would still be inert
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Render = Callable[..., HTMLResponse]


class PageNotFound(Exception):
    """Nothing has this address; *what* says in words what was looked for."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def money(amount: object) -> str:
    """`3760.0` as `3,760.00`."""
    return f"{Decimal(str(amount)):,.2f}"


_KEYS = {"UpdateOperation", "BatchNumber", "EntryNumber", "ErrorBatch", "ErrorEntry"}


def filled(record: Mapping[str, object]) -> list[tuple[str, object]]:
    """The plain fields of a record that hold something, without its keys; days without a time."""
    return [
        (name, str(value)[:10] if name.endswith("Date") else value)
        for name, value in record.items()
        if value not in (None, "") and not isinstance(value, list) and name not in _KEYS
    ]


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
_ENVIRONMENT.filters["money"] = money
_ENVIRONMENT.filters["filled"] = filled
_ENVIRONMENT.filters["segment"] = lambda text: quote(str(text), safe="")


def renderer(folder: str, **common: object) -> Render:
    """A function from template name and values to a page; *common* reaches every template."""

    def render(name: str, http_status: int = 200, **values: Any) -> HTMLResponse:
        template = _ENVIRONMENT.get_template(f"{folder}/{name}.html")
        page = template.render(common | values)
        return HTMLResponse(page, status_code=http_status, headers=_HEADERS)

    return render


def add_page_routes(app: FastAPI, render: Render) -> None:
    """The stylesheet, clear pages for unknown addresses, and a guard against foreign forms."""
    css = (_HERE / "static" / "sandbox.css").read_text(encoding="utf-8")

    @app.get("/static/sandbox.css", include_in_schema=False)
    def stylesheet() -> Response:
        return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=60"})

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return Response(status_code=204)

    @app.exception_handler(PageNotFound)
    def page_not_found(_request: Request, exc: PageNotFound) -> Response:
        return render("not_found", 404, what=exc.what)

    @app.exception_handler(StarletteHTTPException)
    def http_problem(request: Request, exc: StarletteHTTPException) -> Response:
        if request.url.path.startswith(("/api/", "/sandbox/")):
            problem = {"error": f"http_{exc.status_code}", "message": str(exc.detail)}
            return JSONResponse(problem, status_code=exc.status_code, headers=exc.headers)
        return render("not_found", exc.status_code, what=f"page {request.url.path}")


def refuse_foreign_form(request: Request) -> None:
    """Another site's page must not press our buttons: there is no log-in to stop it.

    Raises 403 when the browser names an origin that is not this server.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise StarletteHTTPException(403, "This form was sent from another site.")


def see(path: str) -> RedirectResponse:
    """Answer a form with the page that shows its result."""
    return RedirectResponse(path, status_code=303)
