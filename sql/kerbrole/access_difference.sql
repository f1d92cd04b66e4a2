-- The whole difference.

-- The memberships that roles lack, in the order in which they are wanted, and those that they have
-- and are not meant to have, in the roles of the list. `_places` says whose each role is, or is to
-- be. Since 16 a membership is as many rows as it has grantors. `problem` says why one cannot be
-- revoked.
CREATE FUNCTION kerbrole.access_memberships(
    _places integer[], _roles oid[], _wanted_places integer[], _wanted_roles oid[], _managed oid[])
RETURNS TABLE (
    at bigint, granted oid, granted_name text, is_lacking boolean, grantor_name text, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH people AS MATERIALIZED (
        SELECT p.place, p.role, p.at
        FROM unnest(_places, _roles) WITH ORDINALITY AS p (place, role, at)
    ), wanted AS MATERIALIZED (
        SELECT w.place, w.role, w.number
        FROM unnest(_wanted_places, _wanted_roles) WITH ORDINALITY AS w (place, role, number)
    ), has AS MATERIALIZED (
        SELECT p.at, p.place, m.roleid AS role, m.member, m.grantor,
            m.admin_option AND kerbrole.names_grantors() AND (m.roleid, m.member) IN (
                SELECT g.roleid, g.grantor FROM pg_catalog.pg_auth_members AS g
                WHERE g.roleid IN (SELECT unnest(_managed))) AS has_granted
        FROM people AS p
        JOIN pg_catalog.pg_auth_members AS m ON m.member = p.role
        WHERE m.roleid IN (SELECT unnest(_managed))
    )
    SELECT c.at, c.role, r.rolname::text, c.is_lacking, c.grantor_name, c.problem
    FROM (
        SELECT p.at, w.role, true AS is_lacking, NULL::text AS grantor_name,
            NULL::text AS problem, w.number
        FROM people AS p
        JOIN wanted AS w ON w.place = p.place
        LEFT JOIN (SELECT DISTINCT h.at, h.role FROM has AS h) AS h
            ON h.at = p.at AND h.role = w.role
        WHERE h.role IS NULL
        UNION ALL
        SELECT h.at, h.role, false,
            CASE WHEN kerbrole.names_grantors() THEN coalesce(g.rolname::text, '') END,
            CASE WHEN h.has_granted THEN kerbrole.in_words('granted_on',
                pg_get_userbyid(h.member)::text, pg_get_userbyid(h.role)::text) END, NULL
        FROM has AS h
        LEFT JOIN wanted AS w ON w.place = h.place AND w.role = h.role
        LEFT JOIN kerbrole.roles AS g ON g.oid = h.grantor
        WHERE w.role IS NULL
    ) AS c
    JOIN kerbrole.roles AS r ON r.oid = c.role
    ORDER BY c.at, c.number, r.rolname::text COLLATE "C", c.grantor_name COLLATE "C"
$$;

-- Who of some people, in their order, has no membership of their own in rds_ad, or in a role that
-- is in it, beside those that are revoked.
CREATE FUNCTION kerbrole.lack_ad(
    _roles oid[], _wanted_places integer[], _wanted_roles oid[], _managed oid[]) RETURNS oid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    SELECT ARRAY(
        SELECT p.role
        FROM unnest(_roles) WITH ORDINALITY AS p (role, place)
        LEFT JOIN (
            SELECT m.member, m.roleid FROM pg_catalog.pg_auth_members AS m
            WHERE m.roleid IN (
                SELECT kerbrole.all_below(ARRAY[(SELECT r.ad FROM kerbrole.rule() AS r)]))
        ) AS m ON m.member = p.role
        LEFT JOIN unnest(_wanted_places, _wanted_roles) AS w (place, role)
            ON w.place = p.place AND w.role = m.roleid
        WHERE p.role IS NOT NULL
        GROUP BY p.role
        HAVING count(m.roleid) FILTER (
            WHERE w.role IS NOT NULL OR m.roleid NOT IN (SELECT unnest(_managed))) = 0)
$$;

CREATE FUNCTION kerbrole.revoke(_granted text, _member text, _grantor text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('REVOKE %s FROM %s%s;', kerbrole.quoted(_granted), kerbrole.quoted(_member),
        ' GRANTED BY ' || kerbrole.quoted(_grantor))
$$;

-- {steps, losers, bound, at_most, adopted, names whose case matters}. A step is made by step(), and
-- the steps stand in the order in which they are run, those who are left behind them.
CREATE FUNCTION kerbrole.plan_access(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _role_names CONSTANT text[] := kerbrole.texts(_arguments -> 'roles');
    -- Whoever is meant here is a member of rds_ad, whatever the list says of that.
    _managed CONSTANT oid[] := array_remove(kerbrole.checked_roles(_role_names), _rule.ad);
    _kept text[] := kerbrole.texts(_arguments -> 'kept');
    _people CONSTANT json := (_arguments ->> 'people')::json;
    _typed text[];
    _sids text[];
    _enabled boolean[];
    _wanted_places integer[];
    _wanted_roles oid[];
    _unknown text;
    _names record;
    _m record;
    _conflicts text[] := '{}';
    _conflict record;
    _lacks_ad oid[];
    _row record;
    _steps jsonb[] := '{}';
    _additions jsonb[] := '{}';
    _adopted text[] := '{}';
    _binds jsonb[] := '{}';
    _enables jsonb[] := '{}';
    _disables jsonb[] := '{}';
    _closed jsonb[] := '{}';
    -- Who is to log in, once it is known who is not any more or by another name.
    _open_roles oid[] := '{}';
    _open_names text[] := '{}';
    _others oid[];
    _grants jsonb[] := '{}';
    _revokes jsonb[] := '{}';
    _removals jsonb[] := '{}';
    _leaves jsonb[] := '{}';
    _disabled oid[] := '{}';
    _reason text;
    _name text;
    _losers bigint;
    _bound bigint;
    _unsaid text;
    _statement text;
    _step jsonb;
    -- Whose memberships are looked at: whose roles they are, and why they lose them. Of those who
    -- have a reason nothing is granted.
    _list_places integer[] := '{}';
    _list_roles oid[] := '{}';
    _list_names text[] := '{}';
    _list_reasons text[] := '{}';
BEGIN
    SELECT coalesce(array_agg(p.typed ORDER BY p.place), '{}'),
        coalesce(array_agg(p.sid ORDER BY p.place), '{}'),
        coalesce(array_agg(p.enabled ORDER BY p.place), '{}')
    INTO _typed, _sids, _enabled
    FROM kerbrole.people(_people) AS p;
    SELECT coalesce(array_agg(w.place ORDER BY w.place, w.number), '{}'),
        coalesce(array_agg(r.oid ORDER BY w.place, w.number), '{}'),
        min(w.name COLLATE "C") FILTER (WHERE NOT w.is_managed)
    INTO _wanted_places, _wanted_roles, _unknown
    FROM (
        SELECT p.place::integer AS place, n.name, min(n.number) AS number,
            n.name COLLATE "C" IN (SELECT unnest(_role_names) COLLATE "C") AS is_managed
        FROM kerbrole.people(_people) AS p
        CROSS JOIN LATERAL unnest(p.roles) WITH ORDINALITY AS n (name, number)
        GROUP BY p.place, n.name
    ) AS w
    LEFT JOIN pg_catalog.pg_roles AS r
        ON r.rolname = w.name::name AND octet_length(w.name) <= 63 AND r.oid <> _rule.ad
    WHERE r.oid IS NOT NULL OR NOT w.is_managed;
    IF _unknown IS NOT NULL THEN
        PERFORM kerbrole.refuse('not_managed', _unknown);
    END IF;
    _names := kerbrole.names_or_problems(_typed);
    -- As roles are called, or as new principals would be.
    _kept := ARRAY(SELECT kerbrole.folded(k.name) FROM unnest(
        _kept || array_remove((kerbrole.names_or_problems(_kept)).role_names, NULL)) AS k (name));
    SELECT array_agg(p.outcome ORDER BY p.place) AS outcomes,
        array_agg(p.role ORDER BY p.place) AS roles,
        array_agg(p.role_name ORDER BY p.place) AS role_names,
        array_agg(p.can_login ORDER BY p.place) AS logins,
        array_agg(p.is_in_ad ORDER BY p.place) AS in_ad,
        array_agg(p.reason ORDER BY p.place) AS reasons,
        array_agg(p.left_name ORDER BY p.place) AS left_names,
        array_agg(p.name_reason ORDER BY p.place) AS name_reasons,
        coalesce(array_agg(p.holder ORDER BY p.place) FILTER (WHERE p.holder IS NOT NULL), '{}')
            AS holders,
        coalesce(array_agg(_sids[p.place] ORDER BY p.place) FILTER (WHERE p.holder IS NOT NULL),
            '{}') AS holder_sids,
        array_agg(p.step ORDER BY p.place) AS steps,
        array_agg(p.temporary_step ORDER BY p.place) AS temporary_steps
    INTO _m
    FROM kerbrole.match_people(
        _names.role_names, _names.problems, _sids, _enabled, _kept, _caller) AS p;
    -- Whoever is in rds_ad by a membership only that ends here is not.
    _lacks_ad := kerbrole.lack_ad(_m.roles, _wanted_places, _wanted_roles, _managed);

    FOR _conflict IN
        WITH people AS MATERIALIZED (
            SELECT p.place::integer AS place, p.role,
                CASE WHEN p.outcome IN ('create', 'rename') THEN p.name ELSE p.role_name END
                    AS name, p.is_in_ad
            FROM unnest(_m.outcomes, _m.roles, _m.role_names, _names.role_names, _m.in_ad)
                WITH ORDINALITY AS p (outcome, role, role_name, name, is_in_ad, place)
            WHERE p.outcome NOT IN ('nothing', 'leave', 'several')
        ), lacking AS MATERIALIZED (
            SELECT (ARRAY(SELECT p.place FROM people AS p ORDER BY p.place))[g.at] AS place,
                g.granted, g.number
            FROM kerbrole.access_memberships(
                ARRAY(SELECT p.place FROM people AS p ORDER BY p.place),
                ARRAY(SELECT p.role FROM people AS p ORDER BY p.place),
                _wanted_places, _wanted_roles, _managed) WITH ORDINALITY AS g (
                    at, granted, granted_name, is_lacking, grantor_name, problem, number)
            WHERE g.is_lacking
        )
        SELECT c.place, min(c.reason) AS reason
        FROM kerbrole.access_conflicts(
            ARRAY(SELECT p.place FROM people AS p ORDER BY p.place),
            ARRAY(SELECT p.role FROM people AS p ORDER BY p.place),
            ARRAY(SELECT p.name FROM people AS p ORDER BY p.place),
            ARRAY(SELECT p.is_in_ad FROM people AS p ORDER BY p.place),
            ARRAY(SELECT l.place FROM lacking AS l ORDER BY l.number),
            ARRAY(SELECT l.granted FROM lacking AS l ORDER BY l.number)) AS c
        GROUP BY c.place
    LOOP
        _conflicts[_conflict.place] := _conflict.reason;
    END LOOP;

    _steps := kerbrole.rename_steps(
        _m.roles, _m.role_names, _names.role_names, _sids, _m.steps, _m.temporary_steps);
    FOR _row IN
        SELECT p.*, p.place::integer AS at, _conflicts[p.place] AS conflict,
            t.sid AS taken_by, p.role IN (SELECT unnest(_lacks_ad)) AS lacks_ad,
            CASE WHEN p.outcome = 'bind' THEN shobj_description(p.role, 'pg_authid') END AS comment
        FROM unnest(_m.outcomes, _m.roles, _m.role_names, _names.role_names, _m.logins, _m.reasons,
            _m.left_names, _m.name_reasons, _enabled, _sids, _typed) WITH ORDINALITY AS p (outcome,
            role, role_name, name, can_login, reason, left_name, name_reason, enabled, sid, typed,
            place)
        LEFT JOIN unnest(_m.holders, _m.holder_sids) AS t (role, sid) ON t.role = p.role
        WHERE p.outcome <> 'nothing'
        ORDER BY p.place
    LOOP
        IF _row.reason IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step(
                'leave', coalesce(_row.left_name, _row.typed), NULL, _row.reason, NULL, NULL);
        END IF;
        IF _row.name_reason IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step(
                'leave', coalesce(_row.name, _row.typed), NULL, _row.name_reason, NULL, NULL);
        END IF;
        CONTINUE WHEN _row.outcome IN ('leave', 'several');
        _name := CASE WHEN _row.outcome IN ('rename', 'create') THEN _row.name
            ELSE _row.role_name END;
        IF _row.conflict IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step('leave', _name, NULL, _row.conflict, NULL, NULL);
        ELSE
            IF _row.outcome = 'create' THEN
                _additions := _additions || kerbrole.step('create', _name,
                    format('CREATE ROLE %s LOGIN IN ROLE %s;',
                        kerbrole.quoted(_name), kerbrole.quoted(_rule.ad_role)),
                    'in the directory, and there is no such role', NULL, 'owner');
            ELSIF _row.lacks_ad THEN
                _adopted := _adopted || _name;
                _additions := _additions || kerbrole.step('adopt', _name,
                    format('GRANT %s TO %s;', kerbrole.quoted(_rule.ad_role),
                        kerbrole.quoted(_name)),
                    'in the directory, and the role has no ' || _rule.ad_role, _row.role, 'owner');
            END IF;
            IF _row.outcome IN ('create', 'bind') THEN
                _binds := _binds || kerbrole.step('bind', _name,
                    format('COMMENT ON ROLE %s IS %L;', kerbrole.quoted(_name),
                        kerbrole.bound_comment(_row.comment, _row.sid)),
                    'the role of ' || _row.sid, _row.role, 'owner');
            END IF;
            IF _row.enabled AND NOT _row.can_login AND _row.taken_by IS NULL
                AND _row.outcome <> 'misnamed'
            THEN
                _open_roles := _open_roles || _row.role;
                _open_names := _open_names || _name;
            END IF;
            _list_places := _list_places || _row.at;
            _list_roles := _list_roles || _row.role;
            _list_names := _list_names || _name;
            _list_reasons := _list_reasons || NULL::text;
        END IF;
        IF _row.can_login AND (_row.taken_by IS NOT NULL OR NOT _row.enabled) THEN
            _disabled := _disabled || _row.role;
            _disables := _disables || kerbrole.step('disable', _name,
                format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_name)),
                coalesce('the name is that of ' || _row.taken_by || ' now',
                    'disabled in the directory'), _row.role, 'owner');
        END IF;
    END LOOP;

    -- Of several roles of one account none gets anything.
    FOR _row IN
        SELECT r.oid, r.rolname::text AS name, r.rolcanlogin AS can_login, p.enabled,
            p.place::integer AS at, t.sid AS taken_by
        FROM unnest(_sids, _enabled, _m.outcomes) WITH ORDINALITY
            AS p (sid, enabled, outcome, place)
        JOIN kerbrole.bindings() AS b ON b.sid = p.sid
        JOIN kerbrole.roles AS r ON r.oid = b.role
        LEFT JOIN unnest(_m.holders, _m.holder_sids) AS t (role, sid) ON t.role = r.oid
        WHERE p.outcome = 'several' AND kerbrole.is_principal(r.rolname::text)
            AND kerbrole.unchangeable(r.oid) IS NULL
        ORDER BY p.place, r.rolname::text COLLATE "C"
    LOOP
        IF _row.can_login AND (_row.taken_by IS NOT NULL OR NOT _row.enabled) THEN
            _disables := _disables || kerbrole.step('disable', _row.name,
                format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_row.name)),
                coalesce('the name is that of ' || _row.taken_by || ' now',
                    'disabled in the directory'), _row.oid, 'owner');
        END IF;
        _disabled := _disabled || _row.oid;
        _list_places := _list_places || _row.at;
        _list_roles := _list_roles || _row.oid;
        _list_names := _list_names || _row.name;
        _list_reasons := _list_reasons || 'several'::text;
    END LOOP;

    FOR _row IN
        SELECT a.* FROM kerbrole.absent_people(
            _sids, kerbrole.texts(_arguments -> 'domains'), _arguments ->> 'absent', _kept) AS a
    LOOP
        IF _row.role IS NULL THEN
            _bound := _row.bound;
            CONTINUE;
        END IF;
        _disabled := _disabled || _row.role;
        IF _row.action IS NULL THEN
            _leaves := _leaves
                || kerbrole.step('leave', _row.role_name, NULL,
                    kerbrole.unchangeable(_row.role), NULL, NULL);
            CONTINUE;
        END IF;
        _reason := concat_ws('; ', 'not in the directory any more', _row.reason);
        IF _row.action = 'drop' THEN
            FOREACH _statement IN ARRAY _row.statements LOOP
                _removals := _removals || kerbrole.step(
                    'drop', _row.role_name, _statement, _reason, _row.role, 'removal');
            END LOOP;
        ELSE
            IF _row.statements[1] LIKE 'ALTER ROLE %' THEN
                _removals := _removals || kerbrole.step('disable', _row.role_name,
                    _row.statements[1], _reason, _row.role, 'removal');
                _unsaid := NULL;
            ELSE
                _unsaid := _row.reason;
            END IF;
            _list_places := _list_places || 0;
            _list_roles := _list_roles || _row.role;
            _list_names := _list_names || _row.role_name;
            _list_reasons := _list_reasons || _reason;
            IF _unsaid IS NOT NULL AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_auth_members AS g
                WHERE g.member = _row.role AND g.roleid = ANY (_managed))
            THEN
                _leaves := _leaves
                    || kerbrole.step('leave', _row.role_name, NULL, _unsaid, NULL, NULL);
            END IF;
        END IF;
    END LOOP;

    FOR _row IN
        SELECT r.oid, r.rolname::text AS name, r.rolcanlogin AS can_login, t.sid
        FROM unnest(_m.holders, _m.holder_sids) AS t (role, sid)
        JOIN kerbrole.roles AS r ON r.oid = t.role
        WHERE r.oid NOT IN (SELECT unnest(_disabled))
            AND kerbrole.folded(r.rolname::text) NOT IN (SELECT unnest(_kept) COLLATE "C")
        ORDER BY r.rolname::text COLLATE "C"
    LOOP
        _reason := kerbrole.unchangeable(_row.oid);
        IF _reason IS NULL AND _row.can_login THEN
            _closed := _closed || kerbrole.step('disable', _row.name,
                format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_row.name)),
                format('the name is that of %s now', _row.sid), _row.oid, 'owner');
        ELSIF _reason IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step('leave', _row.name, NULL, _reason, NULL, NULL);
        END IF;
    END LOOP;

    _others := ARRAY(
        SELECT (s.step ->> 'role')::oid
        FROM unnest(_steps || _disables || _closed || _removals) AS s (step)
        WHERE s.step ->> 'action' IN ('rename', 'disable', 'drop'));
    FOR _row IN
        SELECT o.role, o.name, kerbrole.not_enabled(o.role, _caller, o.name, _others) AS reason
        FROM unnest(_open_roles, _open_names) WITH ORDINALITY AS o (role, name, place)
        ORDER BY o.place
    LOOP
        IF _row.reason IS NULL THEN
            _enables := _enables || kerbrole.step('enable', _row.name,
                format('ALTER ROLE %s LOGIN;', kerbrole.quoted(_row.name)),
                'enabled in the directory', _row.role, 'owner');
        ELSE
            _leaves := _leaves || kerbrole.step('leave', _row.name, NULL, _row.reason, NULL, NULL);
        END IF;
    END LOOP;

    FOR _row IN
        SELECT m.at::integer AS at, m.is_lacking, m.problem, m.grantor_name,
            CASE WHEN m.is_lacking THEN array_agg(m.granted_name ORDER BY m.number)
                ELSE ARRAY[min(m.granted_name)] END AS granted
        FROM kerbrole.access_memberships(
            _list_places, _list_roles, _wanted_places, _wanted_roles, _managed)
            WITH ORDINALITY AS m (
                at, granted, granted_name, is_lacking, grantor_name, problem, number)
        GROUP BY m.at, m.is_lacking, m.problem, m.grantor_name,
            CASE WHEN NOT m.is_lacking THEN m.granted END
        ORDER BY m.at, min(m.number)
    LOOP
        _name := _list_names[_row.at];
        IF _row.is_lacking THEN
            CONTINUE WHEN _list_reasons[_row.at] IS NOT NULL;
            -- Appended by itself: where there is a query beside it the array is copied each time.
            _step := kerbrole.step('grant', _name,
                format('GRANT %s TO %s;', (
                    SELECT string_agg(kerbrole.quoted(g.name), ', ' ORDER BY g.place)
                    FROM unnest(_row.granted) WITH ORDINALITY AS g (name, place)),
                    kerbrole.quoted(_name)),
                'in a group that gives it', _list_roles[_row.at], 'caller')
                || jsonb_build_object('granted', to_jsonb(_row.granted));
            _grants := _grants || _step;
        ELSIF _row.problem IS NULL THEN
            _step := kerbrole.step('revoke', _name,
                kerbrole.revoke(_row.granted[1], _name, _row.grantor_name),
                coalesce(nullif(_list_reasons[_row.at], 'several'), 'in no group that gives it'),
                _list_roles[_row.at], 'caller')
                || jsonb_build_object('granted', _row.granted[1], 'grantor', _row.grantor_name);
            IF _list_places[_row.at] = 0 THEN
                _removals := _removals || _step;
            ELSE
                _revokes := _revokes || _step;
            END IF;
        ELSE
            _leaves := _leaves || kerbrole.step('leave', _name, NULL, _row.problem, NULL, NULL);
        END IF;
    END LOOP;

    SELECT count(DISTINCT s.step ->> 'role') INTO _losers
    FROM unnest(_disables || _closed || _revokes || _removals) AS s (step);
    RETURN jsonb_build_object(
        -- The revokes of those who are absent stand behind their disabling.
        'steps', to_jsonb(_steps || _additions || _binds || _grants || _enables || _disables
            || _revokes || _closed || ARRAY(
                SELECT r.step FROM unnest(_removals) WITH ORDINALITY AS r (step, place)
                ORDER BY r.step ->> 'role_name' COLLATE "C", r.place)
            || ARRAY(
                -- The same may be found in two ways.
                SELECT l.step FROM unnest(_leaves) AS l (step) GROUP BY l.step
                ORDER BY l.step ->> 'role_name' COLLATE "C", l.step ->> 'reason' COLLATE "C")),
        'losers', _losers, 'bound', _bound,
        'at_most', kerbrole.at_most(_arguments ->> 'max_removals', _bound),
        'adopted', to_jsonb(_adopted),
        'case_matters', (SELECT coalesce(jsonb_agg(n.name ORDER BY n.place), '[]')
            FROM unnest(_names.role_names, _names.case_matters, _m.outcomes) WITH ORDINALITY
                AS n (name, case_matters, outcome, place)
            WHERE n.case_matters AND (n.outcome = 'rename'
                OR (n.outcome = 'create' AND _conflicts[n.place] IS NULL))));
