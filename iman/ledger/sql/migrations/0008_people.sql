-- What people are limited to, how their accounts stand, and tokens for scripts.

ALTER TABLE users ADD COLUMN companies VARCHAR[];           -- null or none: all of them
ALTER TABLE users ADD COLUMN sites VARCHAR[];               -- likewise
ALTER TABLE users ADD COLUMN active BOOLEAN DEFAULT TRUE;
ALTER TABLE users ADD COLUMN must_change BOOLEAN DEFAULT FALSE;  -- the password is an admin's, for once
ALTER TABLE users ADD COLUMN signed_in_at TIMESTAMP;        -- the last time
ALTER TABLE users ADD COLUMN wrong INTEGER DEFAULT 0;       -- wrong passwords since then
ALTER TABLE users ADD COLUMN wrong_at TIMESTAMP;
ALTER TABLE users ADD COLUMN wrong_from VARCHAR DEFAULT '';

ALTER TABLE sessions ADD COLUMN address VARCHAR DEFAULT '';  -- where it was begun
ALTER TABLE sessions ADD COLUMN notice VARCHAR DEFAULT '';   -- what its person should know

CREATE TABLE service_tokens (          -- only a digest of each is kept
    token_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    token_digest VARCHAR NOT NULL,
    permissions VARCHAR[] NOT NULL,
    companies VARCHAR[] NOT NULL,
    sites VARCHAR[] NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by VARCHAR NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    revoked_by VARCHAR NOT NULL
);
