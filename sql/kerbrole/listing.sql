-- Who has access, and by which way.

-- What an earlier version returned had fewer columns: it stays until the view asks the new one.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_proc AS p
        WHERE p.oid = to_regprocedure('kerbrole.kerb_list_principals()')
            AND 'sid' <> ALL (p.proargnames))
    THEN
        ALTER FUNCTION kerbrole.kerb_list_principals() RENAME TO kerb_list_principals_before;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_list_principals()
RETURNS TABLE (
    role_name text, username text, realm text, can_login boolean, groups text[],
    ad_path text[], iam_path text[], sessions integer, sid text, source text)
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
BEGIN
    RETURN QUERY
    WITH listed AS MATERIALIZED (
        SELECT r.oid AS role, r.rolname::text AS name, r.rolcanlogin AS can_login
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text)
    ), ad_paths AS (
        SELECT p.role, p.path
        FROM kerbrole.paths(_rule.ad, ARRAY(SELECT l.role FROM listed AS l)) AS p
    ), iam_paths AS (
        SELECT p.role, p.path
        FROM kerbrole.paths(_rule.iam, ARRAY(SELECT l.role FROM listed AS l)) AS p
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
        coalesce(g.groups, '{}'), a.path, i.path,
        coalesce(c.sessions, 0), b.sid,
        CASE WHEN b.sid IS NULL THEN 'manual' ELSE 'directory' END
    FROM listed AS l
    LEFT JOIN of_groups AS g ON g.role = l.role
    LEFT JOIN ad_paths AS a ON a.role = l.role
    LEFT JOIN iam_paths AS i ON i.role = l.role
    LEFT JOIN counts AS c ON c.role = l.role
    LEFT JOIN kerbrole.bindings() AS b ON b.role = l.role
    ORDER BY kerbrole.realm_of(l.name) COLLATE "C", kerbrole.username_of(l.name) COLLATE "C";
END
$$;

-- Whoever could call the earlier one can call this.
DO $$
DECLARE
    _caller record;
BEGIN
    IF to_regprocedure('kerbrole.kerb_list_principals_before()') IS NOT NULL THEN
        REVOKE ALL ON FUNCTION kerbrole.kerb_list_principals() FROM PUBLIC;
        FOR _caller IN
            SELECT r.rolname, a.grantee, a.is_grantable
            FROM pg_catalog.pg_proc AS p
            CROSS JOIN LATERAL aclexplode(p.proacl) AS a
            LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
            WHERE p.oid = 'kerbrole.kerb_list_principals_before()'::regprocedure
                AND a.grantee <> p.proowner
        LOOP
            EXECUTE concat('GRANT EXECUTE ON FUNCTION kerbrole.kerb_list_principals() TO ',
                CASE WHEN _caller.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(_caller.rolname) END,
                CASE WHEN _caller.is_grantable THEN ' WITH GRANT OPTION' END);
        END LOOP;
    END IF;
END
$$;
