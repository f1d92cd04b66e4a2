-- Which account of a directory a role belongs to: its SID stands at the very end of the comment on
-- the role, [kerbrole:S-1-5-21-...-1104], behind what somebody wrote there. It
-- survives another name, and goes with the role.

-- Whether that is a SID as it is always spelled: decimal numbers without leading zeros, each of
-- them 32 bits, and up to 15 of them behind the authority, which is in twelve hexadecimal digits
-- where it has more bits (MS-DTYP 2.4.2.1).
CREATE FUNCTION kerbrole.is_sid(_text text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT octet_length(_text) <= 184
        AND _text COLLATE "C" ~ '^S-1-([0-9]+|0x[0-9A-F]{12})(-[0-9]+)+$'
        AND _text COLLATE "C" !~ '^S-1-0x0000'
        AND _text COLLATE "C" !~ '-0[0-9]'
        AND octet_length(_text) - octet_length(replace(_text, '-', '')) <= 17
        AND _text COLLATE "C" !~ concat('-([0-9]{11}|[5-9][0-9]{9}|4[3-9][0-9]{8}',
            '|429[5-9][0-9]{6}|42949[7-9][0-9]{4}|429496[89][0-9]{3}|4294967[3-9][0-9]{2}',
            '|429496729[6-9])')
$$;

-- The domain of the SID of an account; NULL for others.
CREATE FUNCTION kerbrole.domain_of(_sid text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substring(_sid COLLATE "C" FROM '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]+$')
$$;

-- The roles that are bound. Comments are bytes as names are, and those that were written in a
-- database of another encoding may be no text here: so the end, which a SID fits into, is looked at
-- as bytes, of which those that are not ASCII are written as no SID is. What only looks like a
-- binding is somebody's text.
--
-- There may be a hundred thousand, and each call looks at all: the SID of a domain's account, as
-- nearly all are, is known without a call and without a regular expression.
CREATE FUNCTION kerbrole.bindings() RETURNS TABLE (role oid, sid text)
LANGUAGE sql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.role, b.sid
    FROM (
        SELECT c.role, left(split_part(c.ending, '[kerbrole:', -1), -1) COLLATE "C" AS sid
        FROM (
            SELECT d.objoid AS role, encode(
                substr(e.bytes, greatest(1, octet_length(e.bytes) - 199)), 'escape') AS ending
            FROM pg_catalog.pg_shdescription AS d
            CROSS JOIN LATERAL (
                SELECT replace(d.description, chr(92), chr(92) || chr(92))::bytea) AS e (bytes)
            WHERE d.classoid = 'pg_catalog.pg_authid'::regclass
                AND d.description COLLATE "C" LIKE '%[kerbrole:S-1-%]'
        ) AS c
    ) AS b
    WHERE CASE
        WHEN b.sid LIKE 'S-1-5-21-%' AND translate(b.sid, '0123456789', '') = 'S-------'
            AND b.sid NOT LIKE '%-0%' AND b.sid NOT LIKE '%--%' AND b.sid NOT LIKE '%-'
            THEN 4294967295 >= ALL (string_to_array(substr(b.sid, 10), '-')::numeric[])
        ELSE kerbrole.is_sid(b.sid) END
$$;

-- The comment that binds a role, behind what somebody wrote there.
CREATE FUNCTION kerbrole.bound_comment(_comment text, _sid text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat(nullif(_comment, '') || ' ', '[kerbrole:', _sid, ']')
$$;
