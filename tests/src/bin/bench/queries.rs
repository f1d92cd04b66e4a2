//! What an expert would ask instead of calling a function. Each has the columns of its call, and
//! the same rows.

/// sql/conflicts.sql: down from both, and who is in either.
pub(crate) const NAMES_OF_CONFLICTS: &str = "WITH RECURSIVE in_ad (member) AS ( \
     SELECT oid FROM pg_roles WHERE rolname = 'rds_ad' \
     UNION SELECT m.member FROM pg_auth_members AS m JOIN in_ad ON m.roleid = in_ad.member \
   ), in_iam (member) AS ( \
     SELECT oid FROM pg_roles WHERE rolname = 'rds_iam' \
     UNION SELECT m.member FROM pg_auth_members AS m JOIN in_iam ON m.roleid = in_iam.member \
   ) \
   SELECT rolname::text AS role_name FROM pg_roles \
   WHERE oid IN (SELECT member FROM in_ad) AND oid IN (SELECT member FROM in_iam) ORDER BY rolname \
   COLLATE \"C\"";

/// The same, with a path that grows on the way down; the shortest one, the first by name if there
/// are several.
pub(crate) const CONFLICTS: &str = "WITH RECURSIVE in_ad (member, path) AS ( \
     SELECT oid, ARRAY[rolname::text] FROM pg_roles WHERE rolname = 'rds_ad' \
     UNION ALL SELECT m.member, r.rolname::text || in_ad.path FROM pg_auth_members AS m JOIN in_ad \
     ON m.roleid = in_ad.member JOIN pg_roles AS r ON r.oid = m.member \
   ), in_iam (member, path) AS ( \
     SELECT oid, ARRAY[rolname::text] FROM pg_roles WHERE rolname = 'rds_iam' \
     UNION ALL SELECT m.member, r.rolname::text || in_iam.path FROM pg_auth_members AS m JOIN \
     in_iam ON m.roleid = in_iam.member JOIN pg_roles AS r ON r.oid = m.member \
   ) \
   SELECT DISTINCT ON (ad.path[1]) ad.path[1] AS role_name, ad.path AS ad_path, iam.path AS \
   iam_path FROM in_ad AS ad JOIN in_iam AS iam USING (member) \
   ORDER BY ad.path[1], cardinality(ad.path), ad.path, cardinality(iam.path), iam.path";

/// As many would write it first: all that each role is in.
pub(crate) const CONFLICTS_UPWARDS: &str = "WITH RECURSIVE above (member, role) AS ( \
     SELECT oid, oid FROM pg_roles \
     UNION SELECT above.member, m.roleid FROM above JOIN pg_auth_members AS m ON m.member = \
     above.role \
   ) \
   SELECT r.rolname::text AS role_name FROM pg_roles AS r \
   WHERE EXISTS (SELECT FROM above JOIN pg_roles AS up ON up.oid = above.role WHERE above.member = \
   r.oid AND up.rolname = 'rds_ad') \
     AND EXISTS (SELECT FROM above JOIN pg_roles AS up ON up.oid = above.role WHERE above.member = \
     r.oid AND up.rolname = 'rds_iam')";

/// All columns of kerb_list_principals().
pub(crate) const LIST: &str = "WITH RECURSIVE in_ad (member, path) AS ( \
     SELECT oid, ARRAY[rolname::text] FROM pg_roles WHERE rolname = 'rds_ad' \
     UNION ALL SELECT m.member, r.rolname::text || in_ad.path FROM pg_auth_members AS m JOIN in_ad \
     ON m.roleid = in_ad.member JOIN pg_roles AS r ON r.oid = m.member \
   ), in_iam (member, path) AS ( \
     SELECT oid, ARRAY[rolname::text] FROM pg_roles WHERE rolname = 'rds_iam' \
     UNION ALL SELECT m.member, r.rolname::text || in_iam.path FROM pg_auth_members AS m JOIN \
     in_iam ON m.roleid = in_iam.member JOIN pg_roles AS r ON r.oid = m.member \
   ), shortest_ad AS (SELECT DISTINCT ON (member) member, path FROM in_ad ORDER BY member, \
   cardinality(path), path), \
   shortest_iam AS (SELECT DISTINCT ON (member) member, path FROM in_iam ORDER BY member, \
   cardinality(path), path), \
   direct AS (SELECT m.member, array_agg(DISTINCT g.rolname::text ORDER BY g.rolname::text) AS \
   groups FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid \
     WHERE g.rolname <> 'rds_ad' GROUP BY m.member), \
   sessions AS (SELECT usesysid, count(*)::int FROM pg_stat_activity WHERE backend_type = 'client \
   backend' GROUP BY usesysid) \
   SELECT r.rolname::text AS role_name, split_part(r.rolname::text, '@', 1) AS username, \
   split_part(r.rolname::text, '@', 2) AS realm, r.rolcanlogin AS can_login, \
     coalesce(direct.groups, '{}') AS groups, shortest_ad.path AS ad_path, shortest_iam.path AS \
     iam_path, coalesce(sessions.count, 0) AS sessions \
   FROM pg_roles AS r LEFT JOIN direct ON direct.member = r.oid LEFT JOIN shortest_ad ON \
   shortest_ad.member = r.oid LEFT JOIN shortest_iam ON shortest_iam.member = r.oid \
     LEFT JOIN sessions ON sessions.usesysid = r.oid \
   WHERE r.rolname ~ '^[^@]+@[A-Z0-9._-]+$'";
