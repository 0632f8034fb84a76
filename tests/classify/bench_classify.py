"""Prints how many messages a second are classified on one core; not a test.

Run it as ``python tests/classify/bench_classify.py``.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from iman.classify import built_in_rules, classify

CORPUS = Path(__file__).parent / "data" / "sage-errors-dev.jsonl"
_REPEATS = 100


def distinct(messages: list[str]) -> list[str]:
    """Every message many times, each time with other figures in it."""
    shuffled = [str.maketrans("0123456789", f"{n % 10}{(n + 3) % 10}23456789") for n in range(10)]
    return [
        f"{message.translate(shuffled[n % 10])} {n}" for n in range(_REPEATS) for message in messages
    ]


def per_second(work: Callable[[str], object], messages: list[str]) -> float:
    started = time.process_time()
    for message in messages:
        work(message)
    return len(messages) / (time.process_time() - started)


def main() -> int:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line)["message"] for line in lines]
    built_in_rules()
    for title, work, texts in (
        ("texts seen before", classify, messages * _REPEATS),
        ("every text new", built_in_rules().classify, distinct(messages)),
        ("every text new, through the cache", classify, distinct(messages)),
    ):
        sys.stdout.write(f"{title}: {per_second(work, texts):,.0f} messages/s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
