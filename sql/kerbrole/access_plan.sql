-- From what a directory says to the difference from who is there.

-- One statement of the difference. `by` is whose rights it takes: the owner's, or the caller's.
CREATE FUNCTION kerbrole.step(
    _action text, _role_name text, _statement text, _reason text, _role oid, _by text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('action', _action, 'role_name', _role_name,
        'statement', _statement, 'reason', _reason, 'role', _role, 'by', _by)
$$;

-- Why a role may not be opened by this caller under this name, in words; NULL where it may. The
-- others do not count.
CREATE FUNCTION kerbrole.not_enabled(_role oid, _caller oid, _called text, _others oid[])
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
BEGIN
    PERFORM kerbrole.check_enabling(_role, _caller, _called, _others);
    RETURN NULL;
EXCEPTION
    WHEN insufficient_privilege OR duplicate_object OR invalid_parameter_value THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        RETURN concat_ws(': ', _message, nullif(_detail, ''));
END
$$;

-- Who of some people would come into a conflict by memberships that they lack, in words with both
-- paths. A role that is not there yet has no OID. Whoever is in one already does
-- not come into it; those below a role that comes into rds_ad count with it.
CREATE FUNCTION kerbrole.access_conflicts(
    _places integer[], _roles oid[], _names text[], _in_ad boolean[],
    _grant_places integer[], _grant_roles oid[])
RETURNS TABLE (place integer, reason text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _iam CONSTANT oid[] := ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.iam]));
    _new_in_ad CONSTANT oid[] := ARRAY(
        SELECT n.role FROM unnest(_roles, _in_ad) AS n (role, is_in_ad)
        WHERE n.role IS NOT NULL AND NOT n.is_in_ad);
    _row record;
    _message text;
    _detail text;
BEGIN
    FOR _row IN
        WITH lacking AS MATERIALIZED (
            SELECT g.place, g.role, g.number
            FROM unnest(_grant_places, _grant_roles) WITH ORDINALITY AS g (place, role, number)
            WHERE g.role IN (SELECT unnest(_iam))
            UNION ALL
            SELECT p.place, _rule.ad, 0 FROM unnest(_places, _in_ad) AS p (place, is_in_ad)
            WHERE p.is_in_ad IS NOT TRUE AND _rule.ad IN (SELECT unnest(_iam))
        ), ways AS MATERIALIZED (
            SELECT p.role, p.path
            FROM kerbrole.paths(_rule.iam, ARRAY(SELECT DISTINCT l.role FROM lacking AS l)) AS p
        ), first AS MATERIALIZED (
            SELECT DISTINCT ON (l.place) l.place, w.path
            FROM lacking AS l JOIN ways AS w ON w.role = l.role
            ORDER BY l.place, l.number
        ), hits AS MATERIALIZED (
            SELECT w.*, f.path
            FROM (
                SELECT p.place, p.role, p.name, coalesce(p.is_in_ad, false) AS is_in_ad,
                    coalesce(p.role IN (SELECT unnest(_iam)), false) AS is_in_iam
                FROM unnest(_places, _roles, _names, _in_ad) AS p (place, role, name, is_in_ad)
            ) AS w
            LEFT JOIN first AS f ON f.place = w.place
            WHERE (w.is_in_iam AND NOT w.is_in_ad) OR (NOT w.is_in_iam AND f.path IS NOT NULL)
        )
        SELECT h.place, h.name, coalesce(a.path, ARRAY[h.name, _rule.ad_role]) AS ad_path,
            coalesce(i.path, h.name || h.path) AS iam_path
        FROM hits AS h
        LEFT JOIN kerbrole.paths(_rule.ad, ARRAY(
            SELECT h.role FROM hits AS h WHERE h.is_in_ad)) AS a ON a.role = h.role
        LEFT JOIN kerbrole.paths(_rule.iam, ARRAY(
            SELECT h.role FROM hits AS h WHERE h.is_in_iam)) AS i ON i.role = h.role
    LOOP
        place := _row.place;
        reason := kerbrole.in_words('conflict', _row.name, _rule.ad_role, _rule.iam_role,
            _row.ad_path::text, _row.iam_path::text);
        RETURN NEXT;
    END LOOP;
    IF EXISTS (
        SELECT FROM kerbrole.all_below(_new_in_ad) AS b (role)
        WHERE b.role IN (SELECT unnest(_iam)) AND b.role NOT IN (SELECT unnest(_new_in_ad)))
    THEN
        FOR _row IN
            SELECT n.place, n.role
            FROM unnest(_places, _roles, _in_ad) AS n (place, role, is_in_ad)
            WHERE n.role IN (SELECT unnest(_new_in_ad)) AND n.role NOT IN (SELECT unnest(_iam))
        LOOP
            BEGIN
                PERFORM kerbrole.refuse_conflict(ARRAY[_row.role], ARRAY[_rule.ad]);
            EXCEPTION
                WHEN invalid_grant_operation THEN
                    GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                    place := _row.place;
                    reason := concat_ws(': ', _message, nullif(_detail, ''));
                    RETURN NEXT;
            END;
        END LOOP;
    END IF;
END
$$;

-- How principals go that are bound to accounts of `_domains` and whose accounts are not among
-- `_sids`, in the order of names; `role` is NULL in the one row that says how many are bound.
CREATE FUNCTION kerbrole.absent_people(
    _sids text[], _domains text[], _absent text, _kept text[])
RETURNS TABLE (
    role oid, role_name text, sid text, action text, statements text[], problem text, reason text,
    bound bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _row record;
    _removal record;
BEGIN
    bound := 0;
    FOR _row IN
        WITH principals AS MATERIALIZED (
            SELECT r.oid, r.rolname::text COLLATE "C" AS name, r.rolcanlogin AS can_login,
                r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR r.rolbypassrls
                OR r.rolname::text COLLATE "C" IN (_rule.ad_role, _rule.iam_role) AS is_more,
                b.sid COLLATE "C" AS sid
            FROM kerbrole.roles AS r
            JOIN kerbrole.bindings() AS b ON b.role = r.oid
            WHERE kerbrole.domain_of(b.sid) IN (SELECT unnest(_domains) COLLATE "C")
                AND r.oid IN (SELECT kerbrole.all_below(ARRAY[_rule.ad]))
                AND kerbrole.is_principal(r.rolname::text)
        )
        SELECT p.*, (SELECT count(*) FROM principals) AS bound,
            p.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                WHERE a.usesysid IS NOT NULL)
            OR p.oid IN (
                SELECT s.refobjid FROM pg_catalog.pg_shdepend AS s
                WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass
                    AND s.classid <> 'pg_catalog.pg_auth_members'::regclass) AS is_held,
            _absent <> 'keep'
                AND p.sid NOT IN (SELECT unnest(_sids) COLLATE "C")
                AND lower(p.name) NOT IN (SELECT unnest(_kept) COLLATE "C") AS is_absent
        FROM principals AS p
        ORDER BY p.name
    LOOP
        bound := _row.bound;
        CONTINUE WHEN NOT _row.is_absent;
        _removal := kerbrole.plan_removal(
            _row.oid, _row.can_login, _absent, _row.is_held, _row.is_more);
        role := _row.oid;
        role_name := _row.name;
        sid := _row.sid;
        action := _removal.action;
        statements := _removal.statements;
        problem := _removal.problem;
        reason := _removal.reason;
        RETURN NEXT;
    END LOOP;
    role := NULL;
    RETURN NEXT;
END
$$;
