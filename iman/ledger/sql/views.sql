-- Lists that people keep under a name.

-- name: visible
-- P: at most a hundred a person.
SELECT view_id, owner, name, shared, filter, sort, columns, changed_at, changed_by
FROM saved_views WHERE shared OR owner = $who ORDER BY lower(name), view_id;

-- name: view
-- 1.
SELECT view_id, owner, name, shared, filter, sort, columns, changed_at, changed_by
FROM saved_views WHERE view_id = $id;

-- name: names
-- P: one person's.
SELECT view_id, lower(name) FROM saved_views WHERE owner = $owner;

-- name: insert_view
INSERT INTO saved_views
VALUES ($id, $owner, $name, $shared, $filter, $sort, $columns, $now, $who);

-- name: replace_view
UPDATE saved_views SET name = $name, shared = $shared, filter = $filter, sort = $sort,
    columns = $columns, changed_at = $now, changed_by = $who
WHERE view_id = $id;

-- name: remove_view
DELETE FROM saved_views WHERE view_id = $id;
