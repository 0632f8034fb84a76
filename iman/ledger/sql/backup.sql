-- What a backup asks. The copy is attached as iman_copy, for that database only.

-- name: tables
SELECT table_name, estimated_size FROM duckdb_tables()
WHERE database_name = $database AND NOT internal AND NOT temporary
ORDER BY estimated_size, table_name;

-- name: own_file
SELECT path FROM duckdb_databases() WHERE database_name = current_database();

-- name: save_fact
INSERT INTO facts VALUES ($name, $value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: fact
SELECT value FROM facts WHERE name = $name;

-- name: forget_fact
DELETE FROM facts WHERE name = $name;

-- name: mark_copy
-- Whoever opens the copy as a ledger must know that things happened after it.
INSERT INTO iman_copy.main.facts VALUES ('copied_at', $now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
