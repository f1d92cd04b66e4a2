-- Rights: EXECUTE on what changes or audits anything is the right to manage principals. It is taken
-- from everybody and given to rds_superuser, where that role exists. To let others have it:
--
--   GRANT USAGE ON SCHEMA kerbrole TO helpdesk;
--   GRANT EXECUTE ON FUNCTION kerbrole.kerb_add_principal(text, text, text[], boolean) TO helpdesk;

CREATE OR REPLACE VIEW kerbrole.kerb_principals AS
    SELECT p.* FROM kerbrole.kerb_list_principals() AS p;

@COMMENTS@

DO $$
DECLARE
    _function regprocedure;
    _is_new CONSTANT boolean := obj_description('kerbrole'::regnamespace, 'pg_namespace') IS NULL;
    _has_rds CONSTANT boolean := to_regrole('rds_superuser') IS NOT NULL;
BEGIN
    FOR _function IN
        SELECT p.oid
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::regnamespace
            AND p.proname ~ '^kerb_' AND p.proname <> 'kerb_canonicalize'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', _function);
        -- Once: what a later administrator takes away stays away.
        IF _is_new AND _has_rds THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO rds_superuser', _function);
        END IF;
    END LOOP;
    IF _is_new AND _has_rds THEN
        GRANT SELECT ON kerbrole.kerb_principals TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerbrole.self_test() TO rds_superuser;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION kerbrole.self_test() FROM PUBLIC;
REVOKE ALL ON FUNCTION kerbrole.run_as_owner(text), kerbrole.set(text, text), kerbrole.uninstall()
    FROM PUBLIC;
-- What is done with the owner's rights is for the owner to call.
REVOKE ALL ON FUNCTION kerbrole.answer(), kerbrole.lock(), kerbrole.run(text, text),
    kerbrole.new_creator(), kerbrole.run_all(text[]), kerbrole.run_as_creator(name, text[]),
    kerbrole.create_many(text[]),
    kerbrole.add(jsonb), kerbrole.create_and_grant(text[], text[]), kerbrole.drop(jsonb),
    kerbrole.end_grants(oid), kerbrole.disable(jsonb), kerbrole.enable(jsonb, oid),
    kerbrole.rename(jsonb, oid), kerbrole.rename_realm(jsonb, oid), kerbrole.sync(jsonb, oid)
    FROM PUBLIC;

-- The rest reads what every login may read, and stores nothing.
GRANT USAGE ON SCHEMA kerbrole TO PUBLIC;
GRANT SELECT ON kerbrole.settings, kerbrole.roles TO PUBLIC;
GRANT INSERT (function, arguments), SELECT (answer) ON kerbrole.request TO PUBLIC;
COMMENT ON SCHEMA kerbrole IS 'kerbrole @VERSION@: Kerberos principals as roles';