END
$$;

-- The renames, in their order. One waits if others have to be renamed before it, or go by a
-- temporary name.
CREATE FUNCTION kerbrole.rename_steps(
    _roles oid[], _old_names text[], _new_names text[], _sids text[], _steps integer[],
    _temporary_steps integer[]) RETURNS jsonb[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _row record;
    _result jsonb[] := '{}';
    _temporary jsonb := '{}';
    _from text;
    _to text;
    _number integer;
BEGIN
    FOR _row IN
        SELECT p.*, s.step, s.is_temporary,
            p.first_step IS NOT NULL OR p.new_name COLLATE "C" IN (
                SELECT o.name COLLATE "C" FROM unnest(_old_names) AS o (name)
                WHERE o.name IS NOT NULL)
                AS waits
        FROM unnest(_roles, _old_names, _new_names, _sids, _steps, _temporary_steps) AS p (
            role, old_name, new_name, sid, last_step, first_step)
        CROSS JOIN LATERAL (
            VALUES (p.first_step, true), (p.last_step, false)) AS s (step, is_temporary)
        WHERE s.step IS NOT NULL
        ORDER BY s.step
    LOOP
        _from := coalesce(_temporary ->> _row.role::text, _row.old_name);
        _to := _row.new_name;
        IF _row.is_temporary THEN
            -- No principal's name: nobody logs in by it, whatever happens.
            _number := 0;
            LOOP
                _to := format('kerbrole_moving_%s_%s', _row.role, _number);
                EXIT WHEN kerbrole.role_oid(_to) IS NULL;
                _number := _number + 1;
            END LOOP;
            _temporary := _temporary || jsonb_build_object(_row.role::text, _to);
        END IF;
        _result := _result || (kerbrole.step('rename', _row.old_name,
            format('ALTER ROLE %s RENAME TO %s;', kerbrole.quoted(_from), kerbrole.quoted(_to)),
            'the directory has another name for ' || _row.sid, _row.role, 'owner')
            || jsonb_build_object('from', _from, 'to', _row.new_name, 'waits', _row.waits));
    END LOOP;
    RETURN _result;
END
$$;
