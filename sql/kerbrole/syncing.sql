-- From a list of who is wanted to the difference from who is there. A principal, here, is a role
-- with the name of one that is a member of rds_ad: other roles are never touched.

-- Text as a comment in SQL. Comments nest: what would begin or end one is written apart.
CREATE FUNCTION kerbrole.comment(_text text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '/* ' || replace(replace(_text, '*/', '* /'), '/*', '/ *') || ' */'
$$;

-- How a role that nobody wants any more goes, and why it is not dropped where that was wanted.
-- Nothing at all happens to one that is no mere login: its problem is said and there is no action.
CREATE FUNCTION kerbrole.plan_removal(
    _role oid, _can_login boolean, _absent text, _is_held boolean, _is_not_changed boolean,
    OUT action text, OUT statements text[], OUT problem text, OUT reason text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _message text;
    _detail text;
BEGIN
    statements := '{}';
    IF _is_not_changed THEN
        BEGIN
            PERFORM kerbrole.check_changeable(_role);
        EXCEPTION
            WHEN insufficient_privilege THEN
                problem := SQLERRM || '.';
                RETURN;
        END;
    END IF;
    action := 'disable';
    IF _can_login THEN
        statements := ARRAY[format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_name))];
    END IF;
    IF _absent = 'drop' AND NOT _is_held THEN
        action := 'drop';
        statements := ARRAY[format('DROP ROLE %s;', kerbrole.quoted(_name))];
    ELSIF _absent = 'drop' THEN
        BEGIN
            PERFORM kerbrole.check_droppable(_role, false);
            statements := statements
                || ARRAY(SELECT r.statement || ';' FROM kerbrole.revokes(_role) AS r);
            IF EXISTS (SELECT FROM kerbrole.holdings(_role) AS h WHERE NOT h.is_here) THEN
                PERFORM kerbrole.refuse('only_disabled', _name,
                    kerbrole.holdings_in_words(_role, false, true));
            END IF;
            action := 'drop';
            statements := ARRAY(SELECT r.statement || ';' FROM kerbrole.revokes(_role) AS r)
                || format('DROP ROLE %s;', kerbrole.quoted(_name));
        EXCEPTION
            WHEN object_in_use OR dependent_objects_still_exist THEN
                GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                problem := concat_ws(' ', _message || '.', nullif(_detail, ''));
                reason := concat_ws(': ', _message, nullif(_detail, ''));
        END;
    END IF;
END
$$;

-- The difference: {steps, left, removals, principals, at_most, names of those who are disabled and
-- stay so}. A step has an action, a role, its statement, why, and its OID where it is there.
CREATE FUNCTION kerbrole.plan_sync(
    _wanted text[], _absent text, _realms text[], _groups text[], _caller oid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] := ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.ad]));
    _limit CONSTANT integer := kerbrole.setting('sync_max_removals')::integer;
    _steps jsonb[] := '{}';
    _left text[] := '{}';
    _adopted text[] := '{}';
    _disabled text[] := '{}';
    _about text[] := _realms;
    _in_groups oid[];
    _listed text[] := '{}';
    _row record;
    _message text;
    _detail text;
    _removal record;
    _removals integer := 0;
    _principals integer := 0;
    _at integer;
