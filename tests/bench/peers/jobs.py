"""What each peer's worker does with one document: send it, and read that it was stored.

The bodies are ready made: a peer neither reads byondpro's document nor maps it, as the push does.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import httpx

#: Set for the workers by ``running``.
ERP, STORE, IN_FLIGHT = "PEERS_ERP", "PEERS_STORE", "PEERS_IN_FLIGHT"
RESOURCE = "AR/ARInvoiceBatches"
_HEADERS = {"content-type": "application/json"}
_mine = threading.local()


def client_options() -> dict[str, Any]:
    return {
        "base_url": f"{os.environ.get(ERP, 'http://127.0.0.1:9')}/v1.0/-/SERDAT/",
        "auth": ("WEBAPI", "BENCH-PASSWORD"),
        "timeout": 80,
        "trust_env": False,
        "headers": _HEADERS,
    }


def post(body: str) -> str:
    """From a thread; each has a client of its own, for a shared one costs most of the rate."""
    if not hasattr(_mine, "client"):
        _mine.client = httpx.Client(**client_options())
    return reference_of(_mine.client.post(RESOURCE, content=body))


def reference_of(answer: httpx.Response) -> str:
    answer.raise_for_status()
    return f"{answer.json()['BatchNumber']}-1"


def in_flight() -> int:
    return int(os.environ.get(IN_FLIGHT, "32"))


def store() -> str:
    """Where the peer keeps its queue and its outcomes."""
    return os.environ.get(STORE, "")
