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

-- name: chain
UPDATE audit_events SET previous_hash = made.previous_hash, hash = made.hash
FROM made WHERE audit_events.event_id = made.event_id;
