-- name: ids_of_numbers
-- H: reads the numbers of all documents, so it is asked beside the writer, never within it.
SELECT list(document_id) FILTER (number = ANY($numbers::VARCHAR[])), max(document_id)
FROM documents;

-- name: known_since
-- As known_documents, of those ids and of what came after the newest of them.
SELECT d.document_id, d.company, d.entry_type, d.number, d.revision, o.state,
       coalesce(o.round, 0) AS round,
       o.token IS NOT NULL AND o.state NOT IN ('syncing', 'unknown') AS entered
FROM (SELECT * FROM documents WHERE document_id = ANY($ids::BIGINT[])
      UNION ALL
      SELECT * FROM documents WHERE document_id > $newest AND number = ANY($numbers::VARCHAR[])) d
LEFT JOIN open_documents o USING (document_id);

-- name: known_documents
-- Which of the keys are here already, and at which revision.
SELECT d.document_id, d.company, d.entry_type, d.number, d.revision, o.state,
       coalesce(o.round, 0) AS round,
       o.token IS NOT NULL AND o.state NOT IN ('syncing', 'unknown') AS entered
FROM documents d
LEFT JOIN open_documents o USING (document_id)
WHERE d.number = ANY($numbers::VARCHAR[]);

-- name: insert_documents
INSERT INTO documents
SELECT unnest($document_id::BIGINT[]), unnest($company::VARCHAR[]), unnest($entry_type::VARCHAR[]),
       unnest($number::VARCHAR[]), unnest($revision::INTEGER[]), unnest($site::VARCHAR[]),
       unnest($site_name::VARCHAR[]), unnest($booking::VARCHAR[]), unnest($sales_order::VARCHAR[]),
       unnest($description::VARCHAR[]), unnest($customer::VARCHAR[]),
       unnest($customer_name::VARCHAR[]), unnest($document_date::DATE[]),
       unnest($amount::DECIMAL(19, 3)[]), unnest($currency::VARCHAR[]),
       unnest($terms_code::VARCHAR[]), unnest($terms_description::VARCHAR[]),
       unnest($parent::VARCHAR[]), unnest($received_at::TIMESTAMP[]), unnest($payload::VARCHAR[]);

-- name: delete_documents
DELETE FROM documents WHERE document_id = ANY($ids::BIGINT[]);

-- name: delete_open
DELETE FROM open_documents WHERE document_id = ANY($ids::BIGINT[]);

-- name: open_documents
-- What arrived is due at once, its first round.
INSERT INTO open_documents (document_id, entry_type, company, site, amount, state, since, round,
                            attempt, next_trigger, due_at, crashed, received_at, document_date,
                            document_number, search_text, booking, customer_name)
SELECT document_id, entry_type, company, site, amount, 'pending', $now, round, 0, 'intake', $now,
       FALSE, $now, dated, number,
       lower(number || chr(31) || booking || chr(31) || customer || chr(31) || customer_name),
       booking, customer_name
FROM (
    SELECT unnest($document_id::BIGINT[]) AS document_id, unnest($entry_type::VARCHAR[]) AS entry_type,
           unnest($company::VARCHAR[]) AS company, unnest($site::VARCHAR[]) AS site,
           unnest($amount::DECIMAL(19, 3)[]) AS amount, unnest($round::INTEGER[]) AS round,
           unnest($dated::DATE[]) AS dated, unnest($number::VARCHAR[]) AS number,
           unnest($booking::VARCHAR[]) AS booking, unnest($customer::VARCHAR[]) AS customer,
           unnest($customer_name::VARCHAR[]) AS customer_name
) n;

-- name: save_cursor
INSERT INTO cursors VALUES ($source, $cursor, $now)
ON CONFLICT (source) DO UPDATE SET cursor_text = excluded.cursor_text, read_at = excluded.read_at;

-- name: cursor
SELECT cursor_text FROM cursors WHERE source = $source;

-- name: insert_problem
-- An event that is read again is the same problem.
INSERT INTO intake_problems
SELECT $id, $cursor, $now, $reason, $excerpt
WHERE NOT EXISTS (
    SELECT 1 FROM intake_problems
    WHERE cursor_text = $cursor AND $cursor <> '' AND reason = $reason
);

-- name: due_write_backs
SELECT write_back_id, company, entry_type, number, revision, status, message, reference, attempts,
       decided_at
FROM write_backs ORDER BY write_back_id LIMIT $limit;

-- name: delete_write_backs
DELETE FROM write_backs WHERE write_back_id = ANY($ids::BIGINT[]);

-- name: insert_waiting_revision
INSERT INTO waiting_revisions VALUES ($id, $revision, $event);

-- name: waiting_revisions
SELECT document_id, event FROM waiting_revisions
WHERE document_id = ANY($ids::BIGINT[]) ORDER BY document_id, revision;

-- name: delete_waiting_revisions
DELETE FROM waiting_revisions WHERE document_id = ANY($ids::BIGINT[]);
