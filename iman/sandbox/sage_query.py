"""The query options of a GET: which are allowed, and what they do to a feed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from iman.sandbox import odata
from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_schema import Entity

PAGE_SIZE = 100  # `PageSize` of the original's Web.config
_OPTIONS = {"$filter", "$select", "$top", "$skip", "$count"}
_FOR_ENTRY = {"$select"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    node: odata.Node | None = None
    select: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False

    def equalities(self) -> dict[str, str | Decimal]:
        """What the filter demands to be equal."""
        return {} if self.node is None else odata.equalities(self.node)

    def matching(self, entity: Entity, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records the filter lets through."""
        if self.node is None:
            return list(records)
        test = odata.compile_filter(entity, self.node)
        return [record for record in records if test(record)]

    def omits(self, name: str) -> bool:
        """Whether `$select` leaves this property out."""
        return bool(self.select) and name not in self.select

    def shown(self, record: dict[str, Any]) -> dict[str, Any]:
        """*record* with the selected properties only."""
        return {name: record.get(name) for name in self.select} if self.select else record


def read_query(text: str, entity: Entity, *, one: bool = False) -> Query:
    """The options of a query string; *one* for a GET by key. Raises `SageError`."""
    options: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if not name.startswith("$"):
            continue
        if name not in (_FOR_ENTRY if one else _OPTIONS):
            raise SageError("InvalidParameters", f"The query option '{name}' is not supported.")
        if name in options:
            raise SageError(
                "InvalidParameters", f"Query option '{name}' was specified more than once."
            )
        options[name] = value
    query = Query(
        node=odata.parse(options["$filter"]) if "$filter" in options else None,
        select=_select(options.get("$select"), entity),
        top=_whole(options, "$top"),
        skip=_whole(options, "$skip") or 0,
        count=_true(options.get("$count", "false")),
    )
    query.matching(entity, ())  # so that a wrong property is an error in an empty feed too
    return query


def _select(text: str | None, entity: Entity) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        odata.property_of(entity, name)
    return names


def _whole(options: Mapping[str, str], name: str) -> int | None:
    value = options.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise SageError("InvalidParameters", f"Invalid value '{value}' for {name}.")
    return int(value)


def _true(value: str) -> bool:
    if value not in {"true", "false"}:
        raise SageError("InvalidParameters", f"Invalid value '{value}' for $count.")
    return value == "true"


def feed(
    query: Query, records: list[dict[str, Any]], *, total: int, path: str, text: str, context: str
) -> dict[str, Any]:
    """One page of *records*, which start at the query's skip; *total* counts all that match."""
    size = PAGE_SIZE if query.top is None else min(query.top, PAGE_SIZE)
    page = records[:size]
    body: dict[str, Any] = {"@odata.context": context}
    if query.count:
        body["@odata.count"] = total
    body["value"] = [query.shown(record) for record in page]
    if size == PAGE_SIZE and len(records) > size and (query.top is None or query.top > size):
        body["@odata.nextLink"] = f"{path}?{_next_page(query, text)}"
    return body


def _next_page(query: Query, text: str) -> str:
    options = dict(parse_qsl(text, keep_blank_values=True))
    options["$skip"] = str(query.skip + PAGE_SIZE)
    if query.top is not None:
        options["$top"] = str(query.top - PAGE_SIZE)
    return urlencode(options)