BEGIN
    FOR _row IN SELECT p.* FROM kerbrole.plan_add(_wanted, '{}', true) AS p LOOP
        _listed := _listed || _row.role_name;
        IF _row.action = 'created' THEN
            _steps := _steps || jsonb_build_object('action', 'create',
                'role_name', _row.role_name,
                'statement', format('CREATE ROLE %s LOGIN IN ROLE %s;',
                    kerbrole.quoted(_row.role_name), kerbrole.quoted(_rule.ad_role)),
                'reason', 'on the list, and there is no such role');
        ELSIF _row.action = 'adopted' THEN
            _adopted := _adopted || _row.role_name;
            _steps := _steps || jsonb_build_object('action', 'adopt',
                'role_name', _row.role_name, 'role', _row.role,
                'statement', format('GRANT %s TO %s;',
                    kerbrole.quoted(_rule.ad_role), kerbrole.quoted(_row.role_name)),
                'reason', 'on the list, and no member of ' || _rule.ad_role);
        END IF;
    END LOOP;
    FOR _row IN
        SELECT r.oid, r.rolname::text AS name
        FROM unnest(_listed) WITH ORDINALITY AS l (name, place)
        JOIN kerbrole.roles AS r ON r.rolname = l.name::name
        WHERE NOT r.rolcanlogin
        GROUP BY r.oid, r.rolname ORDER BY min(l.place)
    LOOP
        IF _absent = 'disable' THEN
            BEGIN
                PERFORM kerbrole.refuse('elevated', _row.name, kerbrole.attributes(_row.oid))
                WHERE kerbrole.attributes(_row.oid) IS NOT NULL;
                PERFORM kerbrole.check_powers(_row.oid, _caller);
                _steps := _steps || jsonb_build_object('action', 'enable',
                    'role_name', _row.name, 'role', _row.oid,
                    'statement', format('ALTER ROLE %s LOGIN;', kerbrole.quoted(_row.name)),
                    'reason', 'on the list, and disabled');
                CONTINUE;
            EXCEPTION
                WHEN insufficient_privilege THEN
                    GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                    _left := _left || concat_ws(' ', _message || '.', nullif(_detail, ''));
            END;
        END IF;
        _disabled := _disabled || _row.name;
    END LOOP;

    IF _about IS NULL THEN
        _about := ARRAY(SELECT DISTINCT kerbrole.realm_of(l) COLLATE "C" FROM unnest(_listed) AS l);
    END IF;
    IF _groups IS NOT NULL THEN
        PERFORM kerbrole.checked_groups(_groups);
        _in_groups := ARRAY(SELECT kerbrole.all_below(
            ARRAY(SELECT kerbrole.role_oid(g) FROM unnest(_groups) AS g)));
    END IF;
    FOR _row IN
        WITH roles AS MATERIALIZED (
            SELECT r.oid, r.rolname::text COLLATE "C" AS name, r.rolcanlogin AS can_login,
                r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR r.rolbypassrls AS is_more
            FROM kerbrole.roles AS r
            WHERE (_absent = 'drop' OR (_absent = 'disable' AND r.rolcanlogin))
                AND r.oid IN (SELECT unnest(_ad))
                AND (_in_groups IS NULL OR r.oid IN (SELECT unnest(_in_groups)))
        ), candidates AS MATERIALIZED (
            SELECT r.* FROM roles AS r
            WHERE strpos(r.name, '@') > 0
                AND substr(r.name, strpos(r.name, '@') + 1) = ANY (_about)
                AND kerbrole.is_principal(r.name)
        )
        -- Of most of them nothing has to be asked one by one: they have no sessions, and nothing
        -- hangs on them.
        SELECT c.*, (SELECT count(*) FROM candidates) AS principals,
            c.is_more OR c.name COLLATE "C" IN (_rule.ad_role, _rule.iam_role) AS is_not_changed,
            c.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                WHERE a.usesysid IS NOT NULL)
            OR c.oid IN (
                SELECT s.refobjid FROM pg_catalog.pg_shdepend AS s
                WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass
                    AND s.classid <> 'pg_catalog.pg_auth_members'::regclass) AS is_held
        FROM candidates AS c
        WHERE c.name NOT IN (SELECT l COLLATE "C" FROM unnest(_listed) AS l)
        ORDER BY c.name
    LOOP
        _principals := _row.principals;
        _removal := kerbrole.plan_removal(
            _row.oid, _row.can_login, _absent, _row.is_held, _row.is_not_changed);
        IF _removal.problem IS NOT NULL THEN
            _left := _left || _removal.problem;
        END IF;
        FOR _at IN 1..cardinality(_removal.statements) LOOP
            _steps := _steps || jsonb_build_object('action', _removal.action,
                'role_name', _row.name, 'role', _row.oid,
                'statement', concat_ws(' ', _removal.statements[_at],
                    CASE WHEN _at = 1 THEN kerbrole.comment(_removal.reason) END),
                'reason', 'not on the list of realm ' || kerbrole.realm_of(_row.name));
        END LOOP;
        IF _removal.statements <> '{}' THEN
            _removals := _removals + 1;
        END IF;
    END LOOP;
    RETURN jsonb_build_object('steps', to_jsonb(_steps), 'left', to_jsonb(_left),
        'adopted', to_jsonb(_adopted), 'disabled', to_jsonb(_disabled),
        'removals', _removals, 'principals', _principals,
        'at_most', CASE WHEN _limit >= 0 THEN _limit ELSE _principals / 2 END);
END
$$;

