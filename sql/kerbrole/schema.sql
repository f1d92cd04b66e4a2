-- What an earlier version left: everything but what people call, what they set, and the function
-- that may be running this. Functions that people call are replaced, and so keep their grants.
DO $$
DECLARE
    _function pg_catalog.regprocedure;
BEGIN
    DROP VIEW IF EXISTS kerbrole.request, kerbrole.roles;
    DROP TRIGGER IF EXISTS check_value ON kerbrole.settings;
    FOR _function IN
        SELECT p.oid
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::pg_catalog.regnamespace
            AND p.proname !~ '^kerb_'
            AND p.proname NOT IN ('run_as_owner', 'set', 'uninstall', 'self_test', 'version')
    LOOP
        EXECUTE format('DROP FUNCTION %s', _function);
    END LOOP;
EXCEPTION
    WHEN undefined_table THEN
        NULL;  -- There is no earlier version.
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.version() RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '@VERSION@'
$$;
COMMENT ON FUNCTION kerbrole.version() IS 'the version of these functions';

-- Since PostgreSQL 16 a membership has a row for each of its grantors, a REVOKE names one, and
-- whoever creates a role becomes a member of it.
CREATE FUNCTION kerbrole.names_grantors() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT current_setting('server_version_num')::integer >= 160000
$$;

-- Roles, as anybody may read them. Names are bytes, and those of roles that were made in a database
-- of another encoding may be no text here: of such a name what can be shown is shown, with ? for
-- the rest, which no principal's name holds.
CREATE VIEW kerbrole.roles AS
    SELECT r.oid, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
        r.rolcanlogin,
        CASE
            -- Nothing is written in octal: ASCII, as nearly all are.
            WHEN encode(n.written::bytea, 'escape') = n.written THEN r.rolname::text
            -- UTF-8 (RFC 3629, section 4), two digits a byte.
            WHEN getdatabaseencoding() = 'UTF8' AND encode(n.written::bytea, 'hex') ~ concat(
                '^([0-7].|(c[2-9a-f]|d.)[89ab].',
                '|(e0[ab]|e[1-9abcef][89ab]|ed[89]).[89ab].',
                '|(f0[9ab]|f[123][89ab]|f48).[89ab].[89ab].)*$') THEN r.rolname::text
            ELSE regexp_replace(encode(n.written::bytea, 'escape'),
                $re$\\[0-9]{3}$re$, '?', 'g')
        END AS rolname
    FROM pg_catalog.pg_roles AS r
    CROSS JOIN LATERAL (
        SELECT replace(r.rolname::text, chr(92), chr(92) || chr(92))) AS n (written);
