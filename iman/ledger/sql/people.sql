-- name: user
SELECT name, role, password_hash, created_at FROM users WHERE name = $name;

-- name: users
SELECT name, role, created_at FROM users ORDER BY name;

-- name: insert_user
INSERT INTO users VALUES ($name, $role, $password_hash, $now);

-- name: replace_user
UPDATE users SET role = $role, password_hash = $password_hash WHERE name = $name;

-- name: insert_session
INSERT INTO sessions VALUES ($digest, $name, $role, $now, $expires_at, NULL);

-- name: session
SELECT s.name, u.role, s.expires_at
FROM sessions s JOIN users u ON u.name = s.name
WHERE s.token_digest = $digest AND s.ended_at IS NULL AND s.expires_at > $now;

-- name: end_session
UPDATE sessions SET ended_at = $now WHERE token_digest = $digest AND ended_at IS NULL;

-- name: forget_sessions
DELETE FROM sessions WHERE expires_at < $before;

-- name: save_beat
INSERT INTO beats VALUES ($loop, $now, $every, $ok, $detail)
ON CONFLICT (loop) DO UPDATE SET last_at = excluded.last_at, ok = excluded.ok,
    every_seconds = excluded.every_seconds, detail = excluded.detail;
