-- What the caller is told that is no error.

CREATE FUNCTION kerbrole.notice(_message text, _detail text, _hint text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _detail IS NULL AND _hint IS NULL THEN
        RAISE NOTICE USING MESSAGE = _message;
    ELSIF _detail IS NULL THEN
        RAISE NOTICE USING MESSAGE = _message, HINT = _hint;
    ELSIF _hint IS NULL THEN
        RAISE NOTICE USING MESSAGE = _message, DETAIL = _detail;
    ELSE
        RAISE NOTICE USING MESSAGE = _message, DETAIL = _detail, HINT = _hint;
    END IF;
END
$$;

CREATE FUNCTION kerbrole.tell(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said CONSTANT record := kerbrole.said(_key, _arguments);
BEGIN
    PERFORM kerbrole.notice(_said.message, _said.detail, _said.hint);
END
$$;

CREATE FUNCTION kerbrole.warn(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said CONSTANT record := kerbrole.said(_key, _arguments);
BEGIN
    IF _said.detail IS NULL THEN
        RAISE WARNING USING ERRCODE = _said.code, MESSAGE = _said.message, HINT = _said.hint;
    ELSE
        RAISE WARNING USING ERRCODE = _said.code, MESSAGE = _said.message,
            DETAIL = _said.detail, HINT = _said.hint;
    END IF;
END
$$;

-- Says once that the case of some names matters.
CREATE FUNCTION kerbrole.notice_case(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _more CONSTANT integer := cardinality(_names) - 1;
BEGIN
    IF _more >= 0 THEN
        PERFORM kerbrole.notice(
            CASE WHEN _more = 0
                THEN format('principal "%s" has upper-case letters: only a ticket spelled exactly '
                    'so will match', _names[1])
                ELSE format('principal "%s" and %s more have upper-case letters: only tickets '
                    'spelled exactly so will match', _names[1], _more)
            END, NULL,
            'The KDC spells the ticket as the user types it, or as the directory stores it when '
            'asked for the canonical name. The usual form is lower case; with krb_caseins_users '
            'on, case would not matter.');
    END IF;
END
$$;

-- Says which of those that were added cannot log in.
CREATE FUNCTION kerbrole.notice_disabled(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _more CONSTANT integer := cardinality(_names) - 1;
BEGIN
    IF _more >= 0 THEN
        PERFORM kerbrole.notice(
            CASE WHEN _more = 0
                THEN format('role "%s" is disabled (NOLOGIN) and stays so', _names[1])
                ELSE format('role "%s" and %s more are disabled (NOLOGIN) and stay so',
                    _names[1], _more)
            END, NULL, 'kerb_enable_principal() lets a principal log in again.');
    END IF;
END
$$;

-- Says which roles were there before they came into rds_ad, and whether they have passwords, to
-- whoever may read that.
CREATE FUNCTION kerbrole.notice_adopted(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _with text[];
    _without text[];
BEGIN
    IF _names = '{}' THEN
        RETURN;
    END IF;
    IF has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') THEN
        EXECUTE 'SELECT coalesce(array_agg(n.name ORDER BY n.place)
                    FILTER (WHERE a.rolpassword IS NOT NULL), ''{}''),
                coalesce(array_agg(n.name ORDER BY n.place)
                    FILTER (WHERE a.rolpassword IS NULL), ''{}'')
            FROM unnest($1) WITH ORDINALITY AS n (name, place)
            LEFT JOIN pg_catalog.pg_authid AS a ON a.rolname = n.name::name'
        INTO _with, _without USING _names;
        PERFORM kerbrole.tell_adopted('_with_password', _with);
        PERFORM kerbrole.tell_adopted('_without', _without);
    ELSE
        PERFORM kerbrole.tell_adopted('', _names);
    END IF;
END
$$;

CREATE FUNCTION kerbrole.tell_adopted(_password text, _names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
BEGIN
    IF cardinality(_names) = 1 THEN
        PERFORM kerbrole.tell('adopted' || _password, _names[1], _ad_role);
    ELSIF cardinality(_names) > 1 THEN
        PERFORM kerbrole.tell('adopted_many' || _password, _names[1], _ad_role,
            (cardinality(_names) - 1)::text,
            (SELECT string_agg(format('ALTER ROLE %s PASSWORD NULL;', kerbrole.quoted(n.name)), ' '
                ORDER BY n.place)
            FROM unnest(_names[:10]) WITH ORDINALITY AS n (name, place)));
    END IF;
END
$$;

-- How many letters are added, missing, exchanged or swapped between two texts.
CREATE FUNCTION kerbrole.distance(_a text, _b text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before integer[];
    _last integer[] := ARRAY(SELECT generate_series(0, length(_b)));
    _row integer[];
    _cost integer;
BEGIN
    FOR i IN 1..length(_a) LOOP
        _row := ARRAY[i];
        FOR j IN 1..length(_b) LOOP
            _cost := (substr(_a, i, 1) <> substr(_b, j, 1) COLLATE "C")::integer;
            _row[j + 1] := least(_last[j + 1] + 1, _row[j] + 1, _last[j] + _cost);
            IF i > 1 AND j > 1 AND substr(_a, i, 1) = substr(_b, j - 1, 1) COLLATE "C"
                AND substr(_a, i - 1, 1) = substr(_b, j, 1) COLLATE "C"
            THEN
                _row[j + 1] := least(_row[j + 1], _before[j - 1] + 1);
            END IF;
        END LOOP;
        _before := _last;
        _last := _row;
    END LOOP;
    RETURN _last[length(_b) + 1];
END
$$;

-- The realms of new principals that nobody is of yet, while there are principals of others, and the
-- realm that is spelled nearly so. What a setting names, somebody vouched for.
CREATE FUNCTION kerbrole.unknown_realms(_names text[])
RETURNS TABLE (realm text, principal text, nearest text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _named CONSTANT text[] := kerbrole.allowed_realms()
        || upper(kerbrole.setting('default_realm') COLLATE "C")
        || ARRAY(SELECT d.value
            FROM jsonb_each_text(
                kerbrole.netbios_domains(kerbrole.setting('netbios_domains'))) AS d);
    _new text[];
    _first text[];
    _there text[];
BEGIN
    SELECT array_agg(u.realm), array_agg(u.principal) INTO _new, _first
    FROM (
        SELECT DISTINCT ON (n.realm) n.realm, n.name AS principal
        FROM (
            -- realm_of(), thousands of times.
            SELECT substr(n.name, strpos(n.name COLLATE "C", '@') + 1) COLLATE "C" AS realm,
                n.name, n.place
            FROM unnest(_names) WITH ORDINALITY AS n (name, place)
        ) AS n
        ORDER BY n.realm, n.place
    ) AS u
    WHERE u.realm COLLATE "C" <> ALL (_named) AND NOT EXISTS (
        SELECT FROM kerbrole.roles AS r
        WHERE right(r.rolname::text, length(u.realm) + 1) = '@' || u.realm COLLATE "C"
            AND kerbrole.is_principal(r.rolname::text));
    IF _new IS NULL THEN
        RETURN;
    END IF;
    _there := ARRAY(
        SELECT DISTINCT kerbrole.realm_of(r.rolname::text) COLLATE "C"
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text));
    IF _there = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT u.realm, u.principal, CASE WHEN u.place <= 10 THEN (
        SELECT near.realm
        FROM (
            SELECT t.realm, kerbrole.distance(u.realm, t.realm) AS steps
            FROM unnest(_there) AS t (realm)
            WHERE abs(length(t.realm) - length(u.realm)) <= least(3, length(u.realm) / 3)
        ) AS near
        WHERE near.steps <= least(3, length(u.realm) / 3)
        ORDER BY near.steps, near.realm COLLATE "C" LIMIT 1) END
    FROM unnest(_new, _first) WITH ORDINALITY AS u (realm, principal, place)
    ORDER BY u.place;
END
$$;

CREATE FUNCTION kerbrole.notice_realms(_realms text[], _principals text[], _nearest text[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM kerbrole.tell(
        CASE WHEN u.nearest IS NULL THEN 'new_realm' ELSE 'new_realm_nearest' END,
        u.realm, u.principal, u.nearest)
    FROM unnest(_realms, _principals, _nearest) WITH ORDINALITY
        AS u (realm, principal, nearest, place)
    WHERE u.place <= 10
    ORDER BY u.place;
    IF cardinality(_realms) > 10 THEN
        RAISE NOTICE 'the same goes for % more realms', cardinality(_realms) - 10;
    END IF;
END
$$;
