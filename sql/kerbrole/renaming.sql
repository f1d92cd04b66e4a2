-- Giving principals another name: somebody married, or the whole domain moved. The OID stays, and
-- with it everything that the role owns and was granted.

-- Why a role cannot have this name, or cannot be renamed now.
CREATE FUNCTION kerbrole.check_new_name(_role oid, _to text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _other text;
    _sessions bigint;
BEGIN
    IF kerbrole.role_oid(_to) IS NOT NULL THEN
        PERFORM kerbrole.refuse('name_taken', _to);
    END IF;
    SELECT r.rolname::text INTO _other
    FROM kerbrole.roles AS r
    WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_to) AND r.oid <> _role
    ORDER BY r.rolname::text COLLATE "C" LIMIT 1;
    IF _other IS NOT NULL THEN
        PERFORM kerbrole.refuse('case_collision', _to, _other);
    END IF;
    _sessions := kerbrole.sessions(_role);
    IF _sessions > 0 THEN
        PERFORM kerbrole.refuse('in_use', pg_get_userbyid(_role)::text,
            kerbrole.counted(_sessions, 'session'));
    END IF;
END
$$;

-- The new name of a principal that is there: in the same realm where none is given.
CREATE FUNCTION kerbrole.canonical_beside(
    _username text, _realm text, _new_username text, _new_realm text,
    OUT role_name text, OUT case_matters boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(_username, 'username'), kerbrole.checked_text(_realm));
    _new CONSTANT text := kerbrole.required(_new_username, 'new_username');
    _carries_realm CONSTANT boolean := strpos(_new COLLATE "C", '@') > 0
        OR strpos(_new COLLATE "C", chr(92)) > 0;
    _canonical record;
