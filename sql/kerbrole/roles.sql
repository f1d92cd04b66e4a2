-- Roles, as anybody may read them.

CREATE FUNCTION kerbrole.role_oid(_name text) RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- A longer name would be cut, and mean another role.
    SELECT r.oid FROM pg_catalog.pg_roles AS r
    WHERE octet_length(_name) <= 63 AND r.rolname = _name::name
$$;

-- Those of many roles that are there, in no order.
CREATE FUNCTION kerbrole.role_oids(_names text[]) RETURNS oid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT r.oid FROM pg_catalog.pg_roles AS r
        WHERE r.rolname IN (
            SELECT n.name::name FROM unnest(_names) AS n (name) WHERE octet_length(n.name) <= 63))
$$;

-- A role whose name differs by case only, the first in byte order if there are several.
CREATE FUNCTION kerbrole.other_spelling(_name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT min(r.rolname::text COLLATE "C")
    FROM kerbrole.roles AS r
    WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_name)
        AND r.rolname::text <> _name COLLATE "C"
$$;

-- A role that was named exactly.
CREATE FUNCTION kerbrole.existing_role(_name text) RETURNS oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.role_oid(_name);
    _other text;
BEGIN
    IF _role IS NULL THEN
        _other := kerbrole.other_spelling(_name);
        PERFORM kerbrole.refuse(
            CASE WHEN _other IS NULL THEN 'role_missing' ELSE 'role_missing_other' END,
            _name, _other);
    END IF;
    RETURN _role;
END
$$;

-- The attributes that make a role more than a login: `CREATEROLE and CREATEDB`; NULL where there is
-- none.
CREATE FUNCTION kerbrole.attributes(_role oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(concat_ws(' and ',
        CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
        CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN r.rolreplication THEN 'REPLICATION' END,
        CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END), '')
    FROM kerbrole.roles AS r
    WHERE r.oid = _role
$$;

CREATE FUNCTION kerbrole.is_superuser(_role oid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT r.rolsuper FROM kerbrole.roles AS r WHERE r.oid = _role), false)
$$;

-- Refuses to change what is no mere login: a role of the rule, or one with attributes.
CREATE FUNCTION kerbrole.check_changeable(_role oid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _attributes CONSTANT text := kerbrole.attributes(_role);
    _rule CONSTANT record := kerbrole.rule_roles();
BEGIN
    IF _name = _rule.ad_role COLLATE "C" THEN
        PERFORM kerbrole.refuse('rule_role', _name, 'kerbrole.ad_role');
    ELSIF _name = _rule.iam_role COLLATE "C" THEN
        PERFORM kerbrole.refuse('rule_role', _name, 'kerbrole.iam_role');
    ELSIF _attributes IS NOT NULL THEN
        PERFORM kerbrole.refuse('elevated', _name, _attributes);
    END IF;
END
$$;

-- The role that somebody means who names a principal, provided that it may be changed; NULL where
-- there is none and that is no error.
CREATE FUNCTION kerbrole.changeable_principal(
    _username text, _realm text, _if_exists boolean DEFAULT false) RETURNS oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(_username, 'username'), kerbrole.checked_text(_realm));
    _role CONSTANT oid :=
        coalesce(kerbrole.role_oid(_meant.typed), kerbrole.role_oid(_meant.canonical));
    _other text;
BEGIN
    IF _role IS NOT NULL THEN
        PERFORM kerbrole.check_changeable(_role);
    ELSIF NOT _if_exists THEN
        _other := kerbrole.other_spelling(_meant.canonical);
        PERFORM kerbrole.refuse(
            CASE
                WHEN _other IS NULL THEN 'principal_missing'
                WHEN kerbrole.is_principal(_other) THEN 'principal_missing_principal'
                ELSE 'principal_missing_other'
            END, _meant.canonical, _other);
    END IF;
    RETURN _role;
END
$$;

-- How many sessions a role has on this server. Of those of others only whose they are can be seen.
CREATE FUNCTION kerbrole.sessions(_role oid) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
    WHERE a.usesysid = _role AND coalesce(a.backend_type, 'client backend') = 'client backend'
$$;

-- 40001 where a change was made to another role than the one that was looked at, since somebody
-- gave its name to another one while we waited.
CREATE FUNCTION kerbrole.check_meanwhile(_is_as_wanted boolean, _name text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _is_as_wanted IS NOT TRUE THEN
        PERFORM kerbrole.refuse('changed_meanwhile', _name);
    END IF;
END
$$;
