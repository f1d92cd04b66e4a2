-- The way in for an upgrade, and the way out.

-- For whoever installed this and nobody else: since 16 they are no members of the owner.
CREATE OR REPLACE FUNCTION kerbrole.run_as_owner(statements text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE statements;
END
$$;
COMMENT ON FUNCTION kerbrole.run_as_owner(text) IS
    'runs the script again, to upgrade; for whoever installed this';

CREATE OR REPLACE FUNCTION kerbrole.uninstall() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _creators CONSTANT oid[] := ARRAY(
        SELECT c.creator FROM kerbrole.creators() AS c ORDER BY c.creator);
    _principals CONSTANT bigint := (
        SELECT count(*)
        FROM pg_catalog.pg_auth_members AS m
        JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid
        WHERE m.member IN (
                SELECT o.oid FROM pg_catalog.pg_roles AS o WHERE o.rolname = current_user
                UNION ALL SELECT unnest(_creators))
            AND m.admin_option AND m.roleid <> ALL (_creators)
            AND r.rolname <> kerbrole.setting('ad_role')::name);
    -- With those that created principals for it.
    _names CONSTANT text := concat_ws(', ', 'kerbrole_owner', (
        SELECT string_agg(pg_get_userbyid(c.oid)::text, ', ' ORDER BY c.place)
        FROM unnest(_creators) WITH ORDINALITY AS c (oid, place)));
    _messages CONSTANT text := current_setting('client_min_messages');
    _others text;
BEGIN
    -- What others made of these functions is theirs, and does not go unasked.
    SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
    INTO _others
    FROM pg_catalog.pg_depend AS d
    WHERE d.deptype = 'n'
        AND (d.refclassid, d.refobjid) IN (
            SELECT 'pg_catalog.pg_proc'::regclass::oid, p.oid FROM pg_catalog.pg_proc AS p
            WHERE p.pronamespace = 'kerbrole'::regnamespace
            UNION ALL
            SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid FROM pg_catalog.pg_class AS c
            WHERE c.relnamespace = 'kerbrole'::regnamespace
            UNION ALL
            SELECT 'pg_catalog.pg_type'::regclass::oid, t.oid FROM pg_catalog.pg_type AS t
            WHERE t.typnamespace = 'kerbrole'::regnamespace)
        AND (pg_identify_object(d.classid, d.objid, d.objsubid)).identity
            !~ '(^| on | for )kerbrole[.]';
    IF _others IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = 'other objects depend on what is in schema kerbrole',
            DETAIL = _others,
            HINT = 'Drop them first.';
    END IF;
    IF current_user = 'kerbrole_owner' THEN
        RAISE NOTICE USING
            MESSAGE = 'the role kerbrole_owner stays until it is dropped',
            DETAIL = CASE WHEN _principals > 0 AND kerbrole.names_grantors() THEN
                format('It has ADMIN on %s roles, without which only a superuser changes them, and '
                    'granted them %s.', _principals, kerbrole.setting('ad_role'))
                ELSE 'It owns nothing more in this database.' END,
            HINT = CASE WHEN _principals > 0 AND kerbrole.names_grantors() THEN
                format('When no other database has these functions, a superuser grants %s to each '
                    'of them, since what kerbrole_owner granted goes with it, and then runs: '
                    'DROP OWNED BY kerbrole_owner; DROP ROLE %s;',
                    kerbrole.quoted(kerbrole.setting('ad_role')), _names)
                ELSE 'DROP ROLE kerbrole_owner; by a superuser, or up to PostgreSQL 15 by a role '
                'with CREATEROLE, when no other database has these functions.' END;
    END IF;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass
            AND d.objid = 'kerbrole'::regnamespace AND d.deptype = 'e')
    THEN
        RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = 'the functions in schema kerbrole are an extension here',
            HINT = 'DROP EXTENSION kerbrole; by whoever installed it.';
    END IF;
    -- Without a list of all that goes.
    PERFORM set_config('client_min_messages', 'warning', true);
    DROP SCHEMA kerbrole CASCADE;
    PERFORM set_config('client_min_messages', _messages, true);
END
$$;
COMMENT ON FUNCTION kerbrole.uninstall() IS
    'takes away the schema kerbrole with all that is in it; principals stay as they are';
