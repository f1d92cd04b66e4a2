-- What people write: usernames, realms, lists of names.

-- Refuses what is longer than any name, and what cannot be compared byte for byte in UTF-8.
CREATE FUNCTION kerbrole.checked_text(_text text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF octet_length(_text) > @LONGEST_ARGUMENT@ THEN
        PERFORM kerbrole.refuse('argument_too_long', octet_length(_text)::text);
    END IF;
    IF getdatabaseencoding() <> 'UTF8'
        AND _text COLLATE "C" !~ $re$^[\u0001-\u007F]*\Z$re$
    THEN
        PERFORM kerbrole.refuse('encoding', getdatabaseencoding()::text);
    END IF;
    RETURN _text;
END
$$;

-- An argument that must have a value.
CREATE FUNCTION kerbrole.required(_text text, _argument text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _text IS NULL THEN
        PERFORM kerbrole.refuse('null', _argument);
    END IF;
    RETURN kerbrole.checked_text(_text);
END
$$;

-- The elements of a list, none of which may be NULL.
CREATE FUNCTION kerbrole.checked_list(_list text[], _name text) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _count CONSTANT integer := cardinality(_list);
    _bytes bigint;
    _at integer;
    _said record;
BEGIN
    IF _list IS NULL THEN
        RETURN NULL;
    END IF;
    IF _count > @LONGEST_LIST@ THEN
        PERFORM kerbrole.refuse('list_too_long', _count::text);
    END IF;
    SELECT sum(octet_length(element)) INTO _bytes FROM unnest(_list) AS element;
    IF _bytes > @LARGEST_LIST@ THEN
        PERFORM kerbrole.refuse('list_too_large', _count::text, _bytes::text);
    END IF;
    PERFORM kerbrole.checked_text(element)
    FROM unnest(_list) AS element
    WHERE octet_length(element) > 63 OR getdatabaseencoding() <> 'UTF8';
    -- Whatever its dimensions and bounds are.
    _list := ARRAY(
        SELECT e.element FROM unnest(_list) WITH ORDINALITY AS e (element, place) ORDER BY e.place);
    _at := array_position(_list, NULL);
    IF _at IS NOT NULL THEN
        _said := kerbrole.said('null', ARRAY['an element of a list']);
        PERFORM kerbrole.refuse_element(
            _said.code, _said.message, _said.detail, _said.hint, _name, _count, _at, NULL);
    END IF;
    RETURN _list;
END
$$;

-- Groups that are given as a text: the name of one, or an array literal.
CREATE FUNCTION kerbrole.name_or_names(_groups text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN ltrim(_groups, E' \t\n\r\f') LIKE '{%' THEN _groups::text[]
        WHEN _groups IS NULL THEN NULL
        ELSE ARRAY[_groups]
    END
$$;

-- Username and realm, apart.
CREATE FUNCTION kerbrole.parts(_username text, _realm text, OUT username text, OUT realm text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at CONSTANT integer := strpos(_username COLLATE "C", '@');
    _backslash CONSTANT integer := strpos(_username COLLATE "C", chr(92));
    _last_part CONSTANT text := substring(_username COLLATE "C" FROM '[^@]*$');
BEGIN
    username := _username;
    IF _realm IS NOT NULL THEN
        IF _at > 0 AND kerbrole.folded(_last_part) = kerbrole.folded(_realm) THEN
            PERFORM kerbrole.refuse('realm_twice',
                left(_username, length(_username) - length(_last_part) - 1), _last_part, _realm);
        END IF;
        PERFORM kerbrole.check_username(username);
        realm := kerbrole.checked_realm(_realm);
    ELSIF _at > 0 THEN
        username := left(_username, _at - 1);
        realm := substr(_username, _at + 1);
        IF strpos(realm COLLATE "C", '@') > 0 THEN
            PERFORM kerbrole.refuse('two_at_signs', _username);
        END IF;
        PERFORM kerbrole.check_username(username);
        realm := kerbrole.checked_realm(realm);
    ELSIF _backslash > 0 THEN
        realm := kerbrole.netbios_domains(kerbrole.setting('netbios_domains'))
            ->> upper(left(_username, _backslash - 1) COLLATE "C");
        IF realm IS NULL THEN
            PERFORM kerbrole.refuse('netbios_unknown', left(_username, _backslash - 1));
        END IF;
        username := substr(_username, _backslash + 1);
        PERFORM kerbrole.check_username(username);
    ELSE
        PERFORM kerbrole.check_username(username);
        realm := nullif(kerbrole.setting('default_realm'), '');
        IF realm IS NULL THEN
            PERFORM kerbrole.refuse('realm_missing', _username);
        END IF;
        realm := kerbrole.checked_realm(realm);
    END IF;
END
$$;

-- Refuses a realm that principals may not be of.
CREATE FUNCTION kerbrole.allow_realm(_realm text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _allowed CONSTANT text[] := kerbrole.allowed_realms();
    _meant text;
BEGIN
    IF _allowed <> '{}' AND _realm COLLATE "C" <> ALL (_allowed) THEN
        PERFORM kerbrole.refuse('realm_not_allowed', _realm, array_to_string(_allowed, ', '));
    END IF;
    -- A realm without a dot is taken for a NetBIOS domain in the wrong place.
    IF strpos(_realm COLLATE "C", '.') > 0 OR _realm COLLATE "C" = ANY (_allowed)
        OR _realm = upper(kerbrole.setting('default_realm') COLLATE "C")
    THEN
        RETURN;
    END IF;
    _meant := kerbrole.netbios_domains(kerbrole.setting('netbios_domains')) ->> _realm;
    IF _meant IS NULL THEN
        PERFORM kerbrole.refuse('realm_single_label', _realm);
    END IF;
    PERFORM kerbrole.refuse('realm_single_label_meant', _realm, _meant);
END
$$;

-- The name of a new principal, and whether its case matters: whether only a ticket that is spelled
-- exactly so opens it, while upper and lower case are told apart.
CREATE FUNCTION kerbrole.canonical(
    _username text, _realm text, OUT role_name text, OUT case_matters boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _parts record;
BEGIN
    _parts := kerbrole.parts(_username, _realm);
    PERFORM kerbrole.allow_realm(_parts.realm);
    case_matters := false;
    IF kerbrole.folds_usernames() THEN
        _parts.username := kerbrole.folded(_parts.username);
    ELSIF kerbrole.setting('username_case') = 'auto' THEN
        case_matters := _parts.username COLLATE "C" ~ '[A-Z]';
    END IF;
    role_name := kerbrole.principal(_parts.username, _parts.realm);
END
$$;

-- What somebody means who names a principal that is there already: the exact spelling, or else that
-- by the rule for case.
CREATE FUNCTION kerbrole.meant(_username text, _realm text, OUT typed text, OUT canonical text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _parts record;
BEGIN
    _parts := kerbrole.parts(_username, _realm);
    typed := _parts.username || '@' || _parts.realm;
    canonical := kerbrole.principal(
        CASE WHEN kerbrole.folds_usernames() THEN kerbrole.folded(_parts.username)
            ELSE _parts.username END, _parts.realm);
    -- A spelling that is reserved in this case and not in the other is none that can be meant.
    IF typed COLLATE "C" ~ '^(pg|rds)_' THEN
        typed := canonical;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_canonicalize(username text, realm text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _canonical record;
BEGIN
    _canonical := kerbrole.canonical(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    PERFORM kerbrole.notice_case(
        CASE WHEN _canonical.case_matters THEN ARRAY[_canonical.role_name] ELSE '{}' END);
    RETURN _canonical.role_name;
END
$$;
