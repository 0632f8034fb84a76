-- Lists of documents. Cost class of each: O = grows with open documents, P = one page of what is
-- kept, S = a scan of what was closed, which grows with history, W = with what was tried in a window.
-- The filter is the variable "wanted", which DuckDB knows when it plans: what is not asked for costs
-- nothing, and whole blocks are passed over for what is. Views hold it once for all orders; they are
-- the connection's own. An order has a query of its own: a first key that is chosen by CASE would
-- keep DuckDB from stopping at the rows a page needs.

-- name: matching
-- An error type without a window of refusals is what a document stands on now.
CREATE OR REPLACE TEMP VIEW matching_open AS
SELECT document_id, NULL::BIGINT AS place, began, amount, document_number AS number, due_at
FROM (SELECT *, coalesce(first_failed_at, received_at) AS began,
             coalesce(document_date, CAST(received_at AS DATE)) AS dated FROM open_documents) o
WHERE (getvariable('wanted').states IS NULL OR list_contains(getvariable('wanted').states, state))
  AND (getvariable('wanted').entry_type IS NULL OR entry_type = getvariable('wanted').entry_type)
  AND (getvariable('wanted').company IS NULL OR company = getvariable('wanted').company)
  AND (getvariable('wanted').site IS NULL OR site = getvariable('wanted').site)
  AND (getvariable('wanted').error_type IS NULL OR getvariable('wanted').refused_from IS NOT NULL
       OR error_type = getvariable('wanted').error_type)
  AND (getvariable('wanted').entity IS NULL OR entity = getvariable('wanted').entity)
  AND (getvariable('wanted').began_from IS NULL OR began >= getvariable('wanted').began_from)
  AND (getvariable('wanted').began_to IS NULL OR began < getvariable('wanted').began_to)
  AND (getvariable('wanted').dated_to IS NULL OR dated <= getvariable('wanted').dated_to)
  AND (getvariable('wanted').search IS NULL
       OR contains(search_text, lower(getvariable('wanted').search))
       OR contains(lower(coalesce(error_text, '')), lower(getvariable('wanted').search)));

CREATE OR REPLACE TEMP VIEW matching_closed AS
SELECT document_id, rowid AS place, began, amount, document_number AS number, NULL::TIMESTAMP AS due_at
FROM closings
WHERE (getvariable('wanted').states IS NULL OR list_contains(getvariable('wanted').states, state))
  AND (getvariable('wanted').entry_type IS NULL OR entry_type = getvariable('wanted').entry_type)
  AND (getvariable('wanted').company IS NULL OR company = getvariable('wanted').company)
  AND (getvariable('wanted').site IS NULL OR site = getvariable('wanted').site)
  AND (getvariable('wanted').error_type IS NULL OR getvariable('wanted').refused_from IS NOT NULL)
  AND getvariable('wanted').entity IS NULL
  AND (getvariable('wanted').began_from IS NULL OR began >= getvariable('wanted').began_from)
  AND (getvariable('wanted').began_to IS NULL OR began < getvariable('wanted').began_to)
  AND (getvariable('wanted').dated_to IS NULL OR dated <= getvariable('wanted').dated_to)
  AND (getvariable('wanted').search IS NULL
       OR contains(search_text, lower(getvariable('wanted').search)));

-- name: at_any_time
CREATE OR REPLACE TEMP VIEW wanted_open AS FROM matching_open;
CREATE OR REPLACE TEMP VIEW wanted_closed AS FROM matching_closed;

-- name: refused_in_window
-- An hour of a person's week begins at a quarter of UTC's everywhere, and a window has few quarters.
CREATE OR REPLACE TEMP VIEW quarters_then AS
SELECT quarter FROM (
    SELECT unnest(range(time_bucket(INTERVAL 15 MINUTE, getvariable('wanted').refused_from),
                        getvariable('wanted').refused_to, INTERVAL 15 MINUTE)) AS quarter) q
WHERE (getvariable('wanted').weekday IS NULL OR getvariable('wanted').weekday = extract(
       isodow FROM quarter AT TIME ZONE 'UTC' AT TIME ZONE getvariable('wanted').zone))
  AND (getvariable('wanted').hour IS NULL OR getvariable('wanted').hour = extract(
       hour FROM quarter AT TIME ZONE 'UTC' AT TIME ZONE getvariable('wanted').zone));

CREATE OR REPLACE TEMP VIEW refused_then AS
SELECT document_id FROM all_outcomes
WHERE outcome = 'refused' AND ended_at >= getvariable('wanted').refused_from
  AND ended_at < getvariable('wanted').refused_to
  AND (getvariable('wanted').error_type IS NULL
       OR coalesce(error_type, '') = getvariable('wanted').error_type)
  AND time_bucket(INTERVAL 15 MINUTE, ended_at) IN (FROM quarters_then);

CREATE OR REPLACE TEMP VIEW wanted_open AS
FROM matching_open WHERE document_id IN (FROM refused_then);
CREATE OR REPLACE TEMP VIEW wanted_closed AS
FROM matching_closed WHERE document_id IN (FROM refused_then);

