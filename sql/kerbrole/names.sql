-- Names: a role is called username@REALM.

-- A-Z in lower case, and nothing else: the server folds no more with krb_caseins_users on.
CREATE FUNCTION kerbrole.folded(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT lower(_name COLLATE "C")
$$;

CREATE FUNCTION kerbrole.trimmed(_text text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT regexp_replace(_text COLLATE "C", $re$^[@BLANK@]+|[@BLANK@]+\Z$re$, '', 'g')
$$;

-- Whether that is a realm as tickets spell it: a DNS name in upper case.
CREATE FUNCTION kerbrole.is_realm(_realm text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT octet_length(_realm) <= 255
        AND _realm COLLATE "C" ~ ($re$^[A-Z0-9_]([A-Z0-9_-]*[A-Z0-9_])?$re$
            || $re$([.][A-Z0-9_]([A-Z0-9_-]*[A-Z0-9_])?)*\Z$re$)
        AND _realm COLLATE "C" !~ '^[0-9.]*$'
        -- Asked last, and of few: a bound in a regular expression takes a long time.
        AND (octet_length(_realm) <= 63 OR _realm COLLATE "C" !~ '[^.]{64}')
$$;

-- A realm as it was typed, in upper case.
CREATE FUNCTION kerbrole.checked_realm(_realm text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _upper CONSTANT text := upper(_realm COLLATE "C");
    _character text;
BEGIN
    IF kerbrole.is_realm(_upper) THEN
        RETURN _upper;
    END IF;
    IF _realm = '' THEN
        PERFORM kerbrole.refuse('realm_empty');
    END IF;
    _character := kerbrole.first_invisible(_realm);
    IF _character IS NOT NULL THEN
        PERFORM kerbrole.refuse('realm_invisible', _realm,
            strpos(_realm COLLATE "C", _character)::text, kerbrole.code_point(_character, 4));
    END IF;
    _character := substring(_realm COLLATE "C" FROM '[^A-Za-z0-9._-]');
    IF _character IS NOT NULL THEN
        PERFORM kerbrole.refuse('realm_character', _realm,
            strpos(_realm COLLATE "C", _character)::text, kerbrole.as_character(_character));
    END IF;
    IF right(_realm, 1) = '.' THEN
        PERFORM kerbrole.refuse('realm_dot', _realm);
    END IF;
    IF octet_length(_upper) <= 255
        AND _upper COLLATE "C" ~ '^[0-9]{1,63}([.][0-9]{1,63})*$'
    THEN
        PERFORM kerbrole.refuse('realm_number', _realm);
    END IF;
    PERFORM kerbrole.refuse('realm_label', _realm);
END
$$;

-- A character as a message shows it between apostrophes.
CREATE FUNCTION kerbrole.as_character(_character text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN _character IN ('''', chr(92)) THEN chr(92) || _character
        WHEN _character <> ' ' AND kerbrole.trimmed(_character) = ''
            THEN $re$\u{$re$ || lower(kerbrole.code_point(_character, 1)) || '}'
        ELSE _character
    END
$$;

-- Refuses what no directory has as a sAMAccountName.
CREATE FUNCTION kerbrole.check_username(_username text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _character text;
    _place text;
BEGIN
    -- Most names: nothing to look for.
    IF _username COLLATE "C" ~ '^[A-Za-z0-9._-]*[A-Za-z0-9_-]$' THEN
        RETURN;
    END IF;
    IF _username = '' THEN
        PERFORM kerbrole.refuse('username_empty');
    END IF;
    _character := kerbrole.first_invisible(_username);
    IF _character IS NOT NULL THEN
        PERFORM kerbrole.refuse('username_invisible', _username,
            strpos(_username COLLATE "C", _character)::text, kerbrole.code_point(_character, 4));
    END IF;
    IF kerbrole.trimmed(_username) <> _username COLLATE "C" THEN
        PERFORM kerbrole.refuse('username_blank', _username);
    END IF;
    _character := substring(_username COLLATE "C" FROM $re$[]["/\\:;|=,+*?<>@]$re$);
    IF _character IS NOT NULL THEN
        _place := strpos(_username COLLATE "C", _character)::text;
        CASE _character
            WHEN '@' THEN PERFORM kerbrole.refuse('username_at', _username, _place);
            WHEN chr(92) THEN PERFORM kerbrole.refuse(
                'username_backslash', _username, _place, kerbrole.as_character(_character));
            WHEN '/' THEN PERFORM kerbrole.refuse('username_slash', _username, _place);
            WHEN '"' THEN PERFORM kerbrole.refuse('username_quote', _username, _place);
            ELSE PERFORM kerbrole.refuse('username_other', _username, _place, _character);
        END CASE;
    END IF;
    IF right(_username, 1) = '.' THEN
        PERFORM kerbrole.refuse('username_dot', _username);
    END IF;
END
$$;

-- How many characters a username has for the directory: the $ that computer and service accounts
-- end in does not count.
CREATE FUNCTION kerbrole.username_length(_username text) RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT length(_username) - CASE WHEN right(_username, 1) = '$' THEN 1 ELSE 0 END
$$;

-- Puts the two together, provided that the server can have a login role of that name.
CREATE FUNCTION kerbrole.principal(_username text, _realm text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := _username || '@' || _realm;
BEGIN
    IF octet_length(_name) > 63 THEN
        PERFORM kerbrole.refuse('too_long', _name, octet_length(_name)::text);
    END IF;
    IF starts_with(_name, 'pg_') THEN
        PERFORM kerbrole.refuse('reserved_pg', _name);
    ELSIF starts_with(_name, 'rds_') THEN
        PERFORM kerbrole.refuse('reserved_rds', _name);
    END IF;
    -- After the server's own limit, which has an error of its own.
    IF octet_length(_username) > 20 AND kerbrole.username_length(_username) > 20 THEN
        PERFORM kerbrole.refuse('username_long', _username,
            kerbrole.username_length(_username)::text);
    END IF;
    RETURN _name;
END
$$;

-- Whether a role's name is that of a principal, spelled as a ticket could be.
CREATE FUNCTION kerbrole.is_principal(_name text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN strpos(_name COLLATE "C", '@') < 2 THEN false
        ELSE (
            SELECT kerbrole.is_realm(parts.realm)
                AND _name COLLATE "C" !~ '^(pg|rds)_'
                AND (octet_length(parts.username) <= 20
                    OR kerbrole.username_length(parts.username) <= 20)
                AND (parts.username COLLATE "C" ~ '^[A-Za-z0-9._-]*[A-Za-z0-9_-]$'
                    OR (parts.username COLLATE "C" !~ $re$[]["/\\:;|=,+*?<>@]|[.]\Z$re$
                        AND kerbrole.first_invisible(parts.username) IS NULL
                        AND kerbrole.trimmed(parts.username) = parts.username COLLATE "C"))
            FROM (SELECT split_part(_name COLLATE "C", '@', 1),
                    substr(_name, strpos(_name COLLATE "C", '@') + 1)) AS parts (username, realm))
    END
$$;
COMMENT ON FUNCTION kerbrole.is_principal(text) IS
    'whether a role''s name is that of a Kerberos principal, spelled as a ticket could be';

CREATE FUNCTION kerbrole.username_of(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT split_part(_name COLLATE "C", '@', 1)
$$;

CREATE FUNCTION kerbrole.realm_of(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substr(_name, strpos(_name COLLATE "C", '@') + 1)
$$;
