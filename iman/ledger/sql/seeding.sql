-- History that is made up, a table at a time. Chance is a hash of the row and $seed, so the same seed
-- makes the same history. Rollups are counted from what was made (rollups.sql).

-- name: kinds
-- What Sage 300 says, and how it is read: one row for each set-up that was not there.
CREATE TEMP TABLE kinds AS
SELECT unnest($kind::INTEGER[]) AS kind, unnest($code::VARCHAR[]) AS error_code,
       unnest($text::VARCHAR[]) AS error_text, unnest($error_type::VARCHAR[]) AS error_type,
       unnest($entity_kind::VARCHAR[]) AS entity_kind, unnest($entity::VARCHAR[]) AS entity;

-- name: arrivals
-- When, of what type, where; most of it on weekdays, in office hours.
CREATE TEMP TABLE arrivals AS
SELECT row_number() OVER (ORDER BY received_at, n) AS document_id, *
FROM (
    SELECT n, CASE WHEN t < 450 THEN 'invoice' WHEN t < 750 THEN 'receipt' WHEN t < 850 THEN 'customer'
                   WHEN t < 900 THEN 'credit_note' WHEN t < 930 THEN 'repayment_plan'
                   WHEN t < 980 THEN 'journal' ELSE 'refund' END AS entry_type,
           CAST(hash(n, $seed, 'site') % 5 AS INTEGER) AS place,
           greatest($until::TIMESTAMP - day * INTERVAL 1 DAY - minute * INTERVAL 1 MINUTE
                    - second * INTERVAL 1 SECOND,
                    $until::TIMESTAMP - $days::INTEGER * INTERVAL 1 DAY) AS received_at
    FROM (
        SELECT n, hash(n, $seed, 'type') % 1000 AS t,
               CAST(hash(n, $seed, 'day') % $days::INTEGER AS INTEGER) AS day,
               20 + CAST(CASE WHEN hash(n, $seed, 'late') % 10 = 0 THEN hash(n, $seed, 'min') % 1400
                              ELSE hash(n, $seed, 'min') % 540 END AS INTEGER) AS minute,
               CAST(hash(n, $seed, 'sec') % 60 AS INTEGER) AS second
        FROM range(1, $documents::BIGINT + 1) r (n)
    ) c
) a;

