-- Conflicts: roles that are members of both rds_ad and rds_iam.

-- Refuses memberships that are to be made where they would add a conflict. `_before` are the roles
-- that were in one already: what was there does not block unrelated work. `_group` is the group to
-- leave out instead, where one of those asked for brings the conflict, and `_unspoken` how many
-- more new roles the first one speaks for.
CREATE FUNCTION kerbrole.refuse_conflict(
    _members oid[], _roles oid[], _new_name text DEFAULT NULL, _groups text[] DEFAULT '{}',
    _unspoken bigint DEFAULT 0) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _changed CONSTANT oid[] := ARRAY(SELECT DISTINCT unnest(_members));
    _before oid[];
    _first record;
    _others bigint;
    _is_first_new boolean;
    _fix text;
    _group text;
    _said record;
    _more text;
BEGIN
    -- Mostly rds_iam is above nobody concerned. Few are below it, while the owner of the functions,
    -- which is below what it created, is a member of everybody.
    IF NOT EXISTS (
        SELECT FROM kerbrole.below(_rule.iam, _members, _roles) AS b
        WHERE b.role IN (SELECT kerbrole.all_below(_changed)))
    THEN
        RETURN;
    END IF;
    _before := ARRAY(SELECT b.role FROM kerbrole.in_both() AS b);
    SELECT b.*, count(*) OVER () AS how_many, bool_or(b.role = 0) OVER () AS has_new INTO _first
    FROM kerbrole.in_both(_members, _roles, _new_name) AS b
    WHERE b.role <> ALL (_before)
    ORDER BY b.role_name COLLATE "C" LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    _fix := kerbrole.fix(_first.role, _members, _roles, _new_name);
    -- The first step into a group that was asked for and is in rds_iam.
    SELECT p.iam_path[i + 1] INTO _group
    FROM (SELECT _first.iam_path) AS p (iam_path)
    CROSS JOIN generate_subscripts(p.iam_path, 1) AS i
    WHERE p.iam_path[i + 1] = ANY (_groups)
        AND p.iam_path[i + 1] <> _rule.ad_role COLLATE "C"
        AND EXISTS (
            SELECT FROM unnest(_members, _roles) AS e (member, role)
            LEFT JOIN kerbrole.roles AS m ON m.oid = e.member
            WHERE p.iam_path[i] = CASE WHEN e.member = 0 THEN _new_name ELSE m.rolname::text END
                COLLATE "C"
                AND e.role = kerbrole.role_oid(p.iam_path[i + 1]))
        AND kerbrole.role_oid(p.iam_path[i + 1]) IN (
            SELECT b.role FROM kerbrole.below(_rule.iam) AS b)
    ORDER BY i LIMIT 1;
    _others := _first.how_many - 1 + CASE WHEN _first.has_new THEN _unspoken ELSE 0 END;
    PERFORM kerbrole.raise_conflict(
        CASE
            WHEN _group IS NULL AND _fix = '' THEN 'conflict'
            WHEN _group IS NULL THEN 'conflict_fix'
            WHEN _fix = '' THEN 'conflict_group'
            ELSE 'conflict_group_fix'
        END, _first.role_name, _first.ad_path, _first.iam_path, _fix, _group, _others);
END
$$;

CREATE FUNCTION kerbrole.raise_conflict(
    _key text, _role_name text, _ad_path text[], _iam_path text[], _fix text, _group text,
    _others bigint) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule_roles();
    _said CONSTANT record := kerbrole.said(_key, ARRAY[
        _role_name, _rule.ad_role, _rule.iam_role, _ad_path::text, _iam_path::text, _fix, _group]);
    _more text;
BEGIN
    IF _others > 0 THEN
        SELECT ' ' || message INTO _more
        FROM kerbrole.said(
            CASE WHEN _others = 1 THEN 'one_more_concerned' ELSE 'more_concerned' END,
            ARRAY[_others::text]);
    END IF;
    PERFORM kerbrole.raise(_said.code, _said.message, concat(_said.detail, _more), _said.hint);
END
$$;

-- The roles that are in a conflict now, among some and all that are below them: for a look before a
-- change and one after it.
CREATE FUNCTION kerbrole.conflicting(_roles oid[]) RETURNS oid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _around CONSTANT oid[] := ARRAY(SELECT kerbrole.all_below(_roles));
BEGIN
    IF NOT EXISTS (
        SELECT FROM kerbrole.all_below(ARRAY[_rule.iam]) AS b (role)
        WHERE b.role IN (SELECT unnest(_around)))
    THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT b.role FROM kerbrole.in_both() AS b WHERE b.role IN (SELECT unnest(_around)));
END
$$;

-- The rule once more when a change has been made, on the catalogue as it is now.
CREATE FUNCTION kerbrole.check_after(_changed oid[], _before oid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _new CONSTANT oid[] := ARRAY(
        SELECT unnest(kerbrole.conflicting(_changed)) EXCEPT SELECT unnest(_before));
    _first record;
    _fix text;
BEGIN
    IF _new = '{}' THEN
        RETURN;
    END IF;
    SELECT b.* INTO _first
    FROM kerbrole.in_both() AS b WHERE b.role = ANY (_new)
    ORDER BY b.role_name COLLATE "C" LIMIT 1;
    _fix := kerbrole.fix(_first.role);
    PERFORM kerbrole.raise_conflict(
        CASE WHEN _fix = '' THEN 'conflict' ELSE 'conflict_fix' END,
        _first.role_name, _first.ad_path, _first.iam_path, _fix, NULL, cardinality(_new) - 1);
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_conflicts()
RETURNS TABLE (role_name text, ad_path text[], iam_path text[], fix text)
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH both_sides AS MATERIALIZED (
        SELECT b.* FROM kerbrole.in_both() AS b
    )
    SELECT b.role_name, b.ad_path, b.iam_path, f.fix
    FROM both_sides AS b
    JOIN kerbrole.fixes(ARRAY(SELECT o.role FROM both_sides AS o)) AS f USING (role)
    ORDER BY b.role_name COLLATE "C";
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_preview_grant(granted_role text, member text)
RETURNS TABLE (role_name text, ad_path text[], iam_path text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _granted CONSTANT text := kerbrole.required(granted_role, 'granted_role');
    _member CONSTANT text := kerbrole.required(member, 'member');
    _granted_oid CONSTANT oid := kerbrole.existing_role(_granted);
    _member_oid CONSTANT oid := kerbrole.existing_role(_member);
    _before CONSTANT oid[] := ARRAY(SELECT b.role FROM kerbrole.in_both() AS b);
BEGIN
    RETURN QUERY
    SELECT b.role_name, b.ad_path, b.iam_path
    FROM kerbrole.in_both(ARRAY[_member_oid], ARRAY[_granted_oid]) AS b
    WHERE b.role <> ALL (_before);
END
$$;
