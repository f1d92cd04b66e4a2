-- What kerb_apply_access() is asked for: people as JSON, each with the roles that are meant for
-- them, and what else a directory says.

-- The people, in their order; 22023 for what is none. `roles` are theirs as they were written.
CREATE FUNCTION kerbrole.people(_people json)
RETURNS TABLE (place bigint, typed text, sid text, enabled boolean, roles text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _count integer;
    _at bigint;
    _problem text;
    _typed text;
    _said record;
    _shape CONSTANT text := 'A person is written as {"principal": "alice@CORP.EXAMPLE.COM", '
        '"sid": "S-1-5-21-...", "enabled": true, "roles": ["analysts"]}.';
BEGIN
    IF json_typeof(_people) <> 'array' THEN
        PERFORM kerbrole.raise('22023', 'people must be a JSON array', NULL, _shape);
    END IF;
    _count := json_array_length(_people);
    IF _count > @LONGEST_LIST@ THEN
        PERFORM kerbrole.refuse('list_too_long', _count::text);
    ELSIF octet_length(_people::text) > @LARGEST_LIST@ THEN
        PERFORM kerbrole.refuse('list_too_large',
            _count::text, octet_length(_people::text)::text);
    END IF;
    SELECT e.place, CASE
        WHEN json_typeof(e.person) <> 'object' THEN 'a person must be a JSON object'
        ELSE k.problem END
    INTO _at, _problem
    FROM json_array_elements(_people) WITH ORDINALITY AS e (person, place)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN bool_or(k.key COLLATE "C" NOT IN ('principal', 'sid', 'enabled', 'roles'))
                THEN format('a person has no "%s"', kerbrole.visible(min(k.key COLLATE "C") FILTER (
                    WHERE k.key COLLATE "C" NOT IN ('principal', 'sid', 'enabled', 'roles'))))
            WHEN count(*) <> count(DISTINCT k.key) THEN 'a person has a key twice'
            WHEN count(*) FILTER (WHERE k.key = 'principal' AND json_typeof(k.value) = 'string')
                <> 1 THEN 'the principal of a person must be a text'
            WHEN count(*) FILTER (WHERE k.key = 'sid' AND json_typeof(k.value) = 'string') <> 1
                THEN 'the sid of a person must be a text'
            WHEN bool_or(k.key = 'enabled' AND json_typeof(k.value) <> 'boolean')
                THEN 'whether a person is enabled must be true or false'
            WHEN bool_or(k.key = 'roles' AND json_typeof(k.value) <> 'array')
                THEN 'the roles of a person must be an array of texts'
            WHEN bool_or(k.key = 'roles' AND EXISTS (
                SELECT FROM json_array_elements(
                    CASE WHEN k.key = 'roles' THEN k.value ELSE '[]' END) AS r (role)
                WHERE json_typeof(r.role) <> 'string'))
                THEN 'the roles of a person must be an array of texts'
            END AS problem
        FROM json_each(
            CASE WHEN json_typeof(e.person) = 'object' THEN e.person ELSE '{}' END) AS k
    ) AS k
    WHERE json_typeof(e.person) <> 'object' OR k.problem IS NOT NULL
    ORDER BY e.place LIMIT 1;
    IF FOUND THEN
        PERFORM kerbrole.raise('22023', _problem, format('It is element %s of people.', _at),
            _shape);
    END IF;
    RETURN QUERY
    SELECT e.place, e.person ->> 'principal', e.person ->> 'sid',
        coalesce((e.person ->> 'enabled')::boolean, true),
        CASE WHEN e.person -> 'roles' IS NULL THEN '{}' ELSE ARRAY(
            SELECT r.role
            FROM json_array_elements_text(e.person -> 'roles') WITH ORDINALITY AS r (role, place)
            ORDER BY r.place) END
    FROM json_array_elements(_people) WITH ORDINALITY AS e (person, place)
    ORDER BY e.place;
    SELECT p.place, p.person ->> 'sid' INTO _at, _problem
    FROM json_array_elements(_people) WITH ORDINALITY AS p (person, place)
    WHERE (kerbrole.is_sid(p.person ->> 'sid')
        AND kerbrole.domain_of(p.person ->> 'sid') IS NOT NULL) IS NOT TRUE
    ORDER BY p.place LIMIT 1;
    IF FOUND THEN
        _said := kerbrole.said(
            CASE WHEN kerbrole.is_sid(_problem) THEN 'no_account' ELSE 'no_sid' END,
            ARRAY[_problem]);
        PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
            'people', _count, _at::integer, _problem);
    END IF;
    SELECT t.place, t.person ->> 'sid', t.person ->> 'principal' INTO _at, _problem, _typed
    FROM (
        SELECT p.*, row_number() OVER (
            PARTITION BY p.person ->> 'sid' COLLATE "C" ORDER BY p.place) AS number
        FROM json_array_elements(_people) WITH ORDINALITY AS p (person, place)
    ) AS t
    WHERE t.number > 1
    ORDER BY t.place LIMIT 1;
    IF FOUND THEN
        _said := kerbrole.said('listed_twice', ARRAY[_problem]);
        PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
            'people', _count, _at::integer, _typed);
    END IF;
    PERFORM kerbrole.checked_text(p.person ->> 'principal')
    FROM json_array_elements(_people) AS p (person)
    WHERE octet_length(p.person ->> 'principal') > 63 OR getdatabaseencoding() <> 'UTF8';
