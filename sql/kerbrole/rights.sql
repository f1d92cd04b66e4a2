-- Rights: EXECUTE on what changes or audits anything is the right to manage principals. It is taken
-- from everybody and given to rds_superuser, where that role exists. To let others have it:
--
--   GRANT USAGE ON SCHEMA kerbrole TO helpdesk;
--   GRANT EXECUTE ON FUNCTION kerbrole.kerb_add_principal(text, text, text[], boolean) TO helpdesk;

CREATE OR REPLACE VIEW kerbrole.kerb_principals AS
    SELECT p.* FROM kerbrole.kerb_list_principals() AS p;

@COMMENTS@

-- What stays when this is run again is given once: what an administrator gives or takes away later
-- stays so. In an extension, what its script grants is moreover what pg_dump takes for given.
DO $$
DECLARE
    _function record;
    _caller record;
    _new oid[] := '{}';
    _is_new CONSTANT boolean := obj_description('kerbrole'::regnamespace, 'pg_namespace') IS NULL;
    _has_rds CONSTANT boolean := to_regrole('rds_superuser') IS NOT NULL;
BEGIN
    FOR _function IN
        SELECT p.oid, p.oid::regprocedure AS quoted, p.proacl IS NULL AS is_new
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::regnamespace
            AND (p.proname ~ '^kerb_' OR p.proname = 'self_test')
            AND p.proname <> 'kerb_canonicalize'
    LOOP
        IF _is_new OR _function.is_new THEN
            EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', _function.quoted);
            IF _has_rds THEN
                EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO rds_superuser', _function.quoted);
            END IF;
            _new := _new || _function.oid;
        END IF;
    END LOOP;
    IF _is_new THEN
        REVOKE ALL ON FUNCTION kerbrole.run_as_owner(text), kerbrole.set(text, text),
            kerbrole.uninstall() FROM PUBLIC;
        GRANT USAGE ON SCHEMA kerbrole TO PUBLIC;
        GRANT SELECT ON kerbrole.settings TO PUBLIC;
        IF _has_rds THEN
            GRANT SELECT ON kerbrole.kerb_principals TO rds_superuser;
        END IF;
    END IF;

    -- What an earlier version had and this one has not. Whoever could call it can call what has
    -- come instead: a function of its name with other arguments.
    FOR _function IN
        SELECT p.oid, p.oid::regprocedure AS quoted, p.proname, p.proacl, p.proowner
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::regnamespace AND p.proname ~ '^kerb_'
            AND p.oid <> ALL (ARRAY[
@FUNCTIONS@
            ]::regprocedure[]::oid[])
    LOOP
        FOR _caller IN
            SELECT DISTINCT p.oid::regprocedure AS function, r.rolname, a.is_grantable
            FROM pg_catalog.aclexplode(_function.proacl) AS a
            JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
            JOIN pg_catalog.pg_proc AS p
                ON p.oid = ANY (_new) AND p.proname = _function.proname
            WHERE a.grantee <> _function.proowner AND p.oid <> _function.oid
        LOOP
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I%s', _caller.function,
                _caller.rolname,
                CASE WHEN _caller.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        EXECUTE format('DROP ROUTINE %s', _function.quoted);
    END LOOP;
END
$$;
-- What is done with the owner's rights is for the owner to call.
REVOKE ALL ON FUNCTION kerbrole.answer(), kerbrole.lock(), kerbrole.run(text, text),
    kerbrole.new_creator(), kerbrole.run_all(text[]), kerbrole.run_as_creator(name, text[]),
    kerbrole.create_many(text[]), kerbrole.run_each(oid[], text[], text[]),
    kerbrole.add(jsonb), kerbrole.create_and_grant(text[], text[]), kerbrole.drop(jsonb),
    kerbrole.end_grants(oid), kerbrole.disable(jsonb), kerbrole.enable(jsonb, oid),
    kerbrole.rename(jsonb, oid), kerbrole.rename_realm(jsonb, oid), kerbrole.sync(jsonb, oid),
    kerbrole.drop_many(jsonb), kerbrole.run_many(jsonb, text[]), kerbrole.access(jsonb, oid),
    kerbrole.remove_absent(jsonb, oid), kerbrole.end_sessions_of(jsonb, jsonb, text)
    FROM PUBLIC;

-- The rest reads what every login may read, and stores nothing.
GRANT SELECT ON kerbrole.roles TO PUBLIC;
GRANT INSERT (function, arguments), SELECT (answer) ON kerbrole.request TO PUBLIC;
COMMENT ON SCHEMA kerbrole IS 'kerbrole @VERSION@: Kerberos principals as roles';
