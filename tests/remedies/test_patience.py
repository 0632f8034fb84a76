"""A Sage 300 that is unwell, or refuses our log-in, is not asked again and again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from iman.domain.setup import ByondproSetups, SetupKind
from iman.errors import SetupsUnavailable
from iman.gateways.sage_setups import SageSetups
from iman.sync.beats import Beats
from iman.sync.mirror import Mirror
from iman.sync.patience import Patience

NOW = [datetime(2026, 11, 24, tzinfo=UTC)]


class Tables:
    async def setups(self) -> dict[str, Any]:
        return {}


def mirror_over(answer, unwell: str = "") -> tuple[Mirror, list[str]]:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    NOW[0] = datetime(2026, 11, 24, tzinfo=UTC)
    http = httpx.AsyncClient(base_url="http://sage/", transport=httpx.MockTransport(handle))
    beats = Beats(lambda: NOW[0])
    beats.expect("mirror", 900)
    made = Mirror(
        books=None, setups=SageSetups(http), source=Tables(),
        read_setups=lambda _: ByondproSetups(),
        patience=Patience(lambda: NOW[0], lambda: unwell), beats=beats, now=lambda: NOW[0],
    )  # fmt: skip
    return made, asked


def refused(_: httpx.Request) -> httpx.Response:
    error = {"error": {"code": "Unauthorized", "message": {"lang": "en-US", "value": "No."}}}
    return httpx.Response(401, json=error)


def test_a_refused_log_in_is_asked_once_in_five_minutes():
    mirror, asked = mirror_over(refused)
    for _ in range(5):
        asyncio.run(mirror.round())
    assert len(asked) == 1
    NOW[0] += timedelta(seconds=301)
    asyncio.run(mirror.round())
    assert len(asked) == 2


def test_while_pushing_is_held_back_nothing_is_asked():
    mirror, asked = mirror_over(refused, unwell="Sage 300 does not answer.")
    with pytest.raises(SetupsUnavailable, match="does not answer"):
        asyncio.run(mirror.refresh())
    assert asked == []


def test_a_lost_connection_ends_the_round_at_once():
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("cut", request=request)

    mirror, asked = mirror_over(cut)
    asyncio.run(mirror.round())
    assert len(asked) == 1


def test_a_table_that_is_not_offered_is_not_judged():
    def answer(request: httpx.Request) -> httpx.Response:
        error = {"error": {"code": "ResourceNotFound", "message": {"value": "No."}}}
        return httpx.Response(404, json=error)

    http = httpx.AsyncClient(base_url="http://sage/", transport=httpx.MockTransport(answer))
    assert asyncio.run(SageSetups(http).whole(SetupKind.PAYMENT_CODE)) is None


def test_a_list_is_read_to_its_end_and_a_code_by_its_key():
    terms = [{"TermsCode": f"T{n}", "Description": "d", "Status": "Active"} for n in range(230)]
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if "(" in request.url.path:
            return httpx.Response(200, json={**terms[7], "Status": "Inactive"})
        skip = int(request.url.params["$skip"])
        page = terms[skip : skip + 100]
        return httpx.Response(200, json={"@odata.count": 230, "value": page})

    http = httpx.AsyncClient(base_url="http://sage/", transport=httpx.MockTransport(answer))
    setups = SageSetups(http)
    held = asyncio.run(setups.whole(SetupKind.TERM))
    assert held is not None
    assert len(held) == 230
    assert len(asked) == 3
    one = asyncio.run(setups.code(SetupKind.TERM, "T7"))
    assert one is not None
    assert (one.code, one.active) == ("T7", False)
