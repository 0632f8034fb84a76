"""httpx's interface over aiohttp's parser: a request costs a third of the processor time.

Made here because the errors decide whether a document may be sent again. Published bridges report
a connection that broke after the request had left as one that was never made; then what Sage 300
stored would be sent twice. Here only what surely left nothing is a ``ConnectError`` or
``ConnectTimeout``.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

_KEPT = 5.0  # seconds an unused connection is kept, as httpx does
_AT_ONCE = 2**16  # bytes read at a time
_KINDS = 64  # of requests that are remembered
#: httpx sends its own; aiohttp must not add others.
_NOT_BY_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class FastTransport(httpx.AsyncBaseTransport):
    """For one event loop. At most *connections* at a time; certificates checked by *verify*.

    Raises ``ValueError`` for a *verify* that does not check them: the log-in goes with every
    request.
    """

    def __init__(self, *, verify: ssl.SSLContext, connections: int = 2) -> None:
        if verify.verify_mode is not ssl.CERT_REQUIRED or not verify.check_hostname:
            raise ValueError("Certificates and host names have to be checked.")
        self._verify = verify
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        answer = await self.send(_Prepared.of(request), content)
        return _unread(answer, request)

    async def send(self, prepared: _Prepared, content: bytes) -> aiohttp.ClientResponse:
        """Raises ``httpx.HTTPError``."""
        with _as_httpx(prepared.request):
            return await self._opened().request(
                prepared.request.method,
                prepared.address,
                headers=prepared.headers,
                data=content or None,
                allow_redirects=False,
                timeout=prepared.timeout,
            )

    def _opened(self) -> aiohttp.ClientSession:
        """It has to be made within the loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, ssl=self._verify, keepalive_timeout=_KEPT
                ),
                cookie_jar=aiohttp.DummyCookieJar(),  # httpx keeps them
                auto_decompress=False,  # httpx does
                skip_auto_headers=_NOT_BY_AIOHTTP,
                trust_env=False,
            )
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


#: Address and headers of a POST.
_Kind = tuple[str, tuple[tuple[str, str], ...]]


class FastClient(httpx.AsyncClient):
    """httpx's client over a ``FastTransport``, quicker at what pushing consists of.

    What httpx works out for each request, its address, its headers, the log-in, is the same for
    every POST to one address, so it is worked out once. With a cookie to send, and for everything
    but a POST of a text, it goes httpx's way.
    """

    def __init__(self, transport: FastTransport, **options: Any) -> None:
        super().__init__(transport=transport, follow_redirects=False, trust_env=False, **options)
        self._fast = transport
        self._prepared: dict[_Kind, _Prepared] = {}

    @contextlib.asynccontextmanager
    async def stream(
        self, method: str, url: httpx.URL | str, **options: Any
    ) -> AsyncIterator[httpx.Response]:
        kind = _kind(method, url, options)
        if kind is not None and not self.cookies:
            answer = await self._post(kind, options["content"])
            try:
                yield answer
            finally:
                await answer.aclose()
        else:
            async with super().stream(method, url, **options) as answer:
                yield answer

    async def _post(self, kind: _Kind, content: str) -> httpx.Response:
        prepared = self._prepared.get(kind)
        if prepared is None:
            prepared = self._prepare(*kind)
            if len(self._prepared) < _KINDS:
                self._prepared[kind] = prepared
        answer = await self._fast.send(prepared, content.encode())
        known = answer.content_length
        whole = known is not None and known <= _AT_ONCE
        if whole and "content-encoding" not in answer.headers:
            with _as_httpx(prepared.request):
                body = await answer.read()
            found = httpx.Response(
                answer.status,
                headers=list(answer.raw_headers),
                content=body,
                request=prepared.request,
            )
        else:
            found = _unread(answer, prepared.request)
        if "set-cookie" in answer.headers:
            self.cookies.extract_cookies(found)
        return found

    def _prepare(self, url: str, headers: tuple[tuple[str, str], ...]) -> _Prepared:
        request = self.build_request("POST", url, headers=headers)
        if self.auth is not None:
            request = next(self.auth.sync_auth_flow(request))
        del request.headers["content-length"]  # aiohttp counts
        return _Prepared.of(request)


def _kind(method: str, url: httpx.URL | str, options: Mapping[str, Any]) -> _Kind | None:
    """Of a POST of a text; None for anything else."""
    if method != "POST" or not isinstance(url, str) or options.keys() != {"content", "headers"}:
        return None
    headers = options["headers"]
    if not isinstance(options["content"], str) or not isinstance(headers, dict):
        return None
    return url, tuple(headers.items())


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A request but for its content, as aiohttp takes it."""

    request: httpx.Request
    address: URL
    headers: CIMultiDict[str]
    timeout: aiohttp.ClientTimeout

    @classmethod
    def of(cls, request: httpx.Request) -> _Prepared:
        timeout = request.extensions.get("timeout", {})
        return cls(
            request,
            URL(str(request.url), encoded=True),
            CIMultiDict(request.headers.multi_items()),
            aiohttp.ClientTimeout(
                connect=timeout.get("pool"),
                sock_connect=timeout.get("connect"),
                sock_read=timeout.get("read"),
            ),
        )


def _unread(answer: aiohttp.ClientResponse, request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        answer.status,
        headers=list(answer.raw_headers),
        stream=_Stream(answer, request),
        request=request,
    )


class _Stream(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            async for part in self._answer.content.iter_chunked(_AT_ONCE):
                yield part

    async def aclose(self) -> None:
        """What was not read to its end is not read any more."""
        self._answer.close() if not self._answer.content.at_eof() else self._answer.release()


@contextlib.contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except aiohttp.ConnectionTimeoutError as exc:
        raise httpx.ConnectTimeout(str(exc), request=request) from exc
    except aiohttp.ClientConnectorError as exc:
        raise httpx.ConnectError(str(exc), request=request) from exc
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as exc:
        raise httpx.UnsupportedProtocol(str(exc), request=request) from exc
    except TimeoutError as exc:  # aiohttp's others are its subclasses
        raise httpx.ReadTimeout(str(exc), request=request) from exc
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError) as exc:
        raise httpx.RemoteProtocolError(str(exc), request=request) from exc
    except (aiohttp.ClientError, OSError) as exc:
        raise httpx.ReadError(str(exc), request=request) from exc