END
$$;

-- The names of people as they are wanted, and why one cannot be, in the same order.
CREATE FUNCTION kerbrole.names_or_problems(
    _typed text[], OUT role_names text[], OUT problems text[], OUT case_matters boolean[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at integer;
    _one record;
    _message text;
    _detail text;
BEGIN
    SELECT p.* INTO role_names, case_matters FROM kerbrole.plain_each(_typed) AS p;
    problems := array_fill(NULL::text, ARRAY[cardinality(_typed)]);
    FOR _at IN
        SELECT n.place
        FROM unnest(role_names) WITH ORDINALITY AS n (name, place)
        WHERE n.name IS NULL ORDER BY n.place
    LOOP
        BEGIN
            _one := kerbrole.canonical(_typed[_at], NULL);
            role_names[_at] := _one.role_name;
            case_matters[_at] := _one.case_matters;
        EXCEPTION
            WHEN invalid_parameter_value OR name_too_long OR reserved_name THEN
                GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                problems[_at] := concat_ws(': ', _message, nullif(_detail, ''));
        END;
    END LOOP;
END
$$;

-- The roles that a list may grant and revoke, which have to be there.
CREATE FUNCTION kerbrole.checked_roles(_roles text[]) RETURNS oid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _other text;
    _said record;
BEGIN
    FOR _at IN 1..cardinality(_roles) LOOP
        IF kerbrole.role_oid(_roles[_at]) IS NULL THEN
            _other := kerbrole.other_spelling(_roles[_at]);
            _said := kerbrole.said(
                CASE WHEN _other IS NULL THEN 'group_missing' ELSE 'group_missing_other' END,
                ARRAY[_roles[_at], _other]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'roles', cardinality(_roles), _at, _roles[_at]);
        ELSIF kerbrole.is_principal(_roles[_at]) THEN
            _said := kerbrole.said('principal_as_group', ARRAY[_roles[_at]]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'roles', cardinality(_roles), _at, _roles[_at]);
        END IF;
    END LOOP;
    RETURN kerbrole.role_oids(_roles);
END
$$;

-- How many people may lose something, of so many that are bound: a number, or a percentage, which
-- is rounded down and at least one.
CREATE FUNCTION kerbrole.at_most(_max_removals text, _bound bigint) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _setting CONSTANT integer := kerbrole.setting('sync_max_removals')::integer;
    _number CONSTANT numeric := substring(_max_removals FROM '^([0-9]+)%?$')::numeric;
    _is_percent CONSTANT boolean := right(_max_removals, 1) = '%';
BEGIN
    IF _number IS NULL OR _number > 4294967295
        OR (_is_percent AND _number NOT BETWEEN 1 AND 100)
    THEN
        PERFORM kerbrole.refuse('limit', _max_removals);
    END IF;
    RETURN least(
        CASE WHEN _is_percent THEN greatest(1, trunc(_bound * _number / 100)) ELSE _number END,
        CASE WHEN _setting >= 0 THEN _setting END);
END
$$;

-- The domains that were read whole.
CREATE FUNCTION kerbrole.checked_domains(_domains text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said record;
BEGIN
    FOR _at IN 1..coalesce(cardinality(_domains), 0) LOOP
        IF (kerbrole.is_sid(_domains[_at])
            AND _domains[_at] ~ '^S-1-5-21-[0-9]+-[0-9]+-[0-9]+$') IS NOT TRUE
        THEN
            _said := kerbrole.said(
                CASE WHEN kerbrole.is_sid(_domains[_at]) THEN 'no_domain' ELSE 'no_sid' END,
                ARRAY[_domains[_at]]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'domains', cardinality(_domains), _at, _domains[_at]);
        END IF;
    END LOOP;
    RETURN _domains;
END
$$;
