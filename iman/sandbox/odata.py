"""OData `$filter`: a small parser, and the check of its result against an entity.

Understood: `eq ne gt ge lt le`, `and or not`, brackets, `startswith endswith contains substringof
length`, strings, numbers (v3's `m` too), lists by name or number, dates of v3 and v4, null. Only
top-level fields: details are complex types, which the original's queries do not reach.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_payload import member
from iman.sandbox.sage_schema import Entity, Property

Record = Mapping[str, Any]
Test = Callable[[Record], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<stamp>datetime(?:offset)?'[^']*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?[mMdDfFlL]?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_DEEPEST = 50  # brackets and nots within each other


@dataclass(frozen=True, slots=True)
class Field:
    name: str


@dataclass(frozen=True, slots=True)
class Length:
    field: Field


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | Decimal | datetime | bool | None


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Field | Length | Literal
    right: Field | Length | Literal


@dataclass(frozen=True, slots=True)
class Match:
    function: str  # startswith, endswith or contains
    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Both:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


Node = Compare | Match | Both | Either | Not
Operand = Field | Length | Literal


class _Syntax(Exception):
    pass


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise _Syntax(f"Syntax error at position {position}")
        yield found.lastgroup, found[found.lastgroup]
        position = found.end()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), ("end", "")]
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._either()
        self._need("end")
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _need(self, kind: str, value: str | None = None) -> str:
        found = self._next()
        if found[0] != kind or value not in (None, found[1]):
            raise _Syntax(f"'{found[1] or 'the end'}' is not expected here")
        return found[1]

    def _takes(self, kind: str, value: str) -> bool:
        if self._peek() == (kind, value):
            self._next()
            return True
        return False

    def _either(self) -> Node:
        parts = [self._both()]
        while self._takes("word", "or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._one()]
        while self._takes("word", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Syntax("The expression is nested too deeply")
        try:
            if self._takes("word", "not"):
                return Not(self._one())
            if self._takes("mark", "("):
                node = self._either()
                self._need("mark", ")")
                return node
            return self._statement()
        finally:
            self._depth -= 1

    def _statement(self) -> Node:
        _, word = self._peek()
        if word in {"startswith", "endswith", "contains", "substringof"}:
            return self._match()
        left = self._operand()
        operator = self._need("word")
        if operator not in _ORDER:
            raise _Syntax(f"'{operator}' is not an operator")
        return Compare(operator, left, self._operand())

    def _match(self) -> Node:
        function = self._need("word")
        self._need("mark", "(")
        first = self._operand()
        self._need("mark", ",")
        second = self._operand()
        self._need("mark", ")")
        if function == "substringof":  # v3's order: the text first
            function, first, second = "contains", second, first
        if not isinstance(first, Field) or not isinstance(second, Literal):
            raise _Syntax(f"'{function}' takes a property and a text")
        if not isinstance(second.value, str):
            raise _Syntax(f"'{function}' takes a text")
        node = Match(function, first, second.value)
        if self._takes("word", "eq"):
            return node if self._boolean() else Not(node)
        return node

    def _boolean(self) -> bool:
        value = self._operand()
        if isinstance(value, Literal) and isinstance(value.value, bool):
            return value.value
        raise _Syntax("true or false is expected")

    def _operand(self) -> Operand:
        kind, word = self._next()
        if kind == "word":
            return self._named(word)
        if kind == "text":
            return Literal(word[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(Decimal(word.rstrip("mMdDfFlL")))
        if kind == "moment":
            return Literal(_moment(word))
        if kind == "stamp":
            return Literal(_moment(word[word.index("'") + 1 : -1]))
        raise _Syntax(f"'{word or 'the end'}' is not expected here")

    def _named(self, word: str) -> Operand:
        if word in {"true", "false"}:
            return Literal(word == "true")
        if word == "null":
            return Literal(None)
        if word == "length" and self._takes("mark", "("):
            field = Field(self._need("word"))
            self._need("mark", ")")
            return Length(field)
        return Field(word)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as exc:
        raise _Syntax(f"'{text}' is not a date") from exc
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parse(text: str) -> Node:
    """The tree of a filter. Raises `SageError` InvalidParameters with what is wrong."""
    try:
        return _Parser(text).whole()
    except _Syntax as exc:
        raise SageError("InvalidParameters", f"{exc} in '{text}'.") from exc


def property_of(entity: Entity, name: str) -> Property:
    """The top-level property *name*. Raises `SageError` InvalidParameters as Sage words it."""
    known = entity.properties.get(name)
    if known is None:
        raise SageError(
            "InvalidParameters",
            f"Could not find a property named '{name}' on type '{entity.type_name}'.",
        )
    return known


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and b is not None and a > b,
    "ge": lambda a, b: a is not None and b is not None and a >= b,
    "lt": lambda a, b: a is not None and b is not None and a < b,
    "le": lambda a, b: a is not None and b is not None and a <= b,
}
_INCOMPATIBLE = "A binary operator with incompatible types was detected."


def compile_filter(entity: Entity, node: Node) -> Test:
    """A test of one record. Raises `SageError` for unknown properties and unlike kinds."""
    match node:
        case Both(parts):
            tests = [compile_filter(entity, part) for part in parts]
            return lambda record: all(test(record) for test in tests)
        case Either(parts):
            tests = [compile_filter(entity, part) for part in parts]
            return lambda record: any(test(record) for test in tests)
        case Not(part):
            test = compile_filter(entity, part)
            return lambda record: not test(record)
        case Match():
            return _compile_match(entity, node)
        case Compare():
            return _compile_compare(entity, node)


def _compile_match(entity: Entity, node: Match) -> Test:
    name, text = node.field.name, node.text
    if property_of(entity, name).kind != "text":
        raise SageError("InvalidParameters", _INCOMPATIBLE)
    if node.function == "startswith":
        return lambda record: str(record.get(name) or "").startswith(text)
    if node.function == "endswith":
        return lambda record: str(record.get(name) or "").endswith(text)
    return lambda record: text in str(record.get(name) or "")


def _compile_compare(entity: Entity, node: Compare) -> Test:
    left_kind, left = _side(entity, node.left, node.right)
    right_kind, right = _side(entity, node.right, node.left)
    unlike = left_kind != right_kind and "null" not in (left_kind, right_kind)
    ordered_list = left_kind in {"enum", "boolean"} and node.operator not in {"eq", "ne"}
    if unlike or ordered_list:
        raise SageError("InvalidParameters", _INCOMPATIBLE)
    compare = _ORDER[node.operator]
    return lambda record: compare(left(record), right(record))


def _side(entity: Entity, side: Operand, other: Operand) -> tuple[str, Callable[[Record], Any]]:
    match side:
        case Field(name):
            known = property_of(entity, name)
            if known.kind == "details":
                raise SageError("InvalidParameters", _INCOMPATIBLE)
            return _general(known.kind), _reader(known.kind, name)
        case Length(Field(name)):
            if property_of(entity, name).kind != "text":
                raise SageError("InvalidParameters", _INCOMPATIBLE)
            return "number", lambda record: len(str(record.get(name) or ""))
        case Literal(value):
            return _literal(entity, value, other)


def _general(kind: str) -> str:
    return "number" if kind in {"decimal", "integer"} else kind


def _reader(kind: str, name: str) -> Callable[[Record], Any]:
    if kind == "date":
        return lambda record: _stored_day(record.get(name))
    return lambda record: record.get(name)


def _stored_day(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _literal(entity: Entity, value: object, other: Operand) -> tuple[str, Callable[[Record], Any]]:
    if value is None:
        return "null", lambda _record: None
    if isinstance(other, Field):
        known = property_of(entity, other.name)
        if known.kind == "enum":
            return "enum", _constant(_member(known, value))
    if isinstance(value, bool):
        return "boolean", _constant(value)
    if isinstance(value, str):
        return "text", _constant(value)
    return ("number" if isinstance(value, Decimal) else "date"), _constant(value)


def _constant(value: object) -> Callable[[Record], Any]:
    return lambda _record: value


def _member(known: Property, value: object) -> str:
    try:
        return member(known, value)
    except ValueError as exc:
        raise SageError("InvalidParameters", f"'{value}' is not a member of the list.") from exc


def equalities(node: Node) -> dict[str, str | Decimal]:
    """Properties a match must equal: they let the store look in an index first."""
    match node:
        case Both(parts):
            return {name: value for part in parts for name, value in equalities(part).items()}
        case Compare("eq", Field(name), Literal(str() | Decimal() as value)):
            return {name: value}
        case _:
            return {}
