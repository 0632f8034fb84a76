-- What is past its age. H = reads all of what it counts: once a day, never behind a page.

-- name: archivable
-- H. Whole months only, and only what is closed; of each month how much, and how much is past it.
SELECT CAST(date_trunc('month', a.started_at) AS DATE) AS month, count(*) AS attempts
FROM attempts a
WHERE a.started_at < $before
  AND a.document_id NOT IN (SELECT document_id FROM open_documents)
  AND a.attempt_id IN (SELECT attempt_id FROM outcomes)
GROUP BY 1 ORDER BY 1;

-- name: old_bodies
-- H. An attempt's body is as old as its outcome.
SELECT count(*), coalesce(sum(strlen(coalesce(b.sent, '')) + strlen(coalesce(b.answered, ''))), 0)
FROM bodies b JOIN outcomes x ON x.attempt_id = b.attempt_id
WHERE x.ended_at < $before AND b.document_id NOT IN (SELECT document_id FROM open_documents);

-- name: choose
-- The oldest attempts of one month, closed, not more than a file holds.
CREATE OR REPLACE TEMP TABLE leaving AS
SELECT a.attempt_id FROM attempts a
WHERE a.started_at >= $month AND a.started_at < $month + INTERVAL 1 MONTH
  AND a.document_id NOT IN (SELECT document_id FROM open_documents)
  AND a.attempt_id IN (SELECT attempt_id FROM outcomes)
ORDER BY a.attempt_id LIMIT $limit;

-- name: leaving
-- In the order documents are asked for, so that a page reads a few of its row groups.
SELECT a.attempt_id, a.document_id, a.revision, a.round, a.number, a.trigger, a.token, a.started_at,
       x.ended_at, x.outcome, x.burnt, x.http_status, x.error_code, x.error_text, x.error_type,
       x.entity_kind, x.entity, x.reference, x.duration_ms, b.sent, b.answered
FROM attempts a
JOIN outcomes x ON x.attempt_id = a.attempt_id
LEFT JOIN bodies b ON b.attempt_id = a.attempt_id
WHERE a.attempt_id IN (FROM leaving)
ORDER BY a.document_id, a.attempt_id;

-- name: delete_attempts
DELETE FROM attempts WHERE attempt_id IN (FROM leaving);

-- name: delete_outcomes
DELETE FROM outcomes WHERE attempt_id IN (FROM leaving);

-- name: delete_bodies
DELETE FROM bodies WHERE attempt_id IN (FROM leaving);

-- name: delete_old_bodies
DELETE FROM bodies WHERE attempt_id IN (
    SELECT b.attempt_id FROM bodies b JOIN outcomes x ON x.attempt_id = b.attempt_id
    WHERE x.ended_at < $before AND b.document_id NOT IN (SELECT document_id FROM open_documents)
    ORDER BY b.attempt_id LIMIT $limit);

-- name: insert_archive
INSERT INTO archives VALUES ($file, $month, $attempts, $bytes, $sha256, $now, $first, $last);

-- name: documents_in
-- B.
SELECT min(document_id), max(document_id) FROM attempts WHERE attempt_id IN (FROM leaving);

-- name: archives_of
-- P: one row a file.
SELECT file FROM archives
WHERE first_document IS NULL OR ($id >= first_document AND $id <= last_document) ORDER BY month, file;

-- name: archives
SELECT file, month, attempts, bytes, sha256 FROM archives ORDER BY month, file;

-- name: insert_run
INSERT INTO retention_runs (ran_at, attempts_moved, bodies_deleted, events_moved)
VALUES ($now, $moved, $deleted, $events);

-- name: last_run
SELECT ran_at, attempts_moved, bodies_deleted, events_moved FROM retention_runs ORDER BY ran_at DESC LIMIT 1;
