"""The one HTML page every address of the dashboard starts from: Streamlit's own, made ours."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import anyio.to_thread
from starlette.responses import HTMLResponse, Response
from streamlit import file_util

from iman.dashboard import text
from iman.dashboard.gate import (
    STREAMLITS,
    App,
    Receive,
    Scope,
    Send,
    header,
    is_page_address,
)

_OURS = (
    '<link rel="icon" href="/auth/assets/icon.svg" type="image/svg+xml" />'
    '<script src="/auth/assets/iman.js"></script>'
)
# named in the file by a hash of their content, so they may be kept for good
_PACKED = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Shell:
    """Answers every page address; the rest is Streamlit's.

    Ours, because the page must know where the server is before Streamlit's script starts: left to
    itself that asks at ``/monitor/_stcore/…`` first, and the browser's console fills with 404s.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._page = page()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and is_page_address(scope)
        if ours and not scope["path"].startswith("/auth/") and STREAMLITS not in scope:
            answer = HTMLResponse(self._page, headers={"cache-control": "no-cache"})
            return await answer(scope, receive, send)
        return await self._app(scope, receive, send)


class Compressed:
    """Streamlit's scripts and styles, packed once: 3 MB instead of 9 on the first visit."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._folder = (Path(file_util.get_static_dir()) / "static").resolve()
        self._packed: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["path"].startswith("/static/"):
            asked = scope["method"] == "GET" and "gzip" in header(scope, b"accept-encoding")
            answer = await self._answer(scope["path"]) if asked else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, path: str) -> Response | None:
        if path not in self._packed:
            file = (self._folder / path.removeprefix("/static/")).resolve()
            kind = _PACKED.get(file.suffix)
            if kind is None or not file.is_relative_to(self._folder) or not file.is_file():
                return None
            packed = await anyio.to_thread.run_sync(lambda: gzip.compress(file.read_bytes(), 6))
            self._packed[path] = Response(
                packed,
                media_type=kind,
                headers={
                    "content-encoding": "gzip",
                    "vary": "accept-encoding",
                    "cache-control": "public, immutable, max-age=31536000",
                },
            )
        return self._packed[path]


def page() -> str:
    """Streamlit's page with our name, icon and script, and without the font we do not use."""
    html = _streamlits()
    html = re.sub(r"<title>.*?</title>", f"<title>{text.PRODUCT}</title>{_OURS}", html, count=1)
    html = re.sub(r'<link rel="shortcut icon"[^>]*>', "", html)
    html = re.sub(r'<link\s+rel="preload"[^>]*?as="font"[^>]*?>', "", html, flags=re.DOTALL)
    return html.replace('="./', '="/')  # an address may have more than one level


def content_security_policy() -> str:
    """Nothing from elsewhere; of inline scripts only those in Streamlit's own page, by hash."""
    inline = re.findall(r"<script>(.*?)</script>", _streamlits(), re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inline)
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _streamlits() -> str:
    return (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
