-- The set-up mirror, as both systems were last read.

-- name: tax_groups_used
-- Of documents that came lately; byondpro's own lists carry none.
SELECT DISTINCT json_extract_string(payload, '$.tax_group') AS tax_group FROM documents
WHERE received_at >= $since AND json_extract_string(payload, '$.tax_group') <> ''
ORDER BY 1;

-- name: clear_codes
DELETE FROM setup_codes;

-- name: insert_codes
INSERT INTO setup_codes
SELECT unnest($side::VARCHAR[]), unnest($kind::VARCHAR[]), unnest($code::VARCHAR[]),
       unnest($description::VARCHAR[]), unnest($active::BOOLEAN[]), unnest($detail::VARCHAR[]);

-- name: clear_readings
DELETE FROM setup_readings;

-- name: insert_readings
INSERT INTO setup_readings
SELECT unnest($side::VARCHAR[]), unnest($kind::VARCHAR[]), unnest($read_at::TIMESTAMP[]),
       unnest($trouble::VARCHAR[]);

-- name: readings
SELECT side, kind, read_at, trouble FROM setup_readings ORDER BY side, kind;

-- name: codes
SELECT side, kind, code, description, active, detail FROM setup_codes
WHERE side = $side ORDER BY kind, code;

-- name: open_gaps
SELECT gap_id, kind, code, problem FROM setup_gaps WHERE gone_at IS NULL;

-- name: insert_gaps
INSERT INTO setup_gaps
SELECT unnest($gap_id::BIGINT[]), unnest($kind::VARCHAR[]), unnest($code::VARCHAR[]),
       unnest($problem::VARCHAR[]), unnest($message::VARCHAR[]), unnest($places::VARCHAR[]),
       unnest($carried::VARCHAR[]), $now, $now, NULL;

-- name: see_gaps
UPDATE setup_gaps
SET seen_at = $now, message = n.message, places = n.places, carried = n.carried
FROM (SELECT unnest($gap_id::BIGINT[]) AS gap_id, unnest($message::VARCHAR[]) AS message,
             unnest($places::VARCHAR[]) AS places, unnest($carried::VARCHAR[]) AS carried) n
WHERE setup_gaps.gap_id = n.gap_id;

-- name: end_gaps
UPDATE setup_gaps SET gone_at = $now WHERE gap_id = ANY($ids::BIGINT[]);

-- name: gaps
SELECT g.gap_id AS id, g.kind, g.code, g.problem, g.message, g.places, g.carried, g.found_at, g.seen_at,
       g.gone_at
FROM setup_gaps g
WHERE ($id::BIGINT IS NOT NULL AND g.gap_id = $id)
   OR ($id::BIGINT IS NULL AND (g.gone_at IS NULL OR g.gone_at >= $gone_since))
ORDER BY g.gone_at IS NOT NULL, g.kind, g.code LIMIT 2000;

-- name: blocked
-- O. What each missing code holds up now, by error type and entity.
SELECT k.error_type, k.entity, k.cause_id, count(*) AS documents,
       sum(coalesce(o.amount, 0))::DECIMAL(19, 3) AS amount
FROM cause_documents m JOIN causes k ON k.cause_id = m.cause_id
JOIN open_documents o ON o.document_id = m.document_id
WHERE k.entity <> '' GROUP BY ALL;

-- name: carriers
-- Open documents, and those received lately, whose payload holds one of the codes at all.
SELECT d.document_id, d.entry_type, d.number, coalesce(d.amount, 0)::DECIMAL(19, 3) AS amount,
       d.terms_code, coalesce(json_extract_string(d.payload, '$.tax_group'), '') AS tax_group,
       coalesce(json_extract_string(d.payload, '$.customer.group'), '') AS customer_group,
       coalesce(json_extract_string(d.payload, '$.receipt.type'),
                json_extract_string(d.payload, '$.refund.type'), '') AS payment_code,
       o.state, o.error_type IS NOT NULL AS refused
FROM documents d LEFT JOIN open_documents o ON o.document_id = d.document_id
WHERE (o.document_id IS NOT NULL OR d.received_at >= $since)
  AND regexp_matches(d.payload, $pattern);

-- name: line_carriers
-- The same, line by line: which category, field and stored account at which site.
SELECT DISTINCT document_id, number, site, amount, json_extract_string(line, '$.category.code'),
       json_extract_string(line, '$.account_field'), json_extract_string(line, '$.gl_account'),
       state, refused
FROM (
    SELECT d.document_id, d.number, d.site, coalesce(d.amount, 0)::DECIMAL(19, 3) AS amount, o.state,
           o.error_type IS NOT NULL AS refused,
           unnest(json_extract(d.payload, '$.lines[*]')) AS line
    FROM documents d LEFT JOIN open_documents o ON o.document_id = d.document_id
    WHERE (o.document_id IS NOT NULL OR d.received_at >= $since)
      AND regexp_matches(d.payload, $pattern)
);

-- name: a_company
-- byondpro's name for the company, which its set-ups do not tell.
SELECT company FROM documents LIMIT 1;
