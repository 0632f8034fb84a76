"""The Web API's errors: a code by name, an HTTP status, one sentence.

The names are those of the views' return codes where one exists: 1000 General, 1020 RecordNotFound,
1023 RecordDuplicate, 1024 RecordInvalid, 1140 FieldInvalid. Statuses on a POST are partly
unknown, so a missing code can be answered in three ways (`MissingCode`).
"""

from enum import StrEnum

STATUS = {
    "InvalidParameters": 400,
    "InvalidEntityKey": 400,
    "InvalidPayload": 400,
    "InvalidAction": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "ResourceNotFound": 404,
    "RecordNotFound": 404,
    "MethodNotAllowed": 405,
    "General": 409,
    "FieldInvalid": 409,
    "RecordDuplicate": 409,
    "RecordInvalid": 409,
    "TooManyRequests": 429,
    "InternalServerError": 500,
    "SessionError": 503,
}


class SageError(Exception):
    """A refusal; *status* is given only where it differs from the code's usual one."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = STATUS[code] if status is None else status

    def body(self) -> dict[str, object]:
        """The envelope: v3's message object, also under v4 addresses."""
        message = {"lang": "en-US", "value": self.message}
        return {"error": {"code": self.code, "message": message}}


class MissingCode(StrEnum):
    """How an insert that names an unknown code is answered; a real server's way is not known."""

    NOT_FOUND_404 = "RecordNotFound/404"
    NOT_FOUND_409 = "RecordNotFound/409"
    FIELD_INVALID = "FieldInvalid/409"

    def error(self, message: str) -> SageError:
        code, _, status = self.value.partition("/")
        return SageError(code, message, int(status))


def no_such_record() -> SageError:
    """A key that names nothing."""
    return SageError("RecordNotFound", "A Record cannot be found for the specified entity key")


def contention() -> SageError:
    """Somebody else posts the same ledger."""
    return SageError("General", "Processing conflict. Another Post in Progress was found.")


def not_defined(thing: str, value: str, module: str) -> str:
    """Sage's sentence for a missing code: `Terms Code "F48" is not defined in A/R Terms`."""
    return f'{thing} "{value}" is not defined in {module}'
