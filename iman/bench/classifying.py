"""Messages a second that are classified on one core, beside the plain loop's."""

import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from typing import Any

from iman.bench.fresh_messages import FreshMessages
from iman.bench.plain_loop import PlainLoop
from iman.classify import BUILT_IN, Rules

_FIGURES = re.compile(r"\d+")
_PLAIN_SHARE = 100  # the plain loop is so slow that it gets one message of so many


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassifyFigures:
    """Of the turns' rates the median, the worst and the best; *ratio*: the median turn's."""

    messages: str
    a_second: float
    worst: float
    best: float
    plain_loop: float
    ratio: float

    def as_json(self) -> dict[str, Any]:
        rounded = {name: round(value) for name, value in asdict(self).items() if name != "messages"}
        return {"messages": self.messages, **rounded, "ratio": round(self.ratio, 1)}


def measure(messages: int, turns: int, say: Callable[[str], None]) -> list[ClassifyFigures]:
    """Processor time of this process, turn about with the plain loop on the same messages."""
    rules = Rules.load([BUILT_IN])
    plain = PlainLoop.of(rules)
    examples = [example.text for rule in rules.rules for example in rule.examples]
    say("Warming up")
    known = list(islice(FreshMessages(examples, seed=0), messages))
    for message in known:  # patterns are compiled when they are first tried
        rules.classify(message)
    forms = {rules.classify(message).template for message in known}
    found = []
    for title, made in (
        ("in forms never seen", partial(_never_seen, examples, messages, forms)),
        ("in known forms, other figures", partial(_other_figures, known)),
    ):
        turned = []
        for turn in range(1, turns + 1):
            say(f"Messages {title}: turn {turn} of {turns}")
            fresh = made(turn)
            slow = _a_second(plain, fresh[::_PLAIN_SHARE])
            turned.append((_a_second(rules, fresh), slow))
        rates = [fast for fast, _ in turned]
        found.append(
            ClassifyFigures(
                messages=title,
                a_second=statistics.median(rates),
                worst=min(rates),
                best=max(rates),
                plain_loop=statistics.median(slow for _, slow in turned),
                ratio=statistics.median(fast / slow for fast, slow in turned),
            )
        )
    return found


def _never_seen(examples: Sequence[str], messages: int, seen: set[str], turn: int) -> list[str]:
    """No two of one form, and none of a form that was met before."""
    rules = Rules.load([BUILT_IN])
    fresh = []
    for message in FreshMessages(examples, seed=turn):
        if (form := rules.classify(message).template) not in seen:
            seen.add(form)
            fresh.append(message)
            if len(fresh) == messages:
                break
    return fresh


def _other_figures(known: Sequence[str], turn: int) -> list[str]:
    chance = random.Random(turn)  # noqa: S311 -- it guards nothing

    def another(found: re.Match[str]) -> str:
        return "".join(chance.choices("123456789", k=len(found[0])))

    return [_FIGURES.sub(another, message) for message in known]


def _a_second(rules: Rules, messages: Sequence[str]) -> float:
    started = time.process_time()
    for message in messages:
        rules.classify(message)
    return len(messages) / (time.process_time() - started)
