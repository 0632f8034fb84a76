"""Reading a request's JSON against the schema, in the two steps Sage takes.

First the web layer: unknown properties and wrong kinds are `InvalidPayload`. Then the view, field
by field: too long a text or too fine an amount is `FieldInvalid`.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from iman.sandbox.sage_errors import SageError
from iman.sandbox.sage_schema import Entity, Property

Record = dict[str, Any]
LARGEST = Decimal("9999999999999999.999")  # decimal(19,3)


def loads(text: str | bytes) -> Any:
    """JSON with exact amounts. Raises `ValueError`."""
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def dumps(body: object) -> str:
    """JSON with amounts as numbers: three decimals survive a float up to twelve digits."""
    return json.dumps(body, default=_number, ensure_ascii=False, separators=(",", ":"))


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} is not JSON")


def shown_day(day: date) -> str:
    """A date as Sage answers it."""
    return f"{day.isoformat()}T00:00:00Z"


def day_of(text: str) -> date:
    """The date of a stored value."""
    return date.fromisoformat(text[:10])


def parse(entity: Entity, body: Any) -> Record:
    """*body* as a record of *entity*, not yet checked for widths. Raises `SageError`."""
    if not isinstance(body, dict):
        raise SageError("InvalidPayload", f"The payload is not a valid {entity.name}.")
    record: Record = {}
    for name, value in body.items():
        if "@" in name:  # an annotation: what was read may be sent back as it is
            continue
        known = entity.properties.get(name)
        if known is None:
            raise SageError(
                "InvalidPayload",
                f"The property '{name}' does not exist on type '{entity.type_name}'.",
            )
        record[name] = None if value is None else _value(name, known, value)
    return record


def _value(name: str, known: Property, value: Any) -> Any:
    reader = _READERS[known.kind]
    try:
        return reader(known, value)
    except (ValueError, TypeError, ArithmeticError, KeyError) as exc:
        raise SageError("InvalidPayload", f"The value of property '{name}' is not valid.") from exc


def _text(known: Property, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(name_of(value))
    return value.strip().upper() if known.code else value.rstrip()


def _decimal(_known: Property, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise TypeError(name_of(value))
    amount = Decimal(value)
    if not amount.is_finite():
        raise ValueError(value)
    return amount


def _integer(_known: Property, value: Any) -> int:
    number = _decimal(_known, value)
    if abs(number) >= 10**15 or number != int(number):
        raise ValueError(value)
    return int(number)


def _day(_known: Property, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(name_of(value))
    # the web layer takes 2020-01-15 as well as 2020-06-20T00:00:00Z
    return shown_day(datetime.fromisoformat(value).date())


def _boolean(_known: Property, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(name_of(value))
    return value


def member(known: Property, value: Any) -> str:
    """The name of a list's member, given by name or by number as text. Raises `ValueError`."""
    if isinstance(value, str) and value in known.members.values():
        return value
    if isinstance(value, str | int) and not isinstance(value, bool):
        found = known.members.get(str(value))
        if found is not None:
            return found
    raise ValueError(value)


def _details(known: Property, value: Any) -> list[Record]:
    if not isinstance(value, list) or known.details is None:
        raise TypeError(name_of(value))
    return [parse(known.details, row) for row in value]


def name_of(value: object) -> str:
    return type(value).__name__


_READERS = {
    "text": _text,
    "decimal": _decimal,
    "integer": _integer,
    "date": _day,
    "boolean": _boolean,
    "enum": member,
    "details": _details,
}


def whole(entity: Entity, record: Mapping[str, Any]) -> Record:
    """*record* with every property of *entity*, null where nothing was put, details too."""
    shown: Record = {}
    for name, known in entity.properties.items():
        value = record.get(name)
        if known.details is not None:
            kind = known.details
            shown[name] = [whole(kind, row) for row in value or []]
        else:
            shown[name] = value
    shown["UpdateOperation"] = "Unspecified"
    return shown


def check_fields(entity: Entity, record: Mapping[str, Any]) -> None:
    """What the view refuses as each field is put; details are not looked into."""
    for name, value in record.items():
        known = entity.properties[name]
        if known.kind == "text" and isinstance(value, str) and len(value) > known.width:
            raise SageError("FieldInvalid", f"{name} cannot be longer than {known.width}.")
        if known.kind == "decimal" and isinstance(value, Decimal):
            _check_amount(name, value)


def _check_amount(name: str, value: Decimal) -> None:
    if abs(value) > LARGEST:
        raise SageError("FieldInvalid", f"{name} is too large.")
    if value != value.quantize(Decimal("0.001")):
        raise SageError("FieldInvalid", f"{name} cannot have more than 3 decimals.")
