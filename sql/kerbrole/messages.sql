-- Messages.
--
-- %1$s is the first argument as it is, %11$s the same as a quoted identifier, %21$s with what
-- cannot be seen written as an escape, %1$L as a literal.

-- An identifier, always quoted, so that what is shown is what is meant.
CREATE FUNCTION kerbrole.quoted(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '"' || replace(_name, '"', '""') || '"'
$$;

-- Characters that leave no mark on a screen, so that two names could look alike: controls, format
-- characters, separators of lines and paragraphs, and what Unicode calls default-ignorable.
CREATE FUNCTION kerbrole.first_invisible(_text text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substring(_text COLLATE "C" FROM $re$[@INVISIBLE@]$re$)
$$;

-- The code point of a character, as Unicode writes it: 200B.
CREATE FUNCTION kerbrole.code_point(_character text, _digits integer) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT lpad(hex.number, greatest(_digits, length(hex.number)), '0')
    FROM (SELECT upper(to_hex(ascii(_character)) COLLATE "C")) AS hex (number)
$$;

-- A text fit for a message: what cannot be seen is written as an escape.
CREATE FUNCTION kerbrole.visible(_text text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at_most CONSTANT integer := 100;
BEGIN
    IF length(_text) <= _at_most AND kerbrole.first_invisible(_text) IS NULL THEN
        RETURN _text;
    END IF;
    RETURN (
        SELECT string_agg(
            CASE
                WHEN kerbrole.first_invisible(letter.c) IS NULL THEN letter.c
                ELSE $re$\u{$re$ || kerbrole.code_point(letter.c, 1) || '}'
            END, '' ORDER BY letter.place)
        FROM string_to_table(left(_text, _at_most), NULL) WITH ORDINALITY AS letter (c, place)
    ) || CASE WHEN length(_text) > _at_most THEN '...' ELSE '' END;
END
$$;

-- `2 sessions`
CREATE FUNCTION kerbrole.counted(_count bigint, _thing text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _count || ' ' || _thing || CASE WHEN _count = 1 THEN '' ELSE 's' END
$$;

CREATE FUNCTION kerbrole.template(
    _key text, OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.code, t.message, t.detail, t.hint
    FROM (VALUES
@MESSAGES@
    ) AS t (key, code, message, detail, hint)
    WHERE t.key = _key COLLATE "C"
$$;

-- What is said.
CREATE FUNCTION kerbrole.said(
    _key text, _arguments text[], OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _words CONSTANT text[] :=
        ARRAY(SELECT _arguments[i] FROM generate_series(1, 10) AS i)
        || ARRAY(SELECT kerbrole.quoted(_arguments[i]) FROM generate_series(1, 10) AS i)
        || ARRAY(SELECT kerbrole.visible(_arguments[i]) FROM generate_series(1, 10) AS i);
BEGIN
    SELECT t.code, format(t.message, VARIADIC _words), format(t.detail, VARIADIC _words),
        format(t.hint, VARIADIC _words)
    INTO STRICT code, message, detail, hint
    FROM kerbrole.template(_key) AS t
    WHERE t.code IS NOT NULL;
END
$$;

CREATE FUNCTION kerbrole.raise(_code text, _message text, _detail text, _hint text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- RAISE takes no NULL.
    IF _detail IS NULL AND _hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message;
    ELSIF _detail IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message, HINT = _hint;
    ELSIF _hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message, DETAIL = _detail;
    END IF;
    RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message, DETAIL = _detail, HINT = _hint;
END
$$;

-- Refuses what was asked for.
CREATE FUNCTION kerbrole.refuse(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said record;
BEGIN
    _said := kerbrole.said(_key, _arguments);
    PERFORM kerbrole.raise(_said.code, _said.message, _said.detail, _said.hint);
END
$$;

-- What would be refused, as the reason why something is left alone: `message: DETAIL`
CREATE FUNCTION kerbrole.in_words(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(': ', s.message, nullif(s.detail, ''))
    FROM kerbrole.said(_key, _arguments) AS s
$$;

-- Says the same, of an element of a list: where that has more than one, DETAIL says which it was.
CREATE FUNCTION kerbrole.refuse_element(
    _code text, _message text, _detail text, _hint text,
    _list text, _of integer, _position integer, _element text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _place text;
BEGIN
    IF _of > 1 THEN
        SELECT message INTO STRICT _place
        FROM kerbrole.said(
            CASE WHEN _element IS NULL THEN 'element_null' ELSE 'element' END,
            ARRAY[_list, _position::text, _element]);
        _detail := concat_ws(' ', nullif(_detail, ''), _place);
    END IF;
    PERFORM kerbrole.raise(_code, _message, nullif(_detail, ''), nullif(_hint, ''));
END
$$;
