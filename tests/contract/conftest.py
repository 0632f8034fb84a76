"""The client at a real Sage 300 sandbox, a process of its own, over HTTP."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from iman.classify import classify
from iman.domain.attempt import push_token
from iman.domain.document import Document
from iman.gateways.sage300 import Sage300
from iman.gateways.sage_web import Capabilities
from tests.gateways.entries.documents import document_of
from tests.system import HTTP, Process, answers, clean_environment, free_ports, python, wait_for

PASSWORD = "SAGE-PASSWORD"
TODAY = datetime.now(UTC).date().isoformat()
_NUMBERS = itertools.count(1)


def names(text: str) -> str | None:
    return classify(text).entity


TLS = ssl.create_default_context()  # never used on http, but dear to make for each client


@dataclass
class Company:
    """One sandbox company, asked by the client and looked into from outside."""

    url: str

    def ask(self, question: Callable[[Sage300], Any], **client: Any) -> Any:
        """The outcome of *question*; the time-out is shorter than a fault's silence."""

        async def asked() -> Any:
            async with httpx.AsyncClient(
                base_url=f"{self.url}/Sage300WebApi/v1.0/-/SERDAT/",
                auth=("WEBAPI", PASSWORD), timeout=1.5, trust_env=False, verify=TLS,
            ) as http:  # fmt: skip
                return await question(Sage300(http, names=names, **client))

        return asyncio.run(asked())

    def push(self, document: Document, **more: Any) -> Any:
        token = more.pop("token", token_of(document))
        return self.ask(lambda sage: sage.push(document, token=token, **more)).outcome

    def find(self, document: Document, **more: Any) -> Any:
        token = more.pop("token", token_of(document))
        return self.ask(lambda sage: sage.find(document, token=token, **more))

    def find_anywhere(self, document: Document, **more: Any) -> Any:
        token = more.pop("token", token_of(document))
        return self.ask(lambda sage: sage.find_anywhere(document, token=token))

    def push_many(self, documents: list[Document], token: str) -> list[Any]:
        exchanges = self.ask(lambda sage: sage.push_many(documents, token=token))
        return [exchange.outcome for exchange in exchanges]

    def post(self, document: Document, reference: str, **more: Any) -> Any:
        return self.ask(lambda sage: sage.post(document, reference), **more)

    def withdraw(self, token: str) -> int:
        can = Capabilities()
        return self.ask(lambda sage: sage.withdraw_leftovers(token), can=can)

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        return HTTP.request(method, self.url + path, auth=("WEBAPI", PASSWORD), **request)

    def api(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self.call(method, f"/Sage300WebApi/v1.0/-/SERDAT/{path}", **request)

    def faults(self, **switches: Any) -> None:
        self.call("PUT", "/sandbox/faults", json=switches).raise_for_status()

    def strike(self, kind: str, *, path: str = "", **variants: Any) -> None:
        """The next write meets this fault."""
        fault = {"kind": kind, "seconds": 4, "path": path}
        self.faults(next=[fault], variants=variants)

    def in_sage(self) -> Counter[str]:
        found = self.call("GET", "/sandbox/documents").json()
        rows = found["documents"] if isinstance(found, dict) else found
        return Counter(row["document_number"] for row in rows)

    def batches(self, token: str, resource: str = "AR/ARInvoiceBatches") -> list[dict[str, Any]]:
        named = "BatchDescription" if "Refund" in resource else "Description"
        answer = self.api("GET", resource, params={"$filter": f"{named} eq '{token}'"})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["value"]
        return found


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder: Path = tmp_path_factory.mktemp("sage300")
    port = free_ports(1)
    sage = Process(
        python("-m", "iman.sandbox", "sage300", "--port", str(port), "--data", str(folder),
               "--user", "WEBAPI"),
        folder / "sage300.log",
        clean_environment(IMAN_SANDBOX_PASSWORD=PASSWORD),
    ).start()  # fmt: skip
    company = Company(f"http://127.0.0.1:{port}")
    try:
        wait_for(lambda: answers(company.url + "/"))
        yield company
    finally:
        sage.stop()


@pytest.fixture
def company(process: Company) -> Iterator[Company]:
    process.faults()
    yield process
    process.faults()


def token_of(document: Document, ledger: str = "0011aabb") -> str:
    return push_token(ledger, document.key, document.revision)


def new_token() -> str:
    """For a shared batch."""
    return f"IMAN 0011aabb B {next(_NUMBERS)}"


def fresh(entry_type: str, /, **overrides: Any) -> Document:
    """A document no test has used yet, which Sage 300 would take."""
    number = f"T-{next(_NUMBERS):06d}"
    usual: dict[str, Any] = {"number": number, "date": TODAY}
    if entry_type in ("invoice", "credit_note"):
        usual["terms"] = {"code": "IMM", "description": ""}
    if entry_type == "journal":  # Highview's 6030 is missing in Sage 300, Clearview's 6010 is not
        usual["site"] = {"code": "CVM", "name": "Clearview", "gl_segment": "10"}
    return document_of(entry_type, **(usual | overrides))


def child_of(parent: Document, entry_type: str, /, **overrides: Any) -> Document:
    link = {"entry_type": parent.key.entry_type, "number": parent.key.number}
    return fresh(entry_type, **({"parent": link} | overrides))
