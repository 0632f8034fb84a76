"""Prints how many messages a second are classified on one core; not a test.

Run it as ``python tests/classify/bench_classify.py``.
"""

import json
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from iman.classify import BUILT_IN, Rules, built_in_rules, classify

CORPUS = Path(__file__).parent / "data" / "sage-errors-dev.jsonl"
_REPEATS = 200
_VALUE = re.compile(r"\d{4,}|(?<=[A-Z-])\d+|(?<=\")[A-Z]{3,}(?=\")")


def distinct(messages: list[str], *, seed: int) -> list[str]:
    """The messages that name a value, many times, with another value each time."""
    chance = random.Random(seed)

    def another(found: re.Match[str]) -> str:
        signs = "0123456789" if found[0].isdigit() else "ABCDEFGHJKLMNPQRSTUVWXYZ"
        return "".join(chance.choices(signs, k=len(found[0])))

    named = [message for message in messages if _VALUE.search(message)]
    return [_VALUE.sub(another, message) for _ in range(_REPEATS) for message in named]


def per_second(work: Callable[[str], object], messages: list[str]) -> float:
    started = time.process_time()
    for message in messages:
        work(message)
    return len(messages) / (time.process_time() - started)


def main() -> int:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line)["message"] for line in lines]
    built_in_rules()
    fresh = Rules.load([BUILT_IN])
    for title, work, texts in (
        ("texts seen before", classify, messages * _REPEATS),
        ("texts never seen, in forms never seen", fresh.classify, messages),
        ("texts never seen, in known forms", fresh.classify, distinct(messages, seed=2)),
    ):
        if "known" in title:
            for message in distinct(messages, seed=1):
                work(message)
        sys.stdout.write(f"{title}: {per_second(work, texts):,.0f} messages/s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
