-- The roles that are members of both rds_ad and rds_iam, directly or through others: for a server
-- without pg_kerbrole, a managed RDS or Aurora included. Reads pg_roles and pg_auth_members only;
-- any role may run it; changes nothing.
--
--   psql -f sql/conflicts.sql
--
-- With the extension, kerb_conflicts() answers the same and adds the paths and the REVOKE to run.

WITH RECURSIVE in_ad (member) AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'rds_ad'
    UNION
    SELECT m.member FROM pg_catalog.pg_auth_members AS m JOIN in_ad ON m.roleid = in_ad.member
), in_iam (member) AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam'
    UNION
    SELECT m.member FROM pg_catalog.pg_auth_members AS m JOIN in_iam ON m.roleid = in_iam.member
)
SELECT rolname AS role_name
FROM pg_catalog.pg_roles
WHERE oid IN (SELECT member FROM in_ad) AND oid IN (SELECT member FROM in_iam)
ORDER BY rolname COLLATE "C";
