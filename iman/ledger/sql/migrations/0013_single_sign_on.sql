-- Accounts whose people sign in through an identity provider, and which of its tokens were used.
-- Of whose documents somebody who wrote a note could know.

CREATE TABLE provider_accounts (
    name VARCHAR NOT NULL,             -- the account
    issuer VARCHAR NOT NULL,           -- the provider, as it writes itself
    subject VARCHAR NOT NULL,          -- the provider's own for the person; '' until they come
    bound_at TIMESTAMP NOT NULL
);

CREATE TABLE used_tokens (             -- an ID token signs in once
    digest VARCHAR NOT NULL,
    until TIMESTAMP NOT NULL           -- afterwards it is refused for its age
);

-- null or none: of every company, of every site
ALTER TABLE checklist_events ADD COLUMN companies VARCHAR[];
ALTER TABLE checklist_events ADD COLUMN sites VARCHAR[];
