$kerbrole$;
    _installer CONSTANT name := current_user;
    _path CONSTANT text := current_setting('search_path');
    _owner name := 'kerbrole_owner';
    _is_superuser CONSTANT boolean := (
        SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user);
    _since_16 CONSTANT boolean := current_setting('server_version_num')::integer >= 160000;
    _door pg_catalog.regprocedure;
    _there record;
    _setup_is_there boolean := false;
    _ad_role text := 'rds_ad';
    _why text;
    _detail text;
    -- Whether CREATE EXTENSION runs this, or ALTER EXTENSION: with pg_tle.
    _in_extension boolean := false;
    -- For whoever installed this: the right to use it, to let others use it, to set, to upgrade.
    _for_installer CONSTANT text := format($grants$
        DO $$
        DECLARE
            _function pg_catalog.regprocedure;
        BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_catalog.pg_namespace AS n, aclexplode(n.nspacl) AS a
                WHERE n.nspname = 'kerbrole' AND pg_get_userbyid(a.grantee) = %1$L
                    AND a.is_grantable)
            THEN
                GRANT USAGE ON SCHEMA kerbrole TO %1$I WITH GRANT OPTION;
                GRANT SELECT ON kerbrole.kerb_principals TO %1$I WITH GRANT OPTION;
                -- Restores them; set() asks for more than the trigger does.
                GRANT INSERT ON kerbrole.settings TO %1$I;
                GRANT EXECUTE ON FUNCTION kerbrole.run_as_owner(text), kerbrole.set(text, text),
                    kerbrole.uninstall() TO %1$I;
            END IF;
            FOR _function IN
                SELECT p.oid
                FROM pg_catalog.pg_proc AS p
                WHERE p.pronamespace = 'kerbrole'::regnamespace
                    AND (p.proname ~ '^kerb_' OR p.proname = 'self_test')
                    AND NOT EXISTS (
                        SELECT FROM aclexplode(p.proacl) AS a
                        WHERE pg_get_userbyid(a.grantee) = %1$L AND a.is_grantable)
            LOOP
                EXECUTE format('GRANT EXECUTE ON ROUTINE %%s TO %%I WITH GRANT OPTION', _function,
                    %1$L);
            END LOOP;
        END
        $$;
    $grants$, current_user);
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SET LOCAL client_min_messages = warning;
    _door := pg_catalog.to_regprocedure('kerbrole.run_as_owner(text)');
    BEGIN
        PERFORM pg_catalog.pg_extension_config_dump('pg_catalog.pg_class', '');
    EXCEPTION
        -- Refused anyway, and why says where this runs.
        WHEN feature_not_supported THEN
            NULL;
        WHEN object_not_in_prerequisite_state THEN
            _in_extension := true;
    END;

    -- Whoever owns a function says what it does, with the rights of whoever calls it, and whoever
    -- may create a schema can have made one of this name. What is there is called only where nobody
    -- but the installer, a superuser, or the role that this script makes can have put it there. A
    -- superuser, who has more to lose than that role has, calls none of it.
    SELECT r.oid, r.rolname AS name, r.rolsuper OR r.rolname = current_user AS is_ours,
        r.rolname = 'kerbrole_owner' AND NOT r.rolcanlogin AND (NOT _since_16 OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS m
            JOIN pg_catalog.pg_roles AS o ON o.oid = m.member
            WHERE m.roleid = r.oid AND NOT o.rolsuper)) AS is_made_by_this,
        EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid
                AND d.deptype = 'e') AS is_of_extension
    INTO _there
    FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = 'kerbrole';
    IF FOUND AND NOT _there.is_ours AND NOT _there.is_made_by_this
        AND NOT (_is_superuser AND EXISTS (
            SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = _there.oid AND r.rolcreaterole))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'there is a schema kerbrole that is somebody else''s',
            DETAIL = format('It belongs to role "%s".', _there.name),
            HINT = 'Run the script as the role that installed it. If that is nobody you know of, '
                'look at what is in the schema before you drop it.';
    END IF;
    IF _there.is_of_extension AND NOT _in_extension THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the functions in schema kerbrole are an extension here',
            HINT = 'Upgrade them as one: kerbrole install-sql --pg-tle, or the script that '
                'make tle writes.';
    ELSIF NOT _there.is_of_extension AND _in_extension THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the functions in schema kerbrole are no extension here',
            HINT = 'Upgrade them as what they are, with kerbrole install-sql or sql/kerbrole.sql.';
    END IF;
    IF _there.oid IS NULL AND EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = 'kerbrole_owner' AND (r.rolcanlogin OR r.rolsuper OR (_since_16
            AND EXISTS (
                SELECT FROM pg_catalog.pg_auth_members AS m
                JOIN pg_catalog.pg_roles AS o ON o.oid = m.member
                WHERE m.roleid = r.oid AND NOT o.rolsuper))))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'there is a role kerbrole_owner that somebody may act as',
            DETAIL = 'It can log in, or has members: what these functions may do they could do.',
            HINT = 'Drop it, or take LOGIN and its members away.';
    END IF;

    -- An upgrade: whoever installed this has the right to run things as the owner, and nothing else
    -- of it.
    IF _there.is_made_by_this AND NOT _is_superuser THEN
        IF _door IS NULL OR NOT pg_catalog.has_function_privilege(_door::oid, 'EXECUTE') THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = 'permission denied to upgrade the functions in schema kerbrole',
                HINT = 'Run the script as the role that installed it, or as a superuser.';
        END IF;
        -- An error comes without its context, which would be all of the script.
        BEGIN
            EXECUTE 'SELECT kerbrole.run_as_owner($1)' USING _script;
        EXCEPTION
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL;
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM,
                    DETAIL = concat_ws(E'\n', nullif(_detail, ''), 'Nothing was changed.');
        END;
        EXECUTE 'SELECT kerbrole.run_as_owner($1)' USING _for_installer;
        IF _in_extension THEN
            PERFORM pg_catalog.pg_extension_config_dump('kerbrole.settings', '');
        END IF;
        PERFORM pg_catalog.set_config('search_path', _path, true);
        RETURN;
    END IF;

    -- The owner. Since 16 whoever creates a role becomes a member of it, and so of what it creates:
    -- an administrator would be nested under rds_ad. Created by a role that is then dropped, the
    -- owner has nobody below it.
    IF _there.oid IS NOT NULL THEN
        _owner := _there.name;
    ELSE
        BEGIN
            IF _is_superuser OR NOT _since_16 THEN
                IF pg_catalog.to_regrole('kerbrole_owner') IS NULL THEN
                    CREATE ROLE kerbrole_owner NOLOGIN CREATEROLE;
                END IF;
                IF NOT _is_superuser THEN
                    EXECUTE format('GRANT kerbrole_owner TO %I', _installer);
                END IF;
            ELSE
                CREATE ROLE kerbrole_setup NOLOGIN CREATEROLE;
                _setup_is_there := true;
                EXECUTE format(
                    'GRANT kerbrole_setup TO %I WITH INHERIT FALSE, SET TRUE', _installer);
                SET LOCAL ROLE kerbrole_setup;
                CREATE ROLE kerbrole_owner NOLOGIN CREATEROLE;
                EXECUTE format(
                    'GRANT kerbrole_owner TO %I WITH INHERIT FALSE, SET TRUE', _installer);
                PERFORM pg_catalog.set_config('role', _installer, true);
            END IF;
            IF _since_16 AND pg_catalog.to_regrole(_ad_role) IS NOT NULL THEN
                EXECUTE format('GRANT %I TO kerbrole_owner WITH ADMIN OPTION', _ad_role);
            END IF;
        EXCEPTION
            WHEN insufficient_privilege OR duplicate_object THEN
                _why := SQLERRM;
                _setup_is_there := false;
                _owner := _installer;
        END;
        EXECUTE format('CREATE SCHEMA kerbrole AUTHORIZATION %I', _owner);
    END IF;

    -- Ends sessions of principals that are disabled, where it may be had.
    IF _owner <> _installer THEN
        BEGIN
            EXECUTE format('GRANT pg_signal_backend TO %I', _owner);
        EXCEPTION
            WHEN insufficient_privilege THEN
                NULL;
        END;
    END IF;

    PERFORM pg_catalog.set_config('role', _owner, true);
    BEGIN
        EXECUTE _script;
    EXCEPTION
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL;
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM,
                DETAIL = concat_ws(E'\n', nullif(_detail, ''), 'Nothing was changed.');
    END;
    IF _in_extension THEN
        -- pg_dump is to take the settings along.
        PERFORM pg_catalog.pg_extension_config_dump('kerbrole.settings', '');
    END IF;
    IF _owner <> _installer AND NOT _is_superuser THEN
        EXECUTE _for_installer;
    END IF;

    -- Nobody stays a member of the owner.
    IF _setup_is_there THEN
        SET LOCAL ROLE kerbrole_setup;
        EXECUTE format('REVOKE kerbrole_owner FROM %I', _installer);
        PERFORM pg_catalog.set_config('role', _installer, true);
        DROP ROLE kerbrole_setup;
    ELSE
        PERFORM pg_catalog.set_config('role', _installer, true);
        IF _owner <> _installer AND NOT _is_superuser AND NOT _since_16 THEN
            EXECUTE format('REVOKE kerbrole_owner FROM %I', _installer);
        END IF;
    END IF;
    IF _owner = _installer AND NOT _is_superuser THEN
        RAISE WARNING USING
            MESSAGE = format(
                'the functions belong to "%s", and not to a role of their own', _owner),
            DETAIL = concat(_why || '. ', CASE WHEN _since_16 THEN
                'What they create "' || _owner || '" becomes a member of: it comes to be a member '
                'of rds_ad, can no longer log in with a password where pg_hba.conf sends +rds_ad '
                'to gss, and logs in more slowly with each principal.'
                ELSE 'Whoever may SET ROLE to it may change them.' END),
            HINT = CASE WHEN pg_catalog.to_regrole('kerbrole_owner') IS NOT NULL THEN
                'There is a role kerbrole_owner, of another database or of an earlier '
                'installation, and only a superuser makes it the owner here. '
                ELSE 'A superuser, or a role with CREATEROLE and ADMIN on rds_ad, can install '
                'them with kerbrole_owner: SELECT kerbrole.uninstall() first. ' END
                || 'Roles belong to all databases: to have these functions in one is enough.';
    END IF;
    PERFORM pg_catalog.set_config('search_path', _path, true);
END
$install$;
