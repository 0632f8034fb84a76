-- Lists of documents. Cost class of each: O = grows with open documents, P = one page of what is
-- kept, or the documents that fit, R = with rollup rows, W = with what was tried in a window, S = with
-- what was closed, which grows with history: nothing a page asks for by itself.
-- DuckDB plans longer than it reads, so what is not asked for is not in the statement: {open} and
-- {closed} stand for those of the conditions below that a filter needs (filtering.py puts them there;
-- values are always bound). An order has a query of its own: a first key that is chosen by CASE would
-- keep DuckDB from passing over blocks.

-- name: open_states
list_contains($states::VARCHAR[], state)
-- name: open_entry_type
entry_type = $entry_type
-- name: open_company
company = $company
-- name: open_site
site = $site
-- name: open_error_type
-- Without a window of refusals: what a document stands on now.
error_type = $error_type
-- name: open_entity
entity = $entity
-- name: open_began_from
coalesce(first_failed_at, received_at) >= $began_from
-- name: open_began_to
coalesce(first_failed_at, received_at) < $began_to
-- name: open_dated_to
coalesce(document_date, CAST(received_at AS DATE)) <= $dated_to
-- name: open_search
(contains(search_text, $search) AND regexp_matches(search_text, $pattern)
 OR contains(lower(error_text), $search))
-- name: open_refused
document_id IN (FROM refused_then)

-- name: closed_states
list_contains($states::VARCHAR[], state)
-- name: closed_entry_type
entry_type = $entry_type
-- name: closed_company
company = $company
-- name: closed_site
site = $site
-- name: closed_began_from
began >= $began_from
-- name: closed_began_to
began < $began_to
-- name: closed_dated_to
dated <= $dated_to
-- name: closed_search
(contains(search_text, $search) AND regexp_matches(search_text, $pattern))
-- name: closed_refused
-- What was refused was closed afterwards.
document_id IN (FROM refused_then) AND closed_at >= $refused_from

-- name: refused_quarters
-- W: one row a document, quarter of an hour and error type.
refused_then AS MATERIALIZED (
    SELECT document_id FROM refusals {refusals} GROUP BY document_id HAVING sum(attempts) > 0)
-- name: refused_quarters_from
quarter >= $refused_from
-- name: refused_quarters_to
quarter < $refused_to
-- name: refused_quarters_of
quarter IN (SELECT unnest($quarters::TIMESTAMP[]))
-- name: refused_quarters_error_type
error_type = $refused_for

-- name: refused_attempts
-- W: a window that no quarter of an hour begins or ends. Pages do not ask for one.
refused_then AS MATERIALIZED (
    SELECT DISTINCT document_id FROM all_outcomes {refusals})
-- name: refused_attempts_from
outcome = 'refused' AND ended_at >= $refused_from
-- name: refused_attempts_to
ended_at < $refused_to
-- name: refused_attempts_of
time_bucket(INTERVAL 15 MINUTE, ended_at) IN (SELECT unnest($quarters::TIMESTAMP[]))
-- name: refused_attempts_error_type
coalesce(error_type, '') = $refused_for

-- name: found_words
-- P. A block or two of each stretch, then the rows that fit; what is newer than the last stretch is read.
found AS MATERIALIZED (
    SELECT DISTINCT document_id, began FROM (
        {kept}
        SELECT document_id, began FROM closings WHERE closing_id > $indexed AND {closed}))
-- name: found_in_search_words
SELECT document_id, began FROM search_words
WHERE word >= $low::HUGEINT AND word <= $high::HUGEINT {cells} UNION ALL
-- name: found_in_search_late
SELECT document_id, began FROM search_late
WHERE word >= $low::HUGEINT AND word <= $high::HUGEINT {cells} UNION ALL
-- name: found_cells
AND cell IN (SELECT cell FROM search_cells {closed})
-- name: found_not_gone
AND closing_id NOT IN (FROM search_gone)

-- name: fitting
-- P. Where more is asked of what was found than the search holds.
fitting AS MATERIALIZED (
    SELECT document_id, began, amount, document_number FROM closings {closed})
-- name: fitting_found
document_id IN (SELECT document_id FROM found)
-- name: fitting_few
document_id IN (SELECT unnest($few::BIGINT[]))
-- name: few
-- P. Known beforehand where they are few, so that they are read one by one.
SELECT document_id FROM found LIMIT $limit;

-- name: count
-- O, and a few rows a cell: closed_totals knows what is filtered by.
SELECT (SELECT count(*) FROM open_documents {open}),
       (SELECT coalesce(sum(documents), 0) FROM closed_totals {closed});
-- name: count_open
-- O.
SELECT count(*), 0 FROM open_documents {open};
-- name: count_closed
-- R: a few rows a cell.
SELECT 0, coalesce(sum(documents), 0) FROM closed_totals {closed};
-- name: count_rows
-- O + P, and with bounds of dates S: two narrow columns of what lies within.
SELECT (SELECT count(*) FROM {opened} {open}), (SELECT count(*) FROM {source} {closed});
-- name: total
-- With the page, where finding it is what takes its time.
, (SELECT count(*) FROM {opened} {open}) + (SELECT count(*) FROM {source} {closed})
-- name: opened
opened AS MATERIALIZED (
    SELECT document_id, first_failed_at, received_at, amount, document_number, due_at
    FROM open_documents {open})

