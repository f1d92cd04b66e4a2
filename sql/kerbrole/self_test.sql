-- What holds on this server: tried as the caller, with a principal that is gone again afterwards.

-- The processor time, in seconds, that a login takes longer for so many memberships, estimated as
-- in kerbrole-core (LoginCost, which says what was measured): where a line of pg_hba.conf is for
-- the members of a role, the server collects all roles that somebody is in. Up to 16 it looks for
-- each of them among those before it.
CREATE FUNCTION kerbrole.login_cost(_roles bigint) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _roles * 4e-6 + _roles::numeric ^ 2 * CASE
        WHEN current_setting('server_version_num')::integer < 160000 THEN 2.6e-9
        WHEN current_setting('server_version_num')::integer < 170000 THEN 3e-10
        ELSE 0
    END
$$;

CREATE OR REPLACE FUNCTION kerbrole.self_test()
RETURNS TABLE (question text, ok boolean, detail text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _owner record;
    _rule record;
    -- A realm that may be used, and a name that nobody has.
    _realm CONSTANT text := coalesce((kerbrole.allowed_realms())[1],
        upper(nullif(kerbrole.setting('default_realm'), '') COLLATE "C"), 'SELF-TEST.INVALID');
    _name CONSTANT text := 'kerbrole-self-test@' || _realm;
    _other CONSTANT text := 'kerbrole-self-test-2@' || _realm;
    _nested_before oid[];
    _nested text;
    _members text;
    _step text;
    _steps CONSTANT text[] := ARRAY['create and grant', 'disable', 'enable', 'rename', 'drop'];
    _results jsonb := '{}';
    _messages CONSTANT text := current_setting('client_min_messages');
    _denied text;
    _row record;
    _me CONSTANT oid := kerbrole.role_oid(current_user::text);
BEGIN
    SELECT r.oid, r.rolname::text AS name, r.rolcanlogin, r.rolsuper, r.rolcreaterole,
        quote_ident(r.rolname) AS quoted
    INTO STRICT _owner
    FROM pg_catalog.pg_namespace AS n JOIN kerbrole.roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = 'kerbrole';

    question := 'version';
    ok := true;
    detail := format('kerbrole %s on PostgreSQL %s', kerbrole.version(),
        current_setting('server_version'));
    RETURN NEXT;

    question := 'owner';
    ok := NOT _owner.rolcanlogin;
    detail := format('the functions belong to role "%s", %s', _owner.name,
        CASE WHEN ok THEN 'which cannot log in' ELSE 'which can log in' END
        || CASE WHEN NOT ok AND kerbrole.names_grantors() AND NOT _owner.rolsuper THEN
            ': it becomes a member of what it creates, and so of rds_ad' ELSE '' END);
    fix := CASE WHEN NOT ok THEN 'SELECT kerbrole.uninstall(); -- and install as a superuser, or '
        'as a role with CREATEROLE and ADMIN on rds_ad' END;
    RETURN NEXT;

    question := 'rule';
    BEGIN
        _rule := kerbrole.rule();
        ok := true;
        detail := format('nobody is to be in both %s and %s', _rule.ad_role, _rule.iam_role);
        fix := NULL;
    EXCEPTION
        WHEN undefined_object OR invalid_parameter_value THEN
            ok := false;
            detail := SQLERRM;
            fix := '-- psql -f sql/rds_roles.sql, or SELECT kerbrole.set(''ad_role'', ...)';
    END;
    RETURN NEXT;
    IF NOT ok THEN
        RETURN;
    END IF;

    question := 'rights of the owner';
    ok := _owner.rolsuper OR (_owner.rolcreaterole AND (NOT kerbrole.names_grantors()
        OR pg_has_role(_owner.oid, _rule.ad, 'MEMBER WITH ADMIN OPTION')));
    detail := format('"%s" %s CREATEROLE%s', _owner.name,
        CASE WHEN _owner.rolcreaterole OR _owner.rolsuper THEN 'has' ELSE 'lacks' END,
        CASE WHEN kerbrole.names_grantors() THEN format(', and %s ADMIN on %s',
            CASE WHEN pg_has_role(_owner.oid, _rule.ad, 'MEMBER WITH ADMIN OPTION')
                THEN 'has' ELSE 'lacks' END, _rule.ad_role) ELSE '' END);
    fix := CASE
        WHEN ok THEN NULL
        WHEN NOT _owner.rolcreaterole THEN format('ALTER ROLE %s CREATEROLE;', _owner.quoted)
        ELSE format('GRANT %I TO %s WITH ADMIN OPTION;', _rule.ad_role, _owner.quoted)
    END;
    RETURN NEXT;

    -- All of it is taken back: the results are kept in variables, which nothing takes back.
    BEGIN
        PERFORM set_config('client_min_messages', 'warning', true);
        _nested_before := ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.ad]));
        FOREACH _step IN ARRAY _steps LOOP
            BEGIN
                CASE _step
                    WHEN 'create and grant' THEN PERFORM kerbrole.kerb_add_principal(_name);
                    WHEN 'disable' THEN PERFORM kerbrole.kerb_disable_principal(_name);
                    WHEN 'enable' THEN PERFORM kerbrole.kerb_enable_principal(_name);
                    WHEN 'rename' THEN
                        PERFORM kerbrole.kerb_rename_principal(_name, 'kerbrole-self-test-2');
                    WHEN 'drop' THEN PERFORM kerbrole.kerb_drop_principal(_other);
                END CASE;
                _results := _results || jsonb_build_object(_step, '');
                IF _step = 'create and grant' THEN
                    SELECT string_agg(format('"%s"', r.rolname), ', ' ORDER BY r.rolname::text
                        COLLATE "C") INTO _members
                    FROM pg_catalog.pg_auth_members AS m
                    JOIN kerbrole.roles AS r ON r.oid = m.member
                    WHERE m.roleid = kerbrole.role_oid(_name);
                    SELECT string_agg(format('"%s"', r.rolname), ', ' ORDER BY r.rolname::text
                        COLLATE "C") INTO _nested
                    FROM kerbrole.all_below(ARRAY[_rule.ad]) AS b
                    JOIN kerbrole.roles AS r ON r.oid = b
                    WHERE b <> ALL (_nested_before) AND r.rolcanlogin AND r.rolname <> _name::name;
                END IF;
            EXCEPTION
                WHEN OTHERS THEN
                    _results := _results || jsonb_build_object(_step, SQLERRM);
                    EXIT;
            END;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'KR000', MESSAGE = 'taken back';
    EXCEPTION
        WHEN SQLSTATE 'KR000' THEN
            NULL;
    END;

    FOREACH _step IN ARRAY _steps LOOP
        question := _step;
        ok := CASE WHEN _results ? _step THEN _results ->> _step = '' END;
        detail := CASE
            WHEN ok THEN 'works'
            WHEN ok IS NULL THEN 'not tried, since something before it does not work'
            ELSE _results ->> _step
        END;
        fix := CASE WHEN NOT ok AND detail LIKE 'permission denied for function%' THEN
            format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kerbrole TO %I;', current_user) END;
        RETURN NEXT;
    END LOOP;

    question := 'who becomes a member of what is created';
    ok := _nested IS NULL;
    detail := CASE WHEN NOT _results ? 'create and grant' OR _results ->> 'create and grant' <> ''
            THEN 'not known'
        ELSE coalesce(_members, 'nobody') || CASE WHEN _nested IS NOT NULL
            THEN format('; so %s, who can log in, comes to be nested under %s',
                _nested, _rule.ad_role)
            ELSE '' END END;
    fix := NULL;
    RETURN NEXT;

    question := 'administrators below ' || _rule.ad_role;
    SELECT string_agg(format('"%s"', r.rolname), ', ' ORDER BY r.rolname::text COLLATE "C")
    INTO _members
    FROM kerbrole.roles AS r
    WHERE r.rolcanlogin AND r.rolcreaterole AND r.oid = ANY (_nested_before)
        AND NOT kerbrole.is_principal(r.rolname::text);
    ok := _members IS NULL;
    detail := coalesce(_members || ': where pg_hba.conf sends +' || _rule.ad_role
        || ' to gss, they cannot log in with a password', 'none');
    fix := CASE WHEN NOT ok THEN format(
        '-- by a superuser: GRANT %I TO %s WITH ADMIN OPTION; and then take theirs away',
        _rule.ad_role, _owner.quoted) END;
    RETURN NEXT;

    question := 'your memberships';
    SELECT count(*) - 1 AS roles, kerbrole.login_cost(count(*) - 1) AS seconds INTO _row
    FROM kerbrole.above(ARRAY[_me]);
    ok := _row.seconds < 0.016;
    detail := format('"%s" is a member of %s%s', current_user, kerbrole.counted(_row.roles, 'role'),
        CASE WHEN NOT ok THEN format(', which makes its logins slow where a line of pg_hba.conf '
            'is for the members of a role: about %s seconds of processor time each',
            round(_row.seconds, 2)) ELSE '' END);
    -- Whoever created a role can end its membership as little as anybody else but a superuser.
    fix := CASE WHEN NOT ok THEN (
        SELECT '-- by a superuser, and so of the rest: ' || string_agg(
            format('REVOKE %I FROM %I%s;', r.rolname, current_user,
                CASE WHEN kerbrole.names_grantors()
                    THEN format(' GRANTED BY %I', g.rolname) ELSE '' END), ' ' ORDER BY r.name)
        FROM (
            SELECT r.rolname, r.rolname::text COLLATE "C" AS name, m.grantor
            FROM pg_catalog.pg_auth_members AS m
            JOIN kerbrole.roles AS r ON r.oid = m.roleid
            WHERE m.member = _me AND strpos(r.rolname::text COLLATE "C", '@') > 0
                AND kerbrole.is_principal(r.rolname::text)
            ORDER BY 2 LIMIT 3
        ) AS r
        JOIN kerbrole.roles AS g ON g.oid = r.grantor) END;
    RETURN NEXT;

    question := 'principals of others';
    SELECT count(*), string_agg(format('GRANT %I TO %s WITH ADMIN OPTION;', r.rolname,
        _owner.quoted), ' ') FILTER (WHERE r.place <= 3)
    INTO _row
    FROM (
        SELECT r.oid, r.rolname,
            row_number() OVER (ORDER BY r.rolname::text COLLATE "C") AS place
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text) AND r.oid = ANY (_nested_before)
            AND kerbrole.names_grantors() AND NOT _owner.rolsuper
            AND NOT pg_has_role(_owner.oid, r.oid, 'MEMBER WITH ADMIN OPTION')
    ) AS r;
    ok := _row.count = 0;
    detail := CASE WHEN ok THEN 'the owner may change every principal'
        ELSE format('%s cannot be disabled, renamed or dropped by these functions: others '
            'created them', kerbrole.counted(_row.count, 'principal')) END;
    fix := _row.string_agg;
    RETURN NEXT;

    question := 'ending sessions';
    ok := _owner.rolsuper OR pg_has_role(_owner.oid, 'pg_signal_backend', 'USAGE')
        OR pg_has_role('pg_signal_backend', 'USAGE');
    detail := CASE WHEN ok THEN 'kerb_disable_principal(..., terminate => true) ends them'
        ELSE 'neither the owner nor you may end sessions of others' END;
    fix := CASE WHEN NOT ok THEN format('GRANT pg_signal_backend TO %s;', _owner.quoted) END;
    RETURN NEXT;

    question := 'functions that you may call';
    SELECT string_agg(DISTINCT p.proname::text, ', ' ORDER BY p.proname::text) INTO _denied
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace = 'kerbrole'::regnamespace AND p.proname ~ '^kerb_'
        AND NOT has_function_privilege(p.oid, 'EXECUTE');
    ok := _denied IS NULL;
    detail := CASE WHEN ok THEN 'all' ELSE 'all but ' || _denied END;
    fix := CASE WHEN NOT ok THEN format(
        'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kerbrole TO %I;', current_user) END;
    RETURN NEXT;

    question := 'plain GRANTs of others';
    ok := NULL;
    detail := 'nothing here keeps somebody from a GRANT that puts a role into both: '
        'kerbrole.kerb_conflicts() finds it afterwards';
    fix := 'SELECT * FROM kerbrole.kerb_conflicts();';
    RETURN NEXT;
    PERFORM set_config('client_min_messages', _messages, true);
END
$$;
COMMENT ON FUNCTION kerbrole.self_test() IS
    'tries what works on this server, with a principal that is gone again; says what is missing';
