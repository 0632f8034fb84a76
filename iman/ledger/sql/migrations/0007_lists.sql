-- What lists are filtered and ordered by stands in the rows they are made of, so that a page of them
-- is found without documents; and what is closed is counted where nobody reads history for it.

ALTER TABLE open_documents ADD COLUMN document_number VARCHAR;
ALTER TABLE open_documents ADD COLUMN search_text VARCHAR;
UPDATE open_documents SET document_number = d.number, search_text = lower(
    d.number || chr(31) || d.booking || chr(31) || d.customer || chr(31) || d.customer_name)
FROM documents d WHERE d.document_id = open_documents.document_id;

CREATE TABLE closings_with_lists (     -- appended when a document reaches Sage 300 or is settled
    document_id BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    closed_at TIMESTAMP NOT NULL,
    reference VARCHAR,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    first_failed_at TIMESTAMP,
    entry_type VARCHAR,
    company VARCHAR,
    site VARCHAR,
    document_number VARCHAR,
    amount DECIMAL(19, 3),
    began TIMESTAMP,                   -- when it first failed, or arrived
    dated DATE,                        -- its date, or when it arrived
    search_text VARCHAR                -- number, booking, customer and name, in small letters
);
INSERT INTO closings_with_lists
SELECT c.document_id, c.revision, c.state, c.closed_at, c.reference, c.round, c.attempt,
       c.first_failed_at, d.entry_type, d.company, d.site, d.number, d.amount,
       coalesce(c.first_failed_at, d.received_at),
       coalesce(d.document_date, CAST(d.received_at AS DATE)), lower(
           d.number || chr(31) || d.booking || chr(31) || d.customer || chr(31) || d.customer_name)
FROM closings c JOIN documents d ON d.document_id = c.document_id
ORDER BY c.closed_at, c.document_id;
DROP TABLE closings;
ALTER TABLE closings_with_lists RENAME TO closings;

CREATE TABLE closed_totals (           -- rows are added; their sums are how many are closed
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    documents BIGINT NOT NULL
);
INSERT INTO closed_totals
SELECT company, site, entry_type, state, count(*) FROM closings GROUP BY company, site, entry_type, state;
