-- The role model of Amazon RDS and Aurora on any PostgreSQL, for local development and tests.
--
--   psql -f sql/rds_roles.sql                          as a superuser
--   psql -v master=dba -f sql/rds_roles.sql            with another name for the master user
--                                                      (default: rds_master)
--
-- As on RDS: rds_superuser may log in to nothing and create no roles; rds_ad, rds_iam, rds_password
-- and rds_replication are mere marks; the master user is no superuser, has CREATEDB and CREATEROLE
-- and is a member of rds_superuser without ADMIN. Nobody is given ADMIN on rds_ad or rds_iam: that
-- would be a membership, and whoever had it in both would be in conflict.
--
-- Safe to run again: what is there stays as it is. The master user gets no password: \password sets
-- one.

\set ON_ERROR_STOP on
\if :{?master}
\else
    \set master rds_master
\endif

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT pg_catalog.format('CREATE ROLE %I NOLOGIN', name)
FROM pg_catalog.unnest(
    ARRAY['rds_superuser', 'rds_ad', 'rds_iam', 'rds_password', 'rds_replication']) AS name
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name)
\gexec

SELECT pg_catalog.format('CREATE ROLE %I LOGIN CREATEDB CREATEROLE', :'master')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'master')
\gexec

SELECT pg_catalog.format('GRANT %I TO %I', granted, member)
FROM (VALUES ('pg_monitor', 'rds_superuser'), ('pg_signal_backend', 'rds_superuser'),
             ('rds_password', 'rds_superuser'), ('rds_replication', 'rds_superuser'),
             ('rds_superuser', :'master')) AS wanted (granted, member)
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_auth_members AS m
    JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid
    JOIN pg_catalog.pg_roles AS u ON u.oid = m.member
    WHERE r.rolname = granted AND u.rolname = wanted.member)
\gexec

-- Where pg_kerbrole is installed in this database already, its functions are for rds_superuser.
SELECT pg_catalog.format(
    'GRANT EXECUTE ON FUNCTION %s TO rds_superuser', f.oid::pg_catalog.regprocedure)
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_depend AS d
    ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_catalog.pg_proc AS f
    ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid
WHERE e.extname = 'pg_kerbrole'
\gexec
SELECT pg_catalog.format('GRANT SELECT ON %I.kerb_principals TO rds_superuser', n.nspname)
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_kerbrole'
\gexec

COMMIT;
