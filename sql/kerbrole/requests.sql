-- What takes the rights of kerbrole_owner.
--
-- A SECURITY DEFINER function does not know who calls it: current_user is its owner, session_user
-- may be somebody else. Of an INSERT the server knows: it fills the column "caller" with the role
-- whose rights count there, and nobody has the right to name another one. So the functions that
-- people call insert a row into this view, which stores nothing; its trigger does the work.

CREATE VIEW kerbrole.request AS
    SELECT NULL::text AS function, NULL::jsonb AS arguments, NULL::name AS caller,
        NULL::jsonb AS answer
    WHERE false;
ALTER VIEW kerbrole.request ALTER COLUMN caller SET DEFAULT CURRENT_USER;
COMMENT ON VIEW kerbrole.request IS
    'asks for what takes the rights of the owner; holds nothing; for the functions of this schema';

-- By whoever calls one of the functions. NULL for arguments takes the lock and does nothing else.
CREATE FUNCTION kerbrole.ask(_function text, _arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _answer jsonb;
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction',
            MESSAGE = format('cannot execute %s() in a read-only transaction', _function);
    END IF;
    -- An older snapshot would not show what somebody else changed before we had the lock.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = format('cannot execute %s() in a %s transaction', _function,
                upper(current_setting('transaction_isolation') COLLATE "C")),
            HINT = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED; at the beginning.';
    END IF;
    INSERT INTO kerbrole.request (function, arguments) VALUES (_function, _arguments)
    RETURNING answer INTO _answer;
    -- With session_replication_role = replica no trigger runs.
    IF _answer IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s() got no answer', _function),
            HINT = 'SET session_replication_role = origin; it takes a trigger to change roles.';
    END IF;
    RETURN _answer;
END
$$;

-- Keeps every other change by these functions, and by kerbrole without them, away until this
-- transaction ends. Anybody's GRANT is not kept away: that takes a superuser.
--
-- COMMENT ON ROLE locks the role until the transaction ends, in every database; the comment stays
-- as it is. The role is that of the rule: since 16 nobody may comment on the role that they are
-- themselves, and kerbrole_owner has ADMIN on this one. Where it has not, a lock of this database's
-- has to do.
CREATE FUNCTION kerbrole.lock() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
BEGIN
    IF kerbrole.role_oid(_ad_role) IS NULL THEN
        PERFORM kerbrole.refuse('rule_role_missing', _ad_role, 'kerbrole.ad_role');
    END IF;
    BEGIN
        EXECUTE format('COMMENT ON ROLE %I IS %L', _ad_role,
            shobj_description(kerbrole.role_oid(_ad_role), 'pg_authid'));
    EXCEPTION
        WHEN insufficient_privilege THEN
            -- No other meaning than "kerbrole".
            PERFORM pg_advisory_xact_lock(7738131582047512421);
    END;
EXCEPTION
    WHEN lock_not_available THEN
        PERFORM kerbrole.raise('55P03', (kerbrole.said('lock_timeout', '{}')).message, NULL,
            'Try again when it has ended, or raise lock_timeout. Who holds the lock: SELECT pid '
            'FROM pg_locks WHERE classid = ''pg_authid''::regclass AND granted;');
END
$$;

-- A role that exists is changed by this statement, or 42501 says what the owner lacks.
CREATE FUNCTION kerbrole.run(_statement text, _role_name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
BEGIN
    EXECUTE _statement;
EXCEPTION
    WHEN insufficient_privilege THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        PERFORM kerbrole.raise('42501', _message, nullif(_detail, ''),
            CASE WHEN kerbrole.names_grantors()
                THEN format('Whoever may grant the role can run: GRANT %s TO %s WITH ADMIN OPTION;',
                    kerbrole.quoted(_role_name), kerbrole.quoted(current_user))
                ELSE format('A superuser can run: ALTER ROLE %s CREATEROLE;',
                    kerbrole.quoted(current_user))
            END);
END
$$;

CREATE FUNCTION kerbrole.answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _caller CONSTANT oid := kerbrole.role_oid(NEW.caller::text);
BEGIN
    -- A table of somebody else's says that anybody calls.
    IF TG_RELID <> 'kerbrole.request'::regclass THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'permission denied for function answer';
    END IF;
    IF NEW.function NOT IN ('kerb_add_principal', 'kerb_add_principals', 'kerb_drop_principal',
            'kerb_disable_principal', 'kerb_enable_principal', 'kerb_rename_principal',
            'kerb_rename_realm', 'kerb_sync_principals', 'kerb_apply_access')
        OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_proc AS p
            WHERE p.pronamespace = 'kerbrole'::regnamespace AND p.proname = NEW.function
                AND has_function_privilege(_caller, p.oid, 'EXECUTE'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied for function %s', NEW.function);
    END IF;
    PERFORM kerbrole.lock();
    NEW.answer := CASE
        WHEN NEW.arguments IS NULL THEN '{}'
        ELSE CASE NEW.function
            WHEN 'kerb_add_principal' THEN kerbrole.add(NEW.arguments)
            WHEN 'kerb_add_principals' THEN kerbrole.add(NEW.arguments)
            WHEN 'kerb_drop_principal' THEN kerbrole.drop(NEW.arguments)
            WHEN 'kerb_disable_principal' THEN kerbrole.disable(NEW.arguments)
            WHEN 'kerb_enable_principal' THEN kerbrole.enable(NEW.arguments, _caller)
            WHEN 'kerb_rename_principal' THEN kerbrole.rename(NEW.arguments, _caller)
            WHEN 'kerb_rename_realm' THEN kerbrole.rename_realm(NEW.arguments, _caller)
            WHEN 'kerb_sync_principals' THEN kerbrole.sync(NEW.arguments, _caller)
            WHEN 'kerb_apply_access' THEN
                CASE WHEN (NEW.arguments ->> 'removals')::boolean
                    THEN kerbrole.remove_absent(NEW.arguments, _caller)
                    ELSE kerbrole.access(NEW.arguments, _caller) END
        END
    END;
    RETURN NEW;
END
$$;
CREATE TRIGGER answer INSTEAD OF INSERT ON kerbrole.request
    FOR EACH ROW EXECUTE FUNCTION kerbrole.answer();

-- The elements of an array of text in arguments.
CREATE FUNCTION kerbrole.texts(_array jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN jsonb_typeof(_array) = 'array' THEN ARRAY(
        SELECT e.element
        FROM jsonb_array_elements_text(_array) WITH ORDINALITY AS e (element, place)
        ORDER BY e.place) END
$$;
