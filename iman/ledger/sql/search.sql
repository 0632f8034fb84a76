-- Words of what is closed. Cost classes as in reading.sql: P = one page of what is kept, or the
-- documents that fit; B = one bounded batch; H = all of history, never behind a page.

-- name: progress
-- P.
SELECT indexed, sorted FROM search_progress;

-- name: kept
-- P. What a search must read: what is sorted, what is not yet, and whether anything was taken back.
SELECT indexed, sorted > 0, indexed > sorted, (SELECT count(*) > 0 FROM search_gone)
FROM search_progress;

-- name: newest
-- P: known without reading.
SELECT coalesce(max(closing_id), 0) FROM closings;

-- name: new_cells
-- B.
INSERT INTO search_cells
SELECT (SELECT coalesce(max(cell), 0) FROM search_cells) + row_number() OVER (
       ORDER BY company, site, entry_type, state), *
FROM (
    SELECT DISTINCT company, site, entry_type, state FROM closings
    WHERE closing_id > $first AND closing_id <= $last
    EXCEPT SELECT company, site, entry_type, state FROM search_cells
) n;

-- name: words
-- B. A word begins where a letter or a digit follows something else; with it stands what follows it in
-- its field, so that several words can be asked for. Leading zeros count or do not. Amounts are behind
-- all words, the greatest first, and at last what has none.
CREATE OR REPLACE TEMP VIEW words AS
SELECT CAST(CAST(unhex(left(rpad(hex(word), 30, '0'), 30)) AS BIT) AS HUGEINT) AS word, closing_id,
       document_id, began, cell
FROM (
    SELECT DISTINCT closing_id, document_id, began, cell,
           unnest([word, regexp_replace(word, '^0+([\p{L}\p{N}])', '\1')]) AS word
    FROM (
        SELECT closing_id, document_id, began, cell,
               unnest(list_transform(range(1, len(parts) + 1),
                                     lambda n: array_to_string(parts[n:], ''))) AS word
        FROM (
            SELECT closing_id, document_id, began, cell,
                   string_split(regexp_replace(field, '([^\p{L}\p{N}])([\p{L}\p{N}])',
                                               '\1' || chr(30) || '\2', 'g'), chr(30)) AS parts
            FROM (
                SELECT c.closing_id, c.document_id, c.began, k.cell,
                       unnest(string_split(c.search_text, chr(31))) AS field
                FROM closings c
                JOIN search_cells k ON k.company = c.company AND k.site = c.site
                     AND k.entry_type = c.entry_type AND k.state = c.state
                WHERE c.closing_id > getvariable('first_closing')
                  AND c.closing_id <= getvariable('last_closing')
            ) f
        ) p
    ) w
) z
WHERE word <> ''
UNION ALL
SELECT coalesce(getvariable('amounts') - CAST(c.amount * 1000 AS HUGEINT),
                getvariable('amounts') * 2), c.closing_id, c.document_id, c.began, k.cell
FROM closings c
JOIN search_cells k ON k.company = c.company AND k.site = c.site
     AND k.entry_type = c.entry_type AND k.state = c.state
WHERE c.closing_id > getvariable('first_closing') AND c.closing_id <= getvariable('last_closing');

-- name: add_late
-- B.
INSERT INTO search_late FROM words ORDER BY word, closing_id;

-- name: add_sorted
-- B.
INSERT INTO search_words FROM words ORDER BY word, closing_id;

-- name: sort_late
-- B.
INSERT INTO search_words FROM search_late ORDER BY word, closing_id;

-- name: empty_late
-- A table that is made anew leaves no rows behind to be passed over.
CREATE OR REPLACE TABLE search_late (
    word HUGEINT NOT NULL, closing_id BIGINT NOT NULL, document_id BIGINT NOT NULL, began TIMESTAMP,
    cell INTEGER NOT NULL);

-- name: set_progress
UPDATE search_progress SET indexed = $indexed, sorted = $sorted;

-- name: forget_all
DELETE FROM search_words;
DELETE FROM search_late;
DELETE FROM search_cells;
DELETE FROM search_gone;
UPDATE search_progress SET indexed = 0, sorted = 0;

-- name: differ
-- H. Rows that the search holds and should not, or should and does not.
WITH kept AS (
    SELECT word, closing_id, document_id, began, company, site, entry_type, state
    FROM (FROM search_words UNION ALL FROM search_late) s JOIN search_cells k ON k.cell = s.cell
    WHERE closing_id NOT IN (FROM search_gone)
), made AS (
    SELECT word, closing_id, document_id, began, company, site, entry_type, state
    FROM words w JOIN search_cells k ON k.cell = w.cell
)
SELECT count(*) FROM (
    (FROM kept EXCEPT ALL FROM made) UNION ALL (FROM made EXCEPT ALL FROM kept));
