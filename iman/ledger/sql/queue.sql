-- The queue: what is pushed, retried or looked up by itself. O = grows with open documents; the
-- samples are those of some minutes.

-- name: sample
-- O.
INSERT INTO queue_depths
SELECT $now, count(*) FROM open_documents
WHERE state IN ('pending', 'syncing', 'retrying', 'unknown');

-- name: forget_samples
DELETE FROM queue_depths WHERE taken_at < $since;

-- name: queue
-- O. How deep it is, and the straight line through its depths since it was last at its highest.
WITH standing AS (
    SELECT count(*) FILTER (WHERE state IN ('pending', 'syncing', 'retrying', 'unknown')) AS depth,
           count(*) FILTER (WHERE state = 'waiting') AS waiting_for_others
    FROM open_documents
), counted AS (
    SELECT taken_at, depth FROM queue_depths WHERE taken_at >= $since AND taken_at < $now
    UNION ALL SELECT CAST($now AS TIMESTAMP), depth FROM standing
), highest AS (
    SELECT depth, max(taken_at) AS taken_at FROM counted
    WHERE depth = (SELECT max(depth) FROM counted) GROUP BY depth
)
SELECT s.depth, s.waiting_for_others, h.depth AS highest, h.taken_at AS highest_at,
       (SELECT min(taken_at) FROM counted) AS counted_since,
       (SELECT regr_slope(c.depth, epoch(c.taken_at)) FROM counted c
        WHERE c.taken_at >= h.taken_at) AS change_per_second
FROM standing s CROSS JOIN highest h;