-- name: newest
-- O + P. A page: ids in order with the key they are ordered by, and whether each is open.
SELECT document_id, key, is_open{total} FROM (
    SELECT document_id, coalesce(first_failed_at, received_at) AS key, TRUE AS is_open
    FROM {opened} {open}
    UNION ALL (SELECT document_id, began, FALSE FROM {source} {closed}
               ORDER BY began DESC NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY key DESC NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: oldest
-- O + P.
SELECT document_id, key, is_open{total} FROM (
    SELECT document_id, coalesce(first_failed_at, received_at) AS key, TRUE AS is_open
    FROM {opened} {open}
    UNION ALL (SELECT document_id, began, FALSE FROM {source} {closed}
               ORDER BY began NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY key NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: amount
-- O + S: the amounts of what is closed, where more is asked of it than the search tells apart.
SELECT document_id, key, is_open{total} FROM (
    SELECT document_id, amount AS key, TRUE AS is_open FROM {opened} {open}
    UNION ALL (SELECT document_id, amount, FALSE FROM {source} {closed}
               ORDER BY amount DESC NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY key DESC NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: amount_kept
-- O + P: the first block or two of each stretch's amounts, and what is newer than the last stretch.
SELECT document_id, key, is_open FROM (
    SELECT document_id,
           coalesce($amounts::HUGEINT - CAST(amount * 1000 AS HUGEINT), $amounts::HUGEINT * 2) AS key,
           TRUE AS is_open
    FROM open_documents {open}
    UNION ALL {kept}
    SELECT document_id,
           coalesce($amounts::HUGEINT - CAST(amount * 1000 AS HUGEINT), $amounts::HUGEINT * 2), FALSE
    FROM closings WHERE closing_id > $indexed {closed}
) ORDER BY key, document_id DESC LIMIT $limit OFFSET $offset;
-- name: amounts_in_search_words
(SELECT document_id, word, FALSE FROM search_words WHERE word >= $amounts::HUGEINT // 2 {cells}
 ORDER BY word, document_id DESC LIMIT $most) UNION ALL
-- name: amounts_in_search_late
(SELECT document_id, word, FALSE FROM search_late WHERE word >= $amounts::HUGEINT // 2 {cells}
 ORDER BY word, document_id DESC LIMIT $most) UNION ALL

-- name: number
-- O + P.
SELECT document_id, key, is_open{total} FROM (
    SELECT document_id, document_number AS key, TRUE AS is_open FROM {opened} {open}
    UNION ALL (SELECT document_id, document_number, FALSE FROM {source} {closed}
               ORDER BY document_number NULLS LAST, document_id DESC LIMIT $most)
) ORDER BY key NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: next_try
-- O + P. What is closed has none and comes last.
SELECT document_id, key, is_open{total} FROM (
    SELECT document_id, due_at AS key, TRUE AS is_open FROM {opened} {open}
    UNION ALL (SELECT document_id, NULL::TIMESTAMP, FALSE FROM {source} {closed}
               ORDER BY document_id DESC LIMIT $most)
) ORDER BY key NULLS LAST, document_id DESC LIMIT $limit OFFSET $offset;

-- name: written_hours
-- P: known without reading.
SELECT min(hour), max(hour) FROM standing_hours;

-- name: newest_open
-- O.
SELECT max(document_id) FROM open_documents;

-- name: closed_within_newest
began >= $bound
-- name: closed_within_next_try
document_id > $bound

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
FROM closings WHERE document_id IN (SELECT unnest($ids::BIGINT[]));

-- name: document_rows
-- P. What they are.
SELECT document_id, entry_type, number, booking, site, customer, customer_name, document_date,
       amount, currency, terms_code, terms_description, received_at, parent
FROM documents WHERE document_id IN (SELECT unnest($ids::BIGINT[]));

-- name: all_rows
-- S: every document that fits, for a file. Sorted on disk beyond DuckDB's own limit.
SELECT d.document_id AS id, d.entry_type, d.number, s.state, d.booking, d.site, d.customer,
       d.customer_name, d.document_date, d.amount, d.currency, d.terms_code, d.terms_description,
       CASE WHEN s.error_code IS NULL THEN s.error_text
            ELSE s.error_code || ' - ' || s.error_text END AS error,
       s.error_type, s.entity, s.attempt, s.first_failed_at, s.last_tried_at,
       s.due_at AS next_try_at, d.received_at, s.synced_at, s.reference AS erp_reference, d.parent
FROM (
    SELECT document_id, state, attempt, due_at, first_failed_at, last_tried_at, error_code,
           error_text, error_type, entity, NULL::TIMESTAMP AS synced_at, NULL::VARCHAR AS reference,
           coalesce(first_failed_at, received_at) AS began
    FROM open_documents {open}
    UNION ALL
    SELECT document_id, state, attempt, NULL, first_failed_at, closed_at, NULL, NULL, NULL, NULL,
           closed_at, reference, began
    FROM closings {closed}
) s
JOIN documents d ON d.document_id = s.document_id
ORDER BY
    CASE WHEN $order = 'newest' THEN s.began END DESC NULLS LAST,
    CASE WHEN $order = 'oldest' THEN s.began END NULLS LAST,
    CASE WHEN $order = 'amount' THEN d.amount END DESC NULLS LAST,
    CASE WHEN $order = 'number' THEN d.number END NULLS LAST,
    CASE WHEN $order = 'next_try' THEN s.due_at END NULLS LAST,
    d.document_id DESC;
