-- What the daemon was started with, and what changed between two starts.

-- name: setting_values
SELECT name, value, default_value, origin, meaning FROM setting_values ORDER BY position;

-- name: forget_setting_values
DELETE FROM setting_values;

-- name: insert_setting_value
INSERT INTO setting_values VALUES ($position, $name, $value, $default, $origin, $meaning);

-- name: insert_setting_change
INSERT INTO setting_changes VALUES ($now, $name, $before, $after, $origin, $who);

-- name: setting_changes
SELECT changed_at, name, old_value, new_value, origin, started_by
FROM setting_changes ORDER BY changed_at DESC, name LIMIT $limit;

-- name: start
SELECT name, value FROM facts WHERE name IN ('started_at', 'started_by', 'settings_file');
