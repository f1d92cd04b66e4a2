-- kerbrole @VERSION@ for pg_tle (Trusted Language Extensions): the functions of sql/kerbrole.sql as
-- an extension of the name kerbrole, which CREATE EXTENSION brings and DROP EXTENSION takes away.
--
--   psql -v ON_ERROR_STOP=1 -f FILE     as an administrator as sql/kerbrole.sql needs one (see
--                                       below), and a member of pgtle_admin; in a database that
--                                       has pg_tle
--
-- It is one statement: it does all or nothing. Run it again to upgrade; what was granted and set
-- stays. An extension belongs to one database, and so does what pg_tle knows of it.
--
--   DROP EXTENSION kerbrole; SELECT pgtle.uninstall_extension('kerbrole');      takes it away
--
-- What CREATE EXTENSION and ALTER EXTENSION run is sql/kerbrole.sql as it is.

DO $pg_tle$
DECLARE
    _version CONSTANT text := '@VERSION@';
    _text CONSTANT text := $kerbrole_tle$
@SCRIPT@$kerbrole_tle$;
    _description CONSTANT text := 'Kerberos and Active Directory principals as roles';
    _path CONSTANT text := current_setting('search_path');
    _installed text;
    _known text[];
    _from text;
    _same boolean;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    -- Whoever may create a schema can have made one of the name pgtle: it has to be that of the
    -- extension.
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_tle' AND n.nspname = 'pgtle')
    THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = 'the extension pg_tle is not installed in this database',
            HINT = CASE
                WHEN EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS a
                    WHERE a.name = 'pg_tle')
                THEN 'CREATE EXTENSION pg_tle; needs pg_tle in shared_preload_libraries, on RDS '
                    'in the parameter group.'
                ELSE 'This server has no pg_tle. The same functions come without it: '
                    'kerbrole install-sql, or psql -f sql/kerbrole.sql.'
            END;
    END IF;
    IF NOT pg_catalog.pg_has_role('pgtle_admin', 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'permission denied to install an extension with pg_tle',
            HINT = format('GRANT pgtle_admin TO %I;', current_user);
    END IF;
    SELECT e.extversion INTO _installed
    FROM pg_catalog.pg_extension AS e WHERE e.extname = 'kerbrole';
    IF _installed IS NULL AND pg_catalog.to_regnamespace('kerbrole') IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the functions in schema kerbrole are no extension here',
            DETAIL = 'They are upgraded as what they are: kerbrole install-sql, or '
                'psql -f sql/kerbrole.sql.',
            HINT = 'To have them as an extension: SELECT kerbrole.uninstall(); and this again. '
                'What was granted and set has to be granted and set again.';
    END IF;

    -- What pg_tle knows: this version, and the way to it from each other one.
    _known := ARRAY(
        SELECT v.version FROM pgtle.available_extension_versions() AS v WHERE v.name = 'kerbrole');
    IF _version = ANY (_known) THEN
        EXECUTE format('SELECT pgtle.%I() OPERATOR(pg_catalog.=) $1',
            'kerbrole--' || _version || '.sql') INTO _same USING _text;
        IF NOT _same THEN
            RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
                MESSAGE = format('pg_tle has another text of kerbrole %s', _version),
                HINT = 'It was made from other sources: DROP EXTENSION kerbrole; '
                    'SELECT pgtle.uninstall_extension(''kerbrole''); and this again.';
        END IF;
    ELSIF _known = '{}' THEN
        PERFORM pgtle.install_extension('kerbrole', _version, _description, _text);
    ELSE
        PERFORM pgtle.install_extension_version_sql('kerbrole', _version, _text);
        FOREACH _from IN ARRAY _known LOOP
            PERFORM pgtle.install_update_path('kerbrole', _from, _version, _text);
        END LOOP;
        PERFORM pgtle.set_default_version('kerbrole', _version);
    END IF;

    IF _installed IS NULL THEN
        -- The script makes its own schema; without this it would depend on the search path.
        EXECUTE format('CREATE EXTENSION kerbrole SCHEMA pg_catalog VERSION %L', _version);
    ELSIF _installed <> _version THEN
        EXECUTE format('ALTER EXTENSION kerbrole UPDATE TO %L', _version);
    END IF;
    PERFORM pg_catalog.set_config('search_path', _path, true);
END
$pg_tle$;
