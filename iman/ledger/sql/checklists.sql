-- Checklists. Few and small: people open them.

-- name: insert_checklist
INSERT INTO checklists VALUES ($id, $company, $error_type, $entity_kind, $entity, $template,
    $cause_id, $document_id, $playbook, $title, $now, $who, 0, $now, '', '', NULL, 'choosing', 0, 0);

-- name: running
-- A checklist that already runs on the same thing.
SELECT checklist_id FROM checklists
WHERE company = $company AND error_type = $error_type AND entity_kind = $entity_kind
  AND entity = $entity AND template = $template
  AND document_id IS NOT DISTINCT FROM $document_id
  AND phase IN ('choosing', 'working', 'follow_up')
ORDER BY checklist_id DESC LIMIT 1;

-- name: checklist
SELECT * FROM checklists WHERE checklist_id = $id;

-- name: checklists
SELECT * FROM checklists
WHERE ($phases::VARCHAR[] IS NULL OR phase = ANY($phases::VARCHAR[]))
  AND ($owner::VARCHAR IS NULL OR owner = $owner)
  AND ($cause_id::BIGINT IS NULL OR cause_id = $cause_id)
  AND ($document_id::BIGINT IS NULL OR document_id = $document_id)
  AND ($entity::VARCHAR IS NULL OR entity = $entity)
  AND ($error_type::VARCHAR IS NULL OR error_type = $error_type)
ORDER BY phase = 'complete' OR phase = 'closed', due_on NULLS LAST, changed_at DESC
LIMIT $limit;

-- name: events
SELECT version, happened_at, who, kind, step, body FROM checklist_events
WHERE checklist_id = $id ORDER BY version;

-- name: same_request
SELECT version FROM checklist_events
WHERE checklist_id = $id AND request_id = $request_id AND request_id <> '';

-- name: insert_event
INSERT INTO checklist_events
VALUES ($id, $version, $now, $who, $kind, $step, $body, $request_id, $companies, $sites);

-- name: event_reach
SELECT companies, sites FROM checklist_events WHERE checklist_id = $id AND version = $version;

-- name: summarise
UPDATE checklists
SET version = $version, changed_at = $now, branch = $branch, owner = $owner, due_on = $due_on,
    phase = $phase, steps = $steps, steps_done = $steps_done, playbook = $playbook
WHERE checklist_id = $id;

-- name: move_playbook
UPDATE checklists SET playbook = $playbook WHERE checklist_id = $id;

-- name: link_cause
UPDATE checklists SET cause_id = $cause_id WHERE checklist_id = $id;

-- name: insert_attachment
INSERT INTO attachments VALUES ($id, $checklist_id, $name, $media_type, $bytes, $digest, $content);

-- name: attachments
SELECT attachment_id AS id, name, media_type, bytes, digest FROM attachments
WHERE checklist_id = $id ORDER BY attachment_id;

-- name: attachment
SELECT name, media_type, content FROM attachments
WHERE checklist_id = $id AND attachment_id = $attachment_id;

-- name: attached_bytes
SELECT coalesce(sum(bytes), 0) FROM attachments WHERE checklist_id = $id;

-- name: drop_probe_result
DELETE FROM probe_results WHERE checklist_id = $id AND step = $step;

-- name: insert_probe_result
INSERT INTO probe_results VALUES ($id, $step, $now, $verdict, $evidence);

-- name: probe_results
SELECT step, checked_at, verdict, evidence FROM probe_results WHERE checklist_id = $id;

-- name: playbook_text
SELECT text, origin FROM playbook_texts WHERE digest = $digest;

-- name: insert_playbook_text
INSERT INTO playbook_texts
SELECT $digest, $error_type, $version, $origin, $text, $now
WHERE NOT EXISTS (SELECT 1 FROM playbook_texts WHERE digest = $digest);

-- name: newest_edits
SELECT error_type, version, text, saved_by, saved_at FROM playbook_edits
QUALIFY row_number() OVER (PARTITION BY error_type ORDER BY edit_id DESC) = 1;

