# `just` alone runs what CI runs.
all: format-check lint types contracts test

# Write every file as the formatter has it.
format:
    uv run ruff format .

format-check:
    uv run ruff format --check .

lint:
    uv run ruff check .

types:
    uv run mypy

contracts:
    uv run lint-imports

# Everything, or one part: just test tests/sync
test *what:
    uv run pytest {{what}}

# Look further than the examples everybody runs: just hunt tests/sync/test_any_interleaving.py
hunt *what:
    uv run pytest --hypothesis-profile=hunt {{what}}

# Calls made from the API's own description, as nobody and as each role: just fuzz --calls 20000
fuzz *options:
    uv run python -m tests.api.fuzz {{options}}

# Everything at once, to try it out.
up *options:
    uv run iman up {{options}}

# The push beside huey, dramatiq, procrastinate and Celery: just peers --turns 3
peers *options:
    uv run --group bench-peers python -m tests.bench.peers {{options}}

# What Iman is made of, as CycloneDX: just sbom > iman.cdx.json
@sbom:
    uv run python .ci/sbom.py

# Known vulnerabilities of the pinned versions, where the database can be asked.
audit:
    uv run python .ci/audit.py

# As on the server, which installs uv and a browser where they are missing.
ci:
    bash .ci/run

# After an upgrade that the tests passed: write the installed versions down.
pins:
    uv sync --all-groups
    uv pip freeze --exclude-editable > constraints.txt
    uv run python .ci/pins.py
