-- name: head
SELECT events, hash FROM audit_head;

-- name: set_head
UPDATE audit_head SET events = $events, hash = $hash;

-- name: first_head
INSERT INTO audit_head VALUES ($events, $hash);

-- name: forget_heads
DELETE FROM audit_head;

-- name: insert
INSERT INTO audit_events (event_id, happened_at, who, role, action, target, allowed, reason, origin,
                          old_value, new_value, request_id, previous_hash, hash)
VALUES ($id, $now, $who, $role, $action, $target, $allowed, $reason, $origin, $old_value, $new_value,
        $request_id, $previous_hash, $hash);

-- name: links
-- Every event as text, in the order it was written; the order of columns is that of audit.FIELDS.
SELECT CAST(event_id AS VARCHAR), CAST(epoch_us(happened_at) AS VARCHAR), who, role, action, target,
       CAST(allowed AS VARCHAR), reason, origin, old_value, new_value, request_id, previous_hash, hash
FROM audit_events ORDER BY event_id, hash;

-- name: links_of_file
-- As links, of events that were moved out.
SELECT CAST(event_id AS VARCHAR), CAST(epoch_us(happened_at) AS VARCHAR), who, role, action, target,
       CAST(allowed AS VARCHAR), reason, origin, old_value, new_value, request_id, previous_hash, hash
FROM read_parquet($file) ORDER BY event_id, hash;

-- name: archives
SELECT file, first_event, last_event, events, last_hash, bytes, sha256
FROM audit_archives ORDER BY first_event;

-- name: insert_archive
INSERT INTO audit_archives
VALUES ($file, $first_event, $last_event, $events, $last_hash, $bytes, $sha256, $now);

-- name: old
-- The oldest stretch of the chain that is past its age: nothing newer lies before it.
SELECT count(*), max(event_id) FROM (
    SELECT event_id FROM audit_events
    WHERE event_id < coalesce((SELECT min(event_id) FROM audit_events WHERE happened_at >= $before),
                              9223372036854775807)
    ORDER BY event_id LIMIT $limit);

-- name: stretch
SELECT * FROM audit_events WHERE event_id <= $last ORDER BY event_id;

-- name: delete_stretch
DELETE FROM audit_events WHERE event_id <= $last;

-- name: own_file
SELECT path FROM duckdb_databases() WHERE database_name = current_database();

-- name: chain
UPDATE audit_events SET previous_hash = made.previous_hash, hash = made.hash
FROM made WHERE audit_events.event_id = made.event_id;
