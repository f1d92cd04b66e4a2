-- Who is a member of what, through any chain of memberships, whatever their options: +role in
-- pg_hba.conf counts them so. pg_has_role() would not do, since for it a superuser is everything.
--
-- A question about memberships that are not made yet gives them as two arrays, of members and of
-- roles. A role that is not there yet has the OID 0. Where there may be thousands of roles in an
-- array, = ANY would compare with each of them, and IN (SELECT unnest()) looks them up.

-- A role and all that are members of it, each with the next one on a shortest way up, how many
-- steps that has, and from 23 steps on the role that is 23 steps from its end. Of several ways the
-- one by the first role in the order of names is taken. Level by level, so that it takes no more
-- time where there are many ways.
CREATE FUNCTION kerbrole.below(
    _target oid, _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}')
RETURNS TABLE (role oid, next oid, steps integer, near_end oid)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _level oid[] := ARRAY[_target];
    _above oid[] := ARRAY[NULL::oid];
    _near_end oid[] := ARRAY[NULL::oid];
    _seen oid[] := ARRAY[_target];
    _steps integer := 0;
BEGIN
    WHILE _level <> '{}' LOOP
        IF _steps = 23 THEN
            _near_end := _level;
        END IF;
        RETURN QUERY
        SELECT l.role, l.above, _steps, l.near_end
        FROM unnest(_level, _above, _near_end) AS l (role, above, near_end);
        WITH edges AS (
            SELECT m.member, m.roleid AS above
            FROM pg_catalog.pg_auth_members AS m
            WHERE m.roleid IN (SELECT unnest(_level))
            UNION ALL
            SELECT e.member, e.role
            FROM unnest(_members, _roles) AS e (member, role)
            WHERE e.role IN (SELECT unnest(_level))
        ), first AS (
            SELECT DISTINCT ON (e.member) e.member, e.above
            FROM edges AS e
            LEFT JOIN kerbrole.roles AS r ON r.oid = e.above
            WHERE e.member NOT IN (SELECT unnest(_seen))
            ORDER BY e.member, r.rolname::text COLLATE "C"
        )
        SELECT coalesce(array_agg(f.member), '{}'), array_agg(f.above), array_agg(l.near_end)
        INTO _level, _above, _near_end
        FROM first AS f
        JOIN unnest(_level, _near_end) AS l (role, near_end) ON l.role = f.above;
        _seen := _seen || _level;
        _steps := _steps + 1;
    END LOOP;
END
$$;

-- Some roles and all that they are members of. Level by level as well: the server would plan a
-- recursive query for the few memberships that it knows of, and there may be many new ones.
CREATE FUNCTION kerbrole.above(
    _starts oid[], _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}') RETURNS SETOF oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _level oid[] := _starts;
    _seen oid[] := '{}';
BEGIN
    WHILE _level <> '{}' LOOP
        _seen := _seen || _level;
        _level := ARRAY(
            (SELECT m.roleid FROM pg_catalog.pg_auth_members AS m
            WHERE m.member IN (SELECT unnest(_level))
            UNION
            SELECT e.role FROM unnest(_members, _roles) AS e (member, role)
            WHERE e.member IN (SELECT unnest(_level)))
            EXCEPT
            SELECT unnest(_seen));
    END LOOP;
    RETURN QUERY SELECT DISTINCT unnest(_seen);
END
$$;

-- Some roles and all that are members of them.
CREATE FUNCTION kerbrole.all_below(_starts oid[]) RETURNS SETOF oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _level oid[] := _starts;
    _seen oid[] := '{}';
BEGIN
    WHILE _level <> '{}' LOOP
        _seen := _seen || _level;
        _level := ARRAY(
            SELECT m.member FROM pg_catalog.pg_auth_members AS m
            WHERE m.roleid IN (SELECT unnest(_level))
            EXCEPT
            SELECT unnest(_seen));
    END LOOP;
    RETURN QUERY SELECT DISTINCT unnest(_seen);
