-- Settings: rows of a table, which anybody reads and only its owner writes.

CREATE TABLE IF NOT EXISTS kerbrole.settings (
    name text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);
COMMENT ON TABLE kerbrole.settings IS
    'settings that are not the default; written by kerbrole.set(name, value)';

-- The items of a list in a setting.
CREATE FUNCTION kerbrole.items(_list text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.trimmed(item)
    FROM string_to_table(_list, ',') AS item
    WHERE kerbrole.trimmed(item) <> ''
$$;

CREATE FUNCTION kerbrole.check_role_name(_name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _name = '' THEN
        PERFORM kerbrole.refuse('role_name', _name);
    ELSIF octet_length(_name) > 63 THEN
        PERFORM kerbrole.refuse('too_long', _name, octet_length(_name)::text);
    END IF;
END
$$;

-- `CORP=CORP.EXAMPLE.COM, ONPREM=ONPREM.COM` as an object: NetBIOS domains and their realms.
CREATE FUNCTION kerbrole.netbios_domains(_list text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _item text;
    _domain text;
    _realm text;
    _domains jsonb := '{}';
BEGIN
    FOR _item IN SELECT kerbrole.items(_list) LOOP
        IF strpos(_item, '=') = 0 THEN
            PERFORM kerbrole.refuse('netbios_domains', _item);
        END IF;
        _domain := upper(kerbrole.trimmed(split_part(_item, '=', 1)) COLLATE "C");
        _realm := kerbrole.checked_realm(
            kerbrole.trimmed(substr(_item, strpos(_item, '=') + 1)));
        IF _domain = '' OR _domains ? _domain THEN
            PERFORM kerbrole.refuse('netbios_domains', _item);
        END IF;
        _domains := _domains || jsonb_build_object(_domain, _realm);
    END LOOP;
    RETURN _domains;
END
$$;

-- What holds by default. Names are those of the extension, without the prefix.
CREATE FUNCTION kerbrole.setting(_name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.value FROM kerbrole.settings AS s WHERE s.name = _name), d.value)
    FROM (VALUES
        ('ad_role', 'rds_ad'),
        ('iam_role', 'rds_iam'),
        ('default_realm', ''),
        ('allowed_realms', ''),
        ('netbios_domains', ''),
        ('username_case', 'auto'),
        ('sync_max_removals', '-1')
    ) AS d (name, value)
    WHERE d.name = _name COLLATE "C"
$$;
COMMENT ON FUNCTION kerbrole.setting(text) IS 'the value of a setting, or its default';

-- Refuses a value that cannot be read.
CREATE FUNCTION kerbrole.check_setting(_name text, _value text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _number numeric;
BEGIN
    CASE _name
        WHEN 'ad_role', 'iam_role' THEN
            PERFORM kerbrole.check_role_name(_value);
            IF _value = kerbrole.setting(
                CASE _name WHEN 'ad_role' THEN 'iam_role' ELSE 'ad_role' END) COLLATE "C"
            THEN
                PERFORM kerbrole.refuse('same_role', _value);
            END IF;
        WHEN 'default_realm' THEN
            IF _value <> '' THEN
                PERFORM kerbrole.checked_realm(_value);
            END IF;
        WHEN 'allowed_realms' THEN
            PERFORM kerbrole.checked_realm(item) FROM kerbrole.items(_value) AS item;
        WHEN 'netbios_domains' THEN
            PERFORM kerbrole.netbios_domains(_value);
        WHEN 'username_case' THEN
            IF _value NOT IN ('auto', 'lower', 'preserve') THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                    MESSAGE = format('invalid value for username_case: "%s"', _value),
                    HINT = 'Available values: auto, lower, preserve.';
            END IF;
        WHEN 'sync_max_removals' THEN
            IF _value !~ '^(-1|[0-9]{1,9})$' THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                    MESSAGE = format('invalid value for sync_max_removals: "%s"', _value),
                    HINT = 'A number of principals, or -1 for half of them.';
            END IF;
        ELSE
            RAISE EXCEPTION USING ERRCODE = 'undefined_object',
                MESSAGE = format('there is no setting "%s"', _name),
                HINT = 'Settings are ad_role, iam_role, default_realm, allowed_realms, '
                    'netbios_domains, username_case and sync_max_removals.';
    END CASE;
END
$$;

CREATE FUNCTION kerbrole.check_value() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM kerbrole.check_setting(NEW.name, NEW.value);
    RETURN NEW;
END
$$;
CREATE TRIGGER check_value BEFORE INSERT OR UPDATE ON kerbrole.settings
    FOR EACH ROW EXECUTE FUNCTION kerbrole.check_value();

CREATE OR REPLACE FUNCTION kerbrole.set(name text, value text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- Messages name them as the extension does.
    _name CONSTANT text := regexp_replace(set.name, '^kerbrole\.', '');
BEGIN
    IF set.value IS NULL THEN
        DELETE FROM kerbrole.settings AS s WHERE s.name = _name;
    ELSE
        INSERT INTO kerbrole.settings AS s (name, value) VALUES (_name, set.value)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    END IF;
    -- Resetting one of the two roles may make them one.
    PERFORM kerbrole.rule_roles();
END
$$;
COMMENT ON FUNCTION kerbrole.set(text, text) IS
    'gives a setting a value, or with NULL its default; for whoever installed this';

-- The two roles that exclude each other.
CREATE FUNCTION kerbrole.rule_roles(OUT ad_role text, OUT iam_role text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    ad_role := kerbrole.setting('ad_role');
    iam_role := kerbrole.setting('iam_role');
    IF ad_role = iam_role COLLATE "C" THEN
        PERFORM kerbrole.refuse('same_role', ad_role);
    END IF;
END
$$;

-- The realms that new principals may be of; empty where there is no list.
CREATE FUNCTION kerbrole.allowed_realms() RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT kerbrole.checked_realm(item)
        FROM kerbrole.items(kerbrole.setting('allowed_realms')) WITH ORDINALITY AS i (item, place)
        ORDER BY place)
$$;

CREATE FUNCTION kerbrole.ignores_case() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT current_setting('krb_caseins_users')::boolean
$$;

-- Whether a username is put into lower case.
CREATE FUNCTION kerbrole.folds_usernames() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE kerbrole.setting('username_case')
        WHEN 'lower' THEN true
        WHEN 'preserve' THEN false
        ELSE kerbrole.ignores_case()
    END
$$;

-- Of an earlier version.
DO $$
DECLARE
    _name text;
BEGIN
    FOR _name IN
        DELETE FROM kerbrole.settings AS s WHERE kerbrole.setting(s.name) IS NULL RETURNING s.name
    LOOP
        RAISE WARNING 'there is no setting "%" any more', _name;
    END LOOP;
END
$$;
