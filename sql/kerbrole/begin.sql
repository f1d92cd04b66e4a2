-- kerbrole @VERSION@: the functions of the extension pg_kerbrole in PL/pgSQL, for servers where no
-- C extension can be installed, such as Amazon RDS and Aurora.
--
--   psql -f sql/kerbrole.sql        as an administrator: a superuser, or a role with CREATEROLE,
--                                   CREATE on the database and, since PostgreSQL 16, ADMIN on
--                                   rds_ad
--
-- It creates the schema kerbrole with everything in it, and the role kerbrole_owner, which owns
-- that and cannot log in. It is one statement: it does all or nothing. Run it again to upgrade;
-- what was granted and set stays. SELECT kerbrole.uninstall() takes it away.
--
-- How it is safe, for whoever reviews it:
--
-- - The functions that people call (kerb_...) are SECURITY INVOKER. What takes the rights of
--   kerbrole_owner they ask for by an INSERT into the view kerbrole.request, whose trigger is the
--   only function that runs with them and is given arguments by anybody. The server itself writes
--   into the row who asks, and the trigger looks up whether that role has EXECUTE on the function
--   in question. It takes nothing else for granted: names are read, roles looked up and rules
--   checked again.
-- - Every function has search_path = pg_catalog, pg_temp. Functions and operators are never taken
--   from pg_temp, so without a schema they are the server's own. Tables are always qualified.
-- - Names are compared in the collation "C", byte for byte, whatever the database's is.
-- - Statements are put together by format() with %I and %L only. Literals with a backslash are
--   dollar-quoted, so that standard_conforming_strings does not matter.
-- - Since PostgreSQL 16 many principals are created by roles of kerbrole_owner's that nobody else
--   is a member of, kerbrole_creator_1 and so on (kerbrole.create_many() says why). The function
--   kerbrole.run_all(text[]), which only kerbrole_owner may call, is theirs while they do so.
-- - Settings are rows of a table which only kerbrole_owner writes: SET kerbrole.... means nothing
--   here.
--
-- Generated from sql/kerbrole by `make sql`: change it there.

DO $install$
DECLARE
    _script CONSTANT text := $kerbrole$
