-- name: hold_back
-- Of these documents, those whose parent is here and not in Sage 300 wait for it by name.
UPDATE open_documents o
SET state = 'waiting', due_at = NULL, waits_for = d.parent
FROM documents d
WHERE d.document_id = o.document_id AND o.document_id = ANY($ids::BIGINT[])
  AND o.state = 'pending' AND d.parent IS NOT NULL
  AND EXISTS (
      SELECT 1 FROM open_documents po JOIN documents pd ON pd.document_id = po.document_id
      WHERE pd.company || '/' || pd.entry_type || '/' || pd.number = d.parent
  );

-- name: let_go
-- Their parents are through: they are due at once.
UPDATE open_documents
SET state = 'pending', since = $now, due_at = $now, waits_for = NULL
WHERE state = 'waiting' AND waits_for = ANY($parents::VARCHAR[]);
