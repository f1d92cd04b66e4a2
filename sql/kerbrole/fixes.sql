-- Which memberships to end so that a role in both roles of the rule is in one of them only.

-- Whether others' memberships would end with this one of a member in a role: since PostgreSQL 16
-- what was granted on the strength of ADMIN does.
CREATE FUNCTION kerbrole.revokes_others_too(_member oid, _role oid, _admin boolean)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _admin AND kerbrole.names_grantors() AND EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS m
        WHERE m.roleid = _role AND m.grantor = _member)
$$;

-- Whether a role in both is to leave rds_iam, and not rds_ad. A principal, or a group that has one
-- in it, keeps rds_ad; anybody else keeps rds_iam, since without a realm in its name it could never
-- log in with a ticket. Neither of the two roles can leave itself. Whoever granted a way into
-- rds_ad to others keeps it as well: REVOKE would take theirs along, and lock them out.
CREATE FUNCTION kerbrole.leaves_iam(
    _role oid, _ad_role oid, _iam_role oid, _ad oid[], _members oid[], _roles oid[],
    _new_name text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _role IN (_ad_role, _iam_role) THEN
        RETURN _role = _ad_role;
    END IF;
    RETURN EXISTS (
        SELECT
        FROM kerbrole.below(_role, _members, _roles) AS b
        LEFT JOIN kerbrole.roles AS r ON r.oid = b.role
        WHERE kerbrole.is_principal(
            CASE WHEN b.role = 0 THEN _new_name ELSE r.rolname::text END)
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS m
        WHERE m.member = _role AND m.roleid = ANY (_ad)
            AND kerbrole.revokes_others_too(m.member, m.roleid, m.admin_option)
    );
END
$$;

-- The memberships of a role in others, in the order of names; those that are not made yet have no
-- grantor. Since 16 a creator's membership has ADMIN only, and is the bootstrap superuser's; as
-- JSON the row can be asked for columns that 15 does not have.
CREATE FUNCTION kerbrole.memberships_of(_member oid, _members oid[], _roles oid[])
RETURNS TABLE (
    role oid, role_name text, grantor_name text, admin boolean, from_creation boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.*
    FROM (
        SELECT r.oid, r.rolname::text, g.rolname::text, m.admin_option,
            m.grantor = 10 AND m.admin_option
                AND to_jsonb(m) @> '{"inherit_option": false, "set_option": false}'
        FROM pg_catalog.pg_auth_members AS m
        JOIN kerbrole.roles AS r ON r.oid = m.roleid
        LEFT JOIN kerbrole.roles AS g ON g.oid = m.grantor
        WHERE m.member = _member
        UNION ALL
        SELECT r.oid, r.rolname::text, NULL, false, false
        FROM unnest(_members, _roles) AS p (member, role)
        JOIN kerbrole.roles AS r ON r.oid = p.role
        WHERE p.member = _member
    ) AS e (role, role_name, grantor_name, admin, from_creation)
    ORDER BY e.role_name COLLATE "C", e.grantor_name COLLATE "C" NULLS FIRST, e.admin,
        e.from_creation
$$;

-- The statements by which a role leaves one of the two, taking as little as possible from others:
-- its own memberships end, unless a group above it is in both by itself and is to leave the same
-- side. Memberships that are not made yet are never ended: their groups' are. _ad and _iam are the
-- roles on either side.
CREATE FUNCTION kerbrole.leaving(
    _role oid, _leaves_iam boolean, _ad oid[], _iam oid[], _members oid[] DEFAULT '{}',
    _roles oid[] DEFAULT '{}', _new_name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _target CONSTANT oid := CASE WHEN _leaves_iam THEN _rule.iam ELSE _rule.ad END;
    _side CONSTANT oid[] := CASE WHEN _leaves_iam THEN _iam ELSE _ad END;
    -- The way up: roles, the memberships of each, and how many of them have been looked at.
    _way oid[] := ARRAY[_role];
    _edges jsonb[] := '{}';
    _done integer[] := ARRAY[0];
    _top integer := 1;
    _seen oid[] := ARRAY[_role];
    _edge record;
    _is_shared boolean;
    _is_pending boolean;
    _fix text[] := '{}';
BEGIN
    WHILE _top > 0 LOOP
        IF _done[_top] = 0 THEN
            _edges[_top] := (
                SELECT jsonb_agg(to_jsonb(m))
                FROM kerbrole.memberships_of(_way[_top], _members, _roles) AS m);
        END IF;
        SELECT e.*, _done[_top] > 0
            AND _edges[_top] -> (_done[_top] - 1) ->> 'role' = e.role::text AS is_again
        INTO _edge
        FROM jsonb_to_record(_edges[_top] -> _done[_top]) AS e (
            role oid, role_name text, grantor_name text, admin boolean, from_creation boolean);
        IF _edge.role IS NULL THEN
            _top := _top - 1;
            CONTINUE;
        END IF;
        _done[_top] := _done[_top] + 1;
        CONTINUE WHEN _edge.role <> ALL (_side);
        _is_shared := _edge.role <> _target
            AND _edge.role = ANY (_ad) AND _edge.role = ANY (_iam)
            AND kerbrole.leaves_iam(
                _edge.role, _rule.ad, _rule.iam, _ad, _members, _roles, _new_name) = _leaves_iam;
        _is_pending := EXISTS (
            SELECT FROM unnest(_members, _roles) AS e (member, role)
            WHERE e.member = _way[_top] AND e.role = _edge.role);
        IF _is_shared OR _is_pending THEN
            IF _edge.role <> _target AND _edge.role <> ALL (_seen) THEN
                _seen := _seen || _edge.role;
                _top := _top + 1;
                _way[_top] := _edge.role;
                _done[_top] := 0;
            END IF;
        ELSIF kerbrole.names_grantors() OR NOT _edge.is_again THEN
            _fix := _fix || concat(
                'REVOKE ', kerbrole.quoted(_edge.role_name), ' FROM ',
                kerbrole.quoted(CASE WHEN _way[_top] = 0 THEN _new_name
                    ELSE pg_get_userbyid(_way[_top])::text END),
                CASE WHEN kerbrole.names_grantors()
                    THEN ' GRANTED BY ' || kerbrole.quoted(_edge.grantor_name) END,
                CASE WHEN kerbrole.revokes_others_too(_way[_top], _edge.role, _edge.admin)
                    THEN ' CASCADE' END,
                CASE WHEN _edge.from_creation
                    THEN ' /* a membership that came from creating the role */' END,
                ';');
        END IF;
    END LOOP;
    RETURN array_to_string(_fix, ' ');
END
$$;

-- The statements that end the conflict of each of some roles in both.
CREATE FUNCTION kerbrole.fixes(
    _both oid[], _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}',
    _new_name text DEFAULT NULL)
RETURNS TABLE (role oid, fix text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] :=
        ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad, _members, _roles) AS b);
    _iam CONSTANT oid[] :=
        ARRAY(SELECT b.role FROM kerbrole.below(_rule.iam, _members, _roles) AS b);
BEGIN
    FOREACH role IN ARRAY _both LOOP
        fix := kerbrole.leaving(
            role,
            kerbrole.leaves_iam(role, _rule.ad, _rule.iam, _ad, _members, _roles, _new_name),
            _ad, _iam, _members, _roles, _new_name);
        RETURN NEXT;
    END LOOP;
END
$$;

-- The same for one role.
CREATE FUNCTION kerbrole.fix(
    _role oid, _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}',
    _new_name text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.fix FROM kerbrole.fixes(ARRAY[_role], _members, _roles, _new_name) AS f
$$;
