"""One request to the Web API, from its address to its answer."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from iman.sandbox import sage_customers
from iman.sandbox.faults import WEB_API, Switchboard
from iman.sandbox.sage_batch_kinds import (
    ADJUSTMENTS,
    INVOICES,
    JOURNALS,
    OF_RECORD_TYPE,
    OF_RESOURCE,
    RECEIPTS,
    REFUNDS,
    BatchKind,
)
from iman.sandbox.sage_batches import Batches
from iman.sandbox.sage_errors import SageError, contention, no_such_record
from iman.sandbox.sage_metadata import metadata
from iman.sandbox.sage_payload import Record, check_fields, loads, parse, shown_day, whole
from iman.sandbox.sage_posting import Posting
from iman.sandbox.sage_query import PAGE_SIZE, Query, feed, read_query
from iman.sandbox.sage_resources import (
    DEFAULTS,
    MODULES,
    RESOURCES,
    Resource,
    read_key,
    split_address,
)
from iman.sandbox.sage_rules import Rules
from iman.sandbox.sage_store import SageStore

T = TypeVar("T")
Answer = tuple[int, Any]  # status and body; None for an empty one, str for XML


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request as the HTTP layer hands it over."""

    verb: str
    company: str
    module: str
    address: str  # what follows the module: ARTerms('F48')
    query: str
    body: bytes
    origin: str  # http://host:port, for links


@dataclass(frozen=True, kw_only=True, slots=True)
class WebApi:
    store: SageStore
    switchboard: Switchboard
    company: str
    # held while a batch of the ledger is posted
    posting: dict[str, threading.Lock] = field(
        default_factory=lambda: {"AR": threading.Lock(), "GL": threading.Lock()}
    )

    def answer(self, call: Call) -> Answer:
        """The status and body for *call*. Raises `SageError` for a refusal."""
        if call.company.upper() != self.company or call.module not in MODULES:
            raise SageError("ResourceNotFound", "The specified resource cannot be found.")
        if call.address == "$metadata" and call.verb == "GET":
            return 200, metadata(call.module)
        name, key = split_address(call.address)
        resource = RESOURCES.get(name)
        if resource is None or resource.module != call.module:
            raise SageError("ResourceNotFound", "The specified resource cannot be found.")
        if call.verb not in resource.verbs:
            raise SageError("MethodNotAllowed", f"{call.verb} is not offered by {name}.")
        if call.verb == "GET":
            return self._get(call, resource, key)
        return self._write(call, resource, key)

    # -- reading

    def _get(self, call: Call, resource: Resource, key: str | None) -> Answer:
        context = f"{call.origin}{WEB_API}/v1.0/-/{self.company}/{call.module}/$metadata"
        context += f"#{resource.name}"
        if key is not None:
            query = read_query(call.query, resource.entity, one=True)
            found = self._one(resource, read_key(resource, key))
            shown = query.shown(whole(resource.entity, found))
            return 200, {"@odata.context": f"{context}/$entity"} | shown
        query = read_query(call.query, resource.entity)
        matching = query.matching(resource.entity, self._all(resource, query))
        # one more than a page: is there a next one?
        page = matching[query.skip : query.skip + PAGE_SIZE + 1]
        page = [whole(resource.entity, self._with_entries(resource, query, row)) for row in page]
        path = f"{call.origin}{WEB_API}/v1.0/-/{self.company}/{call.module}/{call.address}"
        body = feed(query, page, total=len(matching), path=path, text=call.query, context=context)
        return 200, body

    def _with_entries(self, resource: Resource, query: Query, row: Record) -> Record:
        if resource.name not in OF_RESOURCE:
            return row
        kind = _kind(resource, row)
        if query.omits(kind.entries):
            return row
        return row | {kind.entries: self.store.entries(kind.names, int(row["BatchNumber"]))}

    def _all(self, resource: Resource, query: Query) -> list[Record]:
        """The records of a feed, narrowed by an index where the filter allows it."""
        equal = {k: v for k, v in query.equalities().items() if isinstance(v, str)}
        found: list[Record] = []
        if resource.name in OF_RESOURCE:
            for kind in OF_RESOURCE[resource.name]:
                names = kind.names
                found += self.store.batches(names, description=equal.get(names.description))
            return found
        if resource.name == "ARPostedDocuments":
            return self.store.posted_documents(
                customer=equal.get("CustomerNumber"), document_number=equal.get("DocumentNumber")
            )
        if resource.name in _POSTED_LINES:
            return self.store.posted_lines(resource.name, customer=equal.get("CustomerNumber"))
        return self.store.records(resource.name)

    def _one(self, resource: Resource, key: Record) -> Record:
        if resource.name in OF_RESOURCE:
            return self._batches(_kind(resource, key)).stored(_number(key))
        found: Record | None
        if resource.name == "ARPostedDocuments":
            found = self.store.posted(key["CustomerNumber"], key["DocumentNumber"])
        elif resource.name in _POSTED_LINES:
            rows = self.store.posted_lines(resource.name, customer=key.get("CustomerNumber"))
            found = next((row for row in rows if key.items() <= row.items()), None)
        else:
            found = self.store.record(resource.name, self._key(resource, key))
        if found is None:
            raise no_such_record()
        return found

    def _key(self, resource: Resource, key: Record) -> str:
        # a company has one profile, whatever name the caller gives it
        return "1" if resource.name == "CSCompanyProfile" else resource.key_text(key)

    # -- writing

    def _write(self, call: Call, resource: Resource, key: str | None) -> Answer:
        body = None if call.verb == "DELETE" else _json(call.body)
        if call.verb == "POST":
            return self._post(resource, key, body)
        if key is None:
            raise SageError("InvalidEntityKey", "The specified entity key is not valid.")
        known_key = read_key(resource, key)
        given = {} if body is None else parse(resource.entity, body)
        self._in_transaction(lambda: self._change(call.verb, resource, known_key, given))
        return 204, None

    def _post(self, resource: Resource, key: str | None, body: Any) -> Answer:
        if key == "'$template'":
            return 200, dict.fromkeys(resource.entity.properties) | DEFAULTS.get(resource.name, {})
        given = parse(resource.entity, body)
        if resource.name in _POSTS:
            if key != "'$process'":
                raise SageError("InvalidAction", "A service takes '$process' or '$template'.")
            return self._process(resource, given)
        if key is not None:
            raise SageError("InvalidAction", "POST takes no key but '$template'.")
        if resource.name in OF_RESOURCE:
            kind = _kind(resource, given)
            stored = self._in_transaction(lambda: self._batches(kind).insert(given))
        else:
            stored = self._in_transaction(lambda: self._insert(resource, given))
        return 201, whole(resource.entity, stored)

    def _in_transaction(self, work: Callable[[], T]) -> T:
        """Do *work*; what it stored before a refusal stays, as the views leave it."""
        with self.store.db.transaction():
            try:
                return work()
            except SageError as exc:
                refusal = exc
        raise refusal

    def _insert(self, resource: Resource, given: Record) -> Record:
        check_fields(resource.entity, given)
        key = resource.key_text(given)
        for name in resource.key:
            if not given.get(name):
                raise SageError("FieldInvalid", f"{name} cannot be blank.")
        if self.store.record(resource.name, key) is not None:
            raise SageError("RecordDuplicate", f'{resource.key[0]} "{key}" already exists.')
        if resource.name == "ARCustomers":
            body = sage_customers.complete(self._rules(), given, today=_today())
        else:
            body = DEFAULTS.get(resource.name, {}) | given
        body = whole(resource.entity, body)
        self.store.save_record(resource.name, key, body)
        if resource.name == "ARCustomers":
            self.store.note_stored("customer", key, key)
        return body

    def _change(self, verb: str, resource: Resource, key: Record, given: Record) -> None:
        if resource.name in OF_RESOURCE:
            self._batches(_kind(resource, key)).change(_number(key), given)
            return
        stored = self._one(resource, key)
        name = self._key(resource, key)
        if verb == "DELETE":
            self.store.delete_record(resource.name, name)
            return
        check_fields(resource.entity, given)
        if resource.name == "ARCustomers":
            sage_customers.check(self._rules(), given)
        base = DEFAULTS.get(resource.name, {}) if verb == "PUT" else stored
        fixed = {part: stored[part] for part in resource.key}
        body = whole(resource.entity, base | given | fixed)
        self.store.save_record(resource.name, name, body)

    def _process(self, resource: Resource, given: Record) -> Answer:
        kind = _POSTS[resource.name]
        if kind is RECEIPTS and given.get("BatchType") == "AD":
            kind = ADJUSTMENTS
        faults = self.switchboard.get()
        lock = self.posting[resource.module]
        if faults.contention or not lock.acquire(blocking=False):
            raise contention()
        try:
            time.sleep(faults.posting_seconds)
            posting = Posting(store=self.store, rules=self._rules(), kind=kind, today=_today())
            self._in_transaction(lambda: posting.run(given))
        finally:
            lock.release()
        return 204, None

    def _rules(self) -> Rules:
        faults = self.switchboard.get()
        # a switch names a period of A/R, or of another ledger as in GL:2026-01
        switched = {p if ":" in p else f"AR:{p}" for p in faults.locked_periods}
        locked = switched | set(self.store.setting(LOCKS, []))
        return Rules(
            store=self.store,
            missing=faults.variants.missing_code,
            locked_periods=frozenset(locked),
        )

    def _batches(self, kind: BatchKind) -> Batches:
        variants = self.switchboard.get().variants
        return Batches(
            store=self.store,
            rules=self._rules(),
            kind=kind,
            today=_today(),
            leftovers=variants.leftovers,
            duplicate_at_entry=variants.duplicate_at_entry,
        )


