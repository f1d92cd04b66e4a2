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
-- grantor.
CREATE FUNCTION kerbrole.memberships_of(_member oid, _members oid[], _roles oid[])
RETURNS TABLE (
    role oid, role_name text, grantor_name text, admin boolean, from_creation boolean, place bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- Since 16 a creator's membership has ADMIN only, and is the bootstrap superuser's.
    _creation CONSTANT text := CASE WHEN kerbrole.names_grantors()
        THEN 'm.grantor = 10 AND m.admin_option AND NOT m.inherit_option AND NOT m.set_option'
        ELSE 'false' END;
BEGIN
    RETURN QUERY EXECUTE format($q$
        SELECT e.role, e.role_name, e.grantor_name, e.admin, e.from_creation,
            row_number() OVER (ORDER BY e.role_name COLLATE "C",
                e.grantor_name COLLATE "C" NULLS FIRST, e.admin, e.from_creation)
        FROM (
            SELECT r.oid AS role, r.rolname::text AS role_name, g.rolname::text AS grantor_name,
                m.admin_option AS admin, %s AS from_creation
            FROM pg_catalog.pg_auth_members AS m
            JOIN kerbrole.roles AS r ON r.oid = m.roleid
            LEFT JOIN kerbrole.roles AS g ON g.oid = m.grantor
            WHERE m.member = $1
            UNION ALL
            SELECT r.oid, r.rolname::text, NULL, false, false
            FROM unnest($2, $3) AS e (member, role)
            JOIN kerbrole.roles AS r ON r.oid = e.role
            WHERE e.member = $1
        ) AS e$q$, _creation)
    USING _member, _members, _roles;
END
$$;

-- The statements by which a role leaves one of the two, taking as little as possible from others:
-- its own memberships end, unless a group above it is in both by itself and is to leave the same
-- side. Memberships that are not made yet are never ended: their groups' are.
CREATE FUNCTION kerbrole.leaving(
    _role oid, _leaves_iam boolean, _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}',
    _new_name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] :=
        ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad, _members, _roles) AS b);
    _iam CONSTANT oid[] :=
        ARRAY(SELECT b.role FROM kerbrole.below(_rule.iam, _members, _roles) AS b);
    _target CONSTANT oid := CASE WHEN _leaves_iam THEN _rule.iam ELSE _rule.ad END;
    _side CONSTANT oid[] := CASE WHEN _leaves_iam THEN _iam ELSE _ad END;
    -- The way up: roles, and how many of the memberships of each have been looked at.
    _way oid[] := ARRAY[_role];
    _done bigint[] := ARRAY[0];
    _top integer := 1;
    _seen oid[] := ARRAY[_role];
    _last oid;
    _edge record;
    _is_shared boolean;
    _is_pending boolean;
    _fix text[] := '{}';
BEGIN
    WHILE _top > 0 LOOP
        SELECT e.*, e.role = lag(e.role) OVER (ORDER BY e.place) AS is_again INTO _edge
        FROM kerbrole.memberships_of(_way[_top], _members, _roles) AS e
        ORDER BY e.place LIMIT 1 OFFSET _done[_top];
        IF NOT FOUND THEN
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
        ELSIF kerbrole.names_grantors() OR _edge.is_again IS NOT TRUE THEN
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

-- The statements that end the conflict of a role in both.
CREATE FUNCTION kerbrole.fix(
    _role oid, _members oid[] DEFAULT '{}', _roles oid[] DEFAULT '{}',
    _new_name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] :=
        ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad, _members, _roles) AS b);
BEGIN
    RETURN kerbrole.leaving(
        _role,
        kerbrole.leaves_iam(_role, _rule.ad, _rule.iam, _ad, _members, _roles, _new_name),
        _members, _roles, _new_name);
END
$$;
