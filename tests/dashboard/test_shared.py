from __future__ import annotations

import threading
import time

import pytest

from iman.dashboard.shared import Memory, SharedReading
from iman.errors import NotFound
from iman.reading.reading import DocumentFilter
from tests.dashboard.fakes import SeededReading


def test_many_askers_at_once_cost_one_question():
    asked = []

    def ask() -> int:
        asked.append(1)
        time.sleep(0.05)
        return 7

    memory, answers = Memory(), []
    threads = [
        threading.Thread(target=lambda: answers.append(memory.get("x", 5, ask))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [7] * 20
    assert len(asked) == 1


def test_an_answer_is_asked_anew_when_it_is_old_and_an_error_is_not_kept():
    now = [0.0]
    memory, answers = Memory(lambda: now[0]), iter([1, 2])
    assert memory.get("x", 2, lambda: next(answers)) == 1
    now[0] = 1.9
    assert memory.get("x", 2, lambda: next(answers)) == 1
    now[0] = 2.0
    assert memory.get("x", 2, lambda: next(answers)) == 2
    with pytest.raises(ZeroDivisionError):
        memory.get("y", 2, lambda: 1 // 0)
    assert memory.get("y", 2, lambda: 3) == 3


def test_forgetting_shows_a_change_at_once():
    memory = Memory()
    assert memory.get("x", 60, lambda: 1) == 1
    memory.forget()
    assert memory.get("x", 60, lambda: 2) == 2


def test_what_one_page_does_to_its_frame_no_other_page_sees():
    reading = SharedReading(SeededReading(), Memory())
    mine = reading.counts()
    mine["failed"] = 99
    assert 99 not in set(reading.counts()["failed"])


def test_different_filters_are_different_questions():
    reading = SharedReading(SeededReading(), Memory())
    everything = reading.documents(DocumentFilter()).total
    assert reading.documents(DocumentFilter(search="ellison")).total < everything


def test_a_number_nobody_has_is_asked_once_for_all():
    class Counting(SeededReading):
        asked = 0

        def find_document(self, number: str, entry_type: str = "") -> int:
            Counting.asked += 1
            return super().find_document(number, entry_type)

    reading = SharedReading(Counting(), Memory())
    for _ in range(3):
        with pytest.raises(NotFound, match="INV-NOBODY"):
            reading.find_document("INV-NOBODY")
    assert Counting.asked == 1
