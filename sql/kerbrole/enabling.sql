-- Letting principals log in, or not. NOLOGIN is the only thing that ends a Kerberos login: the
-- server looks at passwords and VALID UNTIL for passwords only.

-- Ends the sessions of a role but this one, as far as whoever runs this may; how many are left.
CREATE FUNCTION kerbrole.end_sessions(_role oid) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _session record;
    _left bigint := 0;
BEGIN
    FOR _session IN
        SELECT a.pid FROM pg_catalog.pg_stat_activity AS a
        WHERE a.usesysid = _role AND a.pid <> pg_backend_pid()
    LOOP
        BEGIN
            PERFORM pg_terminate_backend(_session.pid);
        EXCEPTION
            WHEN insufficient_privilege THEN
                _left := _left + 1;
        END;
    END LOOP;
    RETURN _left;
END
$$;

CREATE FUNCTION kerbrole.warn_of_sessions(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE WARNING USING
        MESSAGE = format('sessions of role "%s" go on', pg_get_userbyid(_role)),
        DETAIL = 'Neither you nor the owner of the functions may end them.',
        HINT = format('GRANT pg_signal_backend TO %s;', kerbrole.quoted(current_user));
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.disable(_arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.changeable_principal(
        _arguments ->> 'username', _arguments ->> 'realm');
    _before record;
    _sessions bigint;
    _left bigint;
BEGIN
    SELECT r.rolname, r.rolcanlogin INTO STRICT _before
    FROM kerbrole.roles AS r WHERE r.oid = _role;
    IF _before.rolcanlogin THEN
        PERFORM kerbrole.run(format('ALTER ROLE %I NOLOGIN', _before.rolname), _before.rolname);
    END IF;
    PERFORM kerbrole.check_meanwhile((
        SELECT NOT r.rolcanlogin AND kerbrole.attributes(r.oid) IS NULL
        FROM kerbrole.roles AS r WHERE r.oid = _role), _before.rolname::text);
    _sessions := kerbrole.sessions(_role);
    IF _sessions > 0 AND (_arguments ->> 'terminate')::boolean THEN
        _left := kerbrole.end_sessions(_role);
    END IF;
    RETURN jsonb_build_object('role', _role, 'role_name', _before.rolname,
        'could_log_in', _before.rolcanlogin, 'sessions', _sessions, 'left', _left);
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_disable_principal(
    username text, realm text DEFAULT NULL, terminate boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    _answer jsonb;
    _name text;
    _they text;
BEGIN
    _answer := kerbrole.ask('kerb_disable_principal', jsonb_build_object(
        'username', username, 'realm', realm, 'terminate', coalesce(terminate, false)));
    _name := _answer ->> 'role_name';
    _they := kerbrole.counted((_answer ->> 'sessions')::bigint, 'session');
    IF NOT (_answer ->> 'could_log_in')::boolean THEN
        RAISE NOTICE 'role "%" is disabled (NOLOGIN) already', _name;
    END IF;
    IF (_answer ->> 'sessions')::bigint = 0 THEN
        NULL;
    ELSIF NOT coalesce(terminate, false) THEN
        PERFORM kerbrole.notice(format('role "%s" still has %s', _name, _they), NULL,
            'With terminate => true sessions end.');
    ELSIF (_answer ->> 'left')::bigint = 0
        OR kerbrole.end_sessions((_answer ->> 'role')::oid) = 0
    THEN
        PERFORM kerbrole.notice(
            format('%s of role "%s" will end at once', _they, _name), NULL,
            'Somebody who logs in before this transaction commits stays: look again afterwards. '
            'The session that asks for it goes on, if it is one of them.');
    ELSE
        PERFORM kerbrole.warn_of_sessions((_answer ->> 'role')::oid);
    END IF;
    RETURN _name;
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.enable(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.changeable_principal(
        _arguments ->> 'username', _arguments ->> 'realm');
    _before record;
BEGIN
    SELECT r.rolname, r.rolcanlogin INTO STRICT _before
    FROM kerbrole.roles AS r WHERE r.oid = _role;
    PERFORM kerbrole.check_enabling(_role, _caller);
    IF NOT _before.rolcanlogin THEN
        PERFORM kerbrole.run(format('ALTER ROLE %I LOGIN', _before.rolname), _before.rolname);
    END IF;
    PERFORM kerbrole.check_meanwhile((
        SELECT r.rolcanlogin AND kerbrole.attributes(r.oid) IS NULL
        FROM kerbrole.roles AS r WHERE r.oid = _role), _before.rolname::text);
    RETURN jsonb_build_object('role', _role, 'role_name', _before.rolname,
        'could_log_in', _before.rolcanlogin);
END
$$;

-- Whether a role that is disabled may be opened by this caller, under the name that it has by then
-- and beside all but `_others`, which are called otherwise by then or cannot log in.
CREATE FUNCTION kerbrole.check_enabling(
    _role oid, _caller oid, _called text DEFAULT NULL, _others oid[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name text;
    _other text;
BEGIN
    SELECT coalesce(_called, r.rolname::text) INTO _name
    FROM kerbrole.roles AS r WHERE r.oid = _role AND NOT r.rolcanlogin;
    IF FOUND THEN
        PERFORM kerbrole.allow_realm(kerbrole.realm_of(_name));
        SELECT r.rolname::text INTO _other
        FROM kerbrole.roles AS r
        WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_name)
            AND r.oid <> _role AND r.rolcanlogin AND r.oid <> ALL (_others)
        ORDER BY r.rolname::text COLLATE "C" LIMIT 1;
        IF _other IS NOT NULL THEN
            PERFORM kerbrole.refuse('case_collision_on_enable', _name, _other);
        END IF;
    END IF;
    PERFORM kerbrole.rule();
    IF _name IS NOT NULL THEN
        PERFORM kerbrole.check_powers(_role, _caller);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_enable_principal(username text, realm text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    _answer jsonb;
    _name text;
    _rule record;
    _above oid[];
    _conflict record;
BEGIN
    _answer := kerbrole.ask('kerb_enable_principal', jsonb_build_object(
        'username', username, 'realm', realm));
    _name := _answer ->> 'role_name';
    IF (_answer ->> 'could_log_in')::boolean THEN
        RAISE NOTICE 'role "%" can log in already', _name;
    END IF;
    _rule := kerbrole.rule();
    _above := ARRAY(SELECT kerbrole.above(ARRAY[(_answer ->> 'role')::oid]));
    IF _rule.ad <> ALL (_above) THEN
        PERFORM kerbrole.warn('not_in_ad', _name, _rule.ad_role);
    ELSIF _rule.iam = ANY (_above) THEN
        SELECT b.* INTO _conflict
        FROM kerbrole.in_both() AS b WHERE b.role = (_answer ->> 'role')::oid;
        PERFORM kerbrole.warn('conflict_made', _name, _rule.ad_role, _rule.iam_role,
            _conflict.ad_path::text, _conflict.iam_path::text, kerbrole.fix(_conflict.role));
    END IF;
    RETURN _name;
END
$$;
