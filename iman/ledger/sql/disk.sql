-- How much room the ledger takes. One row a day.

-- name: read_today
INSERT INTO disk_readings VALUES ($day, $ledger, $free)
ON CONFLICT (day) DO UPDATE SET ledger_bytes = excluded.ledger_bytes, free_bytes = excluded.free_bytes;

-- name: readings
SELECT day, ledger_bytes, free_bytes FROM disk_readings WHERE day >= $since ORDER BY day;