-- name: closed_total
-- A few rows a cell: for filters that closed_totals knows.
SELECT coalesce(sum(documents), 0) FROM closed_totals
WHERE (getvariable('wanted').states IS NULL OR list_contains(getvariable('wanted').states, state))
  AND (getvariable('wanted').entry_type IS NULL OR entry_type = getvariable('wanted').entry_type)
  AND (getvariable('wanted').company IS NULL OR company = getvariable('wanted').company)
  AND (getvariable('wanted').site IS NULL OR site = getvariable('wanted').site);

-- name: closed_count
-- S, or W.
SELECT count(*) FROM wanted_closed;

-- name: open_count
-- O, or W.
SELECT count(*) FROM wanted_open;

-- name: newest
-- O + P. A page: ids in order, and where each closed one's closing is.
SELECT document_id, place FROM (
    SELECT document_id, place, began FROM wanted_open
    UNION ALL (SELECT document_id, place, began FROM wanted_closed
               ORDER BY began DESC NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY began DESC NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: oldest
-- O + P.
SELECT document_id, place FROM (
    SELECT document_id, place, began FROM wanted_open
    UNION ALL (SELECT document_id, place, began FROM wanted_closed
               ORDER BY began NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY began NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: amount
-- O + P.
SELECT document_id, place FROM (
    SELECT document_id, place, amount FROM wanted_open
    UNION ALL (SELECT document_id, place, amount FROM wanted_closed
               ORDER BY amount DESC NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY amount DESC NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: number
-- O + P.
SELECT document_id, place FROM (
    SELECT document_id, place, number FROM wanted_open
    UNION ALL (SELECT document_id, place, number FROM wanted_closed
               ORDER BY number NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY number NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: next_try
-- O + P. What is closed has none and comes last.
SELECT document_id, place FROM (
    SELECT document_id, place, due_at FROM wanted_open
    UNION ALL (SELECT document_id, place, due_at FROM wanted_closed
               ORDER BY document_id DESC LIMIT $most)
) ORDER BY due_at NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: open_rows
-- P. How a page's open documents stand. Three short questions are planned sooner than one long one.
SELECT document_id, state,
       CASE WHEN error_code IS NULL THEN error_text ELSE error_code || ' - ' || error_text END AS error,
       error_type, entity, attempt, first_failed_at, last_tried_at, due_at AS next_try_at,
       NULL::TIMESTAMP AS synced_at, NULL::VARCHAR AS erp_reference
FROM open_documents WHERE document_id IN (SELECT unnest($ids::BIGINT[]));

-- name: closed_rows
-- P. How its closed ones do.
SELECT document_id, state, NULL::VARCHAR AS error, NULL::VARCHAR AS error_type,
       NULL::VARCHAR AS entity, attempt, first_failed_at, closed_at AS last_tried_at,
       NULL::TIMESTAMP AS next_try_at, closed_at AS synced_at, reference AS erp_reference
FROM closings WHERE rowid IN (SELECT unnest($places::BIGINT[]));

-- name: document_rows
-- P. What they are: first where they stand, then only those are read.
SELECT document_id, entry_type, number, booking, site, customer, customer_name, document_date,
       amount, currency, terms_code, terms_description, received_at, parent
FROM documents WHERE rowid IN (
    SELECT rowid FROM documents WHERE document_id IN (SELECT unnest($ids::BIGINT[])));

-- name: all_rows
-- S: every document that fits, for a file. Sorted on disk beyond DuckDB's own limit.
SELECT d.document_id AS id, d.entry_type, d.number, s.state, d.booking, d.site, d.customer,
       d.customer_name, d.document_date, d.amount, d.currency, d.terms_code, d.terms_description,
       CASE WHEN s.error_code IS NULL THEN s.error_text
            ELSE s.error_code || ' - ' || s.error_text END AS error,
       s.error_type, s.entity, s.attempt, s.first_failed_at, s.last_tried_at,
       s.due_at AS next_try_at, d.received_at, s.synced_at, s.reference AS erp_reference, d.parent
FROM (
    SELECT o.document_id, o.state, o.attempt, o.due_at, o.first_failed_at, o.last_tried_at,
           o.error_code, o.error_text, o.error_type, o.entity, NULL::TIMESTAMP AS synced_at,
           NULL::VARCHAR AS reference, w.began
    FROM wanted_open w JOIN open_documents o ON o.document_id = w.document_id
    UNION ALL
    SELECT c.document_id, c.state, c.attempt, NULL, c.first_failed_at, c.closed_at, NULL, NULL, NULL,
           NULL, c.closed_at, c.reference, w.began
    FROM wanted_closed w JOIN closings c ON c.rowid = w.place
) s
JOIN documents d ON d.document_id = s.document_id
ORDER BY
    CASE WHEN $order = 'newest' THEN s.began END DESC NULLS LAST,
    CASE WHEN $order = 'oldest' THEN s.began END NULLS LAST,
    CASE WHEN $order = 'amount' THEN d.amount END DESC NULLS LAST,
    CASE WHEN $order = 'number' THEN d.number END NULLS LAST,
    CASE WHEN $order = 'next_try' THEN s.due_at END NULLS LAST,
    d.document_id DESC;