-- name: edits
SELECT edit_id, version, text, saved_by, saved_at FROM playbook_edits
WHERE error_type = $error_type ORDER BY edit_id DESC LIMIT 100;

-- name: insert_edit
INSERT INTO playbook_edits VALUES ($id, $error_type, $version, $text, $who, $now);

-- name: subject
-- What a checklist speaks of: its documents by id.
SELECT d.document_id, d.company, d.entry_type, d.number, d.booking, d.customer, d.customer_name,
       d.site, d.site_name, d.terms_code, d.terms_description, d.amount, d.payload, d.received_at,
       coalesce(o.state, c.state) AS state, c.closed_at, c.reference
FROM documents d
LEFT JOIN open_documents o ON o.document_id = d.document_id
LEFT JOIN (
    SELECT document_id, arg_max(state, closed_at) AS state, max(closed_at) AS closed_at,
           arg_max(reference, closed_at) AS reference
    FROM closings WHERE document_id = ANY($ids::BIGINT[]) GROUP BY document_id
) c ON c.document_id = d.document_id AND o.document_id IS NULL
WHERE d.document_id = ANY($ids::BIGINT[])
ORDER BY d.document_id;

-- name: credit_notes
SELECT d.document_id, d.number, d.parent, coalesce(o.state, 'synced') AS state, d.payload
FROM documents d LEFT JOIN open_documents o ON o.document_id = d.document_id
WHERE d.entry_type = 'credit_note' AND d.parent = ANY($parents::VARCHAR[])
ORDER BY d.document_id;

-- name: later_invoices
-- Invoices of the same bookings that came after these.
SELECT d.document_id, d.number, d.booking, d.customer, d.terms_code, d.payload,
       coalesce(o.state, 'synced') AS state, d.amount
FROM documents d LEFT JOIN open_documents o ON o.document_id = d.document_id
WHERE d.entry_type = 'invoice' AND d.received_at >= $since
  AND (d.booking = ANY($bookings::VARCHAR[]) OR d.customer = ANY($customers::VARCHAR[]))
  AND NOT (d.document_id = ANY($ids::BIGINT[]))
ORDER BY d.document_id;

-- name: open_with_term
SELECT d.document_id, d.number, d.entry_type, o.state
FROM open_documents o JOIN documents d ON d.document_id = o.document_id
WHERE upper(d.terms_code) = upper($code) ORDER BY d.document_id;

-- name: open_with_account
-- Open documents one of whose lines may post to the account: the category's account begins as it
-- does, where byondpro's rule writes the site's segment over the last digits.
SELECT d.document_id, d.number, d.entry_type, o.state, d.payload
FROM open_documents o JOIN documents d ON d.document_id = o.document_id
WHERE position('"gl_account":"' || CASE
        WHEN regexp_matches(coalesce(json_extract_string(d.payload, '$.gl_segment_rule'), ''),
                            '^E[1-9]$')
        THEN left($account, greatest(length($account) - CAST(
            right(json_extract_string(d.payload, '$.gl_segment_rule'), 1) AS INTEGER), 0))
        ELSE '' END IN d.payload) > 0
ORDER BY d.document_id;

-- name: sent_as
-- A document with every mark it was sent with, the newest first.
SELECT d.company, d.entry_type, d.number, d.revision, d.payload,
       (SELECT list(DISTINCT token) FROM all_attempts WHERE document_id = $id)
FROM documents d WHERE d.document_id = $id;

-- name: document_error
-- What a document was refused for; while Sage 300 is unwell, what it was refused for before.
SELECT d.company, d.number, coalesce(k.error_type, o.error_type) AS error_type,
       coalesce(k.entity_kind, o.entity_kind) AS entity_kind, coalesce(k.entity, o.entity) AS entity,
       k.template
FROM documents d
LEFT JOIN open_documents o ON o.document_id = d.document_id
LEFT JOIN cause_documents m ON m.document_id = d.document_id
LEFT JOIN causes k ON k.cause_id = m.cause_id
WHERE d.document_id = $id;
