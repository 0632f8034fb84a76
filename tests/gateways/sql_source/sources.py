"""Three byondpros that keep one contract: the sandbox's feed, and an outbox in two databases."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from iman.daemon import ApiThread
from iman.domain.feed import WriteBack
from iman.gateways.byondpro import Byondpro
from iman.gateways.sql_source.database import Database
from iman.gateways.sql_source.names import Outbox
from iman.gateways.sql_source.source import SqlSource
from iman.net import listen
from iman.sandbox import byondpro as sandbox
from iman.sandbox.byondpro_store import ByondproStore
from iman.sandbox.byondpro_wire import Document
from iman.sync.ports import DocumentSource
from tests.builders import NOW, make_key, make_payload
from tests.system import ROOT, free_ports

T = TypeVar("T")
Ask = Callable[[Any], Awaitable[T]]

_DIALECTS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def ddl(what: str, dialect: str) -> str:
    """A statement of the documentation: what it tells people to make is what the tests run on."""
    page = (ROOT / "docs" / "sql-source.md").read_text("utf-8")
    found = re.search(
        rf"```sql\n-- {what}: {_DIALECTS.get(dialect, dialect)}\n(.*?)```", page, re.S
    )
    assert found, f"docs/sql-source.md has no {what} for {dialect}"
    return found.group(1).strip().removesuffix(";")


def make_status(number: str = "INV-1", **overrides: Any) -> WriteBack:
    values: dict[str, Any] = {
        "id": 1,
        "key": make_key(number),
        "revision": 1,
        "status": "failed",
        "message": "1020 - no terms",
        "reference": None,
        "attempts": 5,
        "decided_at": NOW,
    }
    return WriteBack(**{**values, **overrides})


class Feed:
    """The sandbox's byondpro on a real port."""

    token = "a-token"

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._store = ByondproStore(folder / "byondpro.sqlite")
        stack.callback(self._store.db.close)
        app = sandbox.create_app(folder / "byondpro.sqlite", token=self.token, scenario="empty")
        stack.callback(lambda: asyncio.run(_end(app)))
        listening = stack.enter_context(listen("127.0.0.1", free_ports(1), "the test's feed"))
        self.url = "http://{}:{}".format(*listening.getsockname())
        self._server = ApiThread(app, listening)
        self._server.start()
        stack.callback(self._server.stop)

    def put(self, *numbers: str) -> None:
        for number in numbers:
            self._store.add_document(Document.model_validate(make_payload(number)))

    def put_resync(self, number: str, *, by: str) -> None:
        event = {"entry_type": "invoice", "number": number, "company": "SERC", "by": by}
        self._store._publish({"type": "resync_requested"} | event)

    def statuses(self) -> dict[str, tuple[str, str, int]]:
        return {
            row["number"]: (row["status"], row["message"], row["attempts"])
            for row in self._store.documents()
            if row["status_at"]
        }

    def ask(self, question: Ask[T]) -> T:
        async def asked() -> T:
            http = httpx.AsyncClient(
                base_url=self.url, headers={"authorization": f"Bearer {self.token}"},
                trust_env=False,
            )  # fmt: skip
            async with Byondpro(http) as source:
                return await question(source)

        return asyncio.run(asked())

    def is_away(self) -> None:
        self.url = f"http://127.0.0.1:{free_ports(1)}"


async def _end(app: FastAPI) -> None:
    """The served app is never told that it ends; its store must be closed."""
    async with app.router.lifespan_context(app):
        pass


@dataclass
class Sql:
    """An outbox and a status table, as the documentation has them."""

    url: str
    dialect: str
    now: datetime = NOW
    options: dict[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    status: str = "iman_status"
    made: list[Engine] = field(default_factory=list)

    @cached_property
    def engine(self) -> Engine:
        engine = create_engine(self.url, poolclass=NullPool)
        self.made.append(engine)
        return engine

    def create(self) -> Sql:
        self.run(ddl("outbox", self.dialect))
        self.run(ddl("status", self.dialect))
        return self

    def run(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.begin() as conn:
            found = conn.execute(text(statement), values)
            return list(found) if found.returns_rows else []

    def put_row(self, kind: str, payload: Any, **more: Any) -> None:
        """A row as somebody's program may have written it, its payload as it is."""
        row = {"type": kind, "payload": payload, **more}
        columns, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        override = "OVERRIDING SYSTEM VALUE " if self.dialect == "postgresql" else ""
        self.run(f"INSERT INTO iman_outbox ({columns}) {override}VALUES ({places})", **row)

    def put(self, *numbers: str) -> None:
        for number in numbers:
            self.put_row("document", json.dumps(make_payload(number)))

    def put_resync(self, number: str, *, by: str) -> None:
        event = {"entry_type": "invoice", "number": number, "company": "SERC", "by": by}
        self.put_row("resync_requested", json.dumps(event))

    def statuses(self) -> dict[str, tuple[str, str, int]]:
        rows = self.run("SELECT number, status, message, attempts FROM iman_status")
        return {number: (status, message, attempts) for number, status, message, attempts in rows}

    def outbox(self) -> Outbox:
        names = {"name": "iman_outbox", "cursor": "cursor", "type": "type", "payload": "payload"}
        return Outbox(**{**names, "at": "at", **self.names})

    def source(self) -> SqlSource:
        values: dict[str, Any] = {"gap_wait": 900.0, "status": self.status, **self.options}
        return SqlSource(
            Database(self.url, timeout=values.pop("timeout", 20.0)),
            outbox=self.outbox(), now=lambda: self.now, **values,
        )  # fmt: skip

    def ask(self, question: Ask[T]) -> T:
        async def asked() -> T:
            async with self.source() as source:
                return await question(source)

        return asyncio.run(asked())

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def is_away(self) -> None:
        if self.dialect == "sqlite":
            self.url += ".gone"
        else:
            self.url = re.sub(r":\d+/", f":{free_ports(1)}/", self.url)


Anything = Feed | Sql


@contextmanager
def feed(folder: Path) -> Iterator[Feed]:
    with ExitStack() as stack:
        yield Feed(folder, stack)


def sqlite(folder: Path) -> Sql:
    file = folder / "byondpro.sqlite"
    file.touch()
    return Sql(f"sqlite:///{file}", "sqlite")


def fetch(byondpro: Anything, after: str | None = None, limit: int = 500) -> Any:
    async def question(source: DocumentSource) -> Any:
        return await source.fetch(after=after, limit=limit)

    return byondpro.ask(question)


def deliver(byondpro: Anything, *statuses: WriteBack) -> list[WriteBack]:
    async def question(source: DocumentSource) -> list[WriteBack]:
        return await source.deliver(statuses)

    return byondpro.ask(question)