-- Refuses a difference that would remove too many.
CREATE FUNCTION kerbrole.refuse_too_many(_plan jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (_plan ->> 'removals')::integer > (_plan ->> 'at_most')::integer THEN
        PERFORM kerbrole.refuse('too_many_removals',
            _plan ->> 'removals', _plan ->> 'principals', _plan ->> 'at_most');
    END IF;
END
$$;

-- The realms that a list is about, in upper case.
CREATE FUNCTION kerbrole.realms_of(_realms text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _checked text[] := '{}';
    _at integer := 0;
    _message text;
    _detail text;
    _hint text;
BEGIN
    IF _realms IS NULL THEN
        RETURN NULL;
    END IF;
    WHILE _at < cardinality(_realms) LOOP
        _at := _at + 1;
        _checked := _checked || kerbrole.checked_realm(_realms[_at]);
    END LOOP;
    RETURN _checked;
EXCEPTION
    WHEN invalid_parameter_value THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL,
            _hint = PG_EXCEPTION_HINT;
        PERFORM kerbrole.refuse_element('22023', _message, _detail, _hint,
            'realms', cardinality(_realms), _at, _realms[_at]);
END
$$;

-- With the owner's rights: drops those that steps say, on which nothing hangs any more.
CREATE FUNCTION kerbrole.drop_many(_steps jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _step record;
    -- Few grant, and many are granted something.
    _grantors CONSTANT oid[] := ARRAY(
        SELECT DISTINCT m.grantor FROM pg_catalog.pg_auth_members AS m);
BEGIN
    -- Since 16 each DROP ROLE goes along all that its owner created: few of them, for many roles.
    FOR _step IN
        WITH steps AS MATERIALIZED (
            SELECT s.step ->> 'role_name' AS name, (s.step ->> 'role')::oid AS role, s.place
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'drop'
        )
        SELECT min(s.name) AS name, c.creator, array_agg(s.role) AS roles,
            string_agg(DISTINCT quote_ident(s.name), ', ') AS names
        FROM steps AS s
        JOIN kerbrole.creators_of(ARRAY(SELECT role FROM steps)) AS c ON c.role = s.role
        GROUP BY c.creator, s.place / 1000
        ORDER BY min(s.place)
    LOOP
        PERFORM kerbrole.end_grants(r.role)
        FROM unnest(_step.roles) AS r (role)
        WHERE r.role = ANY (_grantors);
        IF _step.creator IS NULL THEN
            PERFORM kerbrole.run(format('DROP ROLE %s', _step.names), _step.name);
        ELSE
            PERFORM kerbrole.run_as_creator(
                _step.creator, ARRAY[format('DROP ROLE %s', _step.names)]);
        END IF;
        PERFORM kerbrole.check_meanwhile(NOT EXISTS (
            SELECT FROM kerbrole.roles AS r WHERE r.oid = ANY (_step.roles)), _step.name);
    END LOOP;
END
$$;

-- With the owner's rights: carries the difference out. What was to be revoked has been by now, with
-- the caller's.
CREATE FUNCTION kerbrole.sync(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _plan CONSTANT jsonb := kerbrole.plan_sync(
        kerbrole.checked_list(kerbrole.texts(_arguments -> 'principals'), 'principals'),
        _arguments ->> 'absent',
        kerbrole.realms_of(kerbrole.checked_list(kerbrole.texts(_arguments -> 'realms'), 'realms')),
        kerbrole.checked_list(kerbrole.texts(_arguments -> 'groups'), 'groups'), _caller);
    _before oid[];
    _step record;
BEGIN
    PERFORM kerbrole.refuse_too_many(_plan);
    _before := kerbrole.conflicting(kerbrole.role_oids(kerbrole.texts(_plan -> 'adopted')));
    PERFORM kerbrole.create_and_grant(
        ARRAY(SELECT s ->> 'role_name' FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' = 'create'), kerbrole.texts(_plan -> 'adopted'));
    PERFORM kerbrole.check_after(
        kerbrole.role_oids(ARRAY(
            SELECT s ->> 'role_name' FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' IN ('create', 'adopt'))), _before);
    SELECT array_agg(s.role) AS roles, array_agg(s.name) AS names,
        array_agg(format('ALTER ROLE %I %s', s.name,
            CASE WHEN s.can_login THEN 'LOGIN' ELSE 'NOLOGIN' END)) AS statements,
        array_agg(s.can_login) AS logins
    INTO _step
    FROM (
        SELECT s.step ->> 'role_name' AS name, (s.step ->> 'role')::oid AS role,
            s.step ->> 'action' = 'enable' AS can_login
        FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' IN ('enable', 'disable')
        GROUP BY 1, 2, 3 ORDER BY min(s.place)
    ) AS s;
    IF _step.roles IS NOT NULL THEN
        PERFORM kerbrole.run_each(_step.roles, _step.names, _step.statements);
        PERFORM kerbrole.check_meanwhile(false, s.name)
        FROM unnest(_step.roles, _step.names, _step.logins) AS s (role, name, can_login)
        LEFT JOIN kerbrole.roles AS r ON r.oid = s.role
        WHERE (r.rolcanlogin = s.can_login AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    END IF;
    PERFORM kerbrole.drop_many(_plan -> 'steps');
    RETURN '{}';
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_sync_principals(
    principals text[], absent text DEFAULT 'keep', dry_run boolean DEFAULT true,
    realms text[] DEFAULT NULL, groups text[] DEFAULT NULL)
RETURNS TABLE (action text, role_name text, statement text, reason text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _is_dry CONSTANT boolean := coalesce(dry_run, true);
    _wanted text[];
    _absent text;
    _names record;
    _realms text[];
    _groups text[];
    _unknown record;
    _plan jsonb;
    _said record;
BEGIN
    IF principals IS NULL THEN
        PERFORM kerbrole.refuse('null', 'principals');
    END IF;
    _absent := kerbrole.required(absent, 'absent');
    IF _absent COLLATE "C" NOT IN ('keep', 'disable', 'drop') THEN
        PERFORM kerbrole.refuse('absent', _absent);
    END IF;
    _wanted := kerbrole.checked_list(principals, 'principals');
    _names := kerbrole.canonical_each(_wanted);
    _realms := kerbrole.realms_of(kerbrole.checked_list(realms, 'realms'));
    _groups := kerbrole.checked_list(groups, 'groups');
    SELECT array_agg(u.realm) AS realms, array_agg(u.principal) AS principals,
        array_agg(u.nearest) AS nearest
    INTO _unknown
    FROM kerbrole.unknown_realms(_names.role_names) AS u;
    IF NOT _is_dry THEN
        PERFORM kerbrole.ask('kerb_sync_principals', NULL);
    END IF;
    _plan := kerbrole.plan_sync(_wanted, _absent, _realms, _groups, (
        SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user));
    IF _is_dry THEN
        IF (_plan ->> 'removals')::integer > (_plan ->> 'at_most')::integer THEN
            PERFORM kerbrole.warn('too_many_removals',
                _plan ->> 'removals', _plan ->> 'principals', _plan ->> 'at_most');
        END IF;
    ELSE
        PERFORM kerbrole.refuse_too_many(_plan);
        PERFORM kerbrole.clear_wholly(d.role)
        FROM (
            SELECT DISTINCT (s ->> 'role')::oid AS role
            FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' = 'drop'
        ) AS d
        WHERE EXISTS (SELECT FROM kerbrole.holdings(d.role));
        PERFORM kerbrole.hand_over_as_caller(d.role)
        FROM (
            SELECT DISTINCT (s ->> 'role')::oid AS role
            FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' = 'drop'
        ) AS d
        -- Few grant, and many are granted something.
        WHERE d.role = ANY (ARRAY(SELECT DISTINCT m.grantor FROM pg_catalog.pg_auth_members AS m));
        PERFORM kerbrole.ask('kerb_sync_principals', jsonb_build_object(
            'principals', to_jsonb(_wanted), 'absent', _absent, 'realms', to_jsonb(_realms),
            'groups', to_jsonb(_groups)));
    END IF;
    PERFORM kerbrole.notice_case(ARRAY(
        SELECT c.role_name
        FROM unnest(_names.role_names, _names.case_matters) WITH ORDINALITY
            AS c (role_name, case_matters, place)
        WHERE c.case_matters ORDER BY c.place));
    PERFORM kerbrole.notice_realms(_unknown.realms, _unknown.principals, _unknown.nearest);
    PERFORM kerbrole.notice_adopted(kerbrole.texts(_plan -> 'adopted'));
    PERFORM kerbrole.notice_disabled(kerbrole.texts(_plan -> 'disabled'));
    PERFORM kerbrole.notice(l.problem, NULL, NULL)
    FROM unnest(kerbrole.texts(_plan -> 'left')) WITH ORDINALITY AS l (problem, place)
    WHERE l.place <= 10 ORDER BY l.place;
    IF jsonb_array_length(_plan -> 'left') > 10 THEN
        RAISE NOTICE 'the same goes for % more', jsonb_array_length(_plan -> 'left') - 10;
    END IF;
    RETURN QUERY
    SELECT s.step ->> 'action', s.step ->> 'role_name', s.step ->> 'statement',
        s.step ->> 'reason'
    FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
    ORDER BY s.place;
END
$$;
