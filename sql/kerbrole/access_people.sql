-- Which role is whose: somebody is found by their SID first, and by their name where no role is
-- bound to that.

-- In which order roles that want each other's names are renamed. `_holders` are the roles that have
-- the wanted names, NULL where a name is free. Rows are places in the arrays, in order; a swap goes
-- by a temporary name, to which the first of its roles is renamed first. Who waits for a role that
-- keeps its name is not among them.
CREATE FUNCTION kerbrole.order_renames(_roles oid[], _holders oid[])
RETURNS TABLE (place integer, to_temporary boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- Who has the wanted name: 0 nobody, -1 somebody who keeps it.
    _next CONSTANT integer[] := ARRAY(
        SELECT CASE WHEN h.role IS NULL THEN 0 ELSE coalesce(r.place, -1) END::integer
        FROM unnest(_holders) WITH ORDINALITY AS h (role, place)
        LEFT JOIN unnest(_roles) WITH ORDINALITY AS r (role, place) ON r.role = h.role
        ORDER BY h.place);
    -- 0 not looked at, 1 on the way, 2 goes, 3 stays.
    _marks integer[] := array_fill(0, ARRAY[cardinality(_roles)]);
    _way integer[];
    _length integer;
    _at integer;
    _mark integer;
BEGIN
    FOR _start IN 1..cardinality(_roles) LOOP
        _at := _start;
        _length := 0;
        _way := '{}';
        WHILE _at > 0 AND _marks[_at] = 0 LOOP
            _marks[_at] := 1;
            _length := _length + 1;
            _way[_length] := _at;
            _at := _next[_at];
        END LOOP;
        _mark := CASE WHEN _at = -1 THEN 3 WHEN _at > 0 AND _marks[_at] = 3 THEN 3 ELSE 2 END;
        IF _length > 0 AND _at > 0 AND _marks[_at] = 1 THEN
            place := _at;
            to_temporary := true;
            RETURN NEXT;
        END IF;
        to_temporary := false;
        FOR i IN REVERSE _length..1 LOOP
            _marks[_way[i]] := _mark;
            IF _mark = 2 THEN
                place := _way[i];
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- Of each of the people, in their order, what becomes of them: `outcome` is
--
--   create    there is no role yet
--   bind      the role of their name is nobody's yet
--   rename    their role is called otherwise, and can have their name
--   keep      their role is theirs
--   misnamed  their role is called otherwise, and cannot have their name now: `reason`
--   nothing   there is no role, and they are disabled or not to be touched
--   several   there is more than one role that says it is theirs: `reason`
--   leave     they are left as they are: `reason`
--
-- `name_reason` is why nobody can have their name, where there is another reason as well. `role` is
-- theirs, `holder` a role that has their name and is somebody else's. A rename has its
-- place in the order of renames, and perhaps one for a temporary name before.
--
-- Joins are hashed: there may be a hundred thousand roles and people, and the server would plan for
-- the few that it guesses.
CREATE FUNCTION kerbrole.match_people(
    _names text[], _problems text[], _sids text[], _enabled boolean[], _kept text[], _caller oid)
RETURNS TABLE (
    place bigint, outcome text, role oid, role_name text, can_login boolean, is_in_ad boolean,
    holder oid, reason text, left_name text, name_reason text, step integer,
    temporary_step integer)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _outcomes text[] := '{}';
    _reasons text[] := '{}';
    _roles oid[];
    _role_names text[];
    _logins boolean[];
    _in_ad boolean[];
    _exact oid[];
    _exact_sids text[];
    _others oid[];
    _how_many integer[];
    _other_names text[];
    _reason text;
    _name_reason text;
    _name_reasons text[] := '{}';
    _left_names text[] := '{}';
    -- Of whom two accounts have the name, or whose name nobody can have.
    _has_no_name boolean[] := '{}';
    _row record;
    _at integer;
    _wants_places integer[] := '{}';
    _wants_roles oid[] := '{}';
    _wants_holders oid[] := '{}';
    _moved oid[];
    _other_moves boolean[];
    _exact_moves boolean[];
    _steps integer[] := '{}';
    _temporary_steps integer[] := '{}';
    _count integer := 0;
    _holders oid[] := '{}';
BEGIN
    FOR _row IN
        WITH people AS MATERIALIZED (
            SELECT p.place, p.name COLLATE "C" AS name, p.problem, p.sid COLLATE "C" AS sid,
                p.enabled, lower(p.name COLLATE "C") AS folded,
                count(p.name) OVER (PARTITION BY lower(p.name COLLATE "C")) AS with_name,
                CASE WHEN row_number() OVER alike = 1 THEN lead(p.sid) OVER alike
                    ELSE first_value(p.sid) OVER alike END AS sid_alike
            FROM unnest(_names, _problems, _sids, _enabled) WITH ORDINALITY
                AS p (name, problem, sid, enabled, place)
            WINDOW alike AS (PARTITION BY lower(p.name COLLATE "C") ORDER BY p.place)
        ), roles AS MATERIALIZED (
            SELECT r.oid, r.rolname::text COLLATE "C" AS name,
                lower(r.rolname::text COLLATE "C") AS folded, r.rolcanlogin AS can_login,
                b.sid COLLATE "C" AS sid,
                r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR r.rolbypassrls
                OR r.rolname::text COLLATE "C" IN (_rule.ad_role, _rule.iam_role) AS is_more,
                r.oid IN (SELECT kerbrole.all_below(ARRAY[_rule.ad])) AS is_in_ad,
                r.oid IN (SELECT m.member FROM pg_catalog.pg_auth_members AS m
                    WHERE m.roleid <> _rule.ad) AS has_groups,
                r.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                    WHERE a.usesysid IS NOT NULL) AS has_sessions
            FROM kerbrole.roles AS r
            LEFT JOIN kerbrole.bindings() AS b ON b.role = r.oid
        ), bound AS MATERIALIZED (
            -- A role without a principal's name keeps nobody from their own.
            SELECT b.sid, count(*) FILTER (WHERE b.is_principal) AS how_many,
                min(b.oid) FILTER (WHERE b.is_principal) AS role,
                (array_agg(b.name ORDER BY b.name) FILTER (WHERE b.is_principal))[:2] AS names,
                min(b.name) FILTER (WHERE NOT b.is_principal) AS other,
                bool_or(lower(b.name) IN (SELECT unnest(_kept) COLLATE "C")) AS is_kept
            FROM (
                SELECT r.*, kerbrole.is_principal(r.name) AS is_principal
                FROM roles AS r WHERE r.sid IN (SELECT p.sid FROM people AS p)
            ) AS b
            GROUP BY b.sid
        ), spelled AS MATERIALIZED (
            SELECT r.folded, array_agg(r.oid ORDER BY r.name) AS roles,
                array_agg(r.name ORDER BY r.name) AS names
            FROM roles AS r
            WHERE r.folded IN (SELECT p.folded FROM people AS p)
            GROUP BY r.folded
        )
        SELECT p.place::integer, p.name, p.folded, p.problem, p.sid, p.enabled,
            p.with_name, p.sid_alike,
            b.how_many AS bound, b.names AS bound_names, b.other AS no_principal,
            r.oid AS role, r.name AS role_name, r.can_login,
            r.is_more, r.is_in_ad, r.has_groups, r.has_sessions,
            coalesce(p.folded IN (SELECT unnest(_kept) COLLATE "C"), false) AS is_name_kept,
            coalesce(p.folded IN (SELECT unnest(_kept) COLLATE "C") OR b.is_kept, false)
                AS is_kept,
            h.oid AS exact, h.sid AS exact_sid, h.can_login AS exact_login,
            h.is_in_ad AS exact_in_ad, h.is_more AS exact_more, h.has_groups AS exact_has_groups,
            array_remove(s.roles, r.oid) AS others, (
                SELECT min(o.name)
                FROM unnest(s.names, s.roles) AS o (name, role)
                WHERE o.name <> p.name AND o.role IS DISTINCT FROM r.oid) AS other_name
        FROM people AS p
        LEFT JOIN bound AS b ON b.sid = p.sid
        LEFT JOIN roles AS r ON r.oid = b.role
        LEFT JOIN roles AS h ON h.name = p.name
        LEFT JOIN spelled AS s ON s.folded = p.folded
        ORDER BY p.place
    LOOP
        _at := _row.place;
        _roles[_at] := _row.role;
        _role_names[_at] := _row.role_name;
        _logins[_at] := _row.can_login;
        _in_ad[_at] := _row.is_in_ad;
        _exact[_at] := _row.exact;
        _exact_sids[_at] := _row.exact_sid;
        _others[_at] := _row.others[1];
        _how_many[_at] := coalesce(cardinality(_row.others), 0);
        _other_names[_at] := _row.other_name;
        -- What keeps somebody from having anything, or from having their name.
        _reason := CASE
            WHEN _row.bound = 0 THEN
                kerbrole.in_words('no_principal', _row.no_principal, _row.sid)
            WHEN _row.bound = 1 AND _row.is_more THEN kerbrole.unchangeable(_row.role)
            WHEN _row.bound > 1 THEN kerbrole.in_words(
                'bound_twice', _row.sid, _row.bound_names[1], _row.bound_names[2])
            WHEN _row.role IS NULL AND _row.exact_sid IS NULL AND _row.exact_more
                AND _row.with_name = 1 THEN kerbrole.unchangeable(_row.exact)
        END;
        _name_reason := coalesce(_row.problem, CASE WHEN _row.with_name > 1 THEN
            kerbrole.in_words('named_alike', _row.name, _row.sid_alike) END);
        _reasons[_at] := coalesce(_reason, _name_reason);
        -- Whose role is not to be touched has a name in the directory all the same.
        IF _row.is_kept THEN
            _reasons[_at] := NULL;
            _name_reasons[_at] := CASE WHEN _row.with_name > 1 AND NOT _row.is_name_kept
                AND _row.problem IS NULL THEN _name_reason END;
        ELSIF _reason IS NOT NULL THEN
            _name_reasons[_at] := _name_reason;
        END IF;
        _outcomes[_at] := CASE
            WHEN _name_reasons[_at] IS NOT NULL AND _row.is_kept THEN 'leave'
            WHEN _row.is_kept THEN 'nothing'
            WHEN _row.bound > 1 THEN 'several'
            WHEN _reason IS NOT NULL THEN 'leave'
            WHEN _reasons[_at] IS NOT NULL AND _row.role IS NOT NULL THEN 'misnamed'
            WHEN _reasons[_at] IS NOT NULL AND _row.problem IS NOT NULL AND NOT _row.enabled
                THEN 'nothing'
            WHEN _reasons[_at] IS NOT NULL THEN 'leave'
            WHEN _row.role_name = _row.name THEN 'keep'
            WHEN _row.role IS NOT NULL THEN 'rename'
            WHEN _row.exact IS NOT NULL AND _row.exact_sid IS NULL AND _row.other_name IS NULL
                THEN 'bind'
            ELSE 'create'
        END;
        _left_names[_at] := CASE
            WHEN _row.bound = 0 THEN _row.no_principal
            WHEN _reason IS NULL AND _reasons[_at] IS NULL THEN _row.role_name
            WHEN _row.bound = 1 AND _reason IS NOT NULL THEN _row.role_name
            ELSE _row.name END;
        _has_no_name[_at] := _row.problem IS NOT NULL OR _row.with_name > 1
            OR _row.is_name_kept;
        IF _outcomes[_at] = 'bind' THEN
            _roles[_at] := _row.exact;
            _role_names[_at] := _row.name;
            _logins[_at] := _row.exact_login;
            _in_ad[_at] := _row.exact_in_ad;
            -- Whose a role is decides what it is called from now on.
            IF _row.exact_has_groups THEN
                _reasons[_at] := kerbrole.not_renamed(_row.exact, false, _caller);
            END IF;
            IF _reasons[_at] IS NOT NULL THEN
                _outcomes[_at] := 'leave';
                _left_names[_at] := _row.name;
            END IF;
        ELSIF _outcomes[_at] = 'rename' THEN
            IF _row.has_sessions OR _row.has_groups THEN
                _reasons[_at] := kerbrole.not_renamed(_row.role, _row.has_sessions, _caller);
            END IF;
            IF _reasons[_at] IS NOT NULL THEN
                _outcomes[_at] := 'misnamed';
            -- Who has several others in the way waits until there is one.
            ELSIF _how_many[_at] <= 1 THEN
                _wants_places := _wants_places || _at;
                _wants_roles := _wants_roles || _row.role;
                _wants_holders := _wants_holders || _others[_at];
            END IF;
        END IF;
    END LOOP;

    FOR _row IN
        SELECT o.* FROM kerbrole.order_renames(_wants_roles, _wants_holders) AS o
    LOOP
        _count := _count + 1;
        IF _row.to_temporary THEN
            _temporary_steps[_wants_places[_row.place]] := _count;
        ELSE
            _steps[_wants_places[_row.place]] := _count;
        END IF;
    END LOOP;
    _moved := ARRAY(
        SELECT w.role FROM unnest(_wants_roles, _wants_places) AS w (role, place)
        WHERE _steps[w.place] IS NOT NULL);
    SELECT array_agg(m.role IS NOT NULL ORDER BY o.place),
        array_agg(e.role IS NOT NULL ORDER BY o.place)
    INTO _other_moves, _exact_moves
    FROM unnest(_others, _exact) WITH ORDINALITY AS o (role, exact, place)
    LEFT JOIN unnest(_moved) AS m (role) ON m.role = o.role
    LEFT JOIN unnest(_moved) AS e (role) ON e.role = o.exact;
    FOR _at IN 1..cardinality(_names) LOOP
        CONTINUE WHEN _has_no_name[_at] OR _steps[_at] IS NOT NULL;
        -- Whoever has the name now is not who has it in the directory: with that account's ticket
        -- nobody comes in, whatever else becomes of the account.
        IF _exact_sids[_at] <> _sids[_at] AND NOT _exact_moves[_at] THEN
            _holders[_at] := _exact[_at];
        END IF;
        CONTINUE WHEN _outcomes[_at] NOT IN ('rename', 'create')
            OR _how_many[_at] = 0 OR (_how_many[_at] = 1 AND _other_moves[_at]);
        IF _holders[_at] IS NOT NULL THEN
            _reasons[_at] := kerbrole.in_words(
                'name_of_another', _names[_at], _sids[_at], _exact_sids[_at]);
        ELSIF _exact[_at] IS NOT NULL AND _other_names[_at] IS NULL THEN
            _reasons[_at] := kerbrole.in_words('name_taken', _names[_at]);
        END IF;
        IF _reasons[_at] IS NULL THEN
            _reasons[_at] := kerbrole.in_words('case_collision',
                _names[_at], coalesce(_other_names[_at], _names[_at]));
        END IF;
        _outcomes[_at] := CASE WHEN _roles[_at] IS NULL THEN 'leave' ELSE 'misnamed' END;
    END LOOP;
    -- Arrays that were filled here and there end where the last element is.
    RETURN QUERY
    SELECT o.place,
        CASE WHEN o.outcome = 'create' AND NOT _enabled[o.place] THEN 'nothing' ELSE o.outcome END,
        o.role, o.role_name, o.can_login, o.is_in_ad, _holders[o.place],
        o.reason, coalesce(_left_names[o.place], _names[o.place]), _name_reasons[o.place],
        _steps[o.place],
        _temporary_steps[o.place]
    FROM unnest(_outcomes, _roles, _role_names, _logins, _in_ad, _reasons) WITH ORDINALITY
        AS o (outcome, role, role_name, can_login, is_in_ad, reason, place);
END
$$;

-- Why a role is not changed, in words.
CREATE FUNCTION kerbrole.unchangeable(_role oid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM kerbrole.check_changeable(_role);
    RETURN NULL;
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN SQLERRM;
END
$$;

-- Why a role cannot have another name now, in words; NULL where it can, as far as its sessions and
-- its powers go.
CREATE FUNCTION kerbrole.not_renamed(_role oid, _has_sessions boolean, _caller oid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
    _sessions CONSTANT bigint := CASE WHEN _has_sessions THEN kerbrole.sessions(_role) ELSE 0 END;
BEGIN
    IF _sessions > 0 THEN
        PERFORM kerbrole.refuse('in_use', pg_get_userbyid(_role)::text,
            kerbrole.counted(_sessions, 'session'));
    END IF;
    PERFORM kerbrole.check_powers(_role, _caller);
    RETURN NULL;
EXCEPTION
    WHEN insufficient_privilege OR object_in_use THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        RETURN concat_ws(': ', _message, nullif(_detail, ''));
END
$$;
