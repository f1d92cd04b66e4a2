-- Who has access, and by which way.

CREATE OR REPLACE FUNCTION kerbrole.kerb_list_principals()
RETURNS TABLE (
    role_name text, username text, realm text, can_login boolean, groups text[],
    ad_path text[], iam_path text[], sessions integer)
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
BEGIN
    RETURN QUERY
    WITH RECURSIVE listed AS MATERIALIZED (
        SELECT r.oid AS role, r.rolname::text AS name, r.rolcanlogin AS can_login
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text)
    ), ad AS MATERIALIZED (
        SELECT b.* FROM kerbrole.below(_rule.ad) AS b
    ), iam AS MATERIALIZED (
        SELECT b.* FROM kerbrole.below(_rule.iam) AS b
    ), ad_way (role, at, step) AS (
        SELECT l.role, l.role, 0 FROM listed AS l JOIN ad ON ad.role = l.role
        UNION ALL
        SELECT w.role, ad.next, w.step + 1
        FROM ad_way AS w JOIN ad ON ad.role = w.at WHERE ad.next IS NOT NULL
    ), iam_way (role, at, step) AS (
        SELECT l.role, l.role, 0 FROM listed AS l JOIN iam ON iam.role = l.role
        UNION ALL
        SELECT w.role, iam.next, w.step + 1
        FROM iam_way AS w JOIN iam ON iam.role = w.at WHERE iam.next IS NOT NULL
    ), ad_paths (role, path) AS (
        SELECT w.role, array_agg(r.rolname::text ORDER BY w.step)
        FROM ad_way AS w JOIN kerbrole.roles AS r ON r.oid = w.at GROUP BY w.role
    ), iam_paths (role, path) AS (
        SELECT w.role, array_agg(r.rolname::text ORDER BY w.step)
        FROM iam_way AS w JOIN kerbrole.roles AS r ON r.oid = w.at GROUP BY w.role
    ), of_groups (role, groups) AS (
        -- One membership may stand in several rows, one for each grantor.
        SELECT m.member, array_agg(DISTINCT r.rolname::text COLLATE "C")
        FROM pg_catalog.pg_auth_members AS m JOIN kerbrole.roles AS r ON r.oid = m.roleid
        WHERE m.roleid <> _rule.ad
        GROUP BY m.member
    ), counts (role, sessions) AS (
        SELECT a.usesysid, count(*)::integer
        FROM pg_catalog.pg_stat_activity AS a
        WHERE coalesce(a.backend_type, 'client backend') = 'client backend'
        GROUP BY a.usesysid
    )
    SELECT l.name, kerbrole.username_of(l.name), kerbrole.realm_of(l.name), l.can_login,
        coalesce(g.groups, '{}'), kerbrole.shown_path(a.path), kerbrole.shown_path(i.path),
        coalesce(c.sessions, 0)
    FROM listed AS l
    LEFT JOIN of_groups AS g ON g.role = l.role
    LEFT JOIN ad_paths AS a ON a.role = l.role
    LEFT JOIN iam_paths AS i ON i.role = l.role
    LEFT JOIN counts AS c ON c.role = l.role
    ORDER BY kerbrole.realm_of(l.name) COLLATE "C", kerbrole.username_of(l.name) COLLATE "C";
END
$$;
