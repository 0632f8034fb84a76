"""Asks the daemon for what stands further down a page while its top is being drawn.

Answers are shared, so the page finds them there or waits for one that is under way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from iman.errors import ImanError

#: Two, so that the daemon's answers to others do not wait for one page.
_ASKERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="iman-ahead")


def ask(*questions: Callable[[], object]) -> None:
    """In this order. What goes wrong is told to whoever needs the answer, and asks again."""
    for question in questions:
        _ASKERS.submit(_asked, question)


def _asked(question: Callable[[], object]) -> None:
    with contextlib.suppress(ImanError):
        question()
