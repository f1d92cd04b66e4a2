-- Adding principals.

-- Whether principals may be of a realm, which is given as tickets spell it.
CREATE FUNCTION kerbrole.is_allowed_realm(_realm text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.is_realm(_realm)
        AND (a.realms = '{}' OR _realm COLLATE "C" = ANY (a.realms))
        AND (strpos(_realm COLLATE "C", '.') > 0 OR _realm COLLATE "C" = ANY (a.realms)
            OR _realm = upper(kerbrole.setting('default_realm') COLLATE "C"))
    FROM (SELECT kerbrole.allowed_realms()) AS a (realms)
$$;

-- The names of new principals that are plain, each as it is wanted, in the same order, made all at
-- once; NULL for the others.
CREATE FUNCTION kerbrole.plain_each(
    _typed text[], OUT role_names text[], OUT case_matters boolean[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _folds CONSTANT boolean := kerbrole.folds_usernames();
    _is_auto CONSTANT boolean := kerbrole.setting('username_case') = 'auto';
BEGIN
    WITH parts AS MATERIALIZED (
        SELECT split_part(t.typed, '@', 1) AS username,
            upper(split_part(t.typed, '@', 2) COLLATE "C") AS realm, t.place,
            octet_length(t.typed) <= 63
            AND t.typed ~ $re$^[A-Za-z0-9._-]{0,19}[A-Za-z0-9_-]@[^@]+\Z$re$
            AND t.typed !~ '^[Pp][Gg]_|^[Rr][Dd][Ss]_' AS is_plain
        FROM (
            SELECT e.typed COLLATE "C" AS typed, e.place
            FROM unnest(_typed) WITH ORDINALITY AS e (typed, place)
        ) AS t
    ), realms AS MATERIALIZED (
        SELECT p.realm, kerbrole.is_allowed_realm(p.realm) AS is_allowed
        FROM parts AS p WHERE p.is_plain GROUP BY p.realm
    )
    SELECT coalesce(array_agg(
            CASE WHEN r.is_allowed THEN
                CASE WHEN _folds THEN lower(p.username) ELSE p.username END || '@' || p.realm
            END ORDER BY p.place), '{}'),
        coalesce(array_agg(_is_auto AND NOT _folds AND p.username ~ '[A-Z]' ORDER BY p.place), '{}')
    INTO role_names, case_matters
    FROM parts AS p
    LEFT JOIN realms AS r ON p.is_plain AND r.realm = p.realm;
END
$$;

-- The names of new principals, each as it is wanted, in the same order; DETAIL of an error says of
-- which element it is. Most names are plain, of a realm that was looked at before: only the others
-- are made one by one.
CREATE FUNCTION kerbrole.canonical_each(
    _typed text[], OUT role_names text[], OUT case_matters boolean[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at integer;
    _one record;
    _code text;
    _message text;
    _detail text;
    _hint text;
BEGIN
    SELECT p.* INTO role_names, case_matters FROM kerbrole.plain_each(_typed) AS p;
    FOR _at IN
        SELECT n.place
        FROM unnest(role_names) WITH ORDINALITY AS n (name, place)
        WHERE n.name IS NULL ORDER BY n.place
    LOOP
        BEGIN
            _one := kerbrole.canonical(_typed[_at], NULL);
        EXCEPTION
            WHEN invalid_parameter_value OR name_too_long OR reserved_name THEN
                GET STACKED DIAGNOSTICS _code = RETURNED_SQLSTATE, _message = MESSAGE_TEXT,
                    _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT;
                PERFORM kerbrole.refuse_element(_code, _message, _detail, _hint,
                    'principals', cardinality(_typed), _at, _typed[_at]);
        END;
        role_names[_at] := _one.role_name;
        case_matters[_at] := _one.case_matters;
    END LOOP;
END
$$;

-- The groups that are asked for, each once, provided that they exist. Everybody gets rds_ad anyway.
CREATE FUNCTION kerbrole.checked_groups(_groups text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
    _found text[] := '{}';
    _other text;
    _said record;
BEGIN
    FOR _at IN 1..cardinality(_groups) LOOP
        IF kerbrole.role_oid(_groups[_at]) IS NULL THEN
            _other := kerbrole.other_spelling(_groups[_at]);
            _said := kerbrole.said(
                CASE WHEN _other IS NULL THEN 'group_missing' ELSE 'group_missing_other' END,
                ARRAY[_groups[_at], _other]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'groups', cardinality(_groups), _at, _groups[_at]);
        END IF;
        IF _groups[_at] <> _ad_role COLLATE "C" AND _groups[_at] <> ALL (_found) THEN
            _found := _found || _groups[_at];
        END IF;
    END LOOP;
    RETURN _found;
END
$$;

-- What has to be done so that each of these is there, in order; nothing is changed. Refuses what
-- would add a conflict.
CREATE FUNCTION kerbrole.plan_add(_typed text[], _groups text[], _if_not_exists boolean)
RETURNS TABLE (
    typed text, role_name text, role oid, action text, is_disabled boolean, lacks_ad boolean,
    lacks_groups text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _names CONSTANT record := kerbrole.canonical_each(_typed);
    _checked CONSTANT text[] := kerbrole.checked_groups(_groups);
    _group_oids CONSTANT oid[] := ARRAY(
        SELECT kerbrole.role_oid(g.name)
        FROM unnest(_checked) WITH ORDINALITY AS g (name, place) ORDER BY g.place);
    _of CONSTANT integer := cardinality(_typed);
    -- For many it is quicker to know all that are in rds_ad, for few to go up from each.
    _ad CONSTANT oid[] := CASE
        WHEN cardinality(_typed) > 20 AND kerbrole.role_oids(_names.role_names) <> '{}'
        THEN ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.ad])) END;
    _one record;
    _problem text;
    _words text[];
    _said record;
    _members oid[] := '{}';
    _roles oid[] := '{}';
    _first_new text;
    _count_new bigint := 0;
BEGIN
    FOR _one IN
        WITH wanted AS (
            SELECT w.typed, w.role_name, w.place,
                first_value(w.place) OVER same AS first_place,
                first_value(w.role_name) OVER same AS first_name,
                first_value(w.typed) OVER same AS first_typed,
                lower(w.role_name COLLATE "C") AS folded
            FROM unnest(_typed, _names.role_names) WITH ORDINALITY AS w (typed, role_name, place)
            WINDOW same AS (PARTITION BY lower(w.role_name COLLATE "C") ORDER BY w.place)
        ), all_spelled AS (
            -- Roles and those who are wanted side by side, and sorted: a join could be planned as
            -- if either were few.
            SELECT w.*, NULL::oid AS role, NULL::text AS there, NULL::boolean AS can_login
            FROM wanted AS w
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, lower(r.rolname COLLATE "C"),
                r.oid, r.rolname, r.rolcanlogin
            FROM kerbrole.roles AS r
        ), beside AS (
            SELECT a.*,
                array_agg(a.there) FILTER (WHERE a.there IS NOT NULL) OVER same AS names,
                array_agg(a.role) FILTER (WHERE a.there IS NOT NULL) OVER same AS roles,
                array_agg(a.can_login) FILTER (WHERE a.there IS NOT NULL) OVER same AS logins
            FROM all_spelled AS a
            WINDOW same AS (PARTITION BY a.folded)
        )
        SELECT b.place, b.typed, b.role_name, b.first_place, b.first_name, b.first_typed,
            (SELECT min(n.name COLLATE "C") FROM unnest(b.names) AS n (name)
            WHERE n.name <> b.role_name COLLATE "C") AS other,
            b.roles[array_position(b.names COLLATE "C", b.role_name)] AS role,
            b.roles[array_position(b.names COLLATE "C", b.role_name)]
                IN (SELECT unnest(_ad)) AS is_in_ad,
            b.logins[array_position(b.names COLLATE "C", b.role_name)] AS can_login
        FROM beside AS b
        WHERE b.place IS NOT NULL
        ORDER BY b.place
    LOOP
        _problem := NULL;
        typed := _one.typed;
        role_name := _one.role_name;
        role := _one.role;
        is_disabled := _one.role IS NOT NULL AND NOT _one.can_login;
        lacks_ad := false;
        lacks_groups := '{}';
        IF _one.place <> _one.first_place THEN
            IF _one.role_name <> _one.first_name COLLATE "C" THEN
                _problem := 'case_collision_new';
                _words := ARRAY[_one.role_name, _one.first_name];
            ELSIF NOT _if_not_exists THEN
                _problem := 'named_twice';
                _words := ARRAY[_one.role_name, _one.first_typed, _one.typed];
            END IF;
            action := 'unchanged';
        ELSIF _one.other IS NOT NULL THEN
            _problem := 'case_collision';
                _words := ARRAY[_one.role_name, _one.other];
        ELSIF _one.role IS NULL THEN
            action := 'created';
            lacks_ad := true;
            lacks_groups := _checked;
            _count_new := _count_new + 1;
            IF _first_new IS NULL THEN
                _first_new := _one.role_name;
                _members := _members || array_fill(0::oid, ARRAY[1 + cardinality(_checked)]);
                _roles := _roles || _rule.ad || _group_oids;
            END IF;
        ELSIF NOT _if_not_exists THEN
            _problem := 'exists';
                _words := ARRAY[_one.role_name];
        ELSE
            lacks_ad := CASE
                WHEN _ad IS NOT NULL THEN NOT _one.is_in_ad
                ELSE NOT EXISTS (
                    SELECT FROM kerbrole.above(ARRAY[_one.role]) AS up WHERE up = _rule.ad)
            END;
            lacks_groups := CASE WHEN _checked = '{}' THEN '{}' ELSE ARRAY(
                SELECT g.name
                FROM unnest(_checked, _group_oids) WITH ORDINALITY AS g (name, role, place)
                WHERE NOT EXISTS (
                    SELECT FROM pg_catalog.pg_auth_members AS m
                    WHERE m.member = _one.role AND m.roleid = g.role)
                ORDER BY g.place) END;
            action := CASE WHEN lacks_ad OR lacks_groups <> '{}'
                THEN 'adopted' ELSE 'unchanged' END;
            IF action = 'adopted' AND kerbrole.attributes(_one.role) IS NOT NULL THEN
                _problem := 'elevated';
                _words := ARRAY[_one.role_name, kerbrole.attributes(_one.role)];
            END IF;
            IF lacks_ad THEN
                _members := _members || _one.role;
                _roles := _roles || _rule.ad;
            END IF;
            IF lacks_groups <> '{}' THEN
                _members := _members
                    || ARRAY(SELECT _one.role FROM unnest(lacks_groups));
                _roles := _roles
                    || ARRAY(SELECT kerbrole.role_oid(g) FROM unnest(lacks_groups) AS g);
            END IF;
        END IF;
        IF _problem IS NOT NULL THEN
            _said := kerbrole.said(_problem, _words);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'principals', _of, _one.place::integer, _one.typed);
        END IF;
        RETURN NEXT;
    END LOOP;
    IF _members <> '{}' THEN
        PERFORM kerbrole.refuse_conflict(
            _members, _roles, _first_new, _checked, greatest(_count_new - 1, 0));
    END IF;
END
$$;

-- With the owner's rights: creates the roles and puts them into rds_ad. Groups are the caller's to
-- grant.
CREATE FUNCTION kerbrole.add(_arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _typed CONSTANT text[] :=
        kerbrole.checked_list(kerbrole.texts(_arguments -> 'principals'), 'principals');
    _groups CONSTANT text[] :=
        coalesce(kerbrole.checked_list(kerbrole.texts(_arguments -> 'groups'), 'groups'), '{}');
    _if_not_exists CONSTANT boolean :=
        coalesce((_arguments ->> 'if_not_exists')::boolean, false);
    _rows jsonb;
    _before oid[];
BEGIN
    SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') INTO _rows
    FROM kerbrole.plan_add(_typed, _groups, _if_not_exists) AS p;
    _before := kerbrole.conflicting(ARRAY(
        SELECT (r ->> 'role')::oid FROM jsonb_array_elements(_rows) AS r
        WHERE r ->> 'action' = 'adopted'));
    PERFORM kerbrole.create_and_grant(
        ARRAY(SELECT r ->> 'role_name' FROM jsonb_array_elements(_rows) AS r
            WHERE r ->> 'action' = 'created'),
        ARRAY(SELECT r ->> 'role_name' FROM jsonb_array_elements(_rows) AS r
            WHERE r ->> 'action' = 'adopted' AND (r ->> 'lacks_ad')::boolean));
    RETURN jsonb_build_object('rows', _rows, 'before', to_jsonb(_before));
END
$$;

-- Creates roles in rds_ad, and puts others into it.
CREATE FUNCTION kerbrole.create_and_grant(_new text[], _others text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
    _self_grant CONSTANT text := nullif(current_setting('createrole_self_grant', true), '');
    _name text;
    _members text[] := _others;
BEGIN
    -- The caller's setting would give the owner more of the new roles than ADMIN.
    IF _self_grant IS NOT NULL THEN
        PERFORM set_config('createrole_self_grant', '', true);
    END IF;
    IF kerbrole.names_grantors() THEN
        -- Since 16 each GRANT goes along all that its grantor created: few of them, for many roles.
        IF cardinality(_new) > 100 AND kerbrole.may_use_creators() THEN
            PERFORM kerbrole.create_many(_new);
        ELSE
            FOREACH _name IN ARRAY _new LOOP
                EXECUTE format('CREATE ROLE %I LOGIN', _name);
            END LOOP;
        END IF;
        _members := _new || _others;
    ELSE
        FOREACH _name IN ARRAY _new LOOP
            EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', _name, _ad_role);
        END LOOP;
    END IF;
    FOR _at IN 1..cardinality(_members) BY 10000 LOOP
        EXECUTE format('GRANT %I TO %s', _ad_role, (
            SELECT string_agg(quote_ident(m), ', ')
            FROM unnest(_members[_at:_at + 9999]) AS m));
    END LOOP;
    IF _self_grant IS NOT NULL THEN
        PERFORM set_config('createrole_self_grant', _self_grant, true);
    END IF;
END
$$;

-- What people call comes here, with the caller's rights.
CREATE FUNCTION kerbrole.add_as_caller(
    _function text, _typed text[], _groups text[], _if_not_exists boolean)
RETURNS TABLE (principal text, role_name text, action text, is_disabled boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _names CONSTANT record := kerbrole.canonical_each(_typed);
    _answer jsonb;
    _grant record;
    _realms text[];
    _principals text[];
    _nearest text[];
BEGIN
    SELECT array_agg(u.realm), array_agg(u.principal), array_agg(u.nearest)
    INTO _realms, _principals, _nearest
    FROM kerbrole.unknown_realms(_names.role_names) AS u;
    _answer := kerbrole.ask(_function, jsonb_build_object(
        'principals', to_jsonb(_typed), 'groups', to_jsonb(_groups),
        'if_not_exists', _if_not_exists));
    FOR _grant IN
        SELECT kerbrole.texts(r.row -> 'lacks_groups') AS groups,
            array_agg(r.row ->> 'role_name' ORDER BY r.place) AS members
        FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
        WHERE r.row ->> 'lacks_groups' <> '[]'
        GROUP BY 1 ORDER BY min(r.place)
    LOOP
        FOR _at IN 1..cardinality(_grant.members) BY 1000 LOOP
            EXECUTE format('GRANT %s TO %s',
                (SELECT string_agg(quote_ident(g), ', ') FROM unnest(_grant.groups) AS g),
                (SELECT string_agg(quote_ident(m), ', ')
                FROM unnest(_grant.members[_at:_at + 999]) AS m));
        END LOOP;
    END LOOP;
    PERFORM kerbrole.check_after(
        kerbrole.role_oids(ARRAY(
            SELECT r ->> 'role_name' FROM jsonb_array_elements(_answer -> 'rows') AS r
            WHERE r ->> 'action' <> 'unchanged')),
        ARRAY(SELECT b::oid FROM jsonb_array_elements_text(_answer -> 'before') AS b));
    PERFORM kerbrole.notice_case(ARRAY(
        SELECT c.role_name
        FROM unnest(_names.role_names, _names.case_matters) WITH ORDINALITY
            AS c (role_name, case_matters, place)
        WHERE c.case_matters ORDER BY c.place));
    PERFORM kerbrole.notice_realms(_realms, _principals, _nearest);
    PERFORM kerbrole.notice_adopted(ARRAY(
        SELECT r.row ->> 'role_name'
        FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
        WHERE r.row ->> 'action' = 'adopted' AND (r.row ->> 'lacks_ad')::boolean
        ORDER BY r.place));
    PERFORM kerbrole.notice_disabled(ARRAY(
        SELECT r.row ->> 'role_name'
        FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
        WHERE (r.row ->> 'is_disabled')::boolean
        ORDER BY r.place));
    RETURN QUERY
    SELECT r.row ->> 'typed', r.row ->> 'role_name', r.row ->> 'action',
        (r.row ->> 'is_disabled')::boolean
    FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
    ORDER BY r.place;
END
$$;

-- Tells groups from a realm in calls without one.
DO $$
BEGIN
    IF to_regtype('kerbrole.kerb_groups') IS NULL THEN
        CREATE DOMAIN kerbrole.kerb_groups AS text;
    END IF;
END
$$;

CREATE FUNCTION kerbrole.add_one(
    _username text, _realm text, _groups text[], _if_not_exists boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _canonical CONSTANT record := kerbrole.canonical(
        kerbrole.required(_username, 'username'), kerbrole.checked_text(_realm));
    _checked CONSTANT text[] := coalesce(kerbrole.checked_list(_groups, 'groups'), '{}');
    _added record;
BEGIN
    SELECT a.* INTO STRICT _added
    FROM kerbrole.add_as_caller('kerb_add_principal', ARRAY[_canonical.role_name], _checked,
        coalesce(_if_not_exists, false)) AS a;
    IF _added.action = 'unchanged' AND NOT _added.is_disabled THEN
        RAISE NOTICE 'role "%" already exists as wanted, nothing to do', _added.role_name;
    END IF;
    RETURN _added.role_name;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principal(
    username text, realm text DEFAULT NULL, groups text[] DEFAULT '{}',
    if_not_exists boolean DEFAULT false) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.add_one(username, realm, groups, if_not_exists)
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principal(
    username text, realm text, groups text, if_not_exists boolean DEFAULT false) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.add_one(username, realm, kerbrole.name_or_names(groups), if_not_exists)
$$;

-- Only who names the argument means this variant: of two that a text fits, one with the type itself
-- goes before one with a domain over it.
CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principal(
    username text, groups kerbrole.kerb_groups, if_not_exists boolean DEFAULT false) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.add_one(username, NULL, kerbrole.name_or_names(groups), if_not_exists)
$$;

CREATE FUNCTION kerbrole.add_many(_principals text[], _groups text[], _if_not_exists boolean)
RETURNS TABLE (principal text, role_name text, action text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _checked_groups CONSTANT text[] := coalesce(kerbrole.checked_list(_groups, 'groups'), '{}');
    _checked text[];
BEGIN
    IF _principals IS NULL THEN
        PERFORM kerbrole.refuse('null', 'principals');
    END IF;
    _checked := kerbrole.checked_list(_principals, 'principals');
    RETURN QUERY
    SELECT a.principal, a.role_name, a.action
    FROM kerbrole.add_as_caller('kerb_add_principals', _checked, _checked_groups,
        coalesce(_if_not_exists, false)) AS a;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principals(
    principals text[], groups text[] DEFAULT '{}', if_not_exists boolean DEFAULT false)
RETURNS TABLE (principal text, role_name text, action text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.* FROM kerbrole.add_many(principals, groups, if_not_exists) AS a
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principals(
    principals text[], groups text, if_not_exists boolean DEFAULT false)
RETURNS TABLE (principal text, role_name text, action text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.*
    FROM kerbrole.add_many(principals, kerbrole.name_or_names(groups), if_not_exists) AS a
$$;
