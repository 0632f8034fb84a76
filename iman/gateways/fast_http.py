"""httpx's interface over aiohttp's parser: a request costs a third of the processor time.

Made here because the errors decide whether a document may be sent again. Published bridges report
a connection that broke after the request had left as one that was never made; then what Sage 300
stored would be sent twice. Here only what surely left nothing is a ``ConnectError`` or
``ConnectTimeout``.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator

import aiohttp
import httpx

_KEPT = 5.0  # seconds an unused connection is kept, as httpx does
_AT_ONCE = 2**16  # bytes read at a time
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
        timeout = request.extensions.get("timeout", {})
        with _as_httpx(request):
            answer = await self._opened().request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=content or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    connect=timeout.get("pool"),
                    sock_connect=timeout.get("connect"),
                    sock_read=timeout.get("read"),
                ),
            )
        return httpx.Response(
            answer.status,
            headers=list(answer.raw_headers),
            stream=_Stream(answer, request),
            request=request,
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
