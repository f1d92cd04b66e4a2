-- Who creates many principals, since PostgreSQL 16. There, whoever creates a role becomes a member
-- of it, and for each role that somebody creates, changes or drops the server goes along all those
-- that they are a member of: the time grows with the square of how many there are. So that it
-- stays in proportion, many principals are created by roles that are the owner's and have no more
-- than 500 each: kerbrole_creator_1 and so on. They cannot log in, and between two calls they own
-- nothing and have no privilege. What they have ADMIN on the owner has as a member of theirs.

-- The roles that create principals, and how many memberships each has. One that anybody but the
-- owner is a member of, and so could act as, is none of ours, whatever its name is.
CREATE FUNCTION kerbrole.creators() RETURNS TABLE (creator oid, creator_name name, has bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.oid, r.rolname, (
        SELECT count(*) FROM pg_catalog.pg_auth_members AS m WHERE m.member = r.oid)
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname ~ '^kerbrole_creator_[0-9]+$' AND r.rolcreaterole
        AND NOT (r.rolcanlogin OR r.rolsuper OR r.rolcreatedb OR r.rolreplication
            OR r.rolbypassrls)
        AND pg_has_role(r.oid, 'USAGE')
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS m
            WHERE m.roleid = r.oid AND pg_get_userbyid(m.member) <> current_user)
$$;

-- Whether there may be such roles. Up to 15 there is no need for them, and an owner that logs in
-- would collect them. To act as one of them takes an ALTER FUNCTION, which event triggers would
-- run at, with the rights of the owner: where there is one the owner does everything itself.
CREATE FUNCTION kerbrole.may_use_creators() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.names_grantors()
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_event_trigger AS e
            WHERE e.evtenabled <> 'D' AND e.evtevent <> 'login')
        AND EXISTS (
            SELECT FROM pg_catalog.pg_roles AS r
            WHERE r.rolname = current_user
                AND NOT (r.rolcanlogin OR r.rolsuper) AND r.rolcreaterole)
$$;

-- One more of them. The setting is put back by whoever calls it.
CREATE FUNCTION kerbrole.new_creator() RETURNS name
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _number integer := 1;
    _name name := 'kerbrole_creator_1';
BEGIN
    WHILE EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = _name) LOOP
        _number := _number + 1;
        _name := 'kerbrole_creator_' || _number;
    END LOOP;
    -- As a GRANT would, which goes along all that the owner is a member of through any chain.
    PERFORM set_config('createrole_self_grant', 'set, inherit', true);
    EXECUTE format('CREATE ROLE %I NOLOGIN CREATEROLE', _name);
    PERFORM set_config('createrole_self_grant', '', true);
    RETURN _name;
END
$$;

-- Runs statements as whoever it belongs to: as the owner, or for a moment as one of those roles.
CREATE FUNCTION kerbrole.run_all(_statements text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _statement text;
BEGIN
    FOREACH _statement IN ARRAY _statements LOOP
        EXECUTE _statement;
    END LOOP;
END
$$;

CREATE FUNCTION kerbrole.run_as_creator(_creator name, _statements text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The new owner of a function has to have CREATE on its schema.
    EXECUTE format('GRANT CREATE ON SCHEMA kerbrole TO %I', _creator);
    EXECUTE format('ALTER FUNCTION kerbrole.run_all(text[]) OWNER TO %I', _creator);
    PERFORM kerbrole.run_all(_statements);
    EXECUTE format('ALTER FUNCTION kerbrole.run_all(text[]) OWNER TO %I', current_user);
    EXECUTE format('REVOKE CREATE ON SCHEMA kerbrole FROM %I', _creator);
END
$$;

-- Roles, each created by one that has room for it.
CREATE FUNCTION kerbrole.create_many(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _creator record;
    _at integer := 1;
BEGIN
    WHILE _at <= cardinality(_names) LOOP
        SELECT c.creator_name AS name, 500 - c.has AS room INTO _creator
        FROM kerbrole.creators() AS c
        WHERE c.has < 500 ORDER BY c.has DESC, c.creator_name LIMIT 1;
        IF NOT FOUND THEN
            SELECT kerbrole.new_creator() AS name, 500 AS room INTO _creator;
        END IF;
        PERFORM kerbrole.run_as_creator(_creator.name, ARRAY(
            SELECT format('CREATE ROLE %I LOGIN', n)
            FROM unnest(_names[_at:_at + _creator.room - 1]) AS n));
        _at := _at + _creator.room;
    END LOOP;
END
$$;

-- Who is to change or drop each of many roles: whoever created it, or NULL for the owner.
CREATE FUNCTION kerbrole.creators_of(_roles oid[]) RETURNS TABLE (role oid, creator name)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.role, min(c.creator_name)
    FROM unnest(_roles) AS r (role)
    LEFT JOIN (
        SELECT m.roleid, c.creator_name
        FROM kerbrole.creators() AS c
        JOIN pg_catalog.pg_auth_members AS m ON m.member = c.creator AND m.admin_option
        WHERE cardinality(_roles) > 20 AND (SELECT kerbrole.may_use_creators())
    ) AS c ON c.roleid = r.role
    GROUP BY r.role
$$;

-- One statement for each of many roles that are there, in order: by whoever created the role where
-- that is quicker.
CREATE FUNCTION kerbrole.run_each(_roles oid[], _names text[], _statements text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _step record;
BEGIN
    FOR _step IN
        SELECT c.creator, min(s.name) AS name,
            array_agg(s.statement ORDER BY s.place) AS statements
        FROM unnest(_roles, _names, _statements) WITH ORDINALITY
            AS s (role, name, statement, place)
        JOIN kerbrole.creators_of(_roles) AS c ON c.role = s.role
        GROUP BY c.creator, CASE WHEN c.creator IS NULL THEN s.place END
        ORDER BY min(s.place)
    LOOP
        IF _step.creator IS NULL THEN
            PERFORM kerbrole.run(_step.statements[1], _step.name);
        ELSE
            PERFORM kerbrole.run_as_creator(_step.creator, _step.statements);
        END IF;
    END LOOP;
END
$$;
