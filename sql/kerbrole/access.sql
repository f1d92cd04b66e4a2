-- Bringing principals in line with a directory: carries the difference out.

-- Statements about many roles that are there, in order, some at a time: since 16 by whoever created
-- the roles where that is quicker, and else in portions, each of which is one statement to the
-- server.
CREATE FUNCTION kerbrole.run_many(_steps jsonb, _actions text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _all record;
    _portion record;
BEGIN
    SELECT array_agg(r.oid ORDER BY s.place) AS roles,
        array_agg(s.name ORDER BY s.place) AS names,
        array_agg(s.statement ORDER BY s.place) AS statements
    INTO _all
    FROM (
        SELECT s.step ->> 'role_name' AS name, s.step ->> 'statement' AS statement, s.place
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' = ANY (_actions)
    ) AS s
    LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = s.name::name;
    IF cardinality(_all.roles) > 20 AND kerbrole.may_use_creators() THEN
        PERFORM kerbrole.run_each(_all.roles, _all.names, _all.statements);
    ELSIF _all.roles IS NOT NULL THEN
        FOR _portion IN
            SELECT array_agg(s.statement ORDER BY s.place) AS statements,
                array_agg(s.name ORDER BY s.place) AS names
            FROM unnest(_all.statements, _all.names) WITH ORDINALITY AS s (statement, name, place)
            GROUP BY s.place / 1000 ORDER BY s.place / 1000
        LOOP
            BEGIN
                EXECUTE array_to_string(_portion.statements, ' ');
            EXCEPTION
                WHEN insufficient_privilege THEN
                    -- One by one, so that it is said of which role.
                    PERFORM kerbrole.run(s.statement, s.name)
                    FROM unnest(_portion.statements, _portion.names) WITH ORDINALITY
                        AS s (statement, name, place)
                    ORDER BY s.place;
            END;
        END LOOP;
    END IF;
END
$$;

-- With the owner's rights, all but the removals: what is granted and revoked is the caller's to do.
-- Returns the difference.
CREATE FUNCTION kerbrole.access(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _plan CONSTANT jsonb := kerbrole.plan_access(_arguments, _caller);
    _steps CONSTANT jsonb := _plan -> 'steps';
    _before oid[];
    _all record;
    _step record;
BEGIN
    PERFORM kerbrole.refuse_too_many_losses(_plan);
    _before := kerbrole.conflicting(ARRAY(
        SELECT DISTINCT (s ->> 'role')::oid FROM jsonb_array_elements(_steps) AS s
        WHERE s ->> 'action' IN ('adopt', 'grant') AND s ->> 'role' IS NOT NULL));

    -- Those that wait for nobody may be renamed by others than the owner.
    SELECT array_agg(s.role ORDER BY s.place) AS roles,
        array_agg(s.name ORDER BY s.place) AS names,
        array_agg(s.statement ORDER BY s.place) AS statements
    INTO _all
    FROM (
        SELECT (s.step ->> 'role')::oid AS role, s.step ->> 'from' AS name,
            s.step ->> 'statement' AS statement, s.place, (s.step ->> 'waits')::boolean AS waits
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' = 'rename'
    ) AS s
    WHERE NOT s.waits;
    IF _all.roles IS NOT NULL THEN
        PERFORM kerbrole.run_each(_all.roles, _all.names, _all.statements);
    END IF;
    FOR _step IN
        SELECT s.step ->> 'statement' AS statement, s.step ->> 'from' AS name
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' = 'rename' AND (s.step ->> 'waits')::boolean
        ORDER BY s.place
    LOOP
        PERFORM kerbrole.run(_step.statement, _step.name);
    END LOOP;
    PERFORM kerbrole.check_meanwhile(false, s.step ->> 'role_name')
    FROM jsonb_array_elements(_steps) AS s (step)
    LEFT JOIN kerbrole.roles AS r ON r.oid = (s.step ->> 'role')::oid
    WHERE s.step ->> 'action' = 'rename'
        AND (r.rolname::text = s.step ->> 'to' COLLATE "C"
            AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;

    PERFORM kerbrole.create_and_grant(
        ARRAY(SELECT s.step ->> 'role_name'
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'create' ORDER BY s.place),
        kerbrole.texts(_plan -> 'adopted'));
    PERFORM kerbrole.check_after(
        kerbrole.role_oids(ARRAY(
            SELECT s ->> 'role_name' FROM jsonb_array_elements(_steps) AS s
            WHERE s ->> 'action' IN ('create', 'adopt'))), _before);
    PERFORM kerbrole.run_many(_steps, ARRAY['bind']);
    PERFORM kerbrole.run_many(
        (SELECT coalesce(jsonb_agg(s.step ORDER BY s.place), '[]')
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' IN ('enable', 'disable') AND s.step ->> 'by' = 'owner'),
        ARRAY['enable', 'disable']);
    PERFORM kerbrole.check_meanwhile(false, s.step ->> 'role_name')
    FROM jsonb_array_elements(_steps) AS s (step)
    LEFT JOIN kerbrole.roles AS r ON r.oid = (s.step ->> 'role')::oid
    WHERE s.step ->> 'action' IN ('enable', 'disable') AND s.step ->> 'by' = 'owner'
        AND (r.rolcanlogin = (s.step ->> 'action' = 'enable')
            AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    RETURN _plan || jsonb_build_object('before', to_jsonb(_before),
        'left', kerbrole.end_sessions_of(_arguments, _steps, 'owner'));
END
$$;

-- With the owner's rights: those who are absent go.
CREATE FUNCTION kerbrole.remove_absent(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _plan CONSTANT jsonb := kerbrole.plan_access(_arguments, _caller);
    _steps CONSTANT jsonb := (
        SELECT coalesce(jsonb_agg(s.step ORDER BY s.place), '[]')
        FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'by' = 'removal');
BEGIN
    PERFORM kerbrole.refuse_too_many_losses(_plan);
    PERFORM kerbrole.run_many(_steps, ARRAY['disable']);
    PERFORM kerbrole.check_meanwhile(false, s.step ->> 'role_name')
    FROM jsonb_array_elements(_steps) AS s (step)
    LEFT JOIN kerbrole.roles AS r ON r.oid = (s.step ->> 'role')::oid
    WHERE s.step ->> 'action' = 'disable'
        AND (NOT r.rolcanlogin AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    PERFORM kerbrole.drop_many(_steps);
    RETURN jsonb_build_object(
        'left', kerbrole.end_sessions_of(_arguments, _steps, 'removal'));
END
$$;

-- Ends the sessions of those who are disabled, where that is wanted; whose go on.
CREATE FUNCTION kerbrole.end_sessions_of(_arguments jsonb, _steps jsonb, _by text) RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(e.role), '[]')
    FROM (
        SELECT d.role, kerbrole.end_sessions(d.role) AS sessions
        FROM (
            SELECT DISTINCT (s ->> 'role')::oid AS role
            FROM jsonb_array_elements(_steps) AS s
            WHERE (_arguments ->> 'terminate')::boolean
                AND s ->> 'action' = 'disable' AND s ->> 'by' = _by
        ) AS d
        WHERE d.role IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a)
    ) AS e
    WHERE e.sessions > 0
$$;

-- Refuses a difference by which too many would lose something.
CREATE FUNCTION kerbrole.refuse_too_many_losses(_plan jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (_plan ->> 'losers')::bigint > (_plan ->> 'at_most')::bigint THEN
        PERFORM kerbrole.refuse('too_many_losses',
            _plan ->> 'losers', _plan ->> 'bound', _plan ->> 'at_most');
    END IF;
END
$$;

-- With the caller's rights: grants and revokes.
CREATE FUNCTION kerbrole.grant_as_caller(_steps jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _portion record;
BEGIN
    FOR _portion IN
        SELECT kerbrole.texts(s.granted) AS granted,
            string_agg(quote_ident(s.name), ', ' ORDER BY s.place) AS members
        FROM (
            SELECT s.step -> 'granted' AS granted, s.step ->> 'role_name' AS name, s.place,
                row_number() OVER (PARTITION BY s.step -> 'granted' ORDER BY s.place) AS at
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'grant'
        ) AS s
        GROUP BY s.granted, s.at / 1000 ORDER BY min(s.place)
    LOOP
        EXECUTE format('GRANT %s TO %s', (
            SELECT string_agg(quote_ident(g.name), ', ') FROM unnest(_portion.granted) AS g (name)),
            _portion.members);
    END LOOP;
    FOR _portion IN
        SELECT s.granted, s.grantor, string_agg(quote_ident(s.name), ', ' ORDER BY s.place)
            AS members, min(s.name COLLATE "C") AS first
        FROM (
            SELECT s.step ->> 'granted' AS granted, s.step ->> 'grantor' AS grantor,
                s.step ->> 'role_name' AS name, s.place, row_number() OVER (
                    PARTITION BY s.step ->> 'granted', s.step ->> 'grantor' ORDER BY s.place) AS at
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'revoke'
        ) AS s
        GROUP BY s.granted, s.grantor, s.at / 1000 ORDER BY min(s.place)
    LOOP
        PERFORM kerbrole.revoke_as_caller(
            _portion.granted, _portion.members, _portion.grantor, _portion.first);
    END LOOP;
END
$$;

-- Ends memberships that one grantor gave; 42501 says who can end them where the caller cannot, with
-- the first of those who have one.
CREATE FUNCTION kerbrole.revoke_as_caller(
    _granted text, _members text, _grantor text, _first text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
BEGIN
    EXECUTE concat(format('REVOKE %I FROM %s', _granted, _members),
        ' GRANTED BY ' || quote_ident(_grantor));
EXCEPTION
    WHEN insufficient_privilege THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        PERFORM kerbrole.raise('42501', _message, nullif(_detail, ''), CASE
            -- Up to 15, or ADMIN on the role itself is what is lacking.
            WHEN _grantor IS NULL
                OR pg_has_role(kerbrole.role_oid(_grantor), 'USAGE') THEN NULL
            -- A membership in a superuser's role is no right to hand out.
            WHEN (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r
                    WHERE r.oid = kerbrole.role_oid(_grantor))
                THEN format('A superuser can run: REVOKE %s FROM %s GRANTED BY %s;',
                    kerbrole.quoted(_granted), kerbrole.quoted(_first), kerbrole.quoted(_grantor))
            ELSE format('Whoever may grant the role can run: GRANT %s TO %s WITH INHERIT TRUE;',
                kerbrole.quoted(_grantor), kerbrole.quoted(current_user))
            END);
END
$$;

-- With the caller's rights: ends what those who are dropped have, and hands over what they granted.
CREATE FUNCTION kerbrole.clear_dropped_as_caller(_steps jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _dropped CONSTANT oid[] := ARRAY(
        SELECT DISTINCT (s ->> 'role')::oid FROM jsonb_array_elements(_steps) AS s
        WHERE s ->> 'action' = 'drop');
BEGIN
    PERFORM kerbrole.clear_wholly(d.role)
    FROM unnest(_dropped) AS d (role)
    WHERE EXISTS (SELECT FROM kerbrole.holdings(d.role));
    PERFORM kerbrole.hand_over_as_caller(d.role)
    FROM unnest(_dropped) AS d (role)
    -- Few grant, and many are granted something.
    WHERE d.role = ANY (ARRAY(SELECT DISTINCT m.grantor FROM pg_catalog.pg_auth_members AS m));
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_apply_access(
    people json, roles text[], domains text[] DEFAULT '{}', absent text DEFAULT 'keep',
    dry_run boolean DEFAULT true, kept text[] DEFAULT '{}', max_removals text DEFAULT '10%',
    terminate boolean DEFAULT false)
RETURNS TABLE (action text, role_name text, statement text, reason text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _is_dry CONSTANT boolean := coalesce(dry_run, true);
    _arguments CONSTANT jsonb := kerbrole.access_arguments(
        people, roles, domains, absent, kept, max_removals, terminate);
    _caller CONSTANT oid := (
        SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user);
    _plan jsonb;
    _left jsonb;
BEGIN
    IF _is_dry THEN
        _plan := kerbrole.plan_access(_arguments, _caller);
        IF (_plan ->> 'losers')::bigint > (_plan ->> 'at_most')::bigint THEN
            PERFORM kerbrole.warn('too_many_losses',
                _plan ->> 'losers', _plan ->> 'bound', _plan ->> 'at_most');
        END IF;
    ELSE
        _plan := kerbrole.ask('kerb_apply_access', _arguments);
        PERFORM kerbrole.grant_as_caller(_plan -> 'steps');
        _left := _plan -> 'left';
        IF EXISTS (
            SELECT FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'by' = 'removal')
        THEN
            PERFORM kerbrole.clear_dropped_as_caller(_plan -> 'steps');
            _left := _left || (kerbrole.ask('kerb_apply_access',
                _arguments || '{"removals": true}') -> 'left');
        END IF;
        PERFORM kerbrole.check_after(
            kerbrole.role_oids(ARRAY(
                SELECT DISTINCT s ->> 'role_name'
                FROM jsonb_array_elements(_plan -> 'steps') AS s
                WHERE s ->> 'action' = 'grant')),
            ARRAY(SELECT b::oid FROM jsonb_array_elements_text(_plan -> 'before') AS b));
        PERFORM kerbrole.warn_of_sessions(l::oid)
        FROM jsonb_array_elements_text(_left) AS l
        WHERE kerbrole.end_sessions(l::oid) > 0;
    END IF;
    PERFORM kerbrole.notice_case(kerbrole.texts(_plan -> 'case_matters'));
    PERFORM kerbrole.notice_adopted(kerbrole.texts(_plan -> 'adopted'));
    RETURN QUERY
    SELECT s.step ->> 'action', s.step ->> 'role_name', s.step ->> 'statement',
        s.step ->> 'reason'
    FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
    ORDER BY s.place;
END
$$;

-- The arguments, as a request for the owner holds them.
CREATE FUNCTION kerbrole.access_arguments(
    _people json, _roles text[], _domains text[], _absent text, _kept text[], _max_removals text,
    _terminate boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _people IS NULL THEN
        PERFORM kerbrole.refuse('null', 'people');
    ELSIF _roles IS NULL THEN
        PERFORM kerbrole.refuse('null', 'roles');
    END IF;
    -- More is not copied.
    IF octet_length(_people::text) > @LARGEST_LIST@ THEN
        PERFORM kerbrole.refuse('list_too_large',
            json_array_length(_people)::text, octet_length(_people::text)::text);
    END IF;
    IF kerbrole.required(_absent, 'absent') COLLATE "C" NOT IN ('keep', 'disable', 'drop') THEN
        PERFORM kerbrole.refuse('absent', _absent);
    END IF;
    RETURN jsonb_build_object('people', _people::text,
        'roles', to_jsonb(kerbrole.checked_list(_roles, 'roles')),
        'domains', to_jsonb(coalesce(kerbrole.checked_domains(
            kerbrole.checked_list(_domains, 'domains')), '{}')),
        'absent', _absent,
        'kept', to_jsonb(coalesce(kerbrole.checked_list(_kept, 'kept'), '{}')),
        'max_removals', kerbrole.required(_max_removals, 'max_removals'),
        'terminate', coalesce(_terminate, false));
END
$$;
