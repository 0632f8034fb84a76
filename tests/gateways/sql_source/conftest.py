from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.sql_source import sources
from tests.postgres import Postgres, running_postgres

#: One worker has them all, for each would start a server of its own.
POSTGRES = pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


def sql_in(dialect: str, request: pytest.FixtureRequest, folder: Path) -> sources.Sql:
    if dialect == "sqlite":
        return sources.sqlite(folder)
    return sources.Sql(request.getfixturevalue("postgres").database(), dialect)


@pytest.fixture(params=["sqlite", POSTGRES])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> sources.Sql:
    """A database with nothing in it."""
    return sql_in(request.param, request, tmp_path)


@pytest.fixture
def sql(bare: sources.Sql) -> sources.Sql:
    """A database as the documentation wants it."""
    return bare.create()


@pytest.fixture
def pg(request: pytest.FixtureRequest) -> sources.Sql:
    return sources.Sql(request.getfixturevalue("postgres").database(), "postgresql").create()


@pytest.fixture(params=["feed", "sqlite", POSTGRES])
def byondpro(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sources.Anything]:
    """Whatever keeps the contract."""
    if request.param == "feed":
        with sources.feed(tmp_path) as made:
            yield made
    else:
        yield sql_in(request.param, request, tmp_path).create()
