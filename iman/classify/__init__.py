"""From the text of a refusal to its error type, the thing it names and who can fix it.

The rules are data (``rules/*.toml``); `classify` uses the built-in ones, `Rules.load` puts an
administrator's files in front of them.
"""

from functools import lru_cache

from iman.classify.built_in import built_in_rules
from iman.classify.in_force import RulesInForce
from iman.classify.loading import RuleError
from iman.classify.own import OwnExample, OwnRule
from iman.classify.rules import BUILT_IN, Rules
from iman.classify.types import ERROR_TYPES, WHO_FIXES, Classification, ErrorType

__all__ = [
    "BUILT_IN",
    "ERROR_TYPES",
    "WHO_FIXES",
    "Classification",
    "ErrorType",
    "OwnExample",
    "OwnRule",
    "RuleError",
    "Rules",
    "RulesInForce",
    "built_in_rules",
    "classify",
]


def classify(
    message: str, *, http_status: int | None = None, code: str | None = None
) -> Classification:
    """What *message* says, by the built-in rules. Never raises for any text.

    *http_status* and the Web API's *code* are hints, used where the text says nothing.
    """
    return _remembered(message, http_status, code)


@lru_cache(maxsize=16_384)
def _remembered(message: str, http_status: int | None, code: str | None) -> Classification:
    return built_in_rules().classify(message, http_status=http_status, code=code)