BEGIN
    _canonical := kerbrole.canonical(_new, coalesce(kerbrole.checked_text(_new_realm),
        CASE WHEN NOT _carries_realm THEN kerbrole.realm_of(_meant.canonical) END));
    role_name := _canonical.role_name;
    case_matters := _canonical.case_matters;
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.rename(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _to CONSTANT text := (kerbrole.canonical_beside(
        _arguments ->> 'username', _arguments ->> 'realm',
        _arguments ->> 'new_username', _arguments ->> 'new_realm')).role_name;
    _role CONSTANT oid := kerbrole.changeable_principal(
        _arguments ->> 'username', _arguments ->> 'realm');
    _from CONSTANT text := pg_get_userbyid(_role)::text;
BEGIN
    IF _from <> _to COLLATE "C" THEN
        PERFORM kerbrole.check_new_name(_role, _to);
        PERFORM kerbrole.check_powers(_role, _caller);
        PERFORM kerbrole.run(format('ALTER ROLE %I RENAME TO %I', _from, _to), _from);
        PERFORM kerbrole.check_meanwhile((
            SELECT r.rolname::text = _to COLLATE "C" AND kerbrole.attributes(r.oid) IS NULL
            FROM kerbrole.roles AS r WHERE r.oid = _role), _from);
    END IF;
    RETURN jsonb_build_object('from', _from, 'to', _to);
END
$$;

CREATE FUNCTION kerbrole.rename_one(
    _username text, _realm text, _new_username text, _new_realm text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _new CONSTANT record := kerbrole.canonical_beside(_username, _realm, _new_username, _new_realm);
    _answer jsonb;
BEGIN
    _answer := kerbrole.ask('kerb_rename_principal', jsonb_build_object(
        'username', _username, 'realm', _realm,
        'new_username', _new_username, 'new_realm', _new_realm));
    IF _answer ->> 'from' = _answer ->> 'to' COLLATE "C" THEN
        RAISE NOTICE 'role "%" is called so already', _answer ->> 'to';
    ELSIF _new.case_matters THEN
        PERFORM kerbrole.notice_case(ARRAY[_new.role_name]);
    END IF;
    RETURN _answer ->> 'to';
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_rename_principal(
    username text, realm text, new_username text, new_realm text DEFAULT NULL) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.rename_one(username, realm, new_username, new_realm)
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_rename_principal(username text, new_username text)
RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.rename_one(username, NULL, new_username, NULL)
$$;

-- What is in the way of one principal of a domain that moves; NULL where nothing is. `_is_free` is
-- whether it is known by now that nobody has a name like the new one, and that it has no session.
CREATE FUNCTION kerbrole.rename_problem(
    _role oid, _username text, _realm text, _caller oid, _is_free boolean,
    OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _new_name text;
BEGIN
    PERFORM kerbrole.check_changeable(_role);
    _new_name := kerbrole.principal(_username, _realm);
    IF NOT _is_free THEN
        PERFORM kerbrole.check_new_name(_role, _new_name);
    END IF;
    PERFORM kerbrole.check_powers(_role, _caller);
EXCEPTION
    WHEN invalid_parameter_value OR name_too_long OR reserved_name OR duplicate_object
        OR insufficient_privilege OR object_in_use
    THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
            detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        detail := nullif(detail, '');
END
$$;

-- How every principal of one realm becomes one of another, in the order of names.
CREATE FUNCTION kerbrole.moves(_old text, _new text, _caller oid)
RETURNS TABLE (
    role oid, old_name text, new_name text, code text, message text, detail text, hint text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rule AS MATERIALIZED (
        SELECT r.ad_role, r.iam_role, kerbrole.role_oid(r.ad_role) AS ad
        FROM kerbrole.rule_roles() AS r
    ), roles AS MATERIALIZED (
        SELECT r.oid, r.rolname::text COLLATE "C" AS name,
            r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
            OR r.rolbypassrls AS is_more
        FROM kerbrole.roles AS r
    ), movers AS MATERIALIZED (
        SELECT r.oid, r.name, p.username, p.username || '@' || _new AS new_name,
            r.is_more OR r.name IN (rule.ad_role, rule.iam_role)
            OR r.oid IN (
                SELECT g.member FROM pg_catalog.pg_auth_members AS g
                WHERE g.roleid IS DISTINCT FROM (SELECT rule.ad FROM rule)) AS is_more,
            lower((p.username || '@' || _new) COLLATE "C") NOT IN (
                SELECT lower(o.name) FROM roles AS o)
            AND r.oid NOT IN (
                SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                WHERE a.usesysid IS NOT NULL) AS is_free
        FROM roles AS r
        CROSS JOIN rule
        CROSS JOIN LATERAL (SELECT split_part(r.name, '@', 1)) AS p (username)
        WHERE strpos(r.name, '@') > 0
            AND substr(r.name, strpos(r.name, '@') + 1) = _old COLLATE "C"
            AND kerbrole.is_principal(r.name)
    )
    SELECT m.oid, m.name, m.new_name, p.code, p.message, p.detail, p.hint
    FROM movers AS m
    LEFT JOIN LATERAL (
        SELECT p.*
        FROM kerbrole.rename_problem(m.oid, m.username, _new, _caller, m.is_free) AS p
        -- Of most of them nothing has to be asked one by one. OFFSET keeps the server from asking
        -- this after the function.
        WHERE m.is_more OR NOT m.is_free OR octet_length(m.new_name) > 63
        OFFSET 0
    ) AS p ON true
    ORDER BY m.name
$$;

-- Two realms that are not one, the new one of which principals may be of.
CREATE FUNCTION kerbrole.checked_realms(
    _old_realm text, _new_realm text, OUT old_realm text, OUT new_realm text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    old_realm := kerbrole.checked_realm(kerbrole.required(_old_realm, 'old_realm'));
    new_realm := kerbrole.checked_realm(kerbrole.required(_new_realm, 'new_realm'));
    PERFORM kerbrole.allow_realm(new_realm);
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.rename_realm(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _realms CONSTANT record := kerbrole.checked_realms(
        _arguments ->> 'old_realm', _arguments ->> 'new_realm');
    _moves jsonb;
    _problems bigint;
    _first record;
    _others record;
    _all record;
BEGIN
    IF _realms.old_realm = _realms.new_realm COLLATE "C" THEN
        PERFORM kerbrole.refuse('same_realm', _realms.old_realm);
    END IF;
    SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.place), '[]'), count(m.message)
    INTO _moves, _problems
    FROM kerbrole.moves(_realms.old_realm, _realms.new_realm, _caller) WITH ORDINALITY
        AS m (role, old_name, new_name, code, message, detail, hint, place);
    IF _problems > 0 THEN
        SELECT m.code, m.message, m.detail, nullif(m.hint, '') AS hint INTO _first
        FROM jsonb_to_recordset(_moves)
            AS m (code text, message text, detail text, hint text, place bigint)
        WHERE m.message IS NOT NULL ORDER BY m.place LIMIT 1;
        IF _problems > 1 THEN
            SELECT s.message, s.hint INTO _others
            FROM kerbrole.said(
                CASE WHEN _problems = 2 THEN 'rename_realm_one_more' ELSE 'rename_realm_more' END,
                ARRAY[(_problems - 1)::text]) AS s;
            _first.detail := concat_ws(' ', _first.detail, _others.message);
            _first.hint := concat_ws(' ', _first.hint, _others.hint);
        END IF;
        PERFORM kerbrole.raise(_first.code, _first.message, _first.detail, _first.hint);
    END IF;
    SELECT array_agg(m.role ORDER BY m.place) AS roles,
        array_agg(m.old_name ORDER BY m.place) AS old_names,
        array_agg(m.new_name ORDER BY m.place) AS new_names,
        array_agg(format('ALTER ROLE %I RENAME TO %I', m.old_name, m.new_name) ORDER BY m.place)
            AS statements
    INTO _all
    FROM jsonb_to_recordset(_moves)
        AS m (role oid, old_name text, new_name text, place bigint);
    IF _all.roles IS NOT NULL THEN
        PERFORM kerbrole.run_each(_all.roles, _all.old_names, _all.statements);
        PERFORM kerbrole.check_meanwhile(false, m.old_name)
        FROM unnest(_all.roles, _all.old_names, _all.new_names) AS m (role, old_name, new_name)
        LEFT JOIN kerbrole.roles AS r ON r.oid = m.role
        WHERE (r.rolname::text = m.new_name COLLATE "C"
            AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    END IF;
    RETURN _moves;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_rename_realm(
    old_realm text, new_realm text, dry_run boolean DEFAULT true)
RETURNS TABLE (old_name text, new_name text, problem text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _realms CONSTANT record := kerbrole.checked_realms(old_realm, new_realm);
    _answer jsonb;
BEGIN
    IF NOT coalesce(dry_run, true) THEN
        _answer := kerbrole.ask('kerb_rename_realm', jsonb_build_object(
            'old_realm', old_realm, 'new_realm', new_realm));
        RETURN QUERY
        SELECT m.move ->> 'old_name', m.move ->> 'new_name', NULL::text
        FROM jsonb_array_elements(_answer) WITH ORDINALITY AS m (move, place)
        ORDER BY m.place;
    ELSE
        IF _realms.old_realm = _realms.new_realm COLLATE "C" THEN
            PERFORM kerbrole.refuse('same_realm', _realms.old_realm);
        END IF;
        RETURN QUERY
        SELECT m.old_name, m.new_name, m.message || coalesce('. ' || m.detail, '')
        FROM kerbrole.moves(_realms.old_realm, _realms.new_realm, (
            SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user)) AS m;
    END IF;
    IF NOT FOUND THEN
        RAISE NOTICE 'there is no principal of realm "%"', _realms.old_realm;
    END IF;
END
$$;
