-- name: pauses
-- P: one row an entry type.
SELECT entry_type, paused_at, paused_by, reason FROM pauses ORDER BY entry_type;

-- name: pause
INSERT INTO pauses VALUES ($entry_type, $now, $who, $reason)
ON CONFLICT (entry_type) DO UPDATE SET paused_at = excluded.paused_at,
    paused_by = excluded.paused_by, reason = excluded.reason;

-- name: resume
DELETE FROM pauses WHERE entry_type = $entry_type;

-- name: insert_breaker_event
INSERT INTO breaker_events VALUES ($now, $state, $reason);

-- name: breaker_events
-- W.
-- Newest first; a window's worth, never all.
SELECT happened_at, state, reason FROM breaker_events
WHERE happened_at >= $since ORDER BY happened_at DESC LIMIT 1000;

-- name: strangers
-- P.
SELECT value FROM facts WHERE name = 'strangers';

-- name: remember_strangers
INSERT INTO facts VALUES ('strangers', $names)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
