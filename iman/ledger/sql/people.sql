-- name: users
SELECT u.name, u.role, u.password_hash, u.created_at, u.companies, u.sites, u.active, u.must_change,
       u.signed_in_at, u.wrong, u.wrong_at, u.wrong_from, p.name IS NOT NULL
FROM users u LEFT JOIN provider_accounts p ON p.name = u.name
WHERE $name::VARCHAR IS NULL OR u.name = $name ORDER BY u.name;

-- name: same_name
-- Accounts that people would take for *name*.
SELECT name FROM users WHERE lower(name) = lower($name);

-- name: provider_account
SELECT name FROM provider_accounts WHERE issuer = $issuer AND subject = $subject;

-- name: subject_of
SELECT subject FROM provider_accounts WHERE name = $name AND issuer = $issuer;

-- name: unbind
DELETE FROM provider_accounts WHERE name = $name;

-- name: bind
INSERT INTO provider_accounts VALUES ($name, $issuer, $subject, $now);

-- name: used_token
SELECT 1 FROM used_tokens WHERE digest = $digest;

-- name: forget_used_tokens
DELETE FROM used_tokens WHERE until < $now;

-- name: use_token
INSERT INTO used_tokens VALUES ($digest, $until);

-- name: insert_user
INSERT INTO users (name, role, password_hash, created_at) VALUES ($name, $role, $password_hash, $now);

-- name: set_role
UPDATE users SET role = $role, companies = $companies, sites = $sites, active = $active
WHERE name = $name;

-- name: set_password
UPDATE users SET password_hash = $password_hash, must_change = $must_change WHERE name = $name;

-- name: note_wrong
UPDATE users SET wrong = wrong + 1, wrong_at = $now, wrong_from = $address WHERE name = $name;

-- name: note_right
UPDATE users SET wrong = 0, signed_in_at = $now WHERE name = $name;

-- name: insert_session
INSERT INTO sessions VALUES ($digest, $name, $role, $now, $expires_at, NULL, $address, $notice);

-- name: session
SELECT s.name, u.role, s.expires_at, u.companies, u.sites, u.must_change, s.notice,
       p.name IS NOT NULL
FROM sessions s JOIN users u ON u.name = s.name LEFT JOIN provider_accounts p ON p.name = u.name
WHERE s.token_digest = $digest AND s.ended_at IS NULL AND s.expires_at > $now AND u.active;

-- name: been_here
-- Whether somebody has signed in from there lately.
SELECT 1 FROM sessions WHERE name = $name AND address = $address LIMIT 1;

-- name: open_sessions
SELECT count(*) FROM sessions WHERE name = $name AND ended_at IS NULL AND expires_at > $now;

-- name: end_sessions
UPDATE sessions SET ended_at = $now
WHERE ended_at IS NULL AND ($name::VARCHAR IS NULL OR name = $name)
  AND token_digest <> coalesce($but_for, '');

-- name: insert_token
INSERT INTO service_tokens VALUES ($id, $name, $digest, $permissions, $companies, $sites, $now, $who,
    $expires_at, NULL, '');

-- name: tokens
SELECT token_id AS id, name, permissions, companies, sites, created_at, created_by, expires_at,
       revoked_at, revoked_by
FROM service_tokens ORDER BY revoked_at IS NOT NULL, name, token_id DESC LIMIT 500;

-- name: token
SELECT name, permissions, companies, sites, expires_at FROM service_tokens
WHERE token_digest = $digest AND revoked_at IS NULL AND expires_at > $now;

-- name: token_in_force
SELECT token_id FROM service_tokens WHERE name = $name AND revoked_at IS NULL AND expires_at > $now;

-- name: token_stands
SELECT permissions, companies, sites, expires_at FROM service_tokens
WHERE name = $name AND revoked_at IS NULL AND expires_at > $now;

-- name: revoke_tokens
UPDATE service_tokens SET revoked_at = $now, revoked_by = $who
WHERE revoked_at IS NULL AND ($name::VARCHAR IS NULL OR name = $name);

-- name: end_session
UPDATE sessions SET ended_at = $now WHERE token_digest = $digest AND ended_at IS NULL;

-- name: forget_sessions
DELETE FROM sessions WHERE expires_at < $before;

-- name: save_beat
INSERT INTO beats VALUES ($loop, $now, $every, $ok, $detail)
ON CONFLICT (loop) DO UPDATE SET last_at = excluded.last_at, ok = excluded.ok,
    every_seconds = excluded.every_seconds, detail = excluded.detail;
