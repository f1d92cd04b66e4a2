-- What of pg_tle (https://github.com/aws/pg_tle) installing an extension takes, for a server that
-- has not got it: the same functions by name and arguments, for the same role. Where pg_tle answers
-- the server's look for files itself, this writes them.

DO $$
BEGIN
    IF to_regrole('pgtle_admin') IS NULL THEN
        CREATE ROLE pgtle_admin NOLOGIN;
    END IF;
END
$$;
GRANT USAGE, CREATE ON SCHEMA pgtle TO pgtle_admin;

CREATE FUNCTION pgtle.write(file text, content text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _object oid := lo_from_bytea(0, convert_to(content, 'UTF8'));
BEGIN
    PERFORM lo_export(_object, '@FOLDER@/' || file);
    PERFORM lo_unlink(_object);
END
$$;

CREATE FUNCTION pgtle.keep(name text, ext text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF strpos(ext, '$_pgtle_') > 0 THEN
        RAISE EXCEPTION 'invalid character in extension definition';
    END IF;
    EXECUTE format('CREATE FUNCTION pgtle.%I() RETURNS text LANGUAGE sql AS %L', name,
        format('SELECT %L', ext));
    PERFORM pgtle.write(name, ext);
END
$$;

CREATE FUNCTION pgtle.set_default_version(name text, version text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgtle.write(name || '.control', format(E'default_version = %L\nrelocatable = false\n'
        'superuser = false\ntrusted = false\nrequires = ''pg_tle''\n', version));
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.install_extension(name text, version text, description text, ext text,
    requires text[] DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgtle.keep(name || '--' || version || '.sql', ext);
    RETURN pgtle.set_default_version(name, version);
END
$$;

CREATE FUNCTION pgtle.install_extension_version_sql(name text, version text, ext text)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgtle.keep(name || '--' || version || '.sql', ext);
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.install_update_path(name text, fromvers text, tovers text, ext text)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pgtle.keep(name || '--' || fromvers || '--' || tovers || '.sql', ext);
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.available_extension_versions(OUT name name, OUT version text)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.name, a.version FROM pg_catalog.pg_available_extension_versions AS a
    WHERE 'pg_tle' = ANY (a.requires)
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pgtle FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgtle TO pgtle_admin;
GRANT EXECUTE ON FUNCTION pgtle.available_extension_versions() TO PUBLIC;
