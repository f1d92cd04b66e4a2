-- Roles that the case or the length of their names opens to the wrong tickets, or to none.

CREATE FUNCTION kerbrole.is_by_function(_name text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.is_principal(_name)
        AND kerbrole.attributes(kerbrole.role_oid(_name)) IS NULL
$$;

CREATE FUNCTION kerbrole.disabling(_name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN kerbrole.is_by_function(_name)
            THEN format('SELECT kerbrole.kerb_disable_principal(%L);', _name)
        ELSE format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_name))
    END
$$;

-- Another name where it is free. Where it is not, there may be a role already that its ticket
-- opens, and this one is to be shut; a role that nobody logs in as is in the way, and this one may
-- be the only one that works.
CREATE FUNCTION kerbrole.renaming(_name text, _to text, _ad oid[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN other.rolcanlogin AND other.oid = ANY (_ad) THEN kerbrole.disabling(_name)
        ELSE CASE WHEN other.oid IS NOT NULL THEN
                '/* The role of that name cannot be logged in to by a ticket. Drop or rename it '
                'first. */ '
            ELSE '' END
            || CASE
                WHEN kerbrole.is_principal(_to) AND kerbrole.is_by_function(_name)
                    THEN format('SELECT kerbrole.kerb_rename_principal(%L, NULL, %L);',
                        _name, kerbrole.username_of(_to))
                ELSE format('ALTER ROLE %s RENAME TO %s;',
                    kerbrole.quoted(_name), kerbrole.quoted(_to))
            END
    END
    FROM (SELECT) AS one
    LEFT JOIN kerbrole.roles AS other ON other.oid = kerbrole.role_oid(_to)
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_case_audit()
RETURNS TABLE (problem text, role_names text[], detail text, fix text)
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] := ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad) AS b);
    _is_on CONSTANT boolean := kerbrole.ignores_case();
