from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.serving import Served, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for a module: a test leaves it able to serve the next."""
    with serving(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture
def fresh(tmp_path) -> Iterator[Served]:
    """One of the test's own, to be changed at will."""
    with serving(tmp_path) as found:
        yield found
