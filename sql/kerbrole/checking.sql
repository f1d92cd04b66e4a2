-- Why somebody cannot log in: one row for each question that a login asks, in that order.

-- What a role or a database has set by which a login can fail; of several the last counts.
CREATE FUNCTION kerbrole.login_setting(
    _role oid, _setting text, OUT value text, OUT reset text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN octet_length(u.line) <= 8192 THEN substr(u.line, length(_setting) + 2) END,
        CASE
            WHEN s.setrole = 0 AND s.setdatabase = 0
                THEN format('ALTER ROLE ALL RESET %s;', _setting)
            WHEN s.setrole = 0 THEN format('ALTER DATABASE %s RESET %s;',
                kerbrole.quoted(d.datname::text), _setting)
            WHEN s.setdatabase = 0 THEN format('ALTER ROLE %s RESET %s;',
                kerbrole.quoted(pg_get_userbyid(_role)::text), _setting)
            ELSE format('ALTER ROLE %s IN DATABASE %s RESET %s;',
                kerbrole.quoted(pg_get_userbyid(_role)::text),
                kerbrole.quoted(d.datname::text), _setting)
        END
    FROM pg_catalog.pg_db_role_setting AS s
    JOIN pg_catalog.pg_database AS d
        ON d.datname = current_database() AND s.setdatabase IN (0, d.oid)
    CROSS JOIN LATERAL unnest(s.setconfig) AS u (line)
    WHERE s.setrole IN (0, coalesce(_role, 0)) AND starts_with(u.line, _setting || '=')
    ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
    LIMIT 1
$$;

-- Whether a limit on connections is reached.
CREATE FUNCTION kerbrole.check_limit(
    _what text, _limit integer, _sessions bigint, _is_superuser boolean,
    OUT ok boolean, OUT detail text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _limit < 0 OR _is_superuser OR _sessions < _limit,
        CASE
            WHEN _limit < 0 THEN format('%s takes any number of connections', _what)
            WHEN _is_superuser THEN format(
                '%s takes %s connections, which does not hold for superusers', _what, _limit)
            WHEN _sessions < _limit THEN format('%s takes %s connections; there is room: %s',
                _what, _limit, kerbrole.counted(_sessions, 'session'))
            ELSE format('%s takes %s connections; there are no more left: %s',
                _what, _limit, kerbrole.counted(_sessions, 'session'))
        END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_check_principal(username text, realm text DEFAULT NULL)
RETURNS TABLE (check_name text, ok boolean, detail text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _none CONSTANT text := 'there is no role to look at';
    _meant record;
    _too_long text;
    _rule record;
    _role pg_catalog.pg_roles;
    _name text;
    _other text;
    _database record;
    _ad_path text[];
    _iam_path text[];
    _set record;
    _reserved integer;
    _taken bigint;
    _count bigint;
    _triggers text;
    _disabling text;
BEGIN
    BEGIN
        _meant := kerbrole.meant(
            kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    EXCEPTION
        WHEN name_too_long THEN
            -- An argument that is no name at all is told as it is.
            GET STACKED DIAGNOSTICS _too_long = MESSAGE_TEXT;
            IF _too_long NOT LIKE 'role name "%' THEN
                RAISE;
            END IF;
            check_name := 'name_length';
            ok := false;
            _name := (kerbrole.parts(username, realm)).username || '@'
                || (kerbrole.parts(username, realm)).realm;
            detail := format('"%s" has %s bytes. The server cuts the role that is asked for at 63, '
                'but not the principal: they never match.', _name, octet_length(_name));
            fix := '-- give the account a shorter sAMAccountName in the directory';
            RETURN NEXT;
            RETURN;
    END;
    _rule := kerbrole.rule();
    SELECT r.* INTO _role FROM pg_catalog.pg_roles AS r
    WHERE r.oid = coalesce(
        kerbrole.role_oid(_meant.typed), kerbrole.role_oid(_meant.canonical));
    _name := coalesce(_role.rolname::text, _meant.canonical);
    _other := kerbrole.other_spelling(_name);
    SELECT d.datname::text AS name, d.datallowconn, d.datconnlimit,
        coalesce(has_database_privilege(_role.oid, d.oid, 'CONNECT'), false) AS may_connect,
        (SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datid = d.oid AND coalesce(a.backend_type, 'client backend') = 'client backend')
        AS sessions
    INTO STRICT _database
    FROM pg_catalog.pg_database AS d WHERE d.datname = current_database();

    check_name := 'name_length';
    ok := true;
    detail := format('%s bytes of at most 63', octet_length(_name));
    RETURN NEXT;

    check_name := 'role_exists';
    ok := _role.oid IS NOT NULL;
    IF ok THEN
        detail := format(
            'role "%s"; a client has to ask for it in exactly this spelling', _name);
    ELSIF _other IS NOT NULL THEN
        detail := format('no role "%s", but role "%s", which differs by case only%s', _name, _other,
            CASE WHEN kerbrole.is_principal(_other)
                THEN '; if the ticket is spelled so, ask for that one' ELSE '' END);
        fix := CASE
            WHEN kerbrole.is_by_function(_other)
                AND _other COLLATE "C" NOT IN (_rule.ad_role, _rule.iam_role)
                THEN format('SELECT kerbrole.kerb_rename_principal(%L, NULL, %L);',
                    _other, kerbrole.username_of(_name))
            ELSE format('ALTER ROLE %s RENAME TO %s;',
                kerbrole.quoted(_other), kerbrole.quoted(_name))
        END;
    ELSE
        detail := format('no role "%s", in whatever case', _name);
        fix := format('SELECT kerbrole.kerb_add_principal(%L);', _name);
    END IF;
    RETURN NEXT;

    check_name := 'realm_case';
    ok := _role.oid IS NOT NULL OR _other IS NULL
        OR kerbrole.realm_of(_other) = kerbrole.realm_of(_name) COLLATE "C";
    detail := CASE WHEN ok THEN 'the realm is in upper case, as tickets have it'
        ELSE format('the realm of role "%s" is not in upper case, as tickets have it', _other) END;
    fix := CASE WHEN NOT ok THEN format('ALTER ROLE %s RENAME TO %s;',
        kerbrole.quoted(_other), kerbrole.quoted(_name)) END;
    RETURN NEXT;

    IF ok AND _role.oid IS NOT NULL THEN
        _ad_path := kerbrole.path_to(_role.oid, _rule.ad);
        _iam_path := kerbrole.path_to(_role.oid, _rule.iam);
    END IF;
    check_name := 'rds_ad';
    ok := _ad_path IS NOT NULL;
    detail := CASE
        WHEN _role.oid IS NULL THEN _none
        WHEN ok THEN format('member of %s by %s', _rule.ad_role, _ad_path)
        ELSE format('not a member of %s', _rule.ad_role)
    END;
    fix := CASE WHEN NOT ok AND _role.oid IS NOT NULL
        THEN format('SELECT kerbrole.kerb_add_principal(%L, if_not_exists => true);', _name) END;
    RETURN NEXT;

    check_name := 'not_rds_iam';
    ok := _iam_path IS NULL AND _role.oid IS NOT NULL;
    detail := CASE
        WHEN _role.oid IS NULL THEN _none
        WHEN ok THEN format('not a member of %s', _rule.iam_role)
        ELSE format('member of %s as well, by %s, and sent to that method first',
            _rule.iam_role, _iam_path)
    END;
    fix := NULL;
    IF _iam_path IS NOT NULL THEN
        fix := coalesce(nullif(kerbrole.leaving(_role.oid, true,
            ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad) AS b),
            ARRAY(SELECT b.role FROM kerbrole.below(_rule.iam) AS b)), ''),
            '-- let kerbrole.iam_role name another role than this one');
    END IF;
    RETURN NEXT;

    check_name := 'server';
    ok := NULL;
    detail := 'whether the server listens, its pg_hba.conf and its keytab only a superuser is '
        'shown';
    fix := '-- ask as a superuser, or try the login';
    RETURN NEXT;

    check_name := 'case_rule';
    SELECT min(r.rolname::text COLLATE "C") INTO _other
    FROM kerbrole.roles AS r
    WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_name)
        AND r.rolname::text <> _name COLLATE "C" AND r.rolcanlogin;
    detail := CASE WHEN kerbrole.ignores_case()
        THEN format('krb_caseins_users is on: a ticket of %s in whatever case of A-Z opens it',
            _name)
        ELSE format('krb_caseins_users is off: only a ticket spelled exactly %s opens it', _name)
        END || CASE WHEN _other IS NOT NULL AND _role.oid IS NOT NULL
            THEN format('; role "%s" differs by case only (the case audit says more)', _other)
            ELSE '' END;
    ok := true;
    fix := NULL;
    IF kerbrole.ignores_case() AND octet_length(_name) <> length(_name) THEN
        ok := NULL;
        detail := detail || '; where the server was started with an LC_CTYPE of single bytes it '
            'folds bytes of other letters as well, and tickets of other people may open it too: to '
            'know it, the library has to be in shared_preload_libraries';
        fix := '-- start the server with LC_ALL=C.UTF-8 in its environment, or turn '
            'krb_caseins_users off';
    END IF;
    RETURN NEXT;

    check_name := 'login';
    ok := coalesce(_role.rolcanlogin, false);
    detail := CASE WHEN _role.oid IS NULL THEN _none WHEN ok THEN 'LOGIN'
        ELSE 'NOLOGIN: the principal is disabled' END;
    fix := CASE
        WHEN ok OR _role.oid IS NULL THEN NULL
        WHEN kerbrole.is_by_function(_name)
            THEN format('SELECT kerbrole.kerb_enable_principal(%L);', _name)
        ELSE format('ALTER ROLE %s LOGIN;', kerbrole.quoted(_name))
    END;
    RETURN NEXT;

    check_name := 'connection_limit';
    IF _role.oid IS NULL THEN
        ok := false;
        detail := _none;
        fix := NULL;
    ELSE
        SELECT l.ok, l.detail INTO ok, detail
        FROM kerbrole.check_limit('the role', _role.rolconnlimit, kerbrole.sessions(_role.oid),
            _role.rolsuper) AS l;
        fix := CASE WHEN NOT ok THEN
            format('ALTER ROLE %s CONNECTION LIMIT -1;', kerbrole.quoted(_name)) END;
    END IF;
    RETURN NEXT;

    check_name := 'connection_slots';
    ok := false;
    detail := _none;
    fix := NULL;
    IF _role.oid IS NOT NULL THEN
        _reserved := CASE WHEN _role.rolsuper THEN 0 ELSE
            current_setting('superuser_reserved_connections')::integer
            + CASE WHEN coalesce(pg_has_role(
                    _role.oid, to_regrole('pg_use_reserved_connections'), 'USAGE'), false) THEN 0
                ELSE coalesce(current_setting('reserved_connections', true), '0')::integer END END;
        SELECT count(*) INTO _taken FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datid IS NOT NULL
            AND coalesce(a.backend_type, 'client backend') = 'client backend';
        -- Who sees no more than that there is a process counts those of parallel queries as well.
        ok := CASE WHEN current_setting('max_connections')::integer - _taken > _reserved
            THEN true END;
        detail := format('the server takes %s connections%s; %s',
            current_setting('max_connections'),
            CASE WHEN _reserved > 0
                THEN format(', %s of which are kept from this role', _reserved) ELSE '' END,
            CASE WHEN ok THEN 'there is room' ELSE 'there may be no more left' END);
        fix := CASE WHEN ok IS NULL
            THEN '-- end sessions, or raise max_connections and restart the server' END;
    END IF;
    RETURN NEXT;

    check_name := 'database';
    IF NOT _database.datallowconn THEN
        ok := false;
        detail := format('database "%s" takes no connections', _database.name);
        fix := format('ALTER DATABASE %s ALLOW_CONNECTIONS true;', kerbrole.quoted(_database.name));
    ELSE
        SELECT l.ok, l.detail INTO ok, detail
        FROM kerbrole.check_limit(format('database "%s"', _database.name), _database.datconnlimit,
            _database.sessions, coalesce(_role.rolsuper, false)) AS l;
        fix := CASE WHEN NOT ok THEN format('ALTER DATABASE %s CONNECTION LIMIT -1;',
            kerbrole.quoted(_database.name)) END;
    END IF;
    RETURN NEXT;

    check_name := 'connect';
    ok := _database.may_connect AND _role.oid IS NOT NULL;
    detail := CASE WHEN _role.oid IS NULL THEN _none
        WHEN ok THEN format('CONNECT on database "%s"', _database.name)
        ELSE format('no CONNECT on database "%s"', _database.name) END;
    fix := CASE WHEN NOT ok AND _role.oid IS NOT NULL
        THEN format('GRANT CONNECT ON DATABASE %s TO %s;',
            kerbrole.quoted(_database.name), kerbrole.quoted(_name)) END;
    RETURN NEXT;

    check_name := 'preload_libraries';
    ok := true;
    detail := 'none is set for the role or the database';
    fix := NULL;
    FOR _set IN
        SELECT s.setting, l.value, l.reset
        FROM (VALUES ('session_preload_libraries'), ('local_preload_libraries')) AS s (setting)
        CROSS JOIN LATERAL kerbrole.login_setting(_role.oid, s.setting) AS l
        WHERE l.reset IS NOT NULL AND l.value IS DISTINCT FROM ''
        LIMIT 1
    LOOP
        ok := NULL;
        detail := CASE WHEN _set.value IS NULL
            THEN format('%s is longer than is looked at, 8192 bytes', _set.setting)
            ELSE format('%s loads %s at each login: whether the server can, only a superuser is '
                'shown', _set.setting, (
                SELECT string_agg(btrim(btrim(item), '"'), ', ')
                FROM string_to_table(_set.value, ',') AS item)) END;
        fix := _set.reset;
    END LOOP;
    RETURN NEXT;

    check_name := 'client_encoding';
    ok := true;
    detail := 'none is set that this database has no conversion for';
    fix := NULL;
    SELECT l.value, l.reset INTO _set
    FROM kerbrole.login_setting(_role.oid, 'client_encoding') AS l;
    IF _set.value IS NOT NULL AND NOT coalesce((
        SELECT d.encoding = 0 OR e.number IN (0, d.encoding)
            OR (EXISTS (SELECT FROM pg_catalog.pg_conversion AS c WHERE c.condefault
                    AND c.conforencoding = e.number AND c.contoencoding = d.encoding)
                AND EXISTS (SELECT FROM pg_catalog.pg_conversion AS c WHERE c.condefault
                    AND c.conforencoding = d.encoding AND c.contoencoding = e.number))
        FROM pg_catalog.pg_database AS d
        CROSS JOIN LATERAL (SELECT pg_char_to_encoding(_set.value::name)) AS e (number)
        WHERE d.datname = current_database()), false)
    THEN
        ok := NULL;
        detail := format('client_encoding is set to %s, which this database has no conversion for: '
            'a client that asks for no other is refused', _set.value);
        fix := _set.reset;
    END IF;
    RETURN NEXT;

    check_name := 'login_triggers';
    ok := true;
    fix := NULL;
    detail := 'no event trigger fires at login';
    SELECT count(*),
        string_agg(format('"%s" (%s)', t.evtname, format('%I.%I', n.nspname, p.proname)), ', '
            ORDER BY t.evtname),
        string_agg(format('ALTER EVENT TRIGGER %s DISABLE;', kerbrole.quoted(t.evtname::text)), ' '
            ORDER BY t.evtname)
    INTO _count, _triggers, _disabling
    FROM pg_catalog.pg_event_trigger AS t
    JOIN pg_catalog.pg_proc AS p ON p.oid = t.evtfoid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE t.evtevent = 'login' AND t.evtenabled NOT IN ('D', CASE
        WHEN lower((kerbrole.login_setting(_role.oid, 'session_replication_role')).value
            COLLATE "C") = 'replica' THEN 'O' ELSE 'R' END)
        AND coalesce(lower((kerbrole.login_setting(_role.oid, 'event_triggers')).value
            COLLATE "C"), '') !~ '^(0|f|fa|fal|fals|false|n|no|of|off)$';
    IF _count > 0 THEN
        ok := NULL;
        detail := format('%s %s at login, and an error in one ends it: %s',
            kerbrole.counted(_count, 'event trigger'),
            CASE WHEN _count = 1 THEN 'fires' ELSE 'fire' END, _triggers);
        fix := format('-- look at what the functions do; %s lets everybody in', _disabling);
    END IF;
    RETURN NEXT;
END
$$;

-- A shortest chain of memberships from a role to another one, as it is shown; NULL where there is
-- none.
CREATE FUNCTION kerbrole.path_to(_role oid, _target oid) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.path FROM kerbrole.paths(_target, ARRAY[_role]) AS p
$$;
