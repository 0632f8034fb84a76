"""The rules iman comes with."""

from functools import lru_cache

from iman.classify.rules import BUILT_IN, Rules


@lru_cache(maxsize=1)
def built_in_rules() -> Rules:
    """Read on first use and shared: they never change while a process runs."""
    return Rules.load([BUILT_IN])
