-- What a monitoring system asks every few seconds. O = grows with open documents; nothing here
-- reads history.

-- name: standing
-- O.
SELECT entry_type, state, count(*) AS documents,
       coalesce(max(epoch($now - received_at)), 0) AS oldest_seconds
FROM open_documents GROUP BY entry_type, state ORDER BY entry_type, state;

-- name: waiting
-- O.
SELECT (SELECT count(*) FROM write_backs) AS write_backs,
       (SELECT count(*) FROM lookups_owed JOIN open_documents USING (document_id)) AS lookups_owed,
       (SELECT count(*) FROM intake_problems) AS intake_problems;
