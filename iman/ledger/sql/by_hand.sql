-- Closed or set aside by a person.

-- name: standing
-- 1.
SELECT d.document_id, d.company, d.entry_type, d.number, d.revision, d.payload, o.state, o.round,
       o.site, coalesce(o.amount, 0)::DECIMAL(19, 3) AS amount, o.attempt, o.first_failed_at
FROM documents d LEFT JOIN open_documents o ON o.document_id = d.document_id
WHERE d.document_id = $id;

-- name: park
UPDATE open_documents SET state = 'parked', since = $now, due_at = NULL, waits_for = NULL
WHERE document_id = $id;

-- name: insert_parking
INSERT INTO parkings
VALUES ($parking_id, $id, $now, $who, $reason, $until, NULL, '', $request_id);

-- name: end_parking
UPDATE parkings SET ended_at = $now, ended_by = $who WHERE document_id = $id AND ended_at IS NULL;

-- name: unpark
-- Back where it was: failed where it had failed, else due.
UPDATE open_documents
SET state = CASE WHEN first_failed_at IS NULL THEN 'pending' ELSE 'failed' END, since = $now,
    due_at = CASE WHEN first_failed_at IS NULL THEN $now END
WHERE document_id = $id AND state = 'parked';

-- name: due_parkings
-- O, and one row for each time somebody parked something.
SELECT o.document_id FROM open_documents o
JOIN (SELECT document_id, arg_max(until, parking_id) AS until FROM parkings
      WHERE ended_at IS NULL GROUP BY document_id) p ON p.document_id = o.document_id
WHERE o.state = 'parked' AND p.until <= $now ORDER BY o.document_id;

-- name: parked
-- O, and one row for each time somebody parked something. The first of them.
SELECT o.document_id AS id, o.entry_type, o.document_number AS number, o.customer_name, o.booking,
       coalesce(o.amount, 0)::DECIMAL(19, 3) AS amount, p.parked_at, p.parked_by, p.reason, p.until
FROM open_documents o
LEFT JOIN (SELECT document_id, max(parking_id) AS parking_id FROM parkings GROUP BY document_id) n
       ON n.document_id = o.document_id
LEFT JOIN parkings p ON p.parking_id = n.parking_id
WHERE o.state = 'parked' ORDER BY p.until NULLS LAST, o.document_id LIMIT $limit;

-- name: parkings_of
-- 1.
SELECT parked_at, parked_by, reason, until, ended_at, ended_by FROM parkings
WHERE document_id = $id ORDER BY parking_id;

-- name: insert_closing
-- Before it leaves open_documents.
INSERT INTO closings
SELECT $id, $revision, 'settled', $now, $reference, $round, $attempt, first_failed_at, entry_type,
       company, site, document_number, amount, coalesce(first_failed_at, received_at),
       coalesce(document_date, CAST(received_at AS DATE)), search_text, $closing_id
FROM open_documents WHERE document_id = $id;

-- name: insert_settlement
INSERT INTO settlements
VALUES ($settlement_id, $id, $now, $who, $how, $reference, $reason, NULL, '', '',
        $request_id);

-- name: settlement
-- 1.
SELECT settlement_id, how, reference FROM settlements
WHERE document_id = $id AND reopened_at IS NULL ORDER BY settlement_id DESC LIMIT 1;

-- name: settlements
-- P, of what people closed by hand.
SELECT d.document_id AS id, d.entry_type, d.number, d.customer_name, d.booking,
       coalesce(d.amount, 0)::DECIMAL(19, 3) AS amount, s.settled_at, s.settled_by, s.how,
       s.reference, s.reason, s.reopened_at, s.reopened_by, s.reopen_reason
FROM settlements s JOIN documents d ON d.document_id = s.document_id
WHERE ($id::BIGINT IS NULL OR s.document_id = $id)
ORDER BY s.settlement_id DESC LIMIT $limit;

-- name: reopen_settlement
UPDATE settlements SET reopened_at = $now, reopened_by = $who, reopen_reason = $reason
WHERE settlement_id = $settlement_id;

-- name: closing
-- 1.
SELECT round, closed_at FROM closings
WHERE document_id = $id AND state = 'settled' ORDER BY closed_at DESC LIMIT 1;

-- name: forget_words
-- Of a closing whose words are in the search, or are being added just now.
INSERT INTO search_gone
SELECT closing_id FROM closings WHERE document_id = $id AND state = 'settled';

-- name: drop_closing
DELETE FROM closings WHERE document_id = $id AND state = 'settled';

-- name: open_again
INSERT INTO open_documents (document_id, entry_type, company, site, amount, state, since, round,
                            attempt, next_trigger, due_at, crashed, received_at,
                            document_date, document_number, search_text, booking,
                            customer_name)
SELECT document_id, entry_type, company, site, amount, 'pending', $now, $round, 0, 'resync', $now,
       FALSE, received_at, document_date, number,
       lower(number || chr(31) || booking || chr(31) || customer || chr(31) || customer_name),
       booking, customer_name
FROM documents WHERE document_id = $id;

-- name: asked_before
-- 1.
-- Whether that very request was carried out already.
SELECT 1 FROM parkings WHERE document_id = $id AND request_id = $request_id
UNION ALL SELECT 1 FROM settlements WHERE document_id = $id AND request_id = $request_id;
