"""Job queues at the push's own work, in the same run: ``uv run --group bench-peers python -m
tests.bench.peers``. What is measured and how: docs/performance.md."""