-- name: standing
-- Which are not in Sage 300 yet, mostly late ones: a child of an open invoice waits for it.
CREATE TEMP TABLE standing AS
WITH chosen AS (
    SELECT document_id, entry_type, hash(n, $seed, 'stand') % 100 AS s
    FROM arrivals
    ORDER BY ($documents::BIGINT - document_id + 1) * (1 + hash(n, $seed, 'open') % 9973), document_id
    LIMIT $open::BIGINT
), placed AS (
    SELECT c.document_id, p.document_id AS waits_on,
           CASE WHEN p.document_id IS NOT NULL THEN 'waiting' WHEN s < 80 THEN 'failed'
                WHEN s < 90 THEN 'parked' WHEN s < 96 THEN 'retrying' ELSE 'pending' END AS state
    FROM chosen c
    ASOF LEFT JOIN (SELECT document_id, TRUE AS child FROM chosen
                    WHERE entry_type = 'invoice' AND s < 80) p
      ON (c.entry_type IN ('receipt', 'credit_note', 'repayment_plan')) = p.child
     AND c.document_id > p.document_id
)
SELECT *, CASE state WHEN 'failed' THEN 5 * (1 + document_id % 3 // 2) WHEN 'parked' THEN 5
                     WHEN 'retrying' THEN 1 + document_id % 4 ELSE 0 END AS tries
FROM placed;

-- name: left_over
-- Attempts that are left for documents which went through after some trouble.
SELECT $attempts::BIGINT - coalesce(sum(tries), 0) - ($documents::BIGINT - count(*)) FROM standing;

-- name: tries
-- So many attempts each document had; together exactly what was asked for.
CREATE TEMP TABLE tries AS
WITH closed AS (
    SELECT document_id, row_number() OVER (ORDER BY hash(n, $seed, 'trouble'), n) - 1 AS place
    FROM arrivals WHERE document_id NOT IN (SELECT document_id FROM standing)
), troubled AS (
    SELECT *, $extra::BIGINT // $troubled::BIGINT AS mean,
           CAST(hash(place // 2, $seed, 'more') % greatest($extra::BIGINT // $troubled::BIGINT, 1)
                AS BIGINT) AS more
    FROM closed
)
SELECT document_id, CAST(1 + CASE
        WHEN place >= $troubled THEN 0
        ELSE mean + CASE WHEN place < $extra % $troubled THEN 1 ELSE 0 END
             + CASE WHEN place % 2 = 1 THEN -more WHEN place + 1 < $troubled THEN more ELSE 0 END
        END AS INTEGER) AS tries, NULL AS state, NULL::BIGINT AS waits_on
FROM troubled
UNION ALL SELECT document_id, CAST(tries AS INTEGER), state, waits_on FROM standing;

-- name: made
-- Everything of a document that its rows share. A round that is asked for comes hours later.
CREATE TEMP TABLE made AS
SELECT a.document_id, a.entry_type, a.received_at, t.tries, t.state, p.site, p.site_name, p.segment,
       k.kind, 10000 + a.document_id // 3 AS booking,
       CASE a.entry_type WHEN 'invoice' THEN 'INV-' WHEN 'receipt' THEN 'RCT-'
            WHEN 'customer' THEN 'CUS-' WHEN 'credit_note' THEN 'CRN-' WHEN 'repayment_plan' THEN 'RPP-'
            WHEN 'journal' THEN 'JNL-' ELSE 'REF-' END || lpad(CAST(a.document_id AS VARCHAR), 7, '0')
           AS number,
       CASE WHEN a.entry_type IN ('receipt', 'credit_note', 'repayment_plan', 'refund') THEN
            coalesce(t.waits_on, last_value(CASE WHEN a.entry_type = 'invoice' AND t.state IS NULL
                                                 THEN a.document_id END IGNORE NULLS)
                                 OVER (ORDER BY a.document_id ROWS UNBOUNDED PRECEDING)) END AS parent,
       p.site || '-' || lpad(CAST(hash(a.n, $seed, 'who') % $people::BIGINT AS VARCHAR), 6, '0')
           AS customer,
       list_extract($first_names::VARCHAR[],
                    CAST(1 + hash(a.n, $seed, 'who') % $people::BIGINT % len($first_names::VARCHAR[])
                         AS BIGINT)) || ' ' ||
       list_extract($last_names::VARCHAR[],
                    CAST(1 + hash(a.n, $seed, 'who') % $people::BIGINT * 7 % len($last_names::VARCHAR[])
                         AS BIGINT)) AS customer_name,
       CAST(150 + power(hash(a.n, $seed, 'money') % 1000, 2) / 90 AS DECIMAL(19, 2)) AS amount,
       CASE WHEN a.entry_type <> 'invoice' THEN ''
            ELSE list_extract(['IMM', '30D', 'F12', 'F24', 'F48'],
                              CAST(1 + hash(a.n, $seed, 'terms') % 5 AS BIGINT)) END AS terms_code,
       CAST(300 + hash(a.n, $seed, 'ms') % 2200 AS BIGINT) AS duration_ms,
       INTERVAL 1 SECOND * least(
           60 * CAST(360 + hash(a.n, $seed, 'gap') % 2000 AS BIGINT),
           (date_diff('second', a.received_at, $until::TIMESTAMP) - 240) // (1 + t.tries // 5)) AS gap
FROM arrivals a
JOIN tries t ON t.document_id = a.document_id
JOIN (SELECT unnest(range(5)) AS place, unnest($sites::VARCHAR[]) AS site,
             unnest($site_names::VARCHAR[]) AS site_name, unnest($segments::VARCHAR[]) AS segment) p
  ON p.place = a.place
JOIN kinds k ON k.kind = CAST(floor(power(hash(a.n, $seed, 'kind') % 1000 / 1000.0, 2)
                                    * (SELECT count(*) FROM kinds)) AS INTEGER);

-- name: documents
INSERT INTO documents
SELECT document_id, $company, entry_type, number, 1, site, site_name, CAST(booking AS VARCHAR),
       'SO-' || lpad(CAST(booking AS VARCHAR), 6, '0'), description, customer, customer_name, dated,
       amount, 'AUD', terms_code, terms_description, parent_key, received_at,
       '{"entry_type":"' || entry_type || '","number":"' || number || '","revision":1,"company":"'
       || $company || '","site":{"code":"' || site || '","name":"' || site_name
       || '","gl_segment":"' || segment || '"},"gl_segment_rule":"E2","booking":"' || booking
       || '","sales_order":"SO-' || lpad(CAST(booking AS VARCHAR), 6, '0') || '","description":"'
       || description || '","customer":{"number":"' || customer || '","name":"' || customer_name
       || '","kind":"person","group":"FAMILY"},"date":"' || dated || '","terms":{"code":"'
       || terms_code || '","description":"' || terms_description
       || '"},"currency":"AUD","tax_group":"ATO","amount":"' || amount || '","tax":"'
       || CAST(amount / 11 AS DECIMAL(19, 2)) || '","parent":null,"lines":[{"line":1,"item":"R-1010",'
       || '"description":"Lawn grave, double depth, perpetual","category":{"code":"100",'
       || '"description":"Right of Interment – Lawn"},"account_field":"revenue","gl_account":"4000",'
       || '"quantity":"1","unit_price":"' || amount || '","amount":"' || amount
       || '","tax_code":"AUS-GST","tax_class":1,"tax_included":true,"tax":"'
       || CAST(amount / 11 AS DECIMAL(19, 2)) || '"}]}'
FROM (
    SELECT m.*, CAST(received_at AS DATE) AS dated,
           CASE WHEN parent IS NULL THEN NULL
                ELSE $company || '/invoice/INV-' || lpad(CAST(parent AS VARCHAR), 7, '0') END
               AS parent_key,
           CASE entry_type WHEN 'invoice' THEN 'Right of interment and interment'
                WHEN 'receipt' THEN 'Payment received' WHEN 'journal' THEN 'Month end transfer'
                ELSE 'Lawn grave' END AS description,
           CASE terms_code WHEN '' THEN '' WHEN 'IMM' THEN 'Immediate Payment'
                WHEN '30D' THEN '30 Days' WHEN 'F12' THEN '12 Month Repayment Plan'
                WHEN 'F24' THEN '24 Month Repayment Plan' ELSE '48 Month Repayment Plan' END
               AS terms_description
    FROM made m
) d
ORDER BY document_id;

-- name: tried
-- One row for each attempt, in the order in which they were begun.
CREATE TEMP TABLE tried AS
SELECT row_number() OVER (ORDER BY started_at, document_id, turn) AS attempt_id, *
FROM (
    SELECT document_id, kind, duration_ms, turn, tries, state, site, amount,
           1 + (turn - 1) // 5 AS round, 1 + (turn - 1) % 5 AS number,
           CASE WHEN turn = 1 THEN 'intake' WHEN (turn - 1) % 5 = 0 THEN 'resync' ELSE 'retry' END
               AS trigger,
           state IS NULL AND turn = tries AS accepted,
           received_at + INTERVAL 3 SECOND + (turn - 1) // 5 * gap
           + (turn - 1) % 5 * INTERVAL 20 SECOND AS started_at,
           entry_type, sent_number
    FROM (SELECT *, number AS sent_number, unnest(range(1, tries + 1)) AS turn FROM made
          WHERE tries > 0) m
) a;

-- name: attempts
INSERT INTO attempts
SELECT attempt_id, document_id, 1, CAST(round AS INTEGER), CAST(number AS INTEGER), trigger,
       'IMAN seeded ' || sent_number || ' r1', started_at
FROM tried ORDER BY attempt_id;

-- name: outcomes
INSERT INTO outcomes
SELECT t.attempt_id, t.document_id, t.started_at + t.duration_ms * INTERVAL 1 MILLISECOND,
       CASE WHEN accepted THEN 'accepted' ELSE 'refused' END, TRUE,
       CASE WHEN accepted THEN 201 ELSE 409 END, CASE WHEN accepted THEN NULL ELSE k.error_code END,
       CASE WHEN accepted THEN NULL ELSE k.error_text END,
       CASE WHEN accepted THEN NULL ELSE k.error_type END,
       CASE WHEN accepted THEN NULL ELSE k.entity_kind END,
       CASE WHEN accepted THEN NULL ELSE k.entity END,
       CASE WHEN accepted THEN t.document_id // 50 + 1 || '-' || t.document_id % 50 + 1 END,
       t.duration_ms
FROM tried t JOIN kinds k ON k.kind = t.kind ORDER BY t.attempt_id;

-- name: bodies
-- As retention leaves them: of the last thirty days.
INSERT INTO bodies
SELECT t.attempt_id, t.document_id,
       '{"InvoiceBatches":[{"Description":"IMAN seeded ' || t.sent_number || '","DocumentTotal":'
       || t.amount || '}]}',
       CASE WHEN t.accepted THEN '{"BatchNumber":' || t.document_id // 50 + 1 || '}'
            ELSE '{"error":{"code":"' || k.error_code || '","message":{"value":'
                 || to_json(k.error_text) || '}}}' END
FROM tried t JOIN kinds k ON k.kind = t.kind
WHERE t.started_at >= $until::TIMESTAMP - INTERVAL 30 DAY ORDER BY t.attempt_id;

-- name: spans
-- When each was first refused and when it was last tried.
CREATE TEMP TABLE spans AS
SELECT document_id, min(ended_at) FILTER (WHERE NOT accepted) AS first_failed_at,
       max(ended_at) AS last_tried_at, max(round) AS round, arg_max(number, attempt_id) AS attempt
FROM (SELECT *, started_at + duration_ms * INTERVAL 1 MILLISECOND AS ended_at FROM tried) t
GROUP BY document_id;

-- name: open_documents
INSERT INTO open_documents (document_id, entry_type, company, site, amount, state, since, round,
                            attempt, next_trigger, due_at, crashed, first_failed_at, last_tried_at,
                            http_status, error_code, error_text, error_type, entity_kind, entity,
                            waits_for, received_at, document_date, document_number,
                            search_text, booking, customer_name)
SELECT m.document_id, m.entry_type, $company, m.site, m.amount, m.state,
       coalesce(s.last_tried_at, m.received_at), coalesce(s.round, 1), coalesce(s.attempt, 0),
       CASE m.state WHEN 'failed' THEN 'resync' WHEN 'parked' THEN 'resync'
            WHEN 'retrying' THEN 'retry' ELSE 'intake' END,
       CASE m.state WHEN 'retrying' THEN $until WHEN 'pending' THEN m.received_at END, FALSE,
       s.first_failed_at, s.last_tried_at, CASE WHEN m.tries > 0 THEN 409 END,
       CASE WHEN m.tries > 0 THEN k.error_code END, CASE WHEN m.tries > 0 THEN k.error_text END,
       CASE WHEN m.tries > 0 THEN k.error_type END, CASE WHEN m.tries > 0 THEN k.entity_kind END,
       CASE WHEN m.tries > 0 THEN k.entity END,
       CASE WHEN m.state = 'waiting'
            THEN $company || '/invoice/INV-' || lpad(CAST(m.parent AS VARCHAR), 7, '0') END,
       m.received_at, CAST(m.received_at AS DATE), m.number,
       lower(m.number || chr(31) || m.booking || chr(31) || m.customer || chr(31) || m.customer_name),
       CAST(m.booking AS VARCHAR), m.customer_name
FROM made m JOIN kinds k ON k.kind = m.kind LEFT JOIN spans s ON s.document_id = m.document_id
WHERE m.state IS NOT NULL ORDER BY m.document_id;

-- name: parkings
INSERT INTO parkings
SELECT row_number() OVER (ORDER BY o.document_id), o.document_id, o.since, 'jo.clark',
       'Finance is looking at it', NULL, NULL, '', ''
FROM open_documents o WHERE o.state = 'parked';

-- name: closings
INSERT INTO closings
SELECT m.document_id, 1, 'synced', s.last_tried_at,
       m.document_id // 50 + 1 || '-' || m.document_id % 50 + 1, CAST(s.round AS INTEGER),
       CAST(s.attempt AS INTEGER), s.first_failed_at, m.entry_type, $company, m.site, m.number, m.amount,
       coalesce(s.first_failed_at, m.received_at), CAST(m.received_at AS DATE),
       lower(m.number || chr(31) || m.booking || chr(31) || m.customer || chr(31) || m.customer_name),
       row_number() OVER (ORDER BY s.last_tried_at, m.document_id)
FROM made m JOIN spans s ON s.document_id = m.document_id
WHERE m.state IS NULL ORDER BY s.last_tried_at, m.document_id;

-- name: resyncs
INSERT INTO resyncs
SELECT row_number() OVER (ORDER BY attempt_id), document_id, started_at - INTERVAL 1 SECOND,
       list_extract(['jo.clark', 'ada', 'sam.lee'], CAST(1 + document_id % 3 AS BIGINT)), 'dashboard',
       'The set-up was added', '', round
FROM tried WHERE trigger = 'resync';

-- name: audit
INSERT INTO audit_events (event_id, happened_at, who, role, action, target, allowed, reason, origin)
SELECT r.resync_id, r.asked_at, r.asked_by, 'admin', 'resync', m.number, TRUE, r.reason, r.origin
FROM resyncs r JOIN made m ON m.document_id = r.document_id ORDER BY r.resync_id;

-- name: causes
INSERT INTO causes
SELECT k.kind + 1, $company, k.error_type, coalesce(k.entity_kind, ''), coalesce(k.entity, ''), '',
       k.error_text, min(s.first_failed_at), max(s.last_tried_at), min(s.first_failed_at),
       CASE WHEN bool_or(m.state IS NOT NULL) THEN NULL ELSE max(s.last_tried_at) END, 0, count(*), '',
       NULL
FROM made m JOIN spans s ON s.document_id = m.document_id JOIN kinds k ON k.kind = m.kind
WHERE s.first_failed_at IS NOT NULL
GROUP BY k.kind, k.error_type, k.entity_kind, k.entity, k.error_text ORDER BY k.kind;

-- name: cause_documents
INSERT INTO cause_documents
SELECT o.document_id, m.kind + 1, o.first_failed_at, o.error_type, coalesce(o.entity_kind, ''),
       coalesce(o.entity, ''), o.error_text
FROM open_documents o JOIN made m ON m.document_id = o.document_id
WHERE o.error_type IS NOT NULL ORDER BY o.document_id;

-- name: cause_leavings
INSERT INTO cause_leavings
SELECT m.kind + 1, c.document_id, c.first_failed_at, c.closed_at, 'synced'
FROM closings c JOIN made m ON m.document_id = c.document_id
WHERE c.first_failed_at IS NOT NULL ORDER BY c.closed_at, c.document_id;

-- name: standing_hours
INSERT INTO standing_hours
SELECT hour, hour FROM (
    SELECT unnest(range(date_trunc('hour', $until::TIMESTAMP - $days::INTEGER * INTERVAL 1 DAY),
                        date_trunc('hour', $until::TIMESTAMP) + INTERVAL 1 HOUR,
                        INTERVAL 1 HOUR)) AS hour) h;

-- name: standing_history
-- What was open at the beginning of each hour; failed counts what had been refused by then.
INSERT INTO standing_history
WITH steps AS (
    SELECT hour, site, entry_type, sum(documents) AS documents, sum(failed) AS failed,
           sum(amount) AS amount, sum(failed_amount) AS failed_amount
    FROM (
        SELECT date_trunc('hour', received_at) + INTERVAL 1 HOUR AS hour, site, entry_type,
               1 AS documents, 0 AS failed, amount, 0 AS failed_amount FROM made
        UNION ALL
        SELECT date_trunc('hour', s.last_tried_at) + INTERVAL 1 HOUR, m.site, m.entry_type, -1, 0,
               -m.amount, 0
        FROM made m JOIN spans s ON s.document_id = m.document_id WHERE m.state IS NULL
        UNION ALL
        SELECT date_trunc('hour', s.first_failed_at) + INTERVAL 1 HOUR, m.site, m.entry_type, 0, 1, 0,
               m.amount
        FROM made m JOIN spans s ON s.document_id = m.document_id
        WHERE s.first_failed_at IS NOT NULL
        UNION ALL
        SELECT date_trunc('hour', s.last_tried_at) + INTERVAL 1 HOUR, m.site, m.entry_type, 0, -1, 0,
               -m.amount
        FROM made m JOIN spans s ON s.document_id = m.document_id
        WHERE m.state IS NULL AND s.first_failed_at IS NOT NULL
    ) e GROUP BY hour, site, entry_type
), grid AS (
    SELECT h.hour, c.site, c.entry_type
    FROM standing_hours h, (SELECT DISTINCT site, entry_type FROM made) c
)
SELECT hour, $company, site, entry_type, documents, failed, amount, failed_amount
FROM (
    SELECT g.hour, g.site, g.entry_type, sum(coalesce(s.documents, 0)) OVER w AS documents,
           sum(coalesce(s.failed, 0)) OVER w AS failed, sum(coalesce(s.amount, 0)) OVER w AS amount,
           sum(coalesce(s.failed_amount, 0)) OVER w AS failed_amount
    FROM grid g LEFT JOIN steps s
      ON s.hour = g.hour AND s.site = g.site AND s.entry_type = g.entry_type
    WINDOW w AS (PARTITION BY g.site, g.entry_type ORDER BY g.hour)
) t
WHERE documents <> 0 ORDER BY hour, site, entry_type;

-- name: outages
-- Every six weeks or so Sage 300 was away for forty minutes.
INSERT INTO breaker_events
SELECT at_time + back * INTERVAL 40 MINUTE, CASE back WHEN 0 THEN 'open' ELSE 'closed' END,
       CASE back WHEN 0 THEN 'Sage 300 does not answer (ConnectError).' ELSE '' END
FROM (SELECT unnest(range($until::TIMESTAMP - $days::INTEGER * INTERVAL 1 DAY + INTERVAL 9 DAY,
                          $until::TIMESTAMP - INTERVAL 1 DAY, INTERVAL 43 DAY)) AS at_time) o,
     (VALUES (0), (1)) b (back)
ORDER BY 1;

-- name: hold_back
-- Nobody must ever push what is made up.
INSERT INTO pauses VALUES ('', $until, 'iman seed-ledger', 'This ledger''s documents are made up.');

-- name: rules_read
-- So that the daemon need not read all of it again by the rules it was made with.
INSERT INTO reclassifications
SELECT 1, $fingerprint, $until, $until, max(attempt_id), 0, TRUE, 0, 0, 0 FROM attempts;

-- name: forget
DROP TABLE IF EXISTS kinds;
DROP TABLE IF EXISTS arrivals;
DROP TABLE IF EXISTS standing;
DROP TABLE IF EXISTS tries;
DROP TABLE IF EXISTS made;
DROP TABLE IF EXISTS tried;
DROP TABLE IF EXISTS spans;