BEGIN
    RETURN QUERY
    WITH logins AS MATERIALIZED (
        -- The ticket that would open it, in upper case where the realm is.
        SELECT r.oid, r.rolname::text COLLATE "C" AS name, r.oid = ANY (_ad) AS is_in_ad,
            kerbrole.username_of(r.rolname::text) || '@'
                || upper(kerbrole.realm_of(r.rolname::text) COLLATE "C") AS ticket,
            octet_length(r.rolname::text) = 63 OR (octet_length(r.rolname::text) >= 60
                AND strpos(r.rolname::text COLLATE "C", '@') = 0) AS may_be_cut
        FROM kerbrole.roles AS r
        WHERE r.rolcanlogin
    ), principals AS MATERIALIZED (
        SELECT l.* FROM logins AS l
        WHERE strpos(l.name, '@') > 0 AND kerbrole.is_principal(l.ticket)
    ), spelled AS (
        SELECT p.name, p.ticket, p.name <> p.ticket COLLATE "C" AS is_realm_in_lower_case,
            CASE WHEN p.name <> p.ticket COLLATE "C" THEN p.ticket
                ELSE kerbrole.folded(kerbrole.username_of(p.name)) || '@'
                    || kerbrole.realm_of(p.name) END AS better
        FROM principals AS p
        WHERE p.is_in_ad
    ), known (realm) AS (
        SELECT upper(kerbrole.setting('default_realm') COLLATE "C")
        UNION SELECT unnest(kerbrole.allowed_realms())
        UNION SELECT d.value
        FROM jsonb_each_text(kerbrole.netbios_domains(kerbrole.setting('netbios_domains'))) AS d
        UNION SELECT kerbrole.realm_of(r.rolname::text)
        FROM kerbrole.roles AS r
        WHERE octet_length(r.rolname::text) < 63
            AND strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text)
    ), cut AS (
        SELECT l.name, realm.part AS realm,
            (SELECT min(k.realm COLLATE "C") FROM known AS k
            WHERE starts_with(k.realm, realm.part)
                AND k.realm <> realm.part COLLATE "C") AS original
        FROM logins AS l
        CROSS JOIN LATERAL (SELECT CASE WHEN strpos(l.name, '@') > 0
            THEN upper(kerbrole.realm_of(l.name) COLLATE "C") ELSE '' END) AS realm (part)
        WHERE l.is_in_ad AND l.may_be_cut
    ), collisions AS (
        -- The one that stays open: a member of rds_ad, in the spelling of a ticket, in lower case.
        SELECT array_agg(p.name ORDER BY p.name) AS names,
            (array_agg(p.name ORDER BY p.is_in_ad DESC, kerbrole.is_principal(p.name) DESC,
                (kerbrole.is_principal(p.name) AND p.name COLLATE "C"
                    = kerbrole.folded(kerbrole.username_of(p.name)) || '@'
                    || kerbrole.realm_of(p.name)) DESC, p.name))[1] AS stays
        FROM principals AS p
        GROUP BY lower(p.name)
        HAVING count(*) > 1 AND bool_or(p.is_in_ad)
    ), findings (rank, problem, role_names, detail, fix) AS (
        SELECT 1, 'case_collision', c.names,
            CASE WHEN _is_on THEN 'One ticket opens all of them: whoever has it chooses.'
                ELSE 'With krb_caseins_users on, one ticket would open all of them; now a slip of '
                    'the keyboard decides which.' END,
            (SELECT string_agg(kerbrole.disabling(n.name), ' ' ORDER BY n.place)
            FROM unnest(c.names) WITH ORDINALITY AS n (name, place)
            WHERE n.name <> c.stays)
        FROM collisions AS c
        UNION ALL
        SELECT 2, 'unreachable_realm_case', ARRAY[s.name],
            'No ticket is issued in a realm spelled so, and the server tells upper and lower case '
            'apart.', kerbrole.renaming(s.name, s.better, _ad)
        FROM spelled AS s WHERE s.is_realm_in_lower_case AND NOT _is_on
        UNION ALL
        SELECT 3, 'unreachable_length', ARRAY[c.name],
            CASE WHEN c.original IS NOT NULL AND c.realm <> '' THEN
                format('The name was cut at 63 bytes, probably in the realm %s; a ticket has the '
                    'whole name and does not match. The account needs a shorter sAMAccountName.',
                    c.original)
                ELSE 'The name was cut at 63 bytes, or is none that a directory gives out: no '
                    'ticket matches it. The account needs a shorter sAMAccountName.' END,
            kerbrole.disabling(c.name)
        FROM cut AS c
        WHERE NOT EXISTS (SELECT FROM known AS k WHERE k.realm = c.realm COLLATE "C")
            AND (c.original IS NOT NULL
                OR NOT EXISTS (SELECT FROM principals AS p WHERE p.name = c.name))
        UNION ALL
        SELECT 4, 'opened_by_caseins', ARRAY[s.name],
            CASE WHEN s.is_realm_in_lower_case THEN
                format('With krb_caseins_users on, the ticket of %s would open it.', s.ticket)
                ELSE format('With krb_caseins_users on, a ticket of %s, or spelled in any other '
                    'case, would open it as well; the name that is given out then is in lower '
                    'case. Rename it once the setting is on.', s.better) END,
            kerbrole.renaming(s.name, s.better, _ad)
        FROM spelled AS s WHERE s.name <> s.better COLLATE "C" AND NOT _is_on
        UNION ALL
        SELECT 5, 'closed_by_caseins', ARRAY[s.name],
            CASE WHEN s.is_realm_in_lower_case THEN
                'With krb_caseins_users off, no ticket would open it: none is issued in a realm '
                'spelled so.'
                ELSE format('With krb_caseins_users off, only a ticket spelled exactly %s would '
                    'open it.', s.ticket) END,
            kerbrole.renaming(s.name, s.better, _ad)
        FROM spelled AS s WHERE s.name <> s.better COLLATE "C" AND _is_on
    )
    SELECT f.problem, f.role_names, f.detail, f.fix
    FROM findings AS f
    ORDER BY f.rank, f.role_names COLLATE "C";
END
$$;