LOCKS = "locked_periods"  # the setting with the fiscal calendar's locks, as in AR:2026-01
_POSTED_LINES = {"ARPostedReceipts", "GLPostedTransactions"}
_POSTS = {
    "ARPostInvoices": INVOICES,
    "ARPostReceiptsAndAdjustments": RECEIPTS,
    "ARPostRefunds": REFUNDS,
    "GLPostJournal": JOURNALS,
}


def _kind(resource: Resource, record: Record) -> BatchKind:
    """The kind of batch an address, a payload or a record is about. Raises `SageError`."""
    kinds = OF_RESOURCE[resource.name]
    if len(kinds) == 1:
        return kinds[0]
    given = record.get("BatchRecordType")
    if not given:
        raise SageError("FieldInvalid", "Batch Record Type cannot be blank.")
    if given not in OF_RECORD_TYPE:
        raise SageError("FieldInvalid", "Batch Record Type is CA or AD.")
    return OF_RECORD_TYPE[given]


def _number(key: Record) -> int:
    text = str(key["BatchNumber"])
    if not (text.isascii() and text.isdigit()):
        raise no_such_record()
    return int(text)


def _today() -> str:
    return shown_day(datetime.now(UTC).date())


def _json(body: bytes) -> Any:
    try:
        return loads(body)
    except (ValueError, RecursionError) as exc:
        raise SageError("InvalidPayload", "The payload is not valid JSON.") from exc
