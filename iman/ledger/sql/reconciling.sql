-- After a restore. O = grows with open documents, once.

-- name: owe_open
INSERT INTO lookups_owed SELECT document_id, $now FROM open_documents
ON CONFLICT (document_id) DO UPDATE SET since = excluded.since;

-- name: owe_arrived
-- Until byondpro was read to its end: it may have been sent before, and forgotten.
INSERT INTO lookups_owed
SELECT document_id, $now FROM (SELECT unnest($ids::BIGINT[]) AS document_id)
WHERE EXISTS (SELECT 1 FROM facts WHERE name = 'catching_up')
ON CONFLICT (document_id) DO NOTHING;

-- name: looked_up
DELETE FROM lookups_owed WHERE document_id = ANY($ids::BIGINT[]);

-- name: owed
SELECT count(*) FROM lookups_owed JOIN open_documents USING (document_id);
