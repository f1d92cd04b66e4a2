-- Dropping principals. Nothing that a role owns is ever dropped. What it owns is given to an heir,
-- and its privileges end, with the caller's own rights: the owner of these functions has none to
-- other people's objects.

-- What hangs on a role, by database.
CREATE FUNCTION kerbrole.holdings(_role oid)
RETURNS TABLE (database text, is_here boolean, owned bigint, privileges bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.datname::text, s.dbid = 0 OR d.datname = current_database(),
        count(*) FILTER (WHERE s.deptype = 'o' AND s.classid NOT IN (
            'pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_user_mapping'::regclass)),
        count(*) FILTER (WHERE s.deptype <> 'o' OR s.classid IN (
            'pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_user_mapping'::regclass))
    FROM pg_catalog.pg_shdepend AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
    WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = _role
        AND s.classid <> 'pg_catalog.pg_auth_members'::regclass
    GROUP BY s.dbid, d.datname
    ORDER BY s.dbid
$$;

-- `3 objects and 1 privilege in database "app"; 1 object shared by all databases.`
CREATE FUNCTION kerbrole.holdings_in_words(_role oid, _owned_only boolean, _elsewhere_only boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(
        concat_ws(' and ',
            CASE WHEN h.owned > 0 THEN kerbrole.counted(h.owned, 'object') END,
            CASE WHEN h.privileges > 0 THEN kerbrole.counted(h.privileges, 'privilege') END)
        || CASE WHEN h.database IS NULL THEN ' shared by all databases'
            ELSE ' in database "' || h.database || '"' END, '; ') || '.'
    FROM kerbrole.holdings(_role) AS h
    WHERE (h.owned > 0 OR NOT _owned_only) AND NOT (h.is_here AND _elsewhere_only)
$$;

-- Why a role cannot be dropped without asking anybody: it has sessions, or owns something.
CREATE FUNCTION kerbrole.check_droppable(_role oid, _has_heir boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _sessions CONSTANT bigint := kerbrole.sessions(_role);
BEGIN
    IF _sessions > 0 THEN
        PERFORM kerbrole.refuse('in_use', _name, kerbrole.counted(_sessions, 'session'));
    END IF;
    IF NOT _has_heir AND EXISTS (SELECT FROM kerbrole.holdings(_role) AS h WHERE h.owned > 0) THEN
        PERFORM kerbrole.refuse('owner', _name, kerbrole.holdings_in_words(_role, true, false));
    END IF;
END
$$;

-- The statements that end the privileges of a role in this database and on shared objects.
-- `grantor` is who can run it, or whose rights it takes.
CREATE FUNCTION kerbrole.revokes(_role oid)
RETURNS TABLE (grantor text, statement text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY EXECUTE format($q$
        WITH held AS (
            SELECT s.classid, s.objid, s.objsubid
            FROM pg_catalog.pg_shdepend AS s
            WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = $1
                AND s.deptype = 'a' AND s.dbid IN (0, (
                    SELECT d.oid FROM pg_catalog.pg_database AS d
                    WHERE d.datname = current_database()))
        ), lists (classid, objid, acl, kind, column_name) AS (
            SELECT h.classid, h.objid, c.relacl,
                CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, NULL::name
            FROM held AS h JOIN pg_catalog.pg_class AS c ON c.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_class'::regclass AND h.objsubid = 0
            UNION ALL
            SELECT h.classid, h.objid, t.attacl, 'TABLE', t.attname
            FROM held AS h JOIN pg_catalog.pg_attribute AS t
                ON t.attrelid = h.objid AND t.attnum = h.objsubid
            WHERE h.classid = 'pg_catalog.pg_class'::regclass AND h.objsubid <> 0
            UNION ALL
            SELECT h.classid, h.objid, o.proacl, 'ROUTINE', NULL
            FROM held AS h JOIN pg_catalog.pg_proc AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_proc'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.nspacl, 'SCHEMA', NULL
            FROM held AS h JOIN pg_catalog.pg_namespace AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_namespace'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.typacl, 'TYPE', NULL
            FROM held AS h JOIN pg_catalog.pg_type AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_type'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.lanacl, 'LANGUAGE', NULL
            FROM held AS h JOIN pg_catalog.pg_language AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_language'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.fdwacl, 'FOREIGN DATA WRAPPER', NULL
            FROM held AS h JOIN pg_catalog.pg_foreign_data_wrapper AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.srvacl, 'FOREIGN SERVER', NULL
            FROM held AS h JOIN pg_catalog.pg_foreign_server AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_foreign_server'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.lomacl, 'LARGE OBJECT', NULL
            FROM held AS h JOIN pg_catalog.pg_largeobject_metadata AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_largeobject'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.datacl, 'DATABASE', NULL
            FROM held AS h JOIN pg_catalog.pg_database AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_database'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.spcacl, 'TABLESPACE', NULL
            FROM held AS h JOIN pg_catalog.pg_tablespace AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_tablespace'::regclass
            %s
        )
        SELECT g.rolname, format('REVOKE %%s ON %%s %%s FROM %%I CASCADE',
            string_agg(concat(a.privilege_type, ' (' || quote_ident(l.column_name) || ')'), ', '
                ORDER BY a.privilege_type, l.column_name),
            l.kind,
            -- Of some of the server's types the identity is SQL's own words, and of a setting it is
            -- not quoted.
            CASE
                WHEN i.type = 'type' THEN concat(i.schema, '.', i.name)
                WHEN l.kind = 'PARAMETER' THEN (
                    SELECT string_agg(quote_ident(p.part), '.' ORDER BY p.place)
                    FROM string_to_table(i.identity, '.') WITH ORDINALITY AS p (part, place))
                ELSE i.identity
            END, pg_get_userbyid($1))
        FROM lists AS l
        CROSS JOIN LATERAL aclexplode(l.acl) AS a
        CROSS JOIN LATERAL pg_identify_object(l.classid, l.objid, 0) AS i
        JOIN kerbrole.roles AS g ON g.oid = a.grantor
        WHERE a.grantee = $1
        GROUP BY g.rolname, l.kind, i.type, i.schema, i.name, i.identity
        ORDER BY g.rolname, l.kind, i.identity$q$,
        -- Since 15 there are privileges on settings.
        CASE WHEN to_regclass('pg_catalog.pg_parameter_acl') IS NOT NULL THEN
            'UNION ALL
            SELECT h.classid, h.objid, o.paracl, ''PARAMETER'', NULL
            FROM held AS h JOIN pg_catalog.pg_parameter_acl AS o ON o.oid = h.objid
            WHERE h.classid = ''pg_catalog.pg_parameter_acl''::regclass' END)
    USING _role;
END
$$;

-- Gives what a role owns here to an heir, and ends its privileges here, with the caller's rights.
-- Returns what somebody else has to run for those that are left; NULL where none is.
CREATE FUNCTION kerbrole.clear_as_caller(_role oid, _heir oid) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _owns CONSTANT boolean := EXISTS (
        SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.owned > 0);
    _revoke record;
    _left text;
BEGIN
    IF _heir IS NOT NULL AND _owns THEN
        IF NOT pg_has_role(_role, 'USAGE') THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = format('permission denied to reassign objects of role "%s"', _name),
                DETAIL = 'These functions reassign with the rights of whoever calls them.',
                HINT = format('Whoever may grant the role can run before, and REVOKE it again: '
                    'GRANT %s TO %s;', kerbrole.quoted(_name), kerbrole.quoted(current_user));
        END IF;
        EXECUTE format('REASSIGN OWNED BY %I TO %I', _name, pg_get_userbyid(_heir));
    END IF;
    FOR _revoke IN SELECT r.* FROM kerbrole.revokes(_role) AS r LOOP
        BEGIN
            EXECUTE _revoke.statement;
        EXCEPTION
            WHEN insufficient_privilege THEN
                NULL;  -- It is told below, with what the server only warned of.
        END;
    END LOOP;
    SELECT string_agg(s.statement || ';', ' ') INTO _left
    FROM (SELECT r.statement FROM kerbrole.revokes(_role) AS r LIMIT 5) AS s;
    IF _left IS NOT NULL THEN
        RETURN 'Whoever granted them can run: ' || _left;
    END IF;
    IF EXISTS (
        SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.privileges > 0)
    THEN
        IF NOT pg_has_role(_role, 'USAGE') THEN
            RETURN format('Default privileges, policies and user mappings of the role end by: '
                'DROP OWNED BY %s;', kerbrole.quoted(_name));
        ELSIF NOT EXISTS (
            SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.owned > 0)
        THEN
            EXECUTE format('DROP OWNED BY %I', _name);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

-- The same for a list, of which all or nothing happens.
CREATE FUNCTION kerbrole.clear_wholly(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _left CONSTANT text := kerbrole.clear_as_caller(_role, NULL);
BEGIN
    IF _left IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied to end the privileges of role "%s"',
                pg_get_userbyid(_role)),
            DETAIL = kerbrole.holdings_in_words(_role, false, false),
            HINT = _left;
    END IF;
END
$$;

-- The memberships of others that a role granted, since PostgreSQL 16: somebody's leaving takes
-- nothing away from those who stay. `is_covered` is whether somebody else granted the same, with
-- all of its options. Up to 15 they stay by themselves.
CREATE FUNCTION kerbrole.grants_made(_role oid)
RETURNS TABLE (granted text, member text, options text, is_covered boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF kerbrole.names_grantors() THEN
        RETURN QUERY EXECUTE $q$
            SELECT g.rolname, r.rolname,
                format('ADMIN %s, INHERIT %s, SET %s',
                    m.admin_option::text, m.inherit_option::text, m.set_option::text),
                EXISTS (
                    SELECT FROM pg_catalog.pg_auth_members AS o
                    WHERE o.roleid = m.roleid AND o.member = m.member AND o.grantor <> m.grantor
                        AND o.admin_option >= m.admin_option
                        AND o.inherit_option >= m.inherit_option AND o.set_option >= m.set_option)
            FROM pg_catalog.pg_auth_members AS m
            JOIN kerbrole.roles AS g ON g.oid = m.roleid
            JOIN kerbrole.roles AS r ON r.oid = m.member
            WHERE m.grantor = $1 AND m.roleid <> $1 AND m.member <> $1
            ORDER BY g.rolname::text COLLATE "C", r.rolname::text COLLATE "C"$q$
        USING _role;
    END IF;
END
$$;

-- With the caller's rights: grants in its place what a role granted.
CREATE FUNCTION kerbrole.hand_over_as_caller(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _grant record;
BEGIN
    FOR _grant IN SELECT g.* FROM kerbrole.grants_made(_role) AS g WHERE NOT g.is_covered LOOP
        BEGIN
            EXECUTE format('GRANT %I TO %I WITH %s',
                _grant.granted, _grant.member, _grant.options);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
                    MESSAGE = format('role "%s" granted a membership that would end with it',
                        pg_get_userbyid(_role)),
                    DETAIL = format('Role "%s" is a member of "%s" by it, and you may not grant '
                        'that in its place.', _grant.member, _grant.granted),
                    HINT = format('Whoever may can run: GRANT %s TO %s WITH %s;',
                        kerbrole.quoted(_grant.granted),
                        kerbrole.quoted(_grant.member), _grant.options);
        END;
    END LOOP;
END
$$;

-- With the owner's rights: ends what a role granted, where somebody else granted the same. As its
-- grantor: for that the owner takes on its rights, until it is dropped.
CREATE FUNCTION kerbrole.end_grants(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT name := pg_get_userbyid(_role);
    _grant record;
BEGIN
    FOR _grant IN SELECT g.* FROM kerbrole.grants_made(_role) AS g WHERE g.is_covered LOOP
        IF NOT pg_has_role(_role, 'USAGE') THEN
            PERFORM kerbrole.run(format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE',
                _name, current_user), _name::text);
        END IF;
        EXECUTE format('REVOKE %I FROM %I GRANTED BY %I', _grant.granted, _grant.member, _name);
    END LOOP;
END
$$;

-- With the owner's rights: drops a role that nothing hangs on any more, or disables one on which
-- something hangs in other databases.
CREATE FUNCTION kerbrole.drop(_arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.changeable_principal(_arguments ->> 'role_name', NULL);
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    -- Elsewhere, or privileges here that the caller may not take away.
    _is_left CONSTANT boolean := EXISTS (SELECT FROM kerbrole.holdings(_role));
BEGIN
    IF _name <> _arguments ->> 'role_name' COLLATE "C"
        OR _role <> (_arguments ->> 'role')::oid
    THEN
        PERFORM kerbrole.refuse('changed_meanwhile', _arguments ->> 'role_name');
    END IF;
    PERFORM kerbrole.check_droppable(_role, NOT EXISTS (
        SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.owned > 0));
    IF NOT _is_left THEN
        PERFORM kerbrole.end_grants(_role);
        PERFORM kerbrole.run(format('DROP ROLE %I', _name), _name);
        PERFORM kerbrole.check_meanwhile(
            NOT EXISTS (SELECT FROM kerbrole.roles AS r WHERE r.oid = _role), _name);
        RETURN jsonb_build_object('outcome', 'dropped');
    END IF;
    IF (SELECT r.rolcanlogin FROM kerbrole.roles AS r WHERE r.oid = _role) THEN
        PERFORM kerbrole.run(format('ALTER ROLE %I NOLOGIN', _name), _name);
    END IF;
    PERFORM kerbrole.check_meanwhile(
        (SELECT NOT r.rolcanlogin FROM kerbrole.roles AS r WHERE r.oid = _role), _name);
    RETURN jsonb_build_object('outcome', 'disabled');
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_drop_principal(
    username text, realm text DEFAULT NULL, if_exists boolean DEFAULT false,
    reassign_owned_to text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    _heir_name CONSTANT text := kerbrole.checked_text(reassign_owned_to);
    _role oid;
    _name text;
    _heir oid;
    _left text;
    _answer jsonb;
BEGIN
    PERFORM kerbrole.ask('kerb_drop_principal', NULL);
    _role := kerbrole.changeable_principal(username, realm, coalesce(if_exists, false));
    IF _role IS NULL THEN
        RAISE NOTICE 'principal "%" does not exist, nothing to do', _meant.canonical;
        RETURN _meant.canonical;
    END IF;
    _name := pg_get_userbyid(_role)::text;
    IF _heir_name IS NOT NULL THEN
        _heir := kerbrole.existing_role(_heir_name);
        IF _heir = _role THEN
            PERFORM kerbrole.refuse('heir_is_the_role', _name);
        ELSIF NOT pg_has_role(_heir, 'USAGE')
            OR NOT pg_has_role(_heir, CASE WHEN kerbrole.names_grantors() THEN 'SET'
                ELSE 'MEMBER' END)
        THEN
            PERFORM kerbrole.refuse('heir_forbidden', _heir_name);
        END IF;
    END IF;
    PERFORM kerbrole.check_droppable(_role, _heir IS NOT NULL);
    _left := kerbrole.clear_as_caller(_role, _heir);
    PERFORM kerbrole.hand_over_as_caller(_role);
    _answer := kerbrole.ask('kerb_drop_principal', jsonb_build_object(
        'role_name', _name, 'role', _role));
    IF _left IS NOT NULL THEN
        RAISE WARNING USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = (kerbrole.said('only_disabled', ARRAY[_name])).message,
            DETAIL = kerbrole.holdings_in_words(_role, false, false),
            HINT = _left || ' Then call this again.';
    ELSIF _answer ->> 'outcome' = 'disabled' THEN
        PERFORM kerbrole.warn('only_disabled', _name,
            kerbrole.holdings_in_words(_role, false, true));
    END IF;
    RETURN _name;
END
$$;