END
$$;

-- The two roles of the rule, both of which have to be there.
CREATE FUNCTION kerbrole.rule(OUT ad oid, OUT iam oid, OUT ad_role text, OUT iam_role text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT r.ad_role, r.iam_role INTO ad_role, iam_role FROM kerbrole.rule_roles() AS r;
    ad := kerbrole.role_oid(ad_role);
    IF ad IS NULL THEN
        PERFORM kerbrole.refuse('rule_role_missing', ad_role, 'kerbrole.ad_role');
    END IF;
    iam := kerbrole.role_oid(iam_role);
    IF iam IS NULL THEN
        PERFORM kerbrole.refuse('rule_role_missing', iam_role, 'kerbrole.iam_role');
    END IF;
END
$$;

-- A chain of memberships as it is shown: of more than 50 roles the first 25 and the last 24. Those
-- in the middle need not be in it.
CREATE FUNCTION kerbrole.shown_path(_path text[], _length integer) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN _length > 50 THEN
            _path[:25] || format('... %s more ...', _length - 49)
            || _path[cardinality(_path) - 23:]
        ELSE _path
    END
$$;

-- The shortest chains of memberships from some roles to one, as they are shown; none for a role
-- that is no member of it. Only what is shown is walked: there may be a hundred thousand roles in
-- each of a hundred thousand chains.
CREATE FUNCTION kerbrole.paths(
    _target oid, _of oid[], _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}',
    _new_name text DEFAULT NULL)
RETURNS TABLE (role oid, path text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE below AS MATERIALIZED (
        SELECT b.* FROM kerbrole.below(_target, _members, _roles) AS b
    ), wanted AS MATERIALIZED (
        SELECT b.* FROM (SELECT DISTINCT unnest(_of)) AS o (role) JOIN below AS b USING (role)
    ), way (role, at, step, steps) AS (
        (SELECT w.role, w.role, 0, w.steps FROM wanted AS w
        UNION ALL
        SELECT w.role, w.near_end, w.steps - 23, w.steps FROM wanted AS w WHERE w.steps >= 50)
        UNION ALL
        SELECT w.role, b.next, w.step + 1, w.steps
        FROM way AS w JOIN below AS b ON b.role = w.at
        WHERE b.next IS NOT NULL AND (w.steps < 50 OR w.step <> 24)
    ), named (role, name) AS (
        SELECT r.oid, r.rolname::text FROM kerbrole.roles AS r
        UNION ALL
        SELECT 0, _new_name WHERE _new_name IS NOT NULL
    )
    SELECT w.role, kerbrole.shown_path(array_agg(n.name ORDER BY w.step), w.steps + 1)
    FROM way AS w JOIN named AS n ON n.role = w.at
    GROUP BY w.role, w.steps
$$;

-- Every role that is a member of both roles of the rule, with a shortest path to each, in the order
-- of names.
CREATE FUNCTION kerbrole.in_both(
    _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}', _new_name text DEFAULT NULL)
RETURNS TABLE (role oid, role_name text, ad_path text[], iam_path text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _both CONSTANT oid[] := ARRAY(
        SELECT b.role FROM kerbrole.below(_rule.iam, _members, _roles) AS b
        INTERSECT
        SELECT b.role FROM kerbrole.below(_rule.ad, _members, _roles) AS b);
BEGIN
    IF _both <> '{}' THEN
        RETURN QUERY
        SELECT a.role, coalesce(r.rolname::text, _new_name), a.path, i.path
        FROM kerbrole.paths(_rule.ad, _both, _members, _roles, _new_name) AS a
        JOIN kerbrole.paths(_rule.iam, _both, _members, _roles, _new_name) AS i USING (role)
        LEFT JOIN kerbrole.roles AS r ON r.oid = a.role
        ORDER BY coalesce(r.rolname::text, _new_name) COLLATE "C";
    END IF;
END
$$;
