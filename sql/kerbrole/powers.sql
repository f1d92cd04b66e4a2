-- What a principal could do through its groups and the caller could not give it: asked before its
-- role gets another name or is opened again, since whoever does that decides whose ticket opens it.

-- Whether a role may grant another one: ADMIN on it through any chain, up to 15 also CREATEROLE.
-- SUPERUSER is looked at by attribute.
CREATE FUNCTION kerbrole.may_grant(_caller oid, _role oid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_has_role(_caller, _role, 'MEMBER WITH ADMIN OPTION')
        OR (NOT kerbrole.names_grantors() AND coalesce((
            SELECT r.rolcreaterole FROM kerbrole.roles AS r WHERE r.oid = _caller), false))
$$;

-- 42501 where there is such a power, with the chain of memberships in its DETAIL. rds_ad does not
-- count, nor what is above it: whoever may add principals gives that to all of them. rds_iam by
-- itself is a way to log in and no power. What is above a group that the caller may grant counts
-- for its attributes only, since the caller could grant the rest with it.
CREATE FUNCTION kerbrole.check_powers(_role oid, _caller oid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule_roles();
    -- The steps found so far, in the order in which they were: the role, whether it was reached
    -- through a group that the caller may grant, and from which step.
    _roles oid[] := ARRAY[_role];
    _covered boolean[] := ARRAY[false];
    _from integer[] := ARRAY[0];
    _at integer := 0;
    _group record;
    _may_grant boolean;
    _power text;
    _path text[];
    _step integer;
BEGIN
    IF kerbrole.is_superuser(_caller) THEN
        RETURN;
    END IF;
    WHILE _at < cardinality(_roles) LOOP
        _at := _at + 1;
        FOR _group IN
            SELECT DISTINCT r.oid, r.rolname::text AS name
            FROM pg_catalog.pg_auth_members AS m
            JOIN kerbrole.roles AS r ON r.oid = m.roleid
            WHERE m.member = _roles[_at]
            ORDER BY r.oid
        LOOP
            CONTINUE WHEN _group.name = _rule.ad_role COLLATE "C" OR EXISTS (
                SELECT FROM unnest(_roles, _covered) AS s (role, is_covered)
                WHERE s.role = _group.oid AND (NOT s.is_covered OR _covered[_at]));
            _may_grant := _covered[_at] OR kerbrole.may_grant(_caller, _group.oid);
            _power := CASE
                WHEN kerbrole.attributes(_group.oid) IS NOT NULL THEN 'powers_attributes'
                WHEN starts_with(_group.name, 'pg_') THEN 'powers_predefined'
                WHEN NOT _may_grant AND _group.name <> _rule.iam_role COLLATE "C"
                    THEN 'powers_not_grantable'
            END;
            IF _power IS NOT NULL THEN
                _path := ARRAY[_group.name];
                _step := _at;
                WHILE _step > 0 LOOP
                    _path := pg_get_userbyid(_roles[_step])::text || _path;
                    _step := _from[_step];
                END LOOP;
                PERFORM kerbrole.refuse(_power, _path[1], _group.name,
                    kerbrole.attributes(_group.oid),
                    kerbrole.shown_path(_path, cardinality(_path))::text);
            END IF;
            CONTINUE WHEN EXISTS (
                SELECT FROM unnest(_roles, _covered) AS s (role, is_covered)
                WHERE s.role = _group.oid AND s.is_covered = _may_grant);
            _roles := _roles || _group.oid;
            _covered := _covered || _may_grant;
            _from := _from || _at;
        END LOOP;
    END LOOP;
END
$$;
