-- kerbrole 0.1.0: the functions of the extension pg_kerbrole in PL/pgSQL, for servers where no
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

-- What an earlier version left: everything but what people call, what they set, and the function
-- that may be running this. Functions that people call are replaced, and so keep their grants.
DO $$
DECLARE
    _function pg_catalog.regprocedure;
BEGIN
    DROP VIEW IF EXISTS kerbrole.request, kerbrole.roles;
    DROP TRIGGER IF EXISTS check_value ON kerbrole.settings;
    FOR _function IN
        SELECT p.oid
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::pg_catalog.regnamespace
            AND p.proname !~ '^kerb_'
            AND p.proname NOT IN ('run_as_owner', 'set', 'uninstall', 'self_test', 'version')
    LOOP
        EXECUTE format('DROP FUNCTION %s', _function);
    END LOOP;
EXCEPTION
    WHEN undefined_table THEN
        NULL;  -- There is no earlier version.
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.version() RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '0.1.0'
$$;
COMMENT ON FUNCTION kerbrole.version() IS 'the version of these functions';

-- Since PostgreSQL 16 a membership has a row for each of its grantors, a REVOKE names one, and
-- whoever creates a role becomes a member of it.
CREATE FUNCTION kerbrole.names_grantors() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT current_setting('server_version_num')::integer >= 160000
$$;

-- Roles, as anybody may read them. Names are bytes, and those of roles that were made in a database
-- of another encoding may be no text here: of such a name what can be shown is shown, with ? for
-- the rest, which no principal's name holds.
CREATE VIEW kerbrole.roles AS
    SELECT r.oid, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
        r.rolcanlogin,
        CASE
            -- Nothing is written in octal: ASCII, as nearly all are.
            WHEN encode(n.written::bytea, 'escape') = n.written THEN r.rolname::text
            -- UTF-8 (RFC 3629, section 4), two digits a byte.
            WHEN getdatabaseencoding() = 'UTF8' AND encode(n.written::bytea, 'hex') ~ concat(
                '^([0-7].|(c[2-9a-f]|d.)[89ab].',
                '|(e0[ab]|e[1-9abcef][89ab]|ed[89]).[89ab].',
                '|(f0[9ab]|f[123][89ab]|f48).[89ab].[89ab].)*$') THEN r.rolname::text
            ELSE regexp_replace(encode(n.written::bytea, 'escape'),
                $re$\\[0-9]{3}$re$, '?', 'g')
        END AS rolname
    FROM pg_catalog.pg_roles AS r
    CROSS JOIN LATERAL (
        SELECT replace(r.rolname::text, chr(92), chr(92) || chr(92))) AS n (written);

-- Messages.
--
-- %1$s is the first argument as it is, %11$s the same as a quoted identifier, %21$s with what
-- cannot be seen written as an escape, %1$L as a literal.

-- An identifier, always quoted, so that what is shown is what is meant.
CREATE FUNCTION kerbrole.quoted(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '"' || replace(_name, '"', '""') || '"'
$$;

-- Characters that leave no mark on a screen, so that two names could look alike: controls, format
-- characters, separators of lines and paragraphs, and what Unicode calls default-ignorable.
CREATE FUNCTION kerbrole.first_invisible(_text text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substring(_text COLLATE "C" FROM $re$[\u0001-\u001F\u007F-\u009F\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890-\u0891\u08E2\u115F-\u1160\u17B4-\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]$re$)
$$;

-- The code point of a character, as Unicode writes it: 200B.
CREATE FUNCTION kerbrole.code_point(_character text, _digits integer) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT lpad(hex.number, greatest(_digits, length(hex.number)), '0')
    FROM (SELECT upper(to_hex(ascii(_character)) COLLATE "C")) AS hex (number)
$$;

-- A text fit for a message: what cannot be seen is written as an escape.
CREATE FUNCTION kerbrole.visible(_text text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at_most CONSTANT integer := 100;
BEGIN
    IF length(_text) <= _at_most AND kerbrole.first_invisible(_text) IS NULL THEN
        RETURN _text;
    END IF;
    RETURN (
        SELECT string_agg(
            CASE
                WHEN kerbrole.first_invisible(letter.c) IS NULL THEN letter.c
                ELSE $re$\u{$re$ || kerbrole.code_point(letter.c, 1) || '}'
            END, '' ORDER BY letter.place)
        FROM string_to_table(left(_text, _at_most), NULL) WITH ORDINALITY AS letter (c, place)
    ) || CASE WHEN length(_text) > _at_most THEN '...' ELSE '' END;
END
$$;

-- `2 sessions`
CREATE FUNCTION kerbrole.counted(_count bigint, _thing text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _count || ' ' || _thing || CASE WHEN _count = 1 THEN '' ELSE 's' END
$$;

CREATE FUNCTION kerbrole.template(
    _key text, OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.code, t.message, t.detail, t.hint
    FROM (VALUES
        ('username_empty', '22023',
            'username must not be empty',
            NULL,
            'Write the sAMAccountName of the directory user, for example ''alice''.'),
        ('username_invisible', '22023',
            'invalid username "%21$s": character %2$s (U+%3$s) cannot be seen',
            NULL,
            'Type the name anew instead of pasting it: invisible characters come along with '
            'copied text.'),
        ('username_blank', '22023',
            'invalid username "%21$s": there is white space at its beginning or end',
            NULL,
            'Take the white space away.'),
        ('username_dot', '22023',
            'invalid username "%21$s": it ends in a dot',
            NULL,
            'No sAMAccountName ends in a dot: take it away.'),
        ('username_at', '22023',
            'invalid username "%21$s": character %2$s is ''@'', which no sAMAccountName may hold',
            NULL,
            'Write the sAMAccountName, not the user principal name (UPN): it has no "@". The '
            'realm is the directory''s domain, and goes into an argument of its own.'),
        ('username_backslash', '22023',
            'invalid username "%21$s": character %2$s is ''%3$s'', which no sAMAccountName may '
            'hold',
            NULL,
            'A NetBIOS domain before a backslash is understood only where '
            'kerbrole.netbios_domains maps it to a realm and no realm is given beside it. '
            'Otherwise write the sAMAccountName alone and the realm.'),
        ('username_slash', '22023',
            'invalid username "%21$s": character %2$s is ''/'', which no sAMAccountName may hold',
            NULL,
            'Write the sAMAccountName: service principals such as postgres/host and the '
            'spelling DOMAIN/user are not names of directory users.'),
        ('username_quote', '22023',
            'invalid username "%21$s": character %2$s is ''"'', which no sAMAccountName may hold',
            NULL,
            'Write the name without quotes: quoting is taken care of.'),
        ('username_other', '22023',
            'invalid username "%21$s": character %2$s is ''%3$s'', which no sAMAccountName may '
            'hold',
            NULL,
            'Look the sAMAccountName up in the directory (the "pre-Windows 2000" logon name).'),
        ('username_long', '22023',
            'invalid username "%21$s": it has %2$s characters, and a sAMAccountName at most 20',
            NULL,
            'Look the sAMAccountName up in the directory (the "pre-Windows 2000" logon name): '
            'it is often shorter than the first part of the e-mail address or user principal '
            'name.'),
        ('realm_empty', '22023',
            'invalid realm "": it is empty',
            NULL,
            'Write the directory''s DNS name, for example CORP.EXAMPLE.COM.'),
        ('realm_invisible', '22023',
            'invalid realm "%21$s": character %2$s (U+%3$s) cannot be seen',
            NULL,
            'Type the realm anew instead of pasting it: invisible characters come along with '
            'copied text.'),
        ('realm_character', '22023',
            'invalid realm "%21$s": character %2$s is ''%3$s'', which no DNS name holds',
            NULL,
            'Write the directory''s DNS name, for example CORP.EXAMPLE.COM.'),
        ('realm_dot', '22023',
            'invalid realm "%21$s": it ends in a dot',
            NULL,
            'A realm has no dot at its end: take it away.'),
        ('realm_label', '22023',
            'invalid realm "%21$s": a part of it between two dots is empty, longer than 63 '
            'letters, or begins or ends with a hyphen',
            NULL,
            'Write the directory''s DNS name, for example CORP.EXAMPLE.COM.'),
        ('realm_number', '22023',
            'invalid realm "%21$s": it is a number or an IP address',
            NULL,
            'Write the directory''s DNS name, for example CORP.EXAMPLE.COM.'),
        ('realm_missing', '22023',
            'no realm for username "%21$s"',
            NULL,
            'Give the realm as well: ''%21$s@CORP.EXAMPLE.COM'', or as an argument of its own. '
            'Whoever installed these functions can set kerbrole.default_realm with '
            'kerbrole.set().'),
        ('realm_twice', '22023',
            'the realm of "%21$s@%22$s" is given twice',
            NULL,
            'Write either ''%21$s@%22$s'' alone, or ''%21$s'' and ''%23$s''.'),
        ('two_at_signs', '22023',
            '"%21$s" holds more than one "@"',
            NULL,
            'Write sAMAccountName@REALM. A user principal name (UPN) opens no role: a ticket '
            'that klist shows for one has to be asked for by the account''s own name, or with '
            'kinit -C.'),
        ('realm_single_label', '22023',
            'realm "%1$s" has no dot: it looks like a NetBIOS domain',
            NULL,
            'Write the directory''s DNS name, for example CORP.EXAMPLE.COM. If the realm really '
            'is called %1$s, whoever installed these functions can list it in '
            'kerbrole.allowed_realms with kerbrole.set().'),
        ('realm_single_label_meant', '22023',
            'realm "%1$s" has no dot: it looks like a NetBIOS domain',
            NULL,
            'Write the directory''s DNS name: ''%2$s''.'),
        ('realm_not_allowed', '22023',
            'realm "%1$s" is not allowed here',
            'kerbrole.allowed_realms lists %2$s.',
            'Check the realm''s spelling: it is the directory''s DNS name, which the suffix of a '
            'user principal name (UPN) need not be. Whoever installed these functions can '
            'extend kerbrole.allowed_realms with kerbrole.set().'),
        ('netbios_unknown', '22023',
            'no realm is known for the NetBIOS domain "%21$s"',
            NULL,
            'Write the username and the realm, for example ''alice@CORP.EXAMPLE.COM''. Whoever '
            'installed these functions can map the domain to its realm in '
            'kerbrole.netbios_domains with kerbrole.set().'),
        ('netbios_domains', '22023',
            'invalid item "%21$s" in the list of NetBIOS domains',
            NULL,
            'Write the list as DOMAIN=REALM, DOMAIN=REALM, each domain once: '
            'CORP=CORP.EXAMPLE.COM.'),
        ('same_role', '22023',
            'kerbrole.ad_role and kerbrole.iam_role are both "%1$s"',
            NULL,
            'Set them to two different roles; their defaults are rds_ad and rds_iam.'),
        ('role_name', '22023',
            'invalid role name "%21$s"',
            NULL,
            'A role name has at least one character and no NUL.'),
        ('too_long', '42622',
            'role name "%21$s" is too long: %2$s bytes, and PostgreSQL keeps 63',
            'A login is looked up by the first 63 bytes of the name, but compared with the '
            'whole principal: this one could never log in.',
            'Give the account a shorter sAMAccountName in the directory. Letters outside ASCII '
            'take two to four bytes each.'),
        ('reserved_pg', '42939',
            'role name "%1$s" is reserved: it begins with "pg_"',
            NULL,
            'PostgreSQL keeps names that begin with "pg_" for itself: give the account another '
            'sAMAccountName.'),
        ('reserved_rds', '42939',
            'role name "%1$s" is reserved: it begins with "rds_"',
            NULL,
            'Names that begin with "rds_" are the service''s own: give the account another '
            'sAMAccountName.'),
        ('conflict', '0LP01',
            'role "%1$s" would be a member of both %2$s and %3$s',
            'Path to %2$s: %4$s. Path to %3$s: %5$s.',
            'A role logs in through Kerberos or through %3$s, never both: use two roles.'),
        ('conflict_fix', '0LP01',
            'role "%1$s" would be a member of both %2$s and %3$s',
            'Path to %2$s: %4$s. Path to %3$s: %5$s.',
            'Run first: %6$s'),
        ('conflict_group', '0LP01',
            'role "%1$s" would be a member of both %2$s and %3$s',
            'Path to %2$s: %4$s. Path to %3$s: %5$s.',
            'Leave out the group "%7$s".'),
        ('conflict_group_fix', '0LP01',
            'role "%1$s" would be a member of both %2$s and %3$s',
            'Path to %2$s: %4$s. Path to %3$s: %5$s.',
            'Leave out the group "%7$s", or run first: %6$s'),
        ('conflict_made', '0LP01',
            'role "%1$s" is a member of both %2$s and %3$s now',
            'Path to %2$s: %4$s. Path to %3$s: %5$s.',
            'To end that: %6$s'),
        ('one_more_concerned', '0LP01',
            '1 more role is concerned.',
            NULL,
            NULL),
        ('more_concerned', '0LP01',
            '%1$s more roles are concerned.',
            NULL,
            NULL),
        ('null', '22023',
            '%1$s must not be NULL',
            NULL,
            'Leave the argument out or give it a value.'),
        ('element', '22023',
            'Element %2$s of %1$s is "%23$s".',
            NULL,
            NULL),
        ('element_null', '22023',
            'Element %2$s of %1$s is NULL.',
            NULL,
            NULL),
        ('encoding', '22023',
            'a name that is not plain ASCII cannot be handled in a database with encoding %1$s',
            'Kerberos names are compared with role names byte for byte in UTF-8.',
            'Connect to a database with encoding UTF8: roles belong to the whole cluster.'),
        ('unwritable', '22023',
            'role "%1$s" (OID %2$s) has a name that is no text in this database and is not '
            'changed',
            NULL,
            'Connect to a database with encoding UTF8: roles belong to the whole cluster.'),
        ('argument_too_long', '42622',
            'an argument of %1$s bytes is no name',
            NULL,
            'Give one name: of a role''s, PostgreSQL keeps 63 bytes.'),
        ('list_too_long', '54000',
            'a list of %1$s elements is more than one call takes',
            NULL,
            'One call takes up to 250000 elements with 33554432 bytes in all. Add the '
            'principals in several calls; for a synchronisation, list only those who are to '
            'have access to this server.'),
        ('list_too_large', '54000',
            'a list of %1$s elements with %2$s bytes is more than one call takes',
            NULL,
            'One call takes up to 250000 elements with 33554432 bytes in all. Add the '
            'principals in several calls; for a synchronisation, list only those who are to '
            'have access to this server.'),
        ('exists', '42710',
            'role "%1$s" already exists',
            NULL,
            'With if_not_exists a role that exists is taken as it is, and given what it lacks.'),
        ('name_taken', '42710',
            'role "%1$s" already exists',
            NULL,
            'Choose another name, or drop or rename that role first.'),
        ('named_twice', '42710',
            '"%22$s" and "%23$s" are the same principal, "%1$s"',
            NULL,
            'Name each principal once.'),
        ('case_collision', '42710',
            'role "%1$s" would differ from role "%2$s" by case only',
            'With krb_caseins_users on, one person''s ticket would open both roles; with it '
            'off, a slip of the keyboard decides which.',
            'Use "%2$s" as it is, or rename or drop it first.'),
        ('case_collision_new', '42710',
            'role "%1$s" would differ from role "%2$s" by case only',
            'With krb_caseins_users on, one person''s ticket would open both roles; with it '
            'off, a slip of the keyboard decides which.',
            'Name the principal once, as its ticket spells it.'),
        ('case_collision_on_enable', '42710',
            'role "%1$s" differs from role "%2$s", which can log in, by case only',
            'With krb_caseins_users on, one person''s ticket would open both roles; with it '
            'off, a slip of the keyboard decides which.',
            'Disable, rename or drop "%2$s" first, or leave this one disabled.'),
        ('principal_missing', '42704',
            'principal "%1$s" does not exist',
            NULL,
            'kerbrole.kerb_list_principals() lists those that there are.'),
        ('principal_missing_other', '42704',
            'principal "%1$s" does not exist',
            NULL,
            'No ticket is spelled "%2$s", which differs by case only. To make it the role of '
            'the principal: ALTER ROLE %12$s RENAME TO %11$s;'),
        ('principal_missing_principal', '42704',
            'principal "%1$s" does not exist',
            NULL,
            'Did you mean ''%2$s''?'),
        ('rule_role', '42501',
            'role "%1$s" is %2$s and is not changed',
            NULL,
            'Everybody''s rights hang on this role. Should %2$s name another one?'),
        ('in_use', '55006',
            'role "%1$s" is in use',
            'It has %2$s on this server.',
            'End them first: SELECT kerbrole.kerb_disable_principal(%1$L, terminate => true);'),
        ('owner', '2BP01',
            'role "%1$s" cannot be dropped because it owns objects',
            '%2$s',
            'Give the objects in this database to somebody else with reassign_owned_to => '
            '''role'', or disable the principal instead of dropping it: '
            'kerbrole.kerb_disable_principal().'),
        ('heir_is_the_role', '22023',
            'the objects of role "%1$s" cannot be given to the role itself',
            NULL,
            'Name another role in reassign_owned_to.'),
        ('heir_forbidden', '42501',
            'must be able to SET ROLE "%1$s" to give it objects',
            NULL,
            'Name yourself or a role that you are a member of: whoever owns a function decides '
            'what it does with its owner''s rights.'),
        ('absent', '22023',
            'invalid value for absent: "%21$s"',
            NULL,
            'Write ''keep'', ''disable'' or ''drop''.'),
        ('too_many_removals', '53400',
            '%1$s of %2$s principals would be disabled or dropped, and at most %3$s may be at '
            'once',
            NULL,
            'Is the list complete? If it is, whoever installed these functions can set '
            'kerbrole.sync_max_removals to the number that may be removed at once, with '
            'kerbrole.set().'),
        ('same_realm', '22023',
            'old and new realm are both "%1$s"',
            NULL,
            'Give the realm that the principals have now, and the one that they are to have.'),
        ('rename_realm_one_more', '22023',
            '1 principal more cannot be renamed either.',
            NULL,
            'A dry run lists all of them.'),
        ('rename_realm_more', '22023',
            '%1$s principals more cannot be renamed either.',
            NULL,
            'A dry run lists all of them.'),
        ('changed_meanwhile', '40001',
            'role "%1$s" was changed by another transaction meanwhile',
            NULL,
            'Try again.'),
        ('rule_role_missing', '42704',
            'role "%1$s" does not exist',
            NULL,
            'Run sql/rds_roles.sql to create the roles that RDS has, or set %2$s to the role '
            'that stands for it here.'),
        ('role_missing', '42704',
            'role "%21$s" does not exist',
            NULL,
            'A role is written exactly as it is called; pg_roles lists them.'),
        ('role_missing_other', '42704',
            'role "%21$s" does not exist',
            NULL,
            'Did you mean "%2$s"? A role is written exactly as it is called.'),
        ('lock_timeout', '55P03',
            'role memberships are being changed by another transaction, and lock_timeout ran '
            'out',
            NULL,
            'Try again when it has ended, or raise lock_timeout. Who holds the lock: SELECT '
            'DISTINCT pid FROM pg_locks WHERE relation = ''pg_auth_members''::regclass AND '
            'granted;'),
        ('group_missing', '42704',
            'group "%21$s" does not exist',
            NULL,
            'Create the role first: groups are not created on the way.'),
        ('group_missing_other', '42704',
            'group "%21$s" does not exist',
            NULL,
            'Did you mean "%2$s"? A group is written exactly as its role is called.'),
        ('elevated', '42501',
            'role "%1$s" has %2$s and is not changed',
            NULL,
            'A superuser can take the attributes away with ALTER ROLE, or make the change with '
            'plain statements.'),
        ('powers_attributes', '42501',
            'role "%1$s" has powers through "%2$s" and is not changed',
            'Memberships: %4$s; "%2$s" has %3$s.',
            'A superuser can change it. Whoever gives a role another name, or opens it again, '
            'must be able to give what it can do.'),
        ('powers_predefined', '42501',
            'role "%1$s" has powers through "%2$s" and is not changed',
            'Memberships: %4$s; "%2$s" is one of the server''s own roles.',
            'A superuser can change it. Whoever gives a role another name, or opens it again, '
            'must be able to give what it can do.'),
        ('powers_not_grantable', '42501',
            'role "%1$s" has powers through "%2$s" and is not changed',
            'Memberships: %4$s; the right to grant "%2$s" is not yours.',
            'A superuser can change it. Whoever gives a role another name, or opens it again, '
            'must be able to give what it can do.'),
        ('no_sid', '22023',
            '"%21$s" is no SID',
            NULL,
            'Write it as the directory shows it: S-1-5-21-...-1104.'),
        ('no_account', '22023',
            '%1$s is no account of a domain',
            NULL,
            'The objectSid of a user begins with S-1-5-21- and has four more numbers.'),
        ('no_domain', '22023',
            '%1$s is no domain',
            NULL,
            'The objectSid of a domain begins with S-1-5-21- and has three more numbers.'),
        ('limit', '22023',
            'invalid limit for removals: "%21$s"',
            NULL,
            'Write a number of people, or a percentage from ''1%%'' to ''100%%''.'),
        ('principal_as_group', '22023',
            'role "%1$s" is a principal''s and is granted to nobody',
            NULL,
            'Grant what the person has by a role of its own, which nobody logs in as.'),
        ('not_managed', '22023',
            'role "%21$s" is not among those that are granted here',
            NULL,
            'List in roles every role that somebody is to have.'),
        ('too_many_losses', '53400',
            '%1$s people would be disabled, dropped or taken out of a role, and at most %3$s '
            'may be at once',
            '%2$s principals are bound to accounts of the domains that were read.',
            'Look at what would be done. If it is right, raise the limit for this run.'),
        ('name_of_another', '42710',
            'role "%1$s" is bound to %3$s, and its name is now that of %2$s',
            'The role is kept from logging in; the account gets none until the name is free.',
            'Rename or drop it. Only where the two are one person: COMMENT ON ROLE %11$s IS '
            '''[kerbrole:%2$s]'';'),
        ('named_alike', '42710',
            'account %2$s has the name "%1$s" as well',
            'With krb_caseins_users on, one person''s ticket would open the other''s role.',
            'Read each domain once, and give each a realm of its own.'),
        ('listed_twice', '42710',
            'account %1$s is on the list more than once',
            NULL,
            'List each account once, with all of its roles.'),
        ('bound_twice', '42710',
            'roles "%2$s" and "%3$s" are both bound to %1$s',
            NULL,
            'End the binding of the one that is not the account''s: COMMENT ON ROLE %13$s IS '
            'NULL;'),
        ('no_principal', '22023',
            'role "%1$s" is bound to %2$s and has no principal''s name',
            NULL,
            'End the binding, or give the role the account''s name: COMMENT ON ROLE %11$s IS '
            'NULL;'),
        ('comment_unwritable', '22023',
            'the comment on role "%1$s" is no text in this database',
            NULL,
            'Write it anew, or end it: COMMENT ON ROLE %11$s IS NULL;'),
        ('granted_on', '2BP01',
            'role "%1$s" granted "%2$s" to others and stays a member of it',
            NULL,
            'Grant it to them anew, and run: REVOKE %12$s FROM %11$s CASCADE;'),
        ('not_in_ad', '0LP01',
            'role "%1$s" is not a member of %2$s: no ticket opens it',
            NULL,
            'SELECT kerbrole.kerb_add_principal(%1$L, if_not_exists => true); makes it one.'),
        ('only_disabled', '2BP01',
            'role "%1$s" is disabled (NOLOGIN) and not dropped yet',
            '%2$s',
            'Call kerbrole.kerb_drop_principal(%1$L) in each of these databases, with '
            'reassign_owned_to where it owns something: the last call drops the role.'),
        ('new_realm', '00000',
            '"%2$s" is the first principal of realm "%1$s"',
            'Those that there are are of other realms.',
            'Is the realm spelled right? If not, drop the principal and add it as it should '
            'be. Nothing is said of a realm that allowed_realms or default_realm names.'),
        ('new_realm_nearest', '00000',
            '"%2$s" is the first principal of realm "%1$s"',
            'There are principals of realm "%3$s".',
            'Is the realm spelled right? If not, drop the principal and add it as it should '
            'be. Nothing is said of a realm that allowed_realms or default_realm names.'),
        ('adopted', '00000',
            'role "%1$s" was there before and was not in %2$s',
            'If it has a password, that opens it wherever pg_hba.conf lets it. What it owns '
            'and was granted stays.',
            'To end that: ALTER ROLE %11$s PASSWORD NULL;'),
        ('adopted_with_password', '00000',
            'role "%1$s" was there before and was not in %2$s',
            'It has a password, which opens it wherever pg_hba.conf lets it. What it owns and '
            'was granted stays.',
            'To end that: ALTER ROLE %11$s PASSWORD NULL;'),
        ('adopted_without', '00000',
            'role "%1$s" was there before and was not in %2$s',
            'What it owns and was granted stays.',
            NULL),
        ('adopted_many', '00000',
            'role "%1$s" and %3$s more were there before and were not in %2$s',
            'If they have passwords, those open them wherever pg_hba.conf lets them. What they '
            'own and were granted stays.',
            'To end that: %4$s'),
        ('adopted_many_with_password', '00000',
            'role "%1$s" and %3$s more were there before and were not in %2$s',
            'They have passwords, which open them wherever pg_hba.conf lets them. What they '
            'own and were granted stays.',
            'To end that: %4$s'),
        ('adopted_many_without', '00000',
            'role "%1$s" and %3$s more were there before and were not in %2$s',
            'What they own and were granted stays.',
            NULL)
    ) AS t (key, code, message, detail, hint)
    WHERE t.key = _key COLLATE "C"
$$;

-- What is said.
CREATE FUNCTION kerbrole.said(
    _key text, _arguments text[], OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _words CONSTANT text[] :=
        ARRAY(SELECT _arguments[i] FROM generate_series(1, 10) AS i)
        || ARRAY(SELECT kerbrole.quoted(_arguments[i]) FROM generate_series(1, 10) AS i)
        || ARRAY(SELECT kerbrole.visible(_arguments[i]) FROM generate_series(1, 10) AS i);
BEGIN
    SELECT t.code, format(t.message, VARIADIC _words), format(t.detail, VARIADIC _words),
        format(t.hint, VARIADIC _words)
    INTO STRICT code, message, detail, hint
    FROM kerbrole.template(_key) AS t
    WHERE t.code IS NOT NULL;
END
$$;

CREATE FUNCTION kerbrole.raise(_code text, _message text, _detail text, _hint text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- RAISE takes no NULL.
    IF _detail IS NULL AND _hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message;
    ELSIF _detail IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message, HINT = _hint;
    ELSIF _hint IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message, DETAIL = _detail;
    END IF;
    RAISE EXCEPTION USING ERRCODE = _code, MESSAGE = _message, DETAIL = _detail, HINT = _hint;
END
$$;

-- Refuses what was asked for.
CREATE FUNCTION kerbrole.refuse(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said record;
BEGIN
    _said := kerbrole.said(_key, _arguments);
    PERFORM kerbrole.raise(_said.code, _said.message, _said.detail, _said.hint);
END
$$;

-- What would be refused, as the reason why something is left alone: `message: DETAIL`
CREATE FUNCTION kerbrole.in_words(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(': ', s.message, nullif(s.detail, ''))
    FROM kerbrole.said(_key, _arguments) AS s
$$;

-- Says the same, of an element of a list: where that has more than one, DETAIL says which it was.
CREATE FUNCTION kerbrole.refuse_element(
    _code text, _message text, _detail text, _hint text,
    _list text, _of integer, _position integer, _element text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _place text;
BEGIN
    IF _of > 1 THEN
        SELECT message INTO STRICT _place
        FROM kerbrole.said(
            CASE WHEN _element IS NULL THEN 'element_null' ELSE 'element' END,
            ARRAY[_list, _position::text, _element]);
        _detail := concat_ws(' ', nullif(_detail, ''), _place);
    END IF;
    PERFORM kerbrole.raise(_code, _message, nullif(_detail, ''), nullif(_hint, ''));
END
$$;

-- Names: a role is called username@REALM.

-- A-Z in lower case, and nothing else: the server folds no more with krb_caseins_users on.
CREATE FUNCTION kerbrole.folded(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT lower(_name COLLATE "C")
$$;

CREATE FUNCTION kerbrole.trimmed(_text text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT regexp_replace(_text COLLATE "C", $re$^[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028-\u2029\u202F\u205F\u3000]+|[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028-\u2029\u202F\u205F\u3000]+\Z$re$, '', 'g')
$$;

-- Whether that is a realm as tickets spell it: a DNS name in upper case.
CREATE FUNCTION kerbrole.is_realm(_realm text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT octet_length(_realm) <= 255
        AND _realm COLLATE "C" ~ ($re$^[A-Z0-9_]([A-Z0-9_-]*[A-Z0-9_])?$re$
            || $re$([.][A-Z0-9_]([A-Z0-9_-]*[A-Z0-9_])?)*\Z$re$)
        AND _realm COLLATE "C" !~ '^[0-9.]*$'
        -- Asked last, and of few: a bound in a regular expression takes a long time.
        AND (octet_length(_realm) <= 63 OR _realm COLLATE "C" !~ '[^.]{64}')
$$;

-- A realm as it was typed, in upper case.
CREATE FUNCTION kerbrole.checked_realm(_realm text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _upper CONSTANT text := upper(_realm COLLATE "C");
    _character text;
BEGIN
    IF kerbrole.is_realm(_upper) THEN
        RETURN _upper;
    END IF;
    IF _realm = '' THEN
        PERFORM kerbrole.refuse('realm_empty');
    END IF;
    _character := kerbrole.first_invisible(_realm);
    IF _character IS NOT NULL THEN
        PERFORM kerbrole.refuse('realm_invisible', _realm,
            strpos(_realm COLLATE "C", _character)::text, kerbrole.code_point(_character, 4));
    END IF;
    _character := substring(_realm COLLATE "C" FROM '[^A-Za-z0-9._-]');
    IF _character IS NOT NULL THEN
        PERFORM kerbrole.refuse('realm_character', _realm,
            strpos(_realm COLLATE "C", _character)::text, kerbrole.as_character(_character));
    END IF;
    IF right(_realm, 1) = '.' THEN
        PERFORM kerbrole.refuse('realm_dot', _realm);
    END IF;
    IF octet_length(_upper) <= 255
        AND _upper COLLATE "C" ~ '^[0-9]{1,63}([.][0-9]{1,63})*$'
    THEN
        PERFORM kerbrole.refuse('realm_number', _realm);
    END IF;
    PERFORM kerbrole.refuse('realm_label', _realm);
END
$$;

-- A character as a message shows it between apostrophes.
CREATE FUNCTION kerbrole.as_character(_character text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN _character IN ('''', chr(92)) THEN chr(92) || _character
        WHEN _character <> ' ' AND kerbrole.trimmed(_character) = ''
            THEN $re$\u{$re$ || lower(kerbrole.code_point(_character, 1)) || '}'
        ELSE _character
    END
$$;

-- Refuses what no directory has as a sAMAccountName.
CREATE FUNCTION kerbrole.check_username(_username text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _character text;
    _place text;
BEGIN
    -- Most names: nothing to look for.
    IF _username COLLATE "C" ~ '^[A-Za-z0-9._-]*[A-Za-z0-9_-]$' THEN
        RETURN;
    END IF;
    IF _username = '' THEN
        PERFORM kerbrole.refuse('username_empty');
    END IF;
    _character := kerbrole.first_invisible(_username);
    IF _character IS NOT NULL THEN
        PERFORM kerbrole.refuse('username_invisible', _username,
            strpos(_username COLLATE "C", _character)::text, kerbrole.code_point(_character, 4));
    END IF;
    IF kerbrole.trimmed(_username) <> _username COLLATE "C" THEN
        PERFORM kerbrole.refuse('username_blank', _username);
    END IF;
    _character := substring(_username COLLATE "C" FROM $re$[]["/\\:;|=,+*?<>@]$re$);
    IF _character IS NOT NULL THEN
        _place := strpos(_username COLLATE "C", _character)::text;
        CASE _character
            WHEN '@' THEN PERFORM kerbrole.refuse('username_at', _username, _place);
            WHEN chr(92) THEN PERFORM kerbrole.refuse(
                'username_backslash', _username, _place, kerbrole.as_character(_character));
            WHEN '/' THEN PERFORM kerbrole.refuse('username_slash', _username, _place);
            WHEN '"' THEN PERFORM kerbrole.refuse('username_quote', _username, _place);
            ELSE PERFORM kerbrole.refuse('username_other', _username, _place, _character);
        END CASE;
    END IF;
    IF right(_username, 1) = '.' THEN
        PERFORM kerbrole.refuse('username_dot', _username);
    END IF;
END
$$;

-- How many characters a username has for the directory: the $ that computer and service accounts
-- end in does not count.
CREATE FUNCTION kerbrole.username_length(_username text) RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT length(_username) - CASE WHEN right(_username, 1) = '$' THEN 1 ELSE 0 END
$$;

-- Puts the two together, provided that the server can have a login role of that name.
CREATE FUNCTION kerbrole.principal(_username text, _realm text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := _username || '@' || _realm;
BEGIN
    IF octet_length(_name) > 63 THEN
        PERFORM kerbrole.refuse('too_long', _name, octet_length(_name)::text);
    END IF;
    IF starts_with(_name, 'pg_') THEN
        PERFORM kerbrole.refuse('reserved_pg', _name);
    ELSIF starts_with(_name, 'rds_') THEN
        PERFORM kerbrole.refuse('reserved_rds', _name);
    END IF;
    -- After the server's own limit, which has an error of its own.
    IF octet_length(_username) > 20 AND kerbrole.username_length(_username) > 20 THEN
        PERFORM kerbrole.refuse('username_long', _username,
            kerbrole.username_length(_username)::text);
    END IF;
    RETURN _name;
END
$$;

-- Whether a role's name is that of a principal, spelled as a ticket could be.
CREATE FUNCTION kerbrole.is_principal(_name text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN strpos(_name COLLATE "C", '@') < 2 THEN false
        ELSE (
            SELECT kerbrole.is_realm(parts.realm)
                AND _name COLLATE "C" !~ '^(pg|rds)_'
                AND (octet_length(parts.username) <= 20
                    OR kerbrole.username_length(parts.username) <= 20)
                AND (parts.username COLLATE "C" ~ '^[A-Za-z0-9._-]*[A-Za-z0-9_-]$'
                    OR (parts.username COLLATE "C" !~ $re$[]["/\\:;|=,+*?<>@]|[.]\Z$re$
                        AND kerbrole.first_invisible(parts.username) IS NULL
                        AND kerbrole.trimmed(parts.username) = parts.username COLLATE "C"))
            FROM (SELECT split_part(_name COLLATE "C", '@', 1),
                    substr(_name, strpos(_name COLLATE "C", '@') + 1)) AS parts (username, realm))
    END
$$;
COMMENT ON FUNCTION kerbrole.is_principal(text) IS
    'whether a role''s name is that of a Kerberos principal, spelled as a ticket could be';

CREATE FUNCTION kerbrole.username_of(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT split_part(_name COLLATE "C", '@', 1)
$$;

CREATE FUNCTION kerbrole.realm_of(_name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substr(_name, strpos(_name COLLATE "C", '@') + 1)
$$;

-- Settings: rows of a table, which anybody reads and only its owner writes.

CREATE TABLE IF NOT EXISTS kerbrole.settings (
    name text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);
COMMENT ON TABLE kerbrole.settings IS
    'settings that are not the default; written by kerbrole.set(name, value)';

-- The items of a list in a setting.
CREATE FUNCTION kerbrole.items(_list text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.trimmed(item)
    FROM string_to_table(_list, ',') AS item
    WHERE kerbrole.trimmed(item) <> ''
$$;

CREATE FUNCTION kerbrole.check_role_name(_name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _name = '' THEN
        PERFORM kerbrole.refuse('role_name', _name);
    ELSIF octet_length(_name) > 63 THEN
        PERFORM kerbrole.refuse('too_long', _name, octet_length(_name)::text);
    END IF;
END
$$;

-- `CORP=CORP.EXAMPLE.COM, ONPREM=ONPREM.COM` as an object: NetBIOS domains and their realms.
CREATE FUNCTION kerbrole.netbios_domains(_list text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _item text;
    _domain text;
    _realm text;
    _domains jsonb := '{}';
BEGIN
    FOR _item IN SELECT kerbrole.items(_list) LOOP
        IF strpos(_item, '=') = 0 THEN
            PERFORM kerbrole.refuse('netbios_domains', _item);
        END IF;
        _domain := upper(kerbrole.trimmed(split_part(_item, '=', 1)) COLLATE "C");
        _realm := kerbrole.checked_realm(
            kerbrole.trimmed(substr(_item, strpos(_item, '=') + 1)));
        IF _domain = '' OR _domains ? _domain THEN
            PERFORM kerbrole.refuse('netbios_domains', _item);
        END IF;
        _domains := _domains || jsonb_build_object(_domain, _realm);
    END LOOP;
    RETURN _domains;
END
$$;

-- What holds by default. Names are those of the extension, without the prefix.
CREATE FUNCTION kerbrole.setting(_name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.value FROM kerbrole.settings AS s WHERE s.name = _name), d.value)
    FROM (VALUES
        ('ad_role', 'rds_ad'),
        ('iam_role', 'rds_iam'),
        ('default_realm', ''),
        ('allowed_realms', ''),
        ('netbios_domains', ''),
        ('username_case', 'auto'),
        ('sync_max_removals', '-1')
    ) AS d (name, value)
    WHERE d.name = _name COLLATE "C"
$$;
COMMENT ON FUNCTION kerbrole.setting(text) IS 'the value of a setting, or its default';

-- Refuses a value that cannot be read.
CREATE FUNCTION kerbrole.check_setting(_name text, _value text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _number numeric;
BEGIN
    CASE _name
        WHEN 'ad_role', 'iam_role' THEN
            PERFORM kerbrole.check_role_name(_value);
            IF _value = kerbrole.setting(
                CASE _name WHEN 'ad_role' THEN 'iam_role' ELSE 'ad_role' END) COLLATE "C"
            THEN
                PERFORM kerbrole.refuse('same_role', _value);
            END IF;
        WHEN 'default_realm' THEN
            IF _value <> '' THEN
                PERFORM kerbrole.checked_realm(_value);
            END IF;
        WHEN 'allowed_realms' THEN
            PERFORM kerbrole.checked_realm(item) FROM kerbrole.items(_value) AS item;
        WHEN 'netbios_domains' THEN
            PERFORM kerbrole.netbios_domains(_value);
        WHEN 'username_case' THEN
            IF _value NOT IN ('auto', 'lower', 'preserve') THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                    MESSAGE = format('invalid value for username_case: "%s"', _value),
                    HINT = 'Available values: auto, lower, preserve.';
            END IF;
        WHEN 'sync_max_removals' THEN
            IF _value !~ '^(-1|[0-9]{1,9})$' THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                    MESSAGE = format('invalid value for sync_max_removals: "%s"', _value),
                    HINT = 'A number of principals, or -1 for half of them.';
            END IF;
        ELSE
            RAISE EXCEPTION USING ERRCODE = 'undefined_object',
                MESSAGE = format('there is no setting "%s"', _name),
                HINT = 'Settings are ad_role, iam_role, default_realm, allowed_realms, '
                    'netbios_domains, username_case and sync_max_removals.';
    END CASE;
END
$$;

CREATE FUNCTION kerbrole.check_value() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM kerbrole.check_setting(NEW.name, NEW.value);
    RETURN NEW;
END
$$;
CREATE TRIGGER check_value BEFORE INSERT OR UPDATE ON kerbrole.settings
    FOR EACH ROW EXECUTE FUNCTION kerbrole.check_value();

CREATE OR REPLACE FUNCTION kerbrole.set(name text, value text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- Messages name them as the extension does.
    _name CONSTANT text := regexp_replace(set.name, '^kerbrole\.', '');
BEGIN
    IF set.value IS NULL THEN
        DELETE FROM kerbrole.settings AS s WHERE s.name = _name;
    ELSE
        INSERT INTO kerbrole.settings AS s (name, value) VALUES (_name, set.value)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    END IF;
    -- Resetting one of the two roles may make them one.
    PERFORM kerbrole.rule_roles();
END
$$;
COMMENT ON FUNCTION kerbrole.set(text, text) IS
    'gives a setting a value, or with NULL its default; for whoever installed this';

-- The two roles that exclude each other.
CREATE FUNCTION kerbrole.rule_roles(OUT ad_role text, OUT iam_role text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    ad_role := kerbrole.setting('ad_role');
    iam_role := kerbrole.setting('iam_role');
    IF ad_role = iam_role COLLATE "C" THEN
        PERFORM kerbrole.refuse('same_role', ad_role);
    END IF;
END
$$;

-- The realms that new principals may be of; empty where there is no list.
CREATE FUNCTION kerbrole.allowed_realms() RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT kerbrole.checked_realm(item)
        FROM kerbrole.items(kerbrole.setting('allowed_realms')) WITH ORDINALITY AS i (item, place)
        ORDER BY place)
$$;

CREATE FUNCTION kerbrole.ignores_case() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT current_setting('krb_caseins_users')::boolean
$$;

-- Whether a username is put into lower case.
CREATE FUNCTION kerbrole.folds_usernames() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE kerbrole.setting('username_case')
        WHEN 'lower' THEN true
        WHEN 'preserve' THEN false
        ELSE kerbrole.ignores_case()
    END
$$;

-- Of an earlier version.
DO $$
DECLARE
    _name text;
BEGIN
    FOR _name IN
        DELETE FROM kerbrole.settings AS s WHERE kerbrole.setting(s.name) IS NULL RETURNING s.name
    LOOP
        RAISE WARNING 'there is no setting "%" any more', _name;
    END LOOP;
END
$$;

-- What people write: usernames, realms, lists of names.

-- Refuses what is longer than any name, and what cannot be compared byte for byte in UTF-8.
CREATE FUNCTION kerbrole.checked_text(_text text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF octet_length(_text) > 4096 THEN
        PERFORM kerbrole.refuse('argument_too_long', octet_length(_text)::text);
    END IF;
    IF getdatabaseencoding() <> 'UTF8'
        AND _text COLLATE "C" !~ $re$^[\u0001-\u007F]*\Z$re$
    THEN
        PERFORM kerbrole.refuse('encoding', getdatabaseencoding()::text);
    END IF;
    RETURN _text;
END
$$;

-- An argument that must have a value.
CREATE FUNCTION kerbrole.required(_text text, _argument text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _text IS NULL THEN
        PERFORM kerbrole.refuse('null', _argument);
    END IF;
    RETURN kerbrole.checked_text(_text);
END
$$;

-- The elements of a list, none of which may be NULL.
CREATE FUNCTION kerbrole.checked_list(_list text[], _name text) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _count CONSTANT integer := cardinality(_list);
    _bytes bigint;
    _at integer;
    _said record;
BEGIN
    IF _list IS NULL THEN
        RETURN NULL;
    END IF;
    IF _count > 250000 THEN
        PERFORM kerbrole.refuse('list_too_long', _count::text);
    END IF;
    SELECT sum(octet_length(element)) INTO _bytes FROM unnest(_list) AS element;
    IF _bytes > 33554432 THEN
        PERFORM kerbrole.refuse('list_too_large', _count::text, _bytes::text);
    END IF;
    PERFORM kerbrole.checked_text(element)
    FROM unnest(_list) AS element
    WHERE octet_length(element) > 63 OR getdatabaseencoding() <> 'UTF8';
    -- Whatever its dimensions and bounds are.
    _list := ARRAY(
        SELECT e.element FROM unnest(_list) WITH ORDINALITY AS e (element, place) ORDER BY e.place);
    _at := array_position(_list, NULL);
    IF _at IS NOT NULL THEN
        _said := kerbrole.said('null', ARRAY['an element of a list']);
        PERFORM kerbrole.refuse_element(
            _said.code, _said.message, _said.detail, _said.hint, _name, _count, _at, NULL);
    END IF;
    RETURN _list;
END
$$;

-- Groups that are given as a text: the name of one, or an array literal.
CREATE FUNCTION kerbrole.name_or_names(_groups text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN ltrim(_groups, E' \t\n\r\f') LIKE '{%' THEN _groups::text[]
        WHEN _groups IS NULL THEN NULL
        ELSE ARRAY[_groups]
    END
$$;

-- Username and realm, apart.
CREATE FUNCTION kerbrole.parts(_username text, _realm text, OUT username text, OUT realm text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at CONSTANT integer := strpos(_username COLLATE "C", '@');
    _backslash CONSTANT integer := strpos(_username COLLATE "C", chr(92));
    _last_part CONSTANT text := substring(_username COLLATE "C" FROM '[^@]*$');
BEGIN
    username := _username;
    IF _realm IS NOT NULL THEN
        IF _at > 0 AND kerbrole.folded(_last_part) = kerbrole.folded(_realm) THEN
            PERFORM kerbrole.refuse('realm_twice',
                left(_username, length(_username) - length(_last_part) - 1), _last_part, _realm);
        END IF;
        PERFORM kerbrole.check_username(username);
        realm := kerbrole.checked_realm(_realm);
    ELSIF _at > 0 THEN
        username := left(_username, _at - 1);
        realm := substr(_username, _at + 1);
        IF strpos(realm COLLATE "C", '@') > 0 THEN
            PERFORM kerbrole.refuse('two_at_signs', _username);
        END IF;
        PERFORM kerbrole.check_username(username);
        realm := kerbrole.checked_realm(realm);
    ELSIF _backslash > 0 THEN
        realm := kerbrole.netbios_domains(kerbrole.setting('netbios_domains'))
            ->> upper(left(_username, _backslash - 1) COLLATE "C");
        IF realm IS NULL THEN
            PERFORM kerbrole.refuse('netbios_unknown', left(_username, _backslash - 1));
        END IF;
        username := substr(_username, _backslash + 1);
        PERFORM kerbrole.check_username(username);
    ELSE
        PERFORM kerbrole.check_username(username);
        realm := nullif(kerbrole.setting('default_realm'), '');
        IF realm IS NULL THEN
            PERFORM kerbrole.refuse('realm_missing', _username);
        END IF;
        realm := kerbrole.checked_realm(realm);
    END IF;
END
$$;

-- Refuses a realm that principals may not be of.
CREATE FUNCTION kerbrole.allow_realm(_realm text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _allowed CONSTANT text[] := kerbrole.allowed_realms();
    _meant text;
BEGIN
    IF _allowed <> '{}' AND _realm COLLATE "C" <> ALL (_allowed) THEN
        PERFORM kerbrole.refuse('realm_not_allowed', _realm, array_to_string(_allowed, ', '));
    END IF;
    -- A realm without a dot is taken for a NetBIOS domain in the wrong place.
    IF strpos(_realm COLLATE "C", '.') > 0 OR _realm COLLATE "C" = ANY (_allowed)
        OR _realm = upper(kerbrole.setting('default_realm') COLLATE "C")
    THEN
        RETURN;
    END IF;
    _meant := kerbrole.netbios_domains(kerbrole.setting('netbios_domains')) ->> _realm;
    IF _meant IS NULL THEN
        PERFORM kerbrole.refuse('realm_single_label', _realm);
    END IF;
    PERFORM kerbrole.refuse('realm_single_label_meant', _realm, _meant);
END
$$;

-- The name of a new principal, and whether its case matters: whether only a ticket that is spelled
-- exactly so opens it, while upper and lower case are told apart.
CREATE FUNCTION kerbrole.canonical(
    _username text, _realm text, OUT role_name text, OUT case_matters boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _parts record;
BEGIN
    _parts := kerbrole.parts(_username, _realm);
    PERFORM kerbrole.allow_realm(_parts.realm);
    case_matters := false;
    IF kerbrole.folds_usernames() THEN
        _parts.username := kerbrole.folded(_parts.username);
    ELSIF kerbrole.setting('username_case') = 'auto' THEN
        case_matters := _parts.username COLLATE "C" ~ '[A-Z]';
    END IF;
    role_name := kerbrole.principal(_parts.username, _parts.realm);
END
$$;

-- What somebody means who names a principal that is there already: the exact spelling, or else that
-- by the rule for case.
CREATE FUNCTION kerbrole.meant(_username text, _realm text, OUT typed text, OUT canonical text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _parts record;
BEGIN
    _parts := kerbrole.parts(_username, _realm);
    typed := _parts.username || '@' || _parts.realm;
    canonical := kerbrole.principal(
        CASE WHEN kerbrole.folds_usernames() THEN kerbrole.folded(_parts.username)
            ELSE _parts.username END, _parts.realm);
    -- A spelling that is reserved in this case and not in the other is none that can be meant.
    IF typed COLLATE "C" ~ '^(pg|rds)_' THEN
        typed := canonical;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_canonicalize(username text, realm text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _canonical record;
BEGIN
    _canonical := kerbrole.canonical(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    PERFORM kerbrole.notice_case(
        CASE WHEN _canonical.case_matters THEN ARRAY[_canonical.role_name] ELSE '{}' END);
    RETURN _canonical.role_name;
END
$$;

-- Roles, as anybody may read them.

CREATE FUNCTION kerbrole.role_oid(_name text) RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- A longer name would be cut, and mean another role.
    SELECT r.oid FROM pg_catalog.pg_roles AS r
    WHERE octet_length(_name) <= 63 AND r.rolname = _name::name
$$;

-- Those of many roles that are there, in no order.
CREATE FUNCTION kerbrole.role_oids(_names text[]) RETURNS oid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT r.oid FROM pg_catalog.pg_roles AS r
        WHERE r.rolname IN (
            SELECT n.name::name FROM unnest(_names) AS n (name) WHERE octet_length(n.name) <= 63))
$$;

-- A role whose name differs by case only, the first in byte order if there are several.
CREATE FUNCTION kerbrole.other_spelling(_name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT min(r.rolname::text COLLATE "C")
    FROM kerbrole.roles AS r
    WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_name)
        AND r.rolname::text <> _name COLLATE "C"
$$;

-- A role that was named exactly.
CREATE FUNCTION kerbrole.existing_role(_name text) RETURNS oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.role_oid(_name);
    _other text;
BEGIN
    IF _role IS NULL THEN
        _other := kerbrole.other_spelling(_name);
        PERFORM kerbrole.refuse(
            CASE WHEN _other IS NULL THEN 'role_missing' ELSE 'role_missing_other' END,
            _name, _other);
    END IF;
    RETURN _role;
END
$$;

-- The attributes that make a role more than a login: `CREATEROLE and CREATEDB`; NULL where there is
-- none.
CREATE FUNCTION kerbrole.attributes(_role oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(concat_ws(' and ',
        CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
        CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN r.rolreplication THEN 'REPLICATION' END,
        CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END), '')
    FROM kerbrole.roles AS r
    WHERE r.oid = _role
$$;

CREATE FUNCTION kerbrole.is_superuser(_role oid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT r.rolsuper FROM kerbrole.roles AS r WHERE r.oid = _role), false)
$$;

-- Refuses to change what is no mere login: a role of the rule, or one with attributes.
CREATE FUNCTION kerbrole.check_changeable(_role oid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _attributes CONSTANT text := kerbrole.attributes(_role);
    _rule CONSTANT record := kerbrole.rule_roles();
BEGIN
    IF _name = _rule.ad_role COLLATE "C" THEN
        PERFORM kerbrole.refuse('rule_role', _name, 'kerbrole.ad_role');
    ELSIF _name = _rule.iam_role COLLATE "C" THEN
        PERFORM kerbrole.refuse('rule_role', _name, 'kerbrole.iam_role');
    ELSIF _attributes IS NOT NULL THEN
        PERFORM kerbrole.refuse('elevated', _name, _attributes);
    END IF;
END
$$;

-- The role that somebody means who names a principal, provided that it may be changed; NULL where
-- there is none and that is no error.
CREATE FUNCTION kerbrole.changeable_principal(
    _username text, _realm text, _if_exists boolean DEFAULT false) RETURNS oid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(_username, 'username'), kerbrole.checked_text(_realm));
    _role CONSTANT oid :=
        coalesce(kerbrole.role_oid(_meant.typed), kerbrole.role_oid(_meant.canonical));
    _other text;
BEGIN
    IF _role IS NOT NULL THEN
        PERFORM kerbrole.check_changeable(_role);
    ELSIF NOT _if_exists THEN
        _other := kerbrole.other_spelling(_meant.canonical);
        PERFORM kerbrole.refuse(
            CASE
                WHEN _other IS NULL THEN 'principal_missing'
                WHEN kerbrole.is_principal(_other) THEN 'principal_missing_principal'
                ELSE 'principal_missing_other'
            END, _meant.canonical, _other);
    END IF;
    RETURN _role;
END
$$;

-- How many sessions a role has on this server. Of those of others only whose they are can be seen.
CREATE FUNCTION kerbrole.sessions(_role oid) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
    WHERE a.usesysid = _role AND coalesce(a.backend_type, 'client backend') = 'client backend'
$$;

-- 40001 where a change was made to another role than the one that was looked at, since somebody
-- gave its name to another one while we waited.
CREATE FUNCTION kerbrole.check_meanwhile(_is_as_wanted boolean, _name text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _is_as_wanted IS NOT TRUE THEN
        PERFORM kerbrole.refuse('changed_meanwhile', _name);
    END IF;
END
$$;

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

-- Which account of a directory a role belongs to: its SID stands at the very end of the comment on
-- the role, [kerbrole:S-1-5-21-...-1104], behind what somebody wrote there. It
-- survives another name, and goes with the role.

-- Whether that is a SID as it is always spelled: decimal numbers without leading zeros, each of
-- them 32 bits, and up to 15 of them behind the authority, which is in twelve hexadecimal digits
-- where it has more bits (MS-DTYP 2.4.2.1).
CREATE FUNCTION kerbrole.is_sid(_text text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT octet_length(_text) <= 184
        AND _text COLLATE "C" ~ '^S-1-([0-9]+|0x[0-9A-F]{12})(-[0-9]+)+$'
        AND _text COLLATE "C" !~ '^S-1-0x0000'
        AND _text COLLATE "C" !~ '-0[0-9]'
        AND octet_length(_text) - octet_length(replace(_text, '-', '')) <= 17
        AND _text COLLATE "C" !~ concat('-([0-9]{11}|[5-9][0-9]{9}|4[3-9][0-9]{8}',
            '|429[5-9][0-9]{6}|42949[7-9][0-9]{4}|429496[89][0-9]{3}|4294967[3-9][0-9]{2}',
            '|429496729[6-9])')
$$;

-- The domain of the SID of an account; NULL for others.
CREATE FUNCTION kerbrole.domain_of(_sid text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substring(_sid COLLATE "C" FROM '^(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-[0-9]+$')
$$;

-- The roles that are bound. Comments are bytes as names are, and those that were written in a
-- database of another encoding may be no text here: so the end, which a SID fits into, is looked at
-- as bytes, of which those that are not ASCII are written as no SID is. What only looks like a
-- binding is somebody's text.
--
-- There may be a hundred thousand, and each call looks at all: the SID of a domain's account, as
-- nearly all are, is known without a call and without a regular expression.
CREATE FUNCTION kerbrole.bindings() RETURNS TABLE (role oid, sid text)
LANGUAGE sql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.role, b.sid
    FROM (
        SELECT c.role, left(split_part(c.ending, '[kerbrole:', -1), -1) COLLATE "C" AS sid
        FROM (
            SELECT d.objoid AS role, encode(
                substr(e.bytes, greatest(1, octet_length(e.bytes) - 199)), 'escape') AS ending
            FROM pg_catalog.pg_shdescription AS d
            CROSS JOIN LATERAL (
                SELECT replace(d.description, chr(92), chr(92) || chr(92))::bytea) AS e (bytes)
            WHERE d.classoid = 'pg_catalog.pg_authid'::regclass
                AND d.description COLLATE "C" LIKE '%[kerbrole:S-1-%]'
        ) AS c
    ) AS b
    WHERE CASE
        WHEN b.sid LIKE 'S-1-5-21-%' AND translate(b.sid, '0123456789', '') = 'S-------'
            AND b.sid NOT LIKE '%-0%' AND b.sid NOT LIKE '%--%' AND b.sid NOT LIKE '%-'
            THEN 4294967295 >= ALL (string_to_array(substr(b.sid, 10), '-')::numeric[])
        ELSE kerbrole.is_sid(b.sid) END
$$;

-- The comment that binds a role, behind what somebody wrote there.
CREATE FUNCTION kerbrole.bound_comment(_comment text, _sid text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat(nullif(_comment, '') || ' ', '[kerbrole:', _sid, ']')
$$;

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

-- What takes the rights of kerbrole_owner.
--
-- A SECURITY DEFINER function does not know who calls it: current_user is its owner, session_user
-- may be somebody else. Of an INSERT the server knows: it fills the column "caller" with the role
-- whose rights count there, and nobody has the right to name another one. So the functions that
-- people call insert a row into this view, which stores nothing; its trigger does the work.

CREATE VIEW kerbrole.request AS
    SELECT NULL::text AS function, NULL::jsonb AS arguments, NULL::name AS caller,
        NULL::jsonb AS answer
    WHERE false;
ALTER VIEW kerbrole.request ALTER COLUMN caller SET DEFAULT CURRENT_USER;
COMMENT ON VIEW kerbrole.request IS
    'asks for what takes the rights of the owner; holds nothing; for the functions of this schema';

-- By whoever calls one of the functions. NULL for arguments takes the lock and does nothing else.
CREATE FUNCTION kerbrole.ask(_function text, _arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _answer jsonb;
BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction',
            MESSAGE = format('cannot execute %s() in a read-only transaction', _function);
    END IF;
    -- An older snapshot would not show what somebody else changed before we had the lock.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = format('cannot execute %s() in a %s transaction', _function,
                upper(current_setting('transaction_isolation') COLLATE "C")),
            HINT = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED; at the beginning.';
    END IF;
    INSERT INTO kerbrole.request (function, arguments) VALUES (_function, _arguments)
    RETURNING answer INTO _answer;
    -- With session_replication_role = replica no trigger runs.
    IF _answer IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s() got no answer', _function),
            HINT = 'SET session_replication_role = origin; it takes a trigger to change roles.';
    END IF;
    RETURN _answer;
END
$$;

-- Keeps every other change by these functions, and by kerbrole without them, away until this
-- transaction ends. Anybody's GRANT is not kept away: that takes a superuser.
--
-- COMMENT ON ROLE locks the role until the transaction ends, in every database; the comment stays
-- as it is. The role is that of the rule: since 16 nobody may comment on the role that they are
-- themselves, and kerbrole_owner has ADMIN on this one. Where it has not, a lock of this database's
-- has to do.
CREATE FUNCTION kerbrole.lock() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
BEGIN
    IF kerbrole.role_oid(_ad_role) IS NULL THEN
        PERFORM kerbrole.refuse('rule_role_missing', _ad_role, 'kerbrole.ad_role');
    END IF;
    BEGIN
        EXECUTE format('COMMENT ON ROLE %I IS %L', _ad_role,
            shobj_description(kerbrole.role_oid(_ad_role), 'pg_authid'));
    EXCEPTION
        WHEN insufficient_privilege THEN
            -- No other meaning than "kerbrole".
            PERFORM pg_advisory_xact_lock(7738131582047512421);
    END;
EXCEPTION
    WHEN lock_not_available THEN
        PERFORM kerbrole.raise('55P03', (kerbrole.said('lock_timeout', '{}')).message, NULL,
            'Try again when it has ended, or raise lock_timeout. Who holds the lock: SELECT pid '
            'FROM pg_locks WHERE classid = ''pg_authid''::regclass AND granted;');
END
$$;

-- A role that exists is changed by this statement, or 42501 says what the owner lacks.
CREATE FUNCTION kerbrole.run(_statement text, _role_name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
BEGIN
    EXECUTE _statement;
EXCEPTION
    WHEN insufficient_privilege THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        PERFORM kerbrole.raise('42501', _message, nullif(_detail, ''),
            CASE WHEN kerbrole.names_grantors()
                THEN format('Whoever may grant the role can run: GRANT %s TO %s WITH ADMIN OPTION;',
                    kerbrole.quoted(_role_name), kerbrole.quoted(current_user))
                ELSE format('A superuser can run: ALTER ROLE %s CREATEROLE;',
                    kerbrole.quoted(current_user))
            END);
END
$$;

CREATE FUNCTION kerbrole.answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _caller CONSTANT oid := kerbrole.role_oid(NEW.caller::text);
BEGIN
    -- A table of somebody else's says that anybody calls.
    IF TG_RELID <> 'kerbrole.request'::regclass THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'permission denied for function answer';
    END IF;
    IF NEW.function NOT IN ('kerb_add_principal', 'kerb_add_principals', 'kerb_drop_principal',
            'kerb_disable_principal', 'kerb_enable_principal', 'kerb_rename_principal',
            'kerb_rename_realm', 'kerb_sync_principals', 'kerb_apply_access')
        OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_proc AS p
            WHERE p.pronamespace = 'kerbrole'::regnamespace AND p.proname = NEW.function
                AND has_function_privilege(_caller, p.oid, 'EXECUTE'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied for function %s', NEW.function);
    END IF;
    PERFORM kerbrole.lock();
    NEW.answer := CASE
        WHEN NEW.arguments IS NULL THEN '{}'
        ELSE CASE NEW.function
            WHEN 'kerb_add_principal' THEN kerbrole.add(NEW.arguments)
            WHEN 'kerb_add_principals' THEN kerbrole.add(NEW.arguments)
            WHEN 'kerb_drop_principal' THEN kerbrole.drop(NEW.arguments)
            WHEN 'kerb_disable_principal' THEN kerbrole.disable(NEW.arguments)
            WHEN 'kerb_enable_principal' THEN kerbrole.enable(NEW.arguments, _caller)
            WHEN 'kerb_rename_principal' THEN kerbrole.rename(NEW.arguments, _caller)
            WHEN 'kerb_rename_realm' THEN kerbrole.rename_realm(NEW.arguments, _caller)
            WHEN 'kerb_sync_principals' THEN kerbrole.sync(NEW.arguments, _caller)
            WHEN 'kerb_apply_access' THEN
                CASE WHEN (NEW.arguments ->> 'removals')::boolean
                    THEN kerbrole.remove_absent(NEW.arguments, _caller)
                    ELSE kerbrole.access(NEW.arguments, _caller) END
        END
    END;
    RETURN NEW;
END
$$;
CREATE TRIGGER answer INSTEAD OF INSERT ON kerbrole.request
    FOR EACH ROW EXECUTE FUNCTION kerbrole.answer();

-- The elements of an array of text in arguments.
CREATE FUNCTION kerbrole.texts(_array jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN jsonb_typeof(_array) = 'array' THEN ARRAY(
        SELECT e.element
        FROM jsonb_array_elements_text(_array) WITH ORDINALITY AS e (element, place)
        ORDER BY e.place) END
$$;

-- Who creates many principals, since PostgreSQL 16. There, whoever creates a role becomes a member
-- of it, and for each role that somebody creates, changes or drops the server goes along all those
-- that they are a member of: the time grows with the square of how many there are. So that it
-- stays in proportion, many principals are created by roles that are the owner's and have no more
-- than 500 each: kerbrole_creator_1 and so on. They cannot log in, and between two calls they own
-- nothing and have no privilege. What they have ADMIN on the owner has as a member of theirs.

-- The roles that create principals, and how many memberships each has. One that anybody but the
-- owner is a member of, and so could act as, is none of ours, whatever its name is.
CREATE FUNCTION kerbrole.creators() RETURNS TABLE (creator oid, creator_name name, has bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.oid, r.rolname, (
        SELECT count(*) FROM pg_catalog.pg_auth_members AS m WHERE m.member = r.oid)
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname ~ '^kerbrole_creator_[0-9]+$' AND r.rolcreaterole
        AND NOT (r.rolcanlogin OR r.rolsuper OR r.rolcreatedb OR r.rolreplication
            OR r.rolbypassrls)
        AND pg_has_role(r.oid, 'USAGE')
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS m
            WHERE m.roleid = r.oid AND pg_get_userbyid(m.member) <> current_user)
$$;

-- Whether there may be such roles. Up to 15 there is no need for them, and an owner that logs in
-- would collect them. To act as one of them takes an ALTER FUNCTION, which event triggers would
-- run at, with the rights of the owner: where there is one the owner does everything itself.
CREATE FUNCTION kerbrole.may_use_creators() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.names_grantors()
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_event_trigger AS e
            WHERE e.evtenabled <> 'D' AND e.evtevent <> 'login')
        AND EXISTS (
            SELECT FROM pg_catalog.pg_roles AS r
            WHERE r.rolname = current_user
                AND NOT (r.rolcanlogin OR r.rolsuper) AND r.rolcreaterole)
$$;

-- One more of them. The setting is put back by whoever calls it.
CREATE FUNCTION kerbrole.new_creator() RETURNS name
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _number integer := 1;
    _name name := 'kerbrole_creator_1';
BEGIN
    WHILE EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = _name) LOOP
        _number := _number + 1;
        _name := 'kerbrole_creator_' || _number;
    END LOOP;
    -- As a GRANT would, which goes along all that the owner is a member of through any chain.
    PERFORM set_config('createrole_self_grant', 'set, inherit', true);
    EXECUTE format('CREATE ROLE %I NOLOGIN CREATEROLE', _name);
    PERFORM set_config('createrole_self_grant', '', true);
    RETURN _name;
END
$$;

-- Runs statements as whoever it belongs to: as the owner, or for a moment as one of those roles.
CREATE FUNCTION kerbrole.run_all(_statements text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _statement text;
BEGIN
    FOREACH _statement IN ARRAY _statements LOOP
        EXECUTE _statement;
    END LOOP;
END
$$;

CREATE FUNCTION kerbrole.run_as_creator(_creator name, _statements text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The new owner of a function has to have CREATE on its schema.
    EXECUTE format('GRANT CREATE ON SCHEMA kerbrole TO %I', _creator);
    EXECUTE format('ALTER FUNCTION kerbrole.run_all(text[]) OWNER TO %I', _creator);
    PERFORM kerbrole.run_all(_statements);
    EXECUTE format('ALTER FUNCTION kerbrole.run_all(text[]) OWNER TO %I', current_user);
    EXECUTE format('REVOKE CREATE ON SCHEMA kerbrole FROM %I', _creator);
END
$$;

-- Roles, each created by one that has room for it.
CREATE FUNCTION kerbrole.create_many(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _creator record;
    _at integer := 1;
BEGIN
    WHILE _at <= cardinality(_names) LOOP
        SELECT c.creator_name AS name, 500 - c.has AS room INTO _creator
        FROM kerbrole.creators() AS c
        WHERE c.has < 500 ORDER BY c.has DESC, c.creator_name LIMIT 1;
        IF NOT FOUND THEN
            SELECT kerbrole.new_creator() AS name, 500 AS room INTO _creator;
        END IF;
        PERFORM kerbrole.run_as_creator(_creator.name, ARRAY(
            SELECT format('CREATE ROLE %I LOGIN', n)
            FROM unnest(_names[_at:_at + _creator.room - 1]) AS n));
        _at := _at + _creator.room;
    END LOOP;
END
$$;

-- Who is to change or drop each of many roles: whoever created it, or NULL for the owner.
CREATE FUNCTION kerbrole.creators_of(_roles oid[]) RETURNS TABLE (role oid, creator name)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.role, min(c.creator_name)
    FROM unnest(_roles) AS r (role)
    LEFT JOIN (
        SELECT m.roleid, c.creator_name
        FROM kerbrole.creators() AS c
        JOIN pg_catalog.pg_auth_members AS m ON m.member = c.creator AND m.admin_option
        WHERE cardinality(_roles) > 20 AND (SELECT kerbrole.may_use_creators())
    ) AS c ON c.roleid = r.role
    GROUP BY r.role
$$;

-- One statement for each of many roles that are there, in order: by whoever created the role where
-- that is quicker.
CREATE FUNCTION kerbrole.run_each(_roles oid[], _names text[], _statements text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _step record;
BEGIN
    FOR _step IN
        SELECT c.creator, min(s.name) AS name,
            array_agg(s.statement ORDER BY s.place) AS statements
        FROM unnest(_roles, _names, _statements) WITH ORDINALITY
            AS s (role, name, statement, place)
        JOIN kerbrole.creators_of(_roles) AS c ON c.role = s.role
        GROUP BY c.creator, CASE WHEN c.creator IS NULL THEN s.place END
        ORDER BY min(s.place)
    LOOP
        IF _step.creator IS NULL THEN
            PERFORM kerbrole.run(_step.statements[1], _step.name);
        ELSE
            PERFORM kerbrole.run_as_creator(_step.creator, _step.statements);
        END IF;
    END LOOP;
END
$$;

-- What the caller is told that is no error.

CREATE FUNCTION kerbrole.notice(_message text, _detail text, _hint text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _detail IS NULL AND _hint IS NULL THEN
        RAISE NOTICE USING MESSAGE = _message;
    ELSIF _detail IS NULL THEN
        RAISE NOTICE USING MESSAGE = _message, HINT = _hint;
    ELSIF _hint IS NULL THEN
        RAISE NOTICE USING MESSAGE = _message, DETAIL = _detail;
    ELSE
        RAISE NOTICE USING MESSAGE = _message, DETAIL = _detail, HINT = _hint;
    END IF;
END
$$;

CREATE FUNCTION kerbrole.tell(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said CONSTANT record := kerbrole.said(_key, _arguments);
BEGIN
    PERFORM kerbrole.notice(_said.message, _said.detail, _said.hint);
END
$$;

CREATE FUNCTION kerbrole.warn(_key text, VARIADIC _arguments text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said CONSTANT record := kerbrole.said(_key, _arguments);
BEGIN
    IF _said.detail IS NULL THEN
        RAISE WARNING USING ERRCODE = _said.code, MESSAGE = _said.message, HINT = _said.hint;
    ELSE
        RAISE WARNING USING ERRCODE = _said.code, MESSAGE = _said.message,
            DETAIL = _said.detail, HINT = _said.hint;
    END IF;
END
$$;

-- Says once that the case of some names matters.
CREATE FUNCTION kerbrole.notice_case(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _more CONSTANT integer := cardinality(_names) - 1;
BEGIN
    IF _more >= 0 THEN
        PERFORM kerbrole.notice(
            CASE WHEN _more = 0
                THEN format('principal "%s" has upper-case letters: only a ticket spelled exactly '
                    'so will match', _names[1])
                ELSE format('principal "%s" and %s more have upper-case letters: only tickets '
                    'spelled exactly so will match', _names[1], _more)
            END, NULL,
            'The KDC spells the ticket as the user types it, or as the directory stores it when '
            'asked for the canonical name. The usual form is lower case; with krb_caseins_users '
            'on, case would not matter.');
    END IF;
END
$$;

-- Says which of those that were added cannot log in.
CREATE FUNCTION kerbrole.notice_disabled(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _more CONSTANT integer := cardinality(_names) - 1;
BEGIN
    IF _more >= 0 THEN
        PERFORM kerbrole.notice(
            CASE WHEN _more = 0
                THEN format('role "%s" is disabled (NOLOGIN) and stays so', _names[1])
                ELSE format('role "%s" and %s more are disabled (NOLOGIN) and stay so',
                    _names[1], _more)
            END, NULL, 'kerb_enable_principal() lets a principal log in again.');
    END IF;
END
$$;

-- Says which roles were there before they came into rds_ad, and whether they have passwords, to
-- whoever may read that.
CREATE FUNCTION kerbrole.notice_adopted(_names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _with text[];
    _without text[];
BEGIN
    IF _names = '{}' THEN
        RETURN;
    END IF;
    IF has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') THEN
        EXECUTE 'SELECT coalesce(array_agg(n.name ORDER BY n.place)
                    FILTER (WHERE a.rolpassword IS NOT NULL), ''{}''),
                coalesce(array_agg(n.name ORDER BY n.place)
                    FILTER (WHERE a.rolpassword IS NULL), ''{}'')
            FROM unnest($1) WITH ORDINALITY AS n (name, place)
            LEFT JOIN pg_catalog.pg_authid AS a ON a.rolname = n.name::name'
        INTO _with, _without USING _names;
        PERFORM kerbrole.tell_adopted('_with_password', _with);
        PERFORM kerbrole.tell_adopted('_without', _without);
    ELSE
        PERFORM kerbrole.tell_adopted('', _names);
    END IF;
END
$$;

CREATE FUNCTION kerbrole.tell_adopted(_password text, _names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
BEGIN
    IF cardinality(_names) = 1 THEN
        PERFORM kerbrole.tell('adopted' || _password, _names[1], _ad_role);
    ELSIF cardinality(_names) > 1 THEN
        PERFORM kerbrole.tell('adopted_many' || _password, _names[1], _ad_role,
            (cardinality(_names) - 1)::text,
            (SELECT string_agg(format('ALTER ROLE %s PASSWORD NULL;', kerbrole.quoted(n.name)), ' '
                ORDER BY n.place)
            FROM unnest(_names[:10]) WITH ORDINALITY AS n (name, place)));
    END IF;
END
$$;

-- How many letters are added, missing, exchanged or swapped between two texts.
CREATE FUNCTION kerbrole.distance(_a text, _b text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before integer[];
    _last integer[] := ARRAY(SELECT generate_series(0, length(_b)));
    _row integer[];
    _cost integer;
BEGIN
    FOR i IN 1..length(_a) LOOP
        _row := ARRAY[i];
        FOR j IN 1..length(_b) LOOP
            _cost := (substr(_a, i, 1) <> substr(_b, j, 1) COLLATE "C")::integer;
            _row[j + 1] := least(_last[j + 1] + 1, _row[j] + 1, _last[j] + _cost);
            IF i > 1 AND j > 1 AND substr(_a, i, 1) = substr(_b, j - 1, 1) COLLATE "C"
                AND substr(_a, i - 1, 1) = substr(_b, j, 1) COLLATE "C"
            THEN
                _row[j + 1] := least(_row[j + 1], _before[j - 1] + 1);
            END IF;
        END LOOP;
        _before := _last;
        _last := _row;
    END LOOP;
    RETURN _last[length(_b) + 1];
END
$$;

-- The realms of new principals that nobody is of yet, while there are principals of others, and the
-- realm that is spelled nearly so. What a setting names, somebody vouched for.
CREATE FUNCTION kerbrole.unknown_realms(_names text[])
RETURNS TABLE (realm text, principal text, nearest text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _named CONSTANT text[] := kerbrole.allowed_realms()
        || upper(kerbrole.setting('default_realm') COLLATE "C")
        || ARRAY(SELECT d.value
            FROM jsonb_each_text(
                kerbrole.netbios_domains(kerbrole.setting('netbios_domains'))) AS d);
    _new text[];
    _first text[];
    _there text[];
BEGIN
    SELECT array_agg(u.realm), array_agg(u.principal) INTO _new, _first
    FROM (
        SELECT DISTINCT ON (n.realm) n.realm, n.name AS principal
        FROM (
            -- realm_of(), thousands of times.
            SELECT substr(n.name, strpos(n.name COLLATE "C", '@') + 1) COLLATE "C" AS realm,
                n.name, n.place
            FROM unnest(_names) WITH ORDINALITY AS n (name, place)
        ) AS n
        ORDER BY n.realm, n.place
    ) AS u
    WHERE u.realm COLLATE "C" <> ALL (_named) AND NOT EXISTS (
        SELECT FROM kerbrole.roles AS r
        WHERE right(r.rolname::text, length(u.realm) + 1) = '@' || u.realm COLLATE "C"
            AND kerbrole.is_principal(r.rolname::text));
    IF _new IS NULL THEN
        RETURN;
    END IF;
    _there := ARRAY(
        SELECT DISTINCT kerbrole.realm_of(r.rolname::text) COLLATE "C"
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text));
    IF _there = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT u.realm, u.principal, CASE WHEN u.place <= 10 THEN (
        SELECT near.realm
        FROM (
            SELECT t.realm, kerbrole.distance(u.realm, t.realm) AS steps
            FROM unnest(_there) AS t (realm)
            WHERE abs(length(t.realm) - length(u.realm)) <= least(3, length(u.realm) / 3)
        ) AS near
        WHERE near.steps <= least(3, length(u.realm) / 3)
        ORDER BY near.steps, near.realm COLLATE "C" LIMIT 1) END
    FROM unnest(_new, _first) WITH ORDINALITY AS u (realm, principal, place)
    ORDER BY u.place;
END
$$;

CREATE FUNCTION kerbrole.notice_realms(_realms text[], _principals text[], _nearest text[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM kerbrole.tell(
        CASE WHEN u.nearest IS NULL THEN 'new_realm' ELSE 'new_realm_nearest' END,
        u.realm, u.principal, u.nearest)
    FROM unnest(_realms, _principals, _nearest) WITH ORDINALITY
        AS u (realm, principal, nearest, place)
    WHERE u.place <= 10
    ORDER BY u.place;
    IF cardinality(_realms) > 10 THEN
        RAISE NOTICE 'the same goes for % more realms', cardinality(_realms) - 10;
    END IF;
END
$$;

-- Adding principals.

-- Whether principals may be of a realm, which is given as tickets spell it.
CREATE FUNCTION kerbrole.is_allowed_realm(_realm text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.is_realm(_realm)
        AND (a.realms = '{}' OR _realm COLLATE "C" = ANY (a.realms))
        AND (strpos(_realm COLLATE "C", '.') > 0 OR _realm COLLATE "C" = ANY (a.realms)
            OR _realm = upper(kerbrole.setting('default_realm') COLLATE "C"))
    FROM (SELECT kerbrole.allowed_realms()) AS a (realms)
$$;

-- The names of new principals that are plain, each as it is wanted, in the same order, made all at
-- once; NULL for the others.
CREATE FUNCTION kerbrole.plain_each(
    _typed text[], OUT role_names text[], OUT case_matters boolean[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _folds CONSTANT boolean := kerbrole.folds_usernames();
    _is_auto CONSTANT boolean := kerbrole.setting('username_case') = 'auto';
BEGIN
    WITH parts AS MATERIALIZED (
        SELECT split_part(t.typed, '@', 1) AS username,
            upper(split_part(t.typed, '@', 2) COLLATE "C") AS realm, t.place,
            octet_length(t.typed) <= 63
            AND t.typed ~ $re$^[A-Za-z0-9._-]{0,19}[A-Za-z0-9_-]@[^@]+\Z$re$
            AND t.typed !~ '^[Pp][Gg]_|^[Rr][Dd][Ss]_' AS is_plain
        FROM (
            SELECT e.typed COLLATE "C" AS typed, e.place
            FROM unnest(_typed) WITH ORDINALITY AS e (typed, place)
        ) AS t
    ), realms AS MATERIALIZED (
        SELECT p.realm, kerbrole.is_allowed_realm(p.realm) AS is_allowed
        FROM parts AS p WHERE p.is_plain GROUP BY p.realm
    )
    SELECT coalesce(array_agg(
            CASE WHEN r.is_allowed THEN
                CASE WHEN _folds THEN lower(p.username) ELSE p.username END || '@' || p.realm
            END ORDER BY p.place), '{}'),
        coalesce(array_agg(_is_auto AND NOT _folds AND p.username ~ '[A-Z]' ORDER BY p.place), '{}')
    INTO role_names, case_matters
    FROM parts AS p
    LEFT JOIN realms AS r ON p.is_plain AND r.realm = p.realm;
END
$$;

-- The names of new principals, each as it is wanted, in the same order; DETAIL of an error says of
-- which element it is. Most names are plain, of a realm that was looked at before: only the others
-- are made one by one.
CREATE FUNCTION kerbrole.canonical_each(
    _typed text[], OUT role_names text[], OUT case_matters boolean[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at integer;
    _one record;
    _code text;
    _message text;
    _detail text;
    _hint text;
BEGIN
    SELECT p.* INTO role_names, case_matters FROM kerbrole.plain_each(_typed) AS p;
    FOR _at IN
        SELECT n.place
        FROM unnest(role_names) WITH ORDINALITY AS n (name, place)
        WHERE n.name IS NULL ORDER BY n.place
    LOOP
        BEGIN
            _one := kerbrole.canonical(_typed[_at], NULL);
        EXCEPTION
            WHEN invalid_parameter_value OR name_too_long OR reserved_name THEN
                GET STACKED DIAGNOSTICS _code = RETURNED_SQLSTATE, _message = MESSAGE_TEXT,
                    _detail = PG_EXCEPTION_DETAIL, _hint = PG_EXCEPTION_HINT;
                PERFORM kerbrole.refuse_element(_code, _message, _detail, _hint,
                    'principals', cardinality(_typed), _at, _typed[_at]);
        END;
        role_names[_at] := _one.role_name;
        case_matters[_at] := _one.case_matters;
    END LOOP;
END
$$;

-- The groups that are asked for, each once, provided that they exist. Everybody gets rds_ad anyway.
CREATE FUNCTION kerbrole.checked_groups(_groups text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
    _found text[] := '{}';
    _other text;
    _said record;
BEGIN
    FOR _at IN 1..cardinality(_groups) LOOP
        IF kerbrole.role_oid(_groups[_at]) IS NULL THEN
            _other := kerbrole.other_spelling(_groups[_at]);
            _said := kerbrole.said(
                CASE WHEN _other IS NULL THEN 'group_missing' ELSE 'group_missing_other' END,
                ARRAY[_groups[_at], _other]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'groups', cardinality(_groups), _at, _groups[_at]);
        END IF;
        IF _groups[_at] <> _ad_role COLLATE "C" AND _groups[_at] <> ALL (_found) THEN
            _found := _found || _groups[_at];
        END IF;
    END LOOP;
    RETURN _found;
END
$$;

-- What has to be done so that each of these is there, in order; nothing is changed. Refuses what
-- would add a conflict.
CREATE FUNCTION kerbrole.plan_add(_typed text[], _groups text[], _if_not_exists boolean)
RETURNS TABLE (
    typed text, role_name text, role oid, action text, is_disabled boolean, lacks_ad boolean,
    lacks_groups text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _names CONSTANT record := kerbrole.canonical_each(_typed);
    _checked CONSTANT text[] := kerbrole.checked_groups(_groups);
    _group_oids CONSTANT oid[] := ARRAY(
        SELECT kerbrole.role_oid(g.name)
        FROM unnest(_checked) WITH ORDINALITY AS g (name, place) ORDER BY g.place);
    _of CONSTANT integer := cardinality(_typed);
    -- For many it is quicker to know all that are in rds_ad, for few to go up from each.
    _ad CONSTANT oid[] := CASE
        WHEN cardinality(_typed) > 20 AND kerbrole.role_oids(_names.role_names) <> '{}'
        THEN ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.ad])) END;
    _one record;
    _problem text;
    _words text[];
    _said record;
    _members oid[] := '{}';
    _roles oid[] := '{}';
    _first_new text;
    _count_new bigint := 0;
BEGIN
    FOR _one IN
        WITH wanted AS (
            SELECT w.typed, w.role_name, w.place,
                first_value(w.place) OVER same AS first_place,
                first_value(w.role_name) OVER same AS first_name,
                first_value(w.typed) OVER same AS first_typed,
                lower(w.role_name COLLATE "C") AS folded
            FROM unnest(_typed, _names.role_names) WITH ORDINALITY AS w (typed, role_name, place)
            WINDOW same AS (PARTITION BY lower(w.role_name COLLATE "C") ORDER BY w.place)
        ), all_spelled AS (
            -- Roles and those who are wanted side by side, and sorted: a join could be planned as
            -- if either were few.
            SELECT w.*, NULL::oid AS role, NULL::text AS there, NULL::boolean AS can_login
            FROM wanted AS w
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, lower(r.rolname COLLATE "C"),
                r.oid, r.rolname, r.rolcanlogin
            FROM kerbrole.roles AS r
        ), beside AS (
            SELECT a.*,
                array_agg(a.there) FILTER (WHERE a.there IS NOT NULL) OVER same AS names,
                array_agg(a.role) FILTER (WHERE a.there IS NOT NULL) OVER same AS roles,
                array_agg(a.can_login) FILTER (WHERE a.there IS NOT NULL) OVER same AS logins
            FROM all_spelled AS a
            WINDOW same AS (PARTITION BY a.folded)
        )
        SELECT b.place, b.typed, b.role_name, b.first_place, b.first_name, b.first_typed,
            (SELECT min(n.name COLLATE "C") FROM unnest(b.names) AS n (name)
            WHERE n.name <> b.role_name COLLATE "C") AS other,
            b.roles[array_position(b.names COLLATE "C", b.role_name)] AS role,
            b.roles[array_position(b.names COLLATE "C", b.role_name)]
                IN (SELECT unnest(_ad)) AS is_in_ad,
            b.logins[array_position(b.names COLLATE "C", b.role_name)] AS can_login
        FROM beside AS b
        WHERE b.place IS NOT NULL
        ORDER BY b.place
    LOOP
        _problem := NULL;
        typed := _one.typed;
        role_name := _one.role_name;
        role := _one.role;
        is_disabled := _one.role IS NOT NULL AND NOT _one.can_login;
        lacks_ad := false;
        lacks_groups := '{}';
        IF _one.place <> _one.first_place THEN
            IF _one.role_name <> _one.first_name COLLATE "C" THEN
                _problem := 'case_collision_new';
                _words := ARRAY[_one.role_name, _one.first_name];
            ELSIF NOT _if_not_exists THEN
                _problem := 'named_twice';
                _words := ARRAY[_one.role_name, _one.first_typed, _one.typed];
            END IF;
            action := 'unchanged';
        ELSIF _one.other IS NOT NULL THEN
            _problem := 'case_collision';
                _words := ARRAY[_one.role_name, _one.other];
        ELSIF _one.role IS NULL THEN
            action := 'created';
            lacks_ad := true;
            lacks_groups := _checked;
            _count_new := _count_new + 1;
            IF _first_new IS NULL THEN
                _first_new := _one.role_name;
                _members := _members || array_fill(0::oid, ARRAY[1 + cardinality(_checked)]);
                _roles := _roles || _rule.ad || _group_oids;
            END IF;
        ELSIF NOT _if_not_exists THEN
            _problem := 'exists';
                _words := ARRAY[_one.role_name];
        ELSE
            lacks_ad := CASE
                WHEN _ad IS NOT NULL THEN NOT _one.is_in_ad
                ELSE NOT EXISTS (
                    SELECT FROM kerbrole.above(ARRAY[_one.role]) AS up WHERE up = _rule.ad)
            END;
            lacks_groups := CASE WHEN _checked = '{}' THEN '{}' ELSE ARRAY(
                SELECT g.name
                FROM unnest(_checked, _group_oids) WITH ORDINALITY AS g (name, role, place)
                WHERE NOT EXISTS (
                    SELECT FROM pg_catalog.pg_auth_members AS m
                    WHERE m.member = _one.role AND m.roleid = g.role)
                ORDER BY g.place) END;
            action := CASE WHEN lacks_ad OR lacks_groups <> '{}'
                THEN 'adopted' ELSE 'unchanged' END;
            IF action = 'adopted' AND kerbrole.attributes(_one.role) IS NOT NULL THEN
                _problem := 'elevated';
                _words := ARRAY[_one.role_name, kerbrole.attributes(_one.role)];
            END IF;
            IF lacks_ad THEN
                _members := _members || _one.role;
                _roles := _roles || _rule.ad;
            END IF;
            IF lacks_groups <> '{}' THEN
                _members := _members
                    || ARRAY(SELECT _one.role FROM unnest(lacks_groups));
                _roles := _roles
                    || ARRAY(SELECT kerbrole.role_oid(g) FROM unnest(lacks_groups) AS g);
            END IF;
        END IF;
        IF _problem IS NOT NULL THEN
            _said := kerbrole.said(_problem, _words);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'principals', _of, _one.place::integer, _one.typed);
        END IF;
        RETURN NEXT;
    END LOOP;
    IF _members <> '{}' THEN
        PERFORM kerbrole.refuse_conflict(
            _members, _roles, _first_new, _checked, greatest(_count_new - 1, 0));
    END IF;
END
$$;

-- With the owner's rights: creates the roles and puts them into rds_ad. Groups are the caller's to
-- grant.
CREATE FUNCTION kerbrole.add(_arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _typed CONSTANT text[] :=
        kerbrole.checked_list(kerbrole.texts(_arguments -> 'principals'), 'principals');
    _groups CONSTANT text[] :=
        coalesce(kerbrole.checked_list(kerbrole.texts(_arguments -> 'groups'), 'groups'), '{}');
    _if_not_exists CONSTANT boolean :=
        coalesce((_arguments ->> 'if_not_exists')::boolean, false);
    _rows jsonb;
    _before oid[];
BEGIN
    SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') INTO _rows
    FROM kerbrole.plan_add(_typed, _groups, _if_not_exists) AS p;
    _before := kerbrole.conflicting(ARRAY(
        SELECT (r ->> 'role')::oid FROM jsonb_array_elements(_rows) AS r
        WHERE r ->> 'action' = 'adopted'));
    PERFORM kerbrole.create_and_grant(
        ARRAY(SELECT r ->> 'role_name' FROM jsonb_array_elements(_rows) AS r
            WHERE r ->> 'action' = 'created'),
        ARRAY(SELECT r ->> 'role_name' FROM jsonb_array_elements(_rows) AS r
            WHERE r ->> 'action' = 'adopted' AND (r ->> 'lacks_ad')::boolean));
    RETURN jsonb_build_object('rows', _rows, 'before', to_jsonb(_before));
END
$$;

-- Creates roles in rds_ad, and puts others into it.
CREATE FUNCTION kerbrole.create_and_grant(_new text[], _others text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _ad_role CONSTANT text := kerbrole.setting('ad_role');
    _self_grant CONSTANT text := nullif(current_setting('createrole_self_grant', true), '');
    _name text;
    _members text[] := _others;
BEGIN
    -- The caller's setting would give the owner more of the new roles than ADMIN.
    IF _self_grant IS NOT NULL THEN
        PERFORM set_config('createrole_self_grant', '', true);
    END IF;
    IF kerbrole.names_grantors() THEN
        -- Since 16 each GRANT goes along all that its grantor created: few of them, for many roles.
        IF cardinality(_new) > 100 AND kerbrole.may_use_creators() THEN
            PERFORM kerbrole.create_many(_new);
        ELSE
            FOREACH _name IN ARRAY _new LOOP
                EXECUTE format('CREATE ROLE %I LOGIN', _name);
            END LOOP;
        END IF;
        _members := _new || _others;
    ELSE
        FOREACH _name IN ARRAY _new LOOP
            EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', _name, _ad_role);
        END LOOP;
    END IF;
    FOR _at IN 1..cardinality(_members) BY 10000 LOOP
        EXECUTE format('GRANT %I TO %s', _ad_role, (
            SELECT string_agg(quote_ident(m), ', ')
            FROM unnest(_members[_at:_at + 9999]) AS m));
    END LOOP;
    IF _self_grant IS NOT NULL THEN
        PERFORM set_config('createrole_self_grant', _self_grant, true);
    END IF;
END
$$;

-- What people call comes here, with the caller's rights.
CREATE FUNCTION kerbrole.add_as_caller(
    _function text, _typed text[], _groups text[], _if_not_exists boolean)
RETURNS TABLE (principal text, role_name text, action text, is_disabled boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _names CONSTANT record := kerbrole.canonical_each(_typed);
    _answer jsonb;
    _grant record;
    _realms text[];
    _principals text[];
    _nearest text[];
BEGIN
    SELECT array_agg(u.realm), array_agg(u.principal), array_agg(u.nearest)
    INTO _realms, _principals, _nearest
    FROM kerbrole.unknown_realms(_names.role_names) AS u;
    _answer := kerbrole.ask(_function, jsonb_build_object(
        'principals', to_jsonb(_typed), 'groups', to_jsonb(_groups),
        'if_not_exists', _if_not_exists));
    FOR _grant IN
        SELECT kerbrole.texts(r.row -> 'lacks_groups') AS groups,
            array_agg(r.row ->> 'role_name' ORDER BY r.place) AS members
        FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
        WHERE r.row ->> 'lacks_groups' <> '[]'
        GROUP BY 1 ORDER BY min(r.place)
    LOOP
        FOR _at IN 1..cardinality(_grant.members) BY 1000 LOOP
            EXECUTE format('GRANT %s TO %s',
                (SELECT string_agg(quote_ident(g), ', ') FROM unnest(_grant.groups) AS g),
                (SELECT string_agg(quote_ident(m), ', ')
                FROM unnest(_grant.members[_at:_at + 999]) AS m));
        END LOOP;
    END LOOP;
    PERFORM kerbrole.check_after(
        kerbrole.role_oids(ARRAY(
            SELECT r ->> 'role_name' FROM jsonb_array_elements(_answer -> 'rows') AS r
            WHERE r ->> 'action' <> 'unchanged')),
        ARRAY(SELECT b::oid FROM jsonb_array_elements_text(_answer -> 'before') AS b));
    PERFORM kerbrole.notice_case(ARRAY(
        SELECT c.role_name
        FROM unnest(_names.role_names, _names.case_matters) WITH ORDINALITY
            AS c (role_name, case_matters, place)
        WHERE c.case_matters ORDER BY c.place));
    PERFORM kerbrole.notice_realms(_realms, _principals, _nearest);
    PERFORM kerbrole.notice_adopted(ARRAY(
        SELECT r.row ->> 'role_name'
        FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
        WHERE r.row ->> 'action' = 'adopted' AND (r.row ->> 'lacks_ad')::boolean
        ORDER BY r.place));
    PERFORM kerbrole.notice_disabled(ARRAY(
        SELECT r.row ->> 'role_name'
        FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
        WHERE (r.row ->> 'is_disabled')::boolean
        ORDER BY r.place));
    RETURN QUERY
    SELECT r.row ->> 'typed', r.row ->> 'role_name', r.row ->> 'action',
        (r.row ->> 'is_disabled')::boolean
    FROM jsonb_array_elements(_answer -> 'rows') WITH ORDINALITY AS r (row, place)
    ORDER BY r.place;
END
$$;

-- Tells groups from a realm in calls without one.
DO $$
BEGIN
    IF to_regtype('kerbrole.kerb_groups') IS NULL THEN
        CREATE DOMAIN kerbrole.kerb_groups AS text;
    END IF;
END
$$;

CREATE FUNCTION kerbrole.add_one(
    _username text, _realm text, _groups text[], _if_not_exists boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _canonical CONSTANT record := kerbrole.canonical(
        kerbrole.required(_username, 'username'), kerbrole.checked_text(_realm));
    _checked CONSTANT text[] := coalesce(kerbrole.checked_list(_groups, 'groups'), '{}');
    _added record;
BEGIN
    SELECT a.* INTO STRICT _added
    FROM kerbrole.add_as_caller('kerb_add_principal', ARRAY[_canonical.role_name], _checked,
        coalesce(_if_not_exists, false)) AS a;
    IF _added.action = 'unchanged' AND NOT _added.is_disabled THEN
        RAISE NOTICE 'role "%" already exists as wanted, nothing to do', _added.role_name;
    END IF;
    RETURN _added.role_name;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principal(
    username text, realm text DEFAULT NULL, groups text[] DEFAULT '{}',
    if_not_exists boolean DEFAULT false) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.add_one(username, realm, groups, if_not_exists)
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principal(
    username text, realm text, groups text, if_not_exists boolean DEFAULT false) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.add_one(username, realm, kerbrole.name_or_names(groups), if_not_exists)
$$;

-- Only who names the argument means this variant: of two that a text fits, one with the type itself
-- goes before one with a domain over it.
CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principal(
    username text, groups kerbrole.kerb_groups, if_not_exists boolean DEFAULT false) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.add_one(username, NULL, kerbrole.name_or_names(groups), if_not_exists)
$$;

CREATE FUNCTION kerbrole.add_many(_principals text[], _groups text[], _if_not_exists boolean)
RETURNS TABLE (principal text, role_name text, action text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _checked_groups CONSTANT text[] := coalesce(kerbrole.checked_list(_groups, 'groups'), '{}');
    _checked text[];
BEGIN
    IF _principals IS NULL THEN
        PERFORM kerbrole.refuse('null', 'principals');
    END IF;
    _checked := kerbrole.checked_list(_principals, 'principals');
    RETURN QUERY
    SELECT a.principal, a.role_name, a.action
    FROM kerbrole.add_as_caller('kerb_add_principals', _checked, _checked_groups,
        coalesce(_if_not_exists, false)) AS a;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principals(
    principals text[], groups text[] DEFAULT '{}', if_not_exists boolean DEFAULT false)
RETURNS TABLE (principal text, role_name text, action text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.* FROM kerbrole.add_many(principals, groups, if_not_exists) AS a
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_add_principals(
    principals text[], groups text, if_not_exists boolean DEFAULT false)
RETURNS TABLE (principal text, role_name text, action text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.*
    FROM kerbrole.add_many(principals, kerbrole.name_or_names(groups), if_not_exists) AS a
$$;

-- Letting principals log in, or not. NOLOGIN is the only thing that ends a Kerberos login: the
-- server looks at passwords and VALID UNTIL for passwords only.

-- Ends the sessions of a role but this one, as far as whoever runs this may; how many are left.
CREATE FUNCTION kerbrole.end_sessions(_role oid) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _session record;
    _left bigint := 0;
BEGIN
    FOR _session IN
        SELECT a.pid FROM pg_catalog.pg_stat_activity AS a
        WHERE a.usesysid = _role AND a.pid <> pg_backend_pid()
    LOOP
        BEGIN
            PERFORM pg_terminate_backend(_session.pid);
        EXCEPTION
            WHEN insufficient_privilege THEN
                _left := _left + 1;
        END;
    END LOOP;
    RETURN _left;
END
$$;

CREATE FUNCTION kerbrole.warn_of_sessions(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE WARNING USING
        MESSAGE = format('sessions of role "%s" go on', pg_get_userbyid(_role)),
        DETAIL = 'Neither you nor the owner of the functions may end them.',
        HINT = format('GRANT pg_signal_backend TO %s;', kerbrole.quoted(current_user));
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.disable(_arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.changeable_principal(
        _arguments ->> 'username', _arguments ->> 'realm');
    _before record;
    _sessions bigint;
    _left bigint;
BEGIN
    SELECT r.rolname, r.rolcanlogin INTO STRICT _before
    FROM kerbrole.roles AS r WHERE r.oid = _role;
    IF _before.rolcanlogin THEN
        PERFORM kerbrole.run(format('ALTER ROLE %I NOLOGIN', _before.rolname), _before.rolname);
    END IF;
    PERFORM kerbrole.check_meanwhile((
        SELECT NOT r.rolcanlogin AND kerbrole.attributes(r.oid) IS NULL
        FROM kerbrole.roles AS r WHERE r.oid = _role), _before.rolname::text);
    _sessions := kerbrole.sessions(_role);
    IF _sessions > 0 AND (_arguments ->> 'terminate')::boolean THEN
        _left := kerbrole.end_sessions(_role);
    END IF;
    RETURN jsonb_build_object('role', _role, 'role_name', _before.rolname,
        'could_log_in', _before.rolcanlogin, 'sessions', _sessions, 'left', _left);
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_disable_principal(
    username text, realm text DEFAULT NULL, terminate boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    _answer jsonb;
    _name text;
    _they text;
BEGIN
    _answer := kerbrole.ask('kerb_disable_principal', jsonb_build_object(
        'username', username, 'realm', realm, 'terminate', coalesce(terminate, false)));
    _name := _answer ->> 'role_name';
    _they := kerbrole.counted((_answer ->> 'sessions')::bigint, 'session');
    IF NOT (_answer ->> 'could_log_in')::boolean THEN
        RAISE NOTICE 'role "%" is disabled (NOLOGIN) already', _name;
    END IF;
    IF (_answer ->> 'sessions')::bigint = 0 THEN
        NULL;
    ELSIF NOT coalesce(terminate, false) THEN
        PERFORM kerbrole.notice(format('role "%s" still has %s', _name, _they), NULL,
            'With terminate => true sessions end.');
    ELSIF (_answer ->> 'left')::bigint = 0
        OR kerbrole.end_sessions((_answer ->> 'role')::oid) = 0
    THEN
        PERFORM kerbrole.notice(
            format('%s of role "%s" will end at once', _they, _name), NULL,
            'Somebody who logs in before this transaction commits stays: look again afterwards. '
            'The session that asks for it goes on, if it is one of them.');
    ELSE
        PERFORM kerbrole.warn_of_sessions((_answer ->> 'role')::oid);
    END IF;
    RETURN _name;
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.enable(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.changeable_principal(
        _arguments ->> 'username', _arguments ->> 'realm');
    _before record;
BEGIN
    SELECT r.rolname, r.rolcanlogin INTO STRICT _before
    FROM kerbrole.roles AS r WHERE r.oid = _role;
    PERFORM kerbrole.check_enabling(_role, _caller);
    IF NOT _before.rolcanlogin THEN
        PERFORM kerbrole.run(format('ALTER ROLE %I LOGIN', _before.rolname), _before.rolname);
    END IF;
    PERFORM kerbrole.check_meanwhile((
        SELECT r.rolcanlogin AND kerbrole.attributes(r.oid) IS NULL
        FROM kerbrole.roles AS r WHERE r.oid = _role), _before.rolname::text);
    RETURN jsonb_build_object('role', _role, 'role_name', _before.rolname,
        'could_log_in', _before.rolcanlogin);
END
$$;

-- Whether a role that is disabled may be opened by this caller, under the name that it has by then
-- and beside all but `_others`, which are called otherwise by then or cannot log in.
CREATE FUNCTION kerbrole.check_enabling(
    _role oid, _caller oid, _called text DEFAULT NULL, _others oid[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name text;
    _other text;
BEGIN
    SELECT coalesce(_called, r.rolname::text) INTO _name
    FROM kerbrole.roles AS r WHERE r.oid = _role AND NOT r.rolcanlogin;
    IF FOUND THEN
        PERFORM kerbrole.allow_realm(kerbrole.realm_of(_name));
        SELECT r.rolname::text INTO _other
        FROM kerbrole.roles AS r
        WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_name)
            AND r.oid <> _role AND r.rolcanlogin AND r.oid <> ALL (_others)
        ORDER BY r.rolname::text COLLATE "C" LIMIT 1;
        IF _other IS NOT NULL THEN
            PERFORM kerbrole.refuse('case_collision_on_enable', _name, _other);
        END IF;
    END IF;
    PERFORM kerbrole.rule();
    IF _name IS NOT NULL THEN
        PERFORM kerbrole.check_powers(_role, _caller);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_enable_principal(username text, realm text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    _answer jsonb;
    _name text;
    _rule record;
    _above oid[];
    _conflict record;
BEGIN
    _answer := kerbrole.ask('kerb_enable_principal', jsonb_build_object(
        'username', username, 'realm', realm));
    _name := _answer ->> 'role_name';
    IF (_answer ->> 'could_log_in')::boolean THEN
        RAISE NOTICE 'role "%" can log in already', _name;
    END IF;
    _rule := kerbrole.rule();
    _above := ARRAY(SELECT kerbrole.above(ARRAY[(_answer ->> 'role')::oid]));
    IF _rule.ad <> ALL (_above) THEN
        PERFORM kerbrole.warn('not_in_ad', _name, _rule.ad_role);
    ELSIF _rule.iam = ANY (_above) THEN
        SELECT b.* INTO _conflict
        FROM kerbrole.in_both() AS b WHERE b.role = (_answer ->> 'role')::oid;
        PERFORM kerbrole.warn('conflict_made', _name, _rule.ad_role, _rule.iam_role,
            _conflict.ad_path::text, _conflict.iam_path::text, kerbrole.fix(_conflict.role));
    END IF;
    RETURN _name;
END
$$;

-- Giving principals another name: somebody married, or the whole domain moved. The OID stays, and
-- with it everything that the role owns and was granted.

-- Why a role cannot have this name, or cannot be renamed now.
CREATE FUNCTION kerbrole.check_new_name(_role oid, _to text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _other text;
    _sessions bigint;
BEGIN
    IF kerbrole.role_oid(_to) IS NOT NULL THEN
        PERFORM kerbrole.refuse('name_taken', _to);
    END IF;
    SELECT r.rolname::text INTO _other
    FROM kerbrole.roles AS r
    WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_to) AND r.oid <> _role
    ORDER BY r.rolname::text COLLATE "C" LIMIT 1;
    IF _other IS NOT NULL THEN
        PERFORM kerbrole.refuse('case_collision', _to, _other);
    END IF;
    _sessions := kerbrole.sessions(_role);
    IF _sessions > 0 THEN
        PERFORM kerbrole.refuse('in_use', pg_get_userbyid(_role)::text,
            kerbrole.counted(_sessions, 'session'));
    END IF;
END
$$;

-- The new name of a principal that is there: in the same realm where none is given.
CREATE FUNCTION kerbrole.canonical_beside(
    _username text, _realm text, _new_username text, _new_realm text,
    OUT role_name text, OUT case_matters boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(_username, 'username'), kerbrole.checked_text(_realm));
    _new CONSTANT text := kerbrole.required(_new_username, 'new_username');
    _carries_realm CONSTANT boolean := strpos(_new COLLATE "C", '@') > 0
        OR strpos(_new COLLATE "C", chr(92)) > 0;
    _canonical record;
BEGIN
    _canonical := kerbrole.canonical(_new, coalesce(kerbrole.checked_text(_new_realm),
        CASE WHEN NOT _carries_realm THEN kerbrole.realm_of(_meant.canonical) END));
    role_name := _canonical.role_name;
    case_matters := _canonical.case_matters;
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.rename(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _to CONSTANT text := (kerbrole.canonical_beside(
        _arguments ->> 'username', _arguments ->> 'realm',
        _arguments ->> 'new_username', _arguments ->> 'new_realm')).role_name;
    _role CONSTANT oid := kerbrole.changeable_principal(
        _arguments ->> 'username', _arguments ->> 'realm');
    _from CONSTANT text := pg_get_userbyid(_role)::text;
BEGIN
    IF _from <> _to COLLATE "C" THEN
        PERFORM kerbrole.check_new_name(_role, _to);
        PERFORM kerbrole.check_powers(_role, _caller);
        PERFORM kerbrole.run(format('ALTER ROLE %I RENAME TO %I', _from, _to), _from);
        PERFORM kerbrole.check_meanwhile((
            SELECT r.rolname::text = _to COLLATE "C" AND kerbrole.attributes(r.oid) IS NULL
            FROM kerbrole.roles AS r WHERE r.oid = _role), _from);
    END IF;
    RETURN jsonb_build_object('from', _from, 'to', _to);
END
$$;

CREATE FUNCTION kerbrole.rename_one(
    _username text, _realm text, _new_username text, _new_realm text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _new CONSTANT record := kerbrole.canonical_beside(_username, _realm, _new_username, _new_realm);
    _answer jsonb;
BEGIN
    _answer := kerbrole.ask('kerb_rename_principal', jsonb_build_object(
        'username', _username, 'realm', _realm,
        'new_username', _new_username, 'new_realm', _new_realm));
    IF _answer ->> 'from' = _answer ->> 'to' COLLATE "C" THEN
        RAISE NOTICE 'role "%" is called so already', _answer ->> 'to';
    ELSIF _new.case_matters THEN
        PERFORM kerbrole.notice_case(ARRAY[_new.role_name]);
    END IF;
    RETURN _answer ->> 'to';
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_rename_principal(
    username text, realm text, new_username text, new_realm text DEFAULT NULL) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.rename_one(username, realm, new_username, new_realm)
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_rename_principal(username text, new_username text)
RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.rename_one(username, NULL, new_username, NULL)
$$;

-- What is in the way of one principal of a domain that moves; NULL where nothing is. `_is_free` is
-- whether it is known by now that nobody has a name like the new one, and that it has no session.
CREATE FUNCTION kerbrole.rename_problem(
    _role oid, _username text, _realm text, _caller oid, _is_free boolean,
    OUT code text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _new_name text;
BEGIN
    PERFORM kerbrole.check_changeable(_role);
    _new_name := kerbrole.principal(_username, _realm);
    IF NOT _is_free THEN
        PERFORM kerbrole.check_new_name(_role, _new_name);
    END IF;
    PERFORM kerbrole.check_powers(_role, _caller);
EXCEPTION
    WHEN invalid_parameter_value OR name_too_long OR reserved_name OR duplicate_object
        OR insufficient_privilege OR object_in_use
    THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
            detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        detail := nullif(detail, '');
END
$$;

-- How every principal of one realm becomes one of another, in the order of names.
CREATE FUNCTION kerbrole.moves(_old text, _new text, _caller oid)
RETURNS TABLE (
    role oid, old_name text, new_name text, code text, message text, detail text, hint text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rule AS MATERIALIZED (
        SELECT r.ad_role, r.iam_role, kerbrole.role_oid(r.ad_role) AS ad
        FROM kerbrole.rule_roles() AS r
    ), roles AS MATERIALIZED (
        SELECT r.oid, r.rolname::text COLLATE "C" AS name,
            r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
            OR r.rolbypassrls AS is_more
        FROM kerbrole.roles AS r
    ), movers AS MATERIALIZED (
        SELECT r.oid, r.name, p.username, p.username || '@' || _new AS new_name,
            r.is_more OR r.name IN (rule.ad_role, rule.iam_role)
            OR r.oid IN (
                SELECT g.member FROM pg_catalog.pg_auth_members AS g
                WHERE g.roleid IS DISTINCT FROM (SELECT rule.ad FROM rule)) AS is_more,
            lower((p.username || '@' || _new) COLLATE "C") NOT IN (
                SELECT lower(o.name) FROM roles AS o)
            AND r.oid NOT IN (
                SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                WHERE a.usesysid IS NOT NULL) AS is_free
        FROM roles AS r
        CROSS JOIN rule
        CROSS JOIN LATERAL (SELECT split_part(r.name, '@', 1)) AS p (username)
        WHERE strpos(r.name, '@') > 0
            AND substr(r.name, strpos(r.name, '@') + 1) = _old COLLATE "C"
            AND kerbrole.is_principal(r.name)
    )
    SELECT m.oid, m.name, m.new_name, p.code, p.message, p.detail, p.hint
    FROM movers AS m
    LEFT JOIN LATERAL (
        SELECT p.*
        FROM kerbrole.rename_problem(m.oid, m.username, _new, _caller, m.is_free) AS p
        -- Of most of them nothing has to be asked one by one. OFFSET keeps the server from asking
        -- this after the function.
        WHERE m.is_more OR NOT m.is_free OR octet_length(m.new_name) > 63
        OFFSET 0
    ) AS p ON true
    ORDER BY m.name
$$;

-- Two realms that are not one, the new one of which principals may be of.
CREATE FUNCTION kerbrole.checked_realms(
    _old_realm text, _new_realm text, OUT old_realm text, OUT new_realm text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    old_realm := kerbrole.checked_realm(kerbrole.required(_old_realm, 'old_realm'));
    new_realm := kerbrole.checked_realm(kerbrole.required(_new_realm, 'new_realm'));
    PERFORM kerbrole.allow_realm(new_realm);
END
$$;

-- With the owner's rights.
CREATE FUNCTION kerbrole.rename_realm(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _realms CONSTANT record := kerbrole.checked_realms(
        _arguments ->> 'old_realm', _arguments ->> 'new_realm');
    _moves jsonb;
    _problems bigint;
    _first record;
    _others record;
    _all record;
BEGIN
    IF _realms.old_realm = _realms.new_realm COLLATE "C" THEN
        PERFORM kerbrole.refuse('same_realm', _realms.old_realm);
    END IF;
    SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.place), '[]'), count(m.message)
    INTO _moves, _problems
    FROM kerbrole.moves(_realms.old_realm, _realms.new_realm, _caller) WITH ORDINALITY
        AS m (role, old_name, new_name, code, message, detail, hint, place);
    IF _problems > 0 THEN
        SELECT m.code, m.message, m.detail, nullif(m.hint, '') AS hint INTO _first
        FROM jsonb_to_recordset(_moves)
            AS m (code text, message text, detail text, hint text, place bigint)
        WHERE m.message IS NOT NULL ORDER BY m.place LIMIT 1;
        IF _problems > 1 THEN
            SELECT s.message, s.hint INTO _others
            FROM kerbrole.said(
                CASE WHEN _problems = 2 THEN 'rename_realm_one_more' ELSE 'rename_realm_more' END,
                ARRAY[(_problems - 1)::text]) AS s;
            _first.detail := concat_ws(' ', _first.detail, _others.message);
            _first.hint := concat_ws(' ', _first.hint, _others.hint);
        END IF;
        PERFORM kerbrole.raise(_first.code, _first.message, _first.detail, _first.hint);
    END IF;
    SELECT array_agg(m.role ORDER BY m.place) AS roles,
        array_agg(m.old_name ORDER BY m.place) AS old_names,
        array_agg(m.new_name ORDER BY m.place) AS new_names,
        array_agg(format('ALTER ROLE %I RENAME TO %I', m.old_name, m.new_name) ORDER BY m.place)
            AS statements
    INTO _all
    FROM jsonb_to_recordset(_moves)
        AS m (role oid, old_name text, new_name text, place bigint);
    IF _all.roles IS NOT NULL THEN
        PERFORM kerbrole.run_each(_all.roles, _all.old_names, _all.statements);
        PERFORM kerbrole.check_meanwhile(false, m.old_name)
        FROM unnest(_all.roles, _all.old_names, _all.new_names) AS m (role, old_name, new_name)
        LEFT JOIN kerbrole.roles AS r ON r.oid = m.role
        WHERE (r.rolname::text = m.new_name COLLATE "C"
            AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    END IF;
    RETURN _moves;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_rename_realm(
    old_realm text, new_realm text, dry_run boolean DEFAULT true)
RETURNS TABLE (old_name text, new_name text, problem text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _realms CONSTANT record := kerbrole.checked_realms(old_realm, new_realm);
    _answer jsonb;
BEGIN
    IF NOT coalesce(dry_run, true) THEN
        _answer := kerbrole.ask('kerb_rename_realm', jsonb_build_object(
            'old_realm', old_realm, 'new_realm', new_realm));
        RETURN QUERY
        SELECT m.move ->> 'old_name', m.move ->> 'new_name', NULL::text
        FROM jsonb_array_elements(_answer) WITH ORDINALITY AS m (move, place)
        ORDER BY m.place;
    ELSE
        IF _realms.old_realm = _realms.new_realm COLLATE "C" THEN
            PERFORM kerbrole.refuse('same_realm', _realms.old_realm);
        END IF;
        RETURN QUERY
        SELECT m.old_name, m.new_name, m.message || coalesce('. ' || m.detail, '')
        FROM kerbrole.moves(_realms.old_realm, _realms.new_realm, (
            SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user)) AS m;
    END IF;
    IF NOT FOUND THEN
        RAISE NOTICE 'there is no principal of realm "%"', _realms.old_realm;
    END IF;
END
$$;

-- Dropping principals. Nothing that a role owns is ever dropped. What it owns is given to an heir,
-- and its privileges end, with the caller's own rights: the owner of these functions has none to
-- other people's objects.

-- What hangs on a role, by database.
CREATE FUNCTION kerbrole.holdings(_role oid)
RETURNS TABLE (database text, is_here boolean, owned bigint, privileges bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.datname::text, s.dbid = 0 OR d.datname = current_database(),
        count(*) FILTER (WHERE s.deptype = 'o' AND s.classid NOT IN (
            'pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_user_mapping'::regclass)),
        count(*) FILTER (WHERE s.deptype <> 'o' OR s.classid IN (
            'pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_user_mapping'::regclass))
    FROM pg_catalog.pg_shdepend AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
    WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = _role
        AND s.classid <> 'pg_catalog.pg_auth_members'::regclass
    GROUP BY s.dbid, d.datname
    ORDER BY s.dbid
$$;

-- `3 objects and 1 privilege in database "app"; 1 object shared by all databases.`
CREATE FUNCTION kerbrole.holdings_in_words(_role oid, _owned_only boolean, _elsewhere_only boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(
        concat_ws(' and ',
            CASE WHEN h.owned > 0 THEN kerbrole.counted(h.owned, 'object') END,
            CASE WHEN h.privileges > 0 THEN kerbrole.counted(h.privileges, 'privilege') END)
        || CASE WHEN h.database IS NULL THEN ' shared by all databases'
            ELSE ' in database "' || h.database || '"' END, '; ') || '.'
    FROM kerbrole.holdings(_role) AS h
    WHERE (h.owned > 0 OR NOT _owned_only) AND NOT (h.is_here AND _elsewhere_only)
$$;

-- Why a role cannot be dropped without asking anybody: it has sessions, or owns something.
CREATE FUNCTION kerbrole.check_droppable(_role oid, _has_heir boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _sessions CONSTANT bigint := kerbrole.sessions(_role);
BEGIN
    IF _sessions > 0 THEN
        PERFORM kerbrole.refuse('in_use', _name, kerbrole.counted(_sessions, 'session'));
    END IF;
    IF NOT _has_heir AND EXISTS (SELECT FROM kerbrole.holdings(_role) AS h WHERE h.owned > 0) THEN
        PERFORM kerbrole.refuse('owner', _name, kerbrole.holdings_in_words(_role, true, false));
    END IF;
END
$$;

-- The statements that end the privileges of a role in this database and on shared objects.
-- `grantor` is who can run it, or whose rights it takes.
CREATE FUNCTION kerbrole.revokes(_role oid)
RETURNS TABLE (grantor text, statement text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY EXECUTE format($q$
        WITH held AS (
            SELECT s.classid, s.objid, s.objsubid
            FROM pg_catalog.pg_shdepend AS s
            WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = $1
                AND s.deptype = 'a' AND s.dbid IN (0, (
                    SELECT d.oid FROM pg_catalog.pg_database AS d
                    WHERE d.datname = current_database()))
        ), lists (classid, objid, acl, kind, column_name) AS (
            SELECT h.classid, h.objid, c.relacl,
                CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, NULL::name
            FROM held AS h JOIN pg_catalog.pg_class AS c ON c.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_class'::regclass AND h.objsubid = 0
            UNION ALL
            SELECT h.classid, h.objid, t.attacl, 'TABLE', t.attname
            FROM held AS h JOIN pg_catalog.pg_attribute AS t
                ON t.attrelid = h.objid AND t.attnum = h.objsubid
            WHERE h.classid = 'pg_catalog.pg_class'::regclass AND h.objsubid <> 0
            UNION ALL
            SELECT h.classid, h.objid, o.proacl, 'ROUTINE', NULL
            FROM held AS h JOIN pg_catalog.pg_proc AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_proc'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.nspacl, 'SCHEMA', NULL
            FROM held AS h JOIN pg_catalog.pg_namespace AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_namespace'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.typacl, 'TYPE', NULL
            FROM held AS h JOIN pg_catalog.pg_type AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_type'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.lanacl, 'LANGUAGE', NULL
            FROM held AS h JOIN pg_catalog.pg_language AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_language'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.fdwacl, 'FOREIGN DATA WRAPPER', NULL
            FROM held AS h JOIN pg_catalog.pg_foreign_data_wrapper AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.srvacl, 'FOREIGN SERVER', NULL
            FROM held AS h JOIN pg_catalog.pg_foreign_server AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_foreign_server'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.lomacl, 'LARGE OBJECT', NULL
            FROM held AS h JOIN pg_catalog.pg_largeobject_metadata AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_largeobject'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.datacl, 'DATABASE', NULL
            FROM held AS h JOIN pg_catalog.pg_database AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_database'::regclass
            UNION ALL
            SELECT h.classid, h.objid, o.spcacl, 'TABLESPACE', NULL
            FROM held AS h JOIN pg_catalog.pg_tablespace AS o ON o.oid = h.objid
            WHERE h.classid = 'pg_catalog.pg_tablespace'::regclass
            %s
        )
        SELECT g.rolname, format('REVOKE %%s ON %%s %%s FROM %%I CASCADE',
            string_agg(concat(a.privilege_type, ' (' || quote_ident(l.column_name) || ')'), ', '
                ORDER BY a.privilege_type, l.column_name),
            l.kind,
            -- Of some of the server's types the identity is SQL's own words, and of a setting it is
            -- not quoted.
            CASE
                WHEN i.type = 'type' THEN concat(i.schema, '.', i.name)
                WHEN l.kind = 'PARAMETER' THEN (
                    SELECT string_agg(quote_ident(p.part), '.' ORDER BY p.place)
                    FROM string_to_table(i.identity, '.') WITH ORDINALITY AS p (part, place))
                ELSE i.identity
            END, pg_get_userbyid($1))
        FROM lists AS l
        CROSS JOIN LATERAL aclexplode(l.acl) AS a
        CROSS JOIN LATERAL pg_identify_object(l.classid, l.objid, 0) AS i
        JOIN kerbrole.roles AS g ON g.oid = a.grantor
        WHERE a.grantee = $1
        GROUP BY g.rolname, l.kind, i.type, i.schema, i.name, i.identity
        ORDER BY g.rolname, l.kind, i.identity$q$,
        -- Since 15 there are privileges on settings.
        CASE WHEN to_regclass('pg_catalog.pg_parameter_acl') IS NOT NULL THEN
            'UNION ALL
            SELECT h.classid, h.objid, o.paracl, ''PARAMETER'', NULL
            FROM held AS h JOIN pg_catalog.pg_parameter_acl AS o ON o.oid = h.objid
            WHERE h.classid = ''pg_catalog.pg_parameter_acl''::regclass' END)
    USING _role;
END
$$;

-- Gives what a role owns here to an heir, and ends its privileges here, with the caller's rights.
-- Returns what somebody else has to run for those that are left; NULL where none is.
CREATE FUNCTION kerbrole.clear_as_caller(_role oid, _heir oid) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _owns CONSTANT boolean := EXISTS (
        SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.owned > 0);
    _revoke record;
    _left text;
BEGIN
    IF _heir IS NOT NULL AND _owns THEN
        IF NOT pg_has_role(_role, 'USAGE') THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = format('permission denied to reassign objects of role "%s"', _name),
                DETAIL = 'These functions reassign with the rights of whoever calls them.',
                HINT = format('Whoever may grant the role can run before, and REVOKE it again: '
                    'GRANT %s TO %s;', kerbrole.quoted(_name), kerbrole.quoted(current_user));
        END IF;
        EXECUTE format('REASSIGN OWNED BY %I TO %I', _name, pg_get_userbyid(_heir));
    END IF;
    FOR _revoke IN SELECT r.* FROM kerbrole.revokes(_role) AS r LOOP
        BEGIN
            EXECUTE _revoke.statement;
        EXCEPTION
            WHEN insufficient_privilege THEN
                NULL;  -- It is told below, with what the server only warned of.
        END;
    END LOOP;
    SELECT string_agg(s.statement || ';', ' ') INTO _left
    FROM (SELECT r.statement FROM kerbrole.revokes(_role) AS r LIMIT 5) AS s;
    IF _left IS NOT NULL THEN
        RETURN 'Whoever granted them can run: ' || _left;
    END IF;
    IF EXISTS (
        SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.privileges > 0)
    THEN
        IF NOT pg_has_role(_role, 'USAGE') THEN
            RETURN format('Default privileges, policies and user mappings of the role end by: '
                'DROP OWNED BY %s;', kerbrole.quoted(_name));
        ELSIF NOT EXISTS (
            SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.owned > 0)
        THEN
            EXECUTE format('DROP OWNED BY %I', _name);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

-- The same for a list, of which all or nothing happens.
CREATE FUNCTION kerbrole.clear_wholly(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _left CONSTANT text := kerbrole.clear_as_caller(_role, NULL);
BEGIN
    IF _left IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied to end the privileges of role "%s"',
                pg_get_userbyid(_role)),
            DETAIL = kerbrole.holdings_in_words(_role, false, false),
            HINT = _left;
    END IF;
END
$$;

-- The memberships of others that a role granted, since PostgreSQL 16: somebody's leaving takes
-- nothing away from those who stay. `is_covered` is whether somebody else granted the same, with
-- all of its options. Up to 15 they stay by themselves.
CREATE FUNCTION kerbrole.grants_made(_role oid)
RETURNS TABLE (granted text, member text, options text, is_covered boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF kerbrole.names_grantors() THEN
        RETURN QUERY EXECUTE $q$
            SELECT g.rolname, r.rolname,
                format('ADMIN %s, INHERIT %s, SET %s',
                    m.admin_option::text, m.inherit_option::text, m.set_option::text),
                EXISTS (
                    SELECT FROM pg_catalog.pg_auth_members AS o
                    WHERE o.roleid = m.roleid AND o.member = m.member AND o.grantor <> m.grantor
                        AND o.admin_option >= m.admin_option
                        AND o.inherit_option >= m.inherit_option AND o.set_option >= m.set_option)
            FROM pg_catalog.pg_auth_members AS m
            JOIN kerbrole.roles AS g ON g.oid = m.roleid
            JOIN kerbrole.roles AS r ON r.oid = m.member
            WHERE m.grantor = $1 AND m.roleid <> $1 AND m.member <> $1
            ORDER BY g.rolname::text COLLATE "C", r.rolname::text COLLATE "C"$q$
        USING _role;
    END IF;
END
$$;

-- With the caller's rights: grants in its place what a role granted.
CREATE FUNCTION kerbrole.hand_over_as_caller(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _grant record;
BEGIN
    FOR _grant IN SELECT g.* FROM kerbrole.grants_made(_role) AS g WHERE NOT g.is_covered LOOP
        BEGIN
            EXECUTE format('GRANT %I TO %I WITH %s',
                _grant.granted, _grant.member, _grant.options);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
                    MESSAGE = format('role "%s" granted a membership that would end with it',
                        pg_get_userbyid(_role)),
                    DETAIL = format('Role "%s" is a member of "%s" by it, and you may not grant '
                        'that in its place.', _grant.member, _grant.granted),
                    HINT = format('Whoever may can run: GRANT %s TO %s WITH %s;',
                        kerbrole.quoted(_grant.granted),
                        kerbrole.quoted(_grant.member), _grant.options);
        END;
    END LOOP;
END
$$;

-- With the owner's rights: ends what a role granted, where somebody else granted the same. As its
-- grantor: for that the owner takes on its rights, until it is dropped.
CREATE FUNCTION kerbrole.end_grants(_role oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT name := pg_get_userbyid(_role);
    _grant record;
BEGIN
    FOR _grant IN SELECT g.* FROM kerbrole.grants_made(_role) AS g WHERE g.is_covered LOOP
        IF NOT pg_has_role(_role, 'USAGE') THEN
            PERFORM kerbrole.run(format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE',
                _name, current_user), _name::text);
        END IF;
        EXECUTE format('REVOKE %I FROM %I GRANTED BY %I', _grant.granted, _grant.member, _name);
    END LOOP;
END
$$;

-- With the owner's rights: drops a role that nothing hangs on any more, or disables one on which
-- something hangs in other databases.
CREATE FUNCTION kerbrole.drop(_arguments jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _role CONSTANT oid := kerbrole.changeable_principal(_arguments ->> 'role_name', NULL);
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    -- Elsewhere, or privileges here that the caller may not take away.
    _is_left CONSTANT boolean := EXISTS (SELECT FROM kerbrole.holdings(_role));
BEGIN
    IF _name <> _arguments ->> 'role_name' COLLATE "C"
        OR _role <> (_arguments ->> 'role')::oid
    THEN
        PERFORM kerbrole.refuse('changed_meanwhile', _arguments ->> 'role_name');
    END IF;
    PERFORM kerbrole.check_droppable(_role, NOT EXISTS (
        SELECT FROM kerbrole.holdings(_role) AS h WHERE h.is_here AND h.owned > 0));
    IF NOT _is_left THEN
        PERFORM kerbrole.end_grants(_role);
        PERFORM kerbrole.run(format('DROP ROLE %I', _name), _name);
        PERFORM kerbrole.check_meanwhile(
            NOT EXISTS (SELECT FROM kerbrole.roles AS r WHERE r.oid = _role), _name);
        RETURN jsonb_build_object('outcome', 'dropped');
    END IF;
    IF (SELECT r.rolcanlogin FROM kerbrole.roles AS r WHERE r.oid = _role) THEN
        PERFORM kerbrole.run(format('ALTER ROLE %I NOLOGIN', _name), _name);
    END IF;
    PERFORM kerbrole.check_meanwhile(
        (SELECT NOT r.rolcanlogin FROM kerbrole.roles AS r WHERE r.oid = _role), _name);
    RETURN jsonb_build_object('outcome', 'disabled');
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_drop_principal(
    username text, realm text DEFAULT NULL, if_exists boolean DEFAULT false,
    reassign_owned_to text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _meant CONSTANT record := kerbrole.meant(
        kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    _heir_name CONSTANT text := kerbrole.checked_text(reassign_owned_to);
    _role oid;
    _name text;
    _heir oid;
    _left text;
    _answer jsonb;
BEGIN
    PERFORM kerbrole.ask('kerb_drop_principal', NULL);
    _role := kerbrole.changeable_principal(username, realm, coalesce(if_exists, false));
    IF _role IS NULL THEN
        RAISE NOTICE 'principal "%" does not exist, nothing to do', _meant.canonical;
        RETURN _meant.canonical;
    END IF;
    _name := pg_get_userbyid(_role)::text;
    IF _heir_name IS NOT NULL THEN
        _heir := kerbrole.existing_role(_heir_name);
        IF _heir = _role THEN
            PERFORM kerbrole.refuse('heir_is_the_role', _name);
        ELSIF NOT pg_has_role(_heir, 'USAGE')
            OR NOT pg_has_role(_heir, CASE WHEN kerbrole.names_grantors() THEN 'SET'
                ELSE 'MEMBER' END)
        THEN
            PERFORM kerbrole.refuse('heir_forbidden', _heir_name);
        END IF;
    END IF;
    PERFORM kerbrole.check_droppable(_role, _heir IS NOT NULL);
    _left := kerbrole.clear_as_caller(_role, _heir);
    PERFORM kerbrole.hand_over_as_caller(_role);
    _answer := kerbrole.ask('kerb_drop_principal', jsonb_build_object(
        'role_name', _name, 'role', _role));
    IF _left IS NOT NULL THEN
        RAISE WARNING USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = (kerbrole.said('only_disabled', ARRAY[_name])).message,
            DETAIL = kerbrole.holdings_in_words(_role, false, false),
            HINT = _left || ' Then call this again.';
    ELSIF _answer ->> 'outcome' = 'disabled' THEN
        PERFORM kerbrole.warn('only_disabled', _name,
            kerbrole.holdings_in_words(_role, false, true));
    END IF;
    RETURN _name;
END
$$;

-- Who has access, and by which way.

-- What an earlier version returned had fewer columns: it stays until the view asks the new one.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_proc AS p
        WHERE p.oid = to_regprocedure('kerbrole.kerb_list_principals()')
            AND 'sid' <> ALL (p.proargnames))
    THEN
        ALTER FUNCTION kerbrole.kerb_list_principals() RENAME TO kerb_list_principals_before;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_list_principals()
RETURNS TABLE (
    role_name text, username text, realm text, can_login boolean, groups text[],
    ad_path text[], iam_path text[], sessions integer, sid text, source text)
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
BEGIN
    RETURN QUERY
    WITH listed AS MATERIALIZED (
        SELECT r.oid AS role, r.rolname::text AS name, r.rolcanlogin AS can_login
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text)
    ), ad_paths AS (
        SELECT p.role, p.path
        FROM kerbrole.paths(_rule.ad, ARRAY(SELECT l.role FROM listed AS l)) AS p
    ), iam_paths AS (
        SELECT p.role, p.path
        FROM kerbrole.paths(_rule.iam, ARRAY(SELECT l.role FROM listed AS l)) AS p
    ), of_groups (role, groups) AS (
        -- One membership may stand in several rows, one for each grantor.
        SELECT m.member, array_agg(DISTINCT r.rolname::text COLLATE "C")
        FROM pg_catalog.pg_auth_members AS m JOIN kerbrole.roles AS r ON r.oid = m.roleid
        WHERE m.roleid <> _rule.ad
        GROUP BY m.member
    ), counts (role, sessions) AS (
        SELECT a.usesysid, count(*)::integer
        FROM pg_catalog.pg_stat_activity AS a
        WHERE coalesce(a.backend_type, 'client backend') = 'client backend'
        GROUP BY a.usesysid
    )
    SELECT l.name, kerbrole.username_of(l.name), kerbrole.realm_of(l.name), l.can_login,
        coalesce(g.groups, '{}'), a.path, i.path,
        coalesce(c.sessions, 0), b.sid,
        CASE WHEN b.sid IS NULL THEN 'manual' ELSE 'directory' END
    FROM listed AS l
    LEFT JOIN of_groups AS g ON g.role = l.role
    LEFT JOIN ad_paths AS a ON a.role = l.role
    LEFT JOIN iam_paths AS i ON i.role = l.role
    LEFT JOIN counts AS c ON c.role = l.role
    LEFT JOIN kerbrole.bindings() AS b ON b.role = l.role
    ORDER BY kerbrole.realm_of(l.name) COLLATE "C", kerbrole.username_of(l.name) COLLATE "C";
END
$$;

-- Whoever could call the earlier one can call this.
DO $$
DECLARE
    _caller record;
BEGIN
    IF to_regprocedure('kerbrole.kerb_list_principals_before()') IS NOT NULL THEN
        REVOKE ALL ON FUNCTION kerbrole.kerb_list_principals() FROM PUBLIC;
        FOR _caller IN
            SELECT r.rolname, a.grantee, a.is_grantable
            FROM pg_catalog.pg_proc AS p
            CROSS JOIN LATERAL aclexplode(p.proacl) AS a
            LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
            WHERE p.oid = 'kerbrole.kerb_list_principals_before()'::regprocedure
                AND a.grantee <> p.proowner
        LOOP
            EXECUTE concat('GRANT EXECUTE ON FUNCTION kerbrole.kerb_list_principals() TO ',
                CASE WHEN _caller.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(_caller.rolname) END,
                CASE WHEN _caller.is_grantable THEN ' WITH GRANT OPTION' END);
        END LOOP;
    END IF;
END
$$;

-- Roles that the case or the length of their names opens to the wrong tickets, or to none.

CREATE FUNCTION kerbrole.is_by_function(_name text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT kerbrole.is_principal(_name)
        AND kerbrole.attributes(kerbrole.role_oid(_name)) IS NULL
$$;

CREATE FUNCTION kerbrole.disabling(_name text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN kerbrole.is_by_function(_name)
            THEN format('SELECT kerbrole.kerb_disable_principal(%L);', _name)
        ELSE format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_name))
    END
$$;

-- Another name where it is free. Where it is not, there may be a role already that its ticket
-- opens, and this one is to be shut; a role that nobody logs in as is in the way, and this one may
-- be the only one that works.
CREATE FUNCTION kerbrole.renaming(_name text, _to text, _ad oid[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN other.rolcanlogin AND other.oid = ANY (_ad) THEN kerbrole.disabling(_name)
        ELSE CASE WHEN other.oid IS NOT NULL THEN
                '/* The role of that name cannot be logged in to by a ticket. Drop or rename it '
                'first. */ '
            ELSE '' END
            || CASE
                WHEN kerbrole.is_principal(_to) AND kerbrole.is_by_function(_name)
                    THEN format('SELECT kerbrole.kerb_rename_principal(%L, NULL, %L);',
                        _name, kerbrole.username_of(_to))
                ELSE format('ALTER ROLE %s RENAME TO %s;',
                    kerbrole.quoted(_name), kerbrole.quoted(_to))
            END
    END
    FROM (SELECT) AS one
    LEFT JOIN kerbrole.roles AS other ON other.oid = kerbrole.role_oid(_to)
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_case_audit()
RETURNS TABLE (problem text, role_names text[], detail text, fix text)
LANGUAGE plpgsql STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] := ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad) AS b);
    _is_on CONSTANT boolean := kerbrole.ignores_case();
BEGIN
    RETURN QUERY
    WITH logins AS MATERIALIZED (
        -- The ticket that would open it, in upper case where the realm is.
        SELECT r.oid, r.rolname::text COLLATE "C" AS name, r.oid = ANY (_ad) AS is_in_ad,
            kerbrole.username_of(r.rolname::text) || '@'
                || upper(kerbrole.realm_of(r.rolname::text) COLLATE "C") AS ticket,
            octet_length(r.rolname::text) = 63 OR (octet_length(r.rolname::text) >= 60
                AND strpos(r.rolname::text COLLATE "C", '@') = 0) AS may_be_cut
        FROM kerbrole.roles AS r
        WHERE r.rolcanlogin
    ), principals AS MATERIALIZED (
        SELECT l.* FROM logins AS l
        WHERE strpos(l.name, '@') > 0 AND kerbrole.is_principal(l.ticket)
    ), spelled AS (
        SELECT p.name, p.ticket, p.name <> p.ticket COLLATE "C" AS is_realm_in_lower_case,
            CASE WHEN p.name <> p.ticket COLLATE "C" THEN p.ticket
                ELSE kerbrole.folded(kerbrole.username_of(p.name)) || '@'
                    || kerbrole.realm_of(p.name) END AS better
        FROM principals AS p
        WHERE p.is_in_ad
    ), known (realm) AS (
        SELECT upper(kerbrole.setting('default_realm') COLLATE "C")
        UNION SELECT unnest(kerbrole.allowed_realms())
        UNION SELECT d.value
        FROM jsonb_each_text(kerbrole.netbios_domains(kerbrole.setting('netbios_domains'))) AS d
        UNION SELECT kerbrole.realm_of(r.rolname::text)
        FROM kerbrole.roles AS r
        WHERE octet_length(r.rolname::text) < 63
            AND strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text)
    ), cut AS (
        SELECT l.name, realm.part AS realm,
            (SELECT min(k.realm COLLATE "C") FROM known AS k
            WHERE starts_with(k.realm, realm.part)
                AND k.realm <> realm.part COLLATE "C") AS original
        FROM logins AS l
        CROSS JOIN LATERAL (SELECT CASE WHEN strpos(l.name, '@') > 0
            THEN upper(kerbrole.realm_of(l.name) COLLATE "C") ELSE '' END) AS realm (part)
        WHERE l.is_in_ad AND l.may_be_cut
    ), collisions AS (
        -- The one that stays open: a member of rds_ad, in the spelling of a ticket, in lower case.
        SELECT array_agg(p.name ORDER BY p.name) AS names,
            (array_agg(p.name ORDER BY p.is_in_ad DESC, kerbrole.is_principal(p.name) DESC,
                (kerbrole.is_principal(p.name) AND p.name COLLATE "C"
                    = kerbrole.folded(kerbrole.username_of(p.name)) || '@'
                    || kerbrole.realm_of(p.name)) DESC, p.name))[1] AS stays
        FROM principals AS p
        GROUP BY lower(p.name)
        HAVING count(*) > 1 AND bool_or(p.is_in_ad)
    ), findings (rank, problem, role_names, detail, fix) AS (
        SELECT 1, 'case_collision', c.names,
            CASE WHEN _is_on THEN 'One ticket opens all of them: whoever has it chooses.'
                ELSE 'With krb_caseins_users on, one ticket would open all of them; now a slip of '
                    'the keyboard decides which.' END,
            (SELECT string_agg(kerbrole.disabling(n.name), ' ' ORDER BY n.place)
            FROM unnest(c.names) WITH ORDINALITY AS n (name, place)
            WHERE n.name <> c.stays)
        FROM collisions AS c
        UNION ALL
        SELECT 2, 'unreachable_realm_case', ARRAY[s.name],
            'No ticket is issued in a realm spelled so, and the server tells upper and lower case '
            'apart.', kerbrole.renaming(s.name, s.better, _ad)
        FROM spelled AS s WHERE s.is_realm_in_lower_case AND NOT _is_on
        UNION ALL
        SELECT 3, 'unreachable_length', ARRAY[c.name],
            CASE WHEN c.original IS NOT NULL AND c.realm <> '' THEN
                format('The name was cut at 63 bytes, probably in the realm %s; a ticket has the '
                    'whole name and does not match. The account needs a shorter sAMAccountName.',
                    c.original)
                ELSE 'The name was cut at 63 bytes, or is none that a directory gives out: no '
                    'ticket matches it. The account needs a shorter sAMAccountName.' END,
            kerbrole.disabling(c.name)
        FROM cut AS c
        WHERE NOT EXISTS (SELECT FROM known AS k WHERE k.realm = c.realm COLLATE "C")
            AND (c.original IS NOT NULL
                OR NOT EXISTS (SELECT FROM principals AS p WHERE p.name = c.name))
        UNION ALL
        SELECT 4, 'opened_by_caseins', ARRAY[s.name],
            CASE WHEN s.is_realm_in_lower_case THEN
                format('With krb_caseins_users on, the ticket of %s would open it.', s.ticket)
                ELSE format('With krb_caseins_users on, a ticket of %s, or spelled in any other '
                    'case, would open it as well; the name that is given out then is in lower '
                    'case. Rename it once the setting is on.', s.better) END,
            kerbrole.renaming(s.name, s.better, _ad)
        FROM spelled AS s WHERE s.name <> s.better COLLATE "C" AND NOT _is_on
        UNION ALL
        SELECT 5, 'closed_by_caseins', ARRAY[s.name],
            CASE WHEN s.is_realm_in_lower_case THEN
                'With krb_caseins_users off, no ticket would open it: none is issued in a realm '
                'spelled so.'
                ELSE format('With krb_caseins_users off, only a ticket spelled exactly %s would '
                    'open it.', s.ticket) END,
            kerbrole.renaming(s.name, s.better, _ad)
        FROM spelled AS s WHERE s.name <> s.better COLLATE "C" AND _is_on
    )
    SELECT f.problem, f.role_names, f.detail, f.fix
    FROM findings AS f
    ORDER BY f.rank, f.role_names COLLATE "C";
END
$$;

-- Why somebody cannot log in: one row for each question that a login asks, in that order.

-- What a role or a database has set by which a login can fail; of several the last counts.
CREATE FUNCTION kerbrole.login_setting(
    _role oid, _setting text, OUT value text, OUT reset text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN octet_length(u.line) <= 8192 THEN substr(u.line, length(_setting) + 2) END,
        CASE
            WHEN s.setrole = 0 AND s.setdatabase = 0
                THEN format('ALTER ROLE ALL RESET %s;', _setting)
            WHEN s.setrole = 0 THEN format('ALTER DATABASE %s RESET %s;',
                kerbrole.quoted(d.datname::text), _setting)
            WHEN s.setdatabase = 0 THEN format('ALTER ROLE %s RESET %s;',
                kerbrole.quoted(pg_get_userbyid(_role)::text), _setting)
            ELSE format('ALTER ROLE %s IN DATABASE %s RESET %s;',
                kerbrole.quoted(pg_get_userbyid(_role)::text),
                kerbrole.quoted(d.datname::text), _setting)
        END
    FROM pg_catalog.pg_db_role_setting AS s
    JOIN pg_catalog.pg_database AS d
        ON d.datname = current_database() AND s.setdatabase IN (0, d.oid)
    CROSS JOIN LATERAL unnest(s.setconfig) AS u (line)
    WHERE s.setrole IN (0, coalesce(_role, 0)) AND starts_with(u.line, _setting || '=')
    ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
    LIMIT 1
$$;

-- Whether a limit on connections is reached.
CREATE FUNCTION kerbrole.check_limit(
    _what text, _limit integer, _sessions bigint, _is_superuser boolean,
    OUT ok boolean, OUT detail text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _limit < 0 OR _is_superuser OR _sessions < _limit,
        CASE
            WHEN _limit < 0 THEN format('%s takes any number of connections', _what)
            WHEN _is_superuser THEN format(
                '%s takes %s connections, which does not hold for superusers', _what, _limit)
            WHEN _sessions < _limit THEN format('%s takes %s connections; there is room: %s',
                _what, _limit, kerbrole.counted(_sessions, 'session'))
            ELSE format('%s takes %s connections; there are no more left: %s',
                _what, _limit, kerbrole.counted(_sessions, 'session'))
        END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_check_principal(username text, realm text DEFAULT NULL)
RETURNS TABLE (check_name text, ok boolean, detail text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _none CONSTANT text := 'there is no role to look at';
    _meant record;
    _too_long text;
    _rule record;
    _role pg_catalog.pg_roles;
    _name text;
    _other text;
    _database record;
    _ad_path text[];
    _iam_path text[];
    _set record;
    _reserved integer;
    _taken bigint;
    _count bigint;
    _triggers text;
    _disabling text;
BEGIN
    BEGIN
        _meant := kerbrole.meant(
            kerbrole.required(username, 'username'), kerbrole.checked_text(realm));
    EXCEPTION
        WHEN name_too_long THEN
            -- An argument that is no name at all is told as it is.
            GET STACKED DIAGNOSTICS _too_long = MESSAGE_TEXT;
            IF _too_long NOT LIKE 'role name "%' THEN
                RAISE;
            END IF;
            check_name := 'name_length';
            ok := false;
            _name := (kerbrole.parts(username, realm)).username || '@'
                || (kerbrole.parts(username, realm)).realm;
            detail := format('"%s" has %s bytes. The server cuts the role that is asked for at 63, '
                'but not the principal: they never match.', _name, octet_length(_name));
            fix := '-- give the account a shorter sAMAccountName in the directory';
            RETURN NEXT;
            RETURN;
    END;
    _rule := kerbrole.rule();
    SELECT r.* INTO _role FROM pg_catalog.pg_roles AS r
    WHERE r.oid = coalesce(
        kerbrole.role_oid(_meant.typed), kerbrole.role_oid(_meant.canonical));
    _name := coalesce(_role.rolname::text, _meant.canonical);
    _other := kerbrole.other_spelling(_name);
    SELECT d.datname::text AS name, d.datallowconn, d.datconnlimit,
        coalesce(has_database_privilege(_role.oid, d.oid, 'CONNECT'), false) AS may_connect,
        (SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datid = d.oid AND coalesce(a.backend_type, 'client backend') = 'client backend')
        AS sessions
    INTO STRICT _database
    FROM pg_catalog.pg_database AS d WHERE d.datname = current_database();

    check_name := 'name_length';
    ok := true;
    detail := format('%s bytes of at most 63', octet_length(_name));
    RETURN NEXT;

    check_name := 'role_exists';
    ok := _role.oid IS NOT NULL;
    IF ok THEN
        detail := format(
            'role "%s"; a client has to ask for it in exactly this spelling', _name);
    ELSIF _other IS NOT NULL THEN
        detail := format('no role "%s", but role "%s", which differs by case only%s', _name, _other,
            CASE WHEN kerbrole.is_principal(_other)
                THEN '; if the ticket is spelled so, ask for that one' ELSE '' END);
        fix := CASE
            WHEN kerbrole.is_by_function(_other)
                AND _other COLLATE "C" NOT IN (_rule.ad_role, _rule.iam_role)
                THEN format('SELECT kerbrole.kerb_rename_principal(%L, NULL, %L);',
                    _other, kerbrole.username_of(_name))
            ELSE format('ALTER ROLE %s RENAME TO %s;',
                kerbrole.quoted(_other), kerbrole.quoted(_name))
        END;
    ELSE
        detail := format('no role "%s", in whatever case', _name);
        fix := format('SELECT kerbrole.kerb_add_principal(%L);', _name);
    END IF;
    RETURN NEXT;

    check_name := 'realm_case';
    ok := _role.oid IS NOT NULL OR _other IS NULL
        OR kerbrole.realm_of(_other) = kerbrole.realm_of(_name) COLLATE "C";
    detail := CASE WHEN ok THEN 'the realm is in upper case, as tickets have it'
        ELSE format('the realm of role "%s" is not in upper case, as tickets have it', _other) END;
    fix := CASE WHEN NOT ok THEN format('ALTER ROLE %s RENAME TO %s;',
        kerbrole.quoted(_other), kerbrole.quoted(_name)) END;
    RETURN NEXT;

    IF ok AND _role.oid IS NOT NULL THEN
        _ad_path := kerbrole.path_to(_role.oid, _rule.ad);
        _iam_path := kerbrole.path_to(_role.oid, _rule.iam);
    END IF;
    check_name := 'rds_ad';
    ok := _ad_path IS NOT NULL;
    detail := CASE
        WHEN _role.oid IS NULL THEN _none
        WHEN ok THEN format('member of %s by %s', _rule.ad_role, _ad_path)
        ELSE format('not a member of %s', _rule.ad_role)
    END;
    fix := CASE WHEN NOT ok AND _role.oid IS NOT NULL
        THEN format('SELECT kerbrole.kerb_add_principal(%L, if_not_exists => true);', _name) END;
    RETURN NEXT;

    check_name := 'not_rds_iam';
    ok := _iam_path IS NULL AND _role.oid IS NOT NULL;
    detail := CASE
        WHEN _role.oid IS NULL THEN _none
        WHEN ok THEN format('not a member of %s', _rule.iam_role)
        ELSE format('member of %s as well, by %s, and sent to that method first',
            _rule.iam_role, _iam_path)
    END;
    fix := NULL;
    IF _iam_path IS NOT NULL THEN
        fix := coalesce(nullif(kerbrole.leaving(_role.oid, true,
            ARRAY(SELECT b.role FROM kerbrole.below(_rule.ad) AS b),
            ARRAY(SELECT b.role FROM kerbrole.below(_rule.iam) AS b)), ''),
            '-- let kerbrole.iam_role name another role than this one');
    END IF;
    RETURN NEXT;

    check_name := 'server';
    ok := NULL;
    detail := 'whether the server listens, its pg_hba.conf and its keytab only a superuser is '
        'shown';
    fix := '-- ask as a superuser, or try the login';
    RETURN NEXT;

    check_name := 'case_rule';
    SELECT min(r.rolname::text COLLATE "C") INTO _other
    FROM kerbrole.roles AS r
    WHERE kerbrole.folded(r.rolname::text) = kerbrole.folded(_name)
        AND r.rolname::text <> _name COLLATE "C" AND r.rolcanlogin;
    detail := CASE WHEN kerbrole.ignores_case()
        THEN format('krb_caseins_users is on: a ticket of %s in whatever case of A-Z opens it',
            _name)
        ELSE format('krb_caseins_users is off: only a ticket spelled exactly %s opens it', _name)
        END || CASE WHEN _other IS NOT NULL AND _role.oid IS NOT NULL
            THEN format('; role "%s" differs by case only (the case audit says more)', _other)
            ELSE '' END;
    ok := true;
    fix := NULL;
    IF kerbrole.ignores_case() AND octet_length(_name) <> length(_name) THEN
        ok := NULL;
        detail := detail || '; where the server was started with an LC_CTYPE of single bytes it '
            'folds bytes of other letters as well, and tickets of other people may open it too: to '
            'know it, the library has to be in shared_preload_libraries';
        fix := '-- start the server with LC_ALL=C.UTF-8 in its environment, or turn '
            'krb_caseins_users off';
    END IF;
    RETURN NEXT;

    check_name := 'login';
    ok := coalesce(_role.rolcanlogin, false);
    detail := CASE WHEN _role.oid IS NULL THEN _none WHEN ok THEN 'LOGIN'
        ELSE 'NOLOGIN: the principal is disabled' END;
    fix := CASE
        WHEN ok OR _role.oid IS NULL THEN NULL
        WHEN kerbrole.is_by_function(_name)
            THEN format('SELECT kerbrole.kerb_enable_principal(%L);', _name)
        ELSE format('ALTER ROLE %s LOGIN;', kerbrole.quoted(_name))
    END;
    RETURN NEXT;

    check_name := 'connection_limit';
    IF _role.oid IS NULL THEN
        ok := false;
        detail := _none;
        fix := NULL;
    ELSE
        SELECT l.ok, l.detail INTO ok, detail
        FROM kerbrole.check_limit('the role', _role.rolconnlimit, kerbrole.sessions(_role.oid),
            _role.rolsuper) AS l;
        fix := CASE WHEN NOT ok THEN
            format('ALTER ROLE %s CONNECTION LIMIT -1;', kerbrole.quoted(_name)) END;
    END IF;
    RETURN NEXT;

    check_name := 'connection_slots';
    ok := false;
    detail := _none;
    fix := NULL;
    IF _role.oid IS NOT NULL THEN
        _reserved := CASE WHEN _role.rolsuper THEN 0 ELSE
            current_setting('superuser_reserved_connections')::integer
            + CASE WHEN coalesce(pg_has_role(
                    _role.oid, to_regrole('pg_use_reserved_connections'), 'USAGE'), false) THEN 0
                ELSE coalesce(current_setting('reserved_connections', true), '0')::integer END END;
        SELECT count(*) INTO _taken FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datid IS NOT NULL
            AND coalesce(a.backend_type, 'client backend') = 'client backend';
        -- Who sees no more than that there is a process counts those of parallel queries as well.
        ok := CASE WHEN current_setting('max_connections')::integer - _taken > _reserved
            THEN true END;
        detail := format('the server takes %s connections%s; %s',
            current_setting('max_connections'),
            CASE WHEN _reserved > 0
                THEN format(', %s of which are kept from this role', _reserved) ELSE '' END,
            CASE WHEN ok THEN 'there is room' ELSE 'there may be no more left' END);
        fix := CASE WHEN ok IS NULL
            THEN '-- end sessions, or raise max_connections and restart the server' END;
    END IF;
    RETURN NEXT;

    check_name := 'database';
    IF NOT _database.datallowconn THEN
        ok := false;
        detail := format('database "%s" takes no connections', _database.name);
        fix := format('ALTER DATABASE %s ALLOW_CONNECTIONS true;', kerbrole.quoted(_database.name));
    ELSE
        SELECT l.ok, l.detail INTO ok, detail
        FROM kerbrole.check_limit(format('database "%s"', _database.name), _database.datconnlimit,
            _database.sessions, coalesce(_role.rolsuper, false)) AS l;
        fix := CASE WHEN NOT ok THEN format('ALTER DATABASE %s CONNECTION LIMIT -1;',
            kerbrole.quoted(_database.name)) END;
    END IF;
    RETURN NEXT;

    check_name := 'connect';
    ok := _database.may_connect AND _role.oid IS NOT NULL;
    detail := CASE WHEN _role.oid IS NULL THEN _none
        WHEN ok THEN format('CONNECT on database "%s"', _database.name)
        ELSE format('no CONNECT on database "%s"', _database.name) END;
    fix := CASE WHEN NOT ok AND _role.oid IS NOT NULL
        THEN format('GRANT CONNECT ON DATABASE %s TO %s;',
            kerbrole.quoted(_database.name), kerbrole.quoted(_name)) END;
    RETURN NEXT;

    check_name := 'preload_libraries';
    ok := true;
    detail := 'none is set for the role or the database';
    fix := NULL;
    FOR _set IN
        SELECT s.setting, l.value, l.reset
        FROM (VALUES ('session_preload_libraries'), ('local_preload_libraries')) AS s (setting)
        CROSS JOIN LATERAL kerbrole.login_setting(_role.oid, s.setting) AS l
        WHERE l.reset IS NOT NULL AND l.value IS DISTINCT FROM ''
        LIMIT 1
    LOOP
        ok := NULL;
        detail := CASE WHEN _set.value IS NULL
            THEN format('%s is longer than is looked at, 8192 bytes', _set.setting)
            ELSE format('%s loads %s at each login: whether the server can, only a superuser is '
                'shown', _set.setting, (
                SELECT string_agg(btrim(btrim(item), '"'), ', ')
                FROM string_to_table(_set.value, ',') AS item)) END;
        fix := _set.reset;
    END LOOP;
    RETURN NEXT;

    check_name := 'client_encoding';
    ok := true;
    detail := 'none is set that this database has no conversion for';
    fix := NULL;
    SELECT l.value, l.reset INTO _set
    FROM kerbrole.login_setting(_role.oid, 'client_encoding') AS l;
    IF _set.value IS NOT NULL AND NOT coalesce((
        SELECT d.encoding = 0 OR e.number IN (0, d.encoding)
            OR (EXISTS (SELECT FROM pg_catalog.pg_conversion AS c WHERE c.condefault
                    AND c.conforencoding = e.number AND c.contoencoding = d.encoding)
                AND EXISTS (SELECT FROM pg_catalog.pg_conversion AS c WHERE c.condefault
                    AND c.conforencoding = d.encoding AND c.contoencoding = e.number))
        FROM pg_catalog.pg_database AS d
        CROSS JOIN LATERAL (SELECT pg_char_to_encoding(_set.value::name)) AS e (number)
        WHERE d.datname = current_database()), false)
    THEN
        ok := NULL;
        detail := format('client_encoding is set to %s, which this database has no conversion for: '
            'a client that asks for no other is refused', _set.value);
        fix := _set.reset;
    END IF;
    RETURN NEXT;

    check_name := 'login_triggers';
    ok := true;
    fix := NULL;
    detail := 'no event trigger fires at login';
    SELECT count(*),
        string_agg(format('"%s" (%s)', t.evtname, format('%I.%I', n.nspname, p.proname)), ', '
            ORDER BY t.evtname),
        string_agg(format('ALTER EVENT TRIGGER %s DISABLE;', kerbrole.quoted(t.evtname::text)), ' '
            ORDER BY t.evtname)
    INTO _count, _triggers, _disabling
    FROM pg_catalog.pg_event_trigger AS t
    JOIN pg_catalog.pg_proc AS p ON p.oid = t.evtfoid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE t.evtevent = 'login' AND t.evtenabled NOT IN ('D', CASE
        WHEN lower((kerbrole.login_setting(_role.oid, 'session_replication_role')).value
            COLLATE "C") = 'replica' THEN 'O' ELSE 'R' END)
        AND coalesce(lower((kerbrole.login_setting(_role.oid, 'event_triggers')).value
            COLLATE "C"), '') !~ '^(0|f|fa|fal|fals|false|n|no|of|off)$';
    IF _count > 0 THEN
        ok := NULL;
        detail := format('%s %s at login, and an error in one ends it: %s',
            kerbrole.counted(_count, 'event trigger'),
            CASE WHEN _count = 1 THEN 'fires' ELSE 'fire' END, _triggers);
        fix := format('-- look at what the functions do; %s lets everybody in', _disabling);
    END IF;
    RETURN NEXT;
END
$$;

-- A shortest chain of memberships from a role to another one, as it is shown; NULL where there is
-- none.
CREATE FUNCTION kerbrole.path_to(_role oid, _target oid) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.path FROM kerbrole.paths(_target, ARRAY[_role]) AS p
$$;

-- From a list of who is wanted to the difference from who is there. A principal, here, is a role
-- with the name of one that is a member of rds_ad: other roles are never touched.

-- Text as a comment in SQL. Comments nest: what would begin or end one is written apart.
CREATE FUNCTION kerbrole.comment(_text text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '/* ' || replace(replace(_text, '*/', '* /'), '/*', '/ *') || ' */'
$$;

-- How a role that nobody wants any more goes, and why it is not dropped where that was wanted.
-- Nothing at all happens to one that is no mere login: its problem is said and there is no action.
CREATE FUNCTION kerbrole.plan_removal(
    _role oid, _can_login boolean, _absent text, _is_held boolean, _is_not_changed boolean,
    OUT action text, OUT statements text[], OUT problem text, OUT reason text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name CONSTANT text := pg_get_userbyid(_role)::text;
    _message text;
    _detail text;
BEGIN
    statements := '{}';
    IF _is_not_changed THEN
        BEGIN
            PERFORM kerbrole.check_changeable(_role);
        EXCEPTION
            WHEN insufficient_privilege THEN
                problem := SQLERRM || '.';
                RETURN;
        END;
    END IF;
    action := 'disable';
    IF _can_login THEN
        statements := ARRAY[format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_name))];
    END IF;
    IF _absent = 'drop' AND NOT _is_held THEN
        action := 'drop';
        statements := ARRAY[format('DROP ROLE %s;', kerbrole.quoted(_name))];
    ELSIF _absent = 'drop' THEN
        BEGIN
            PERFORM kerbrole.check_droppable(_role, false);
            statements := statements
                || ARRAY(SELECT r.statement || ';' FROM kerbrole.revokes(_role) AS r);
            IF EXISTS (SELECT FROM kerbrole.holdings(_role) AS h WHERE NOT h.is_here) THEN
                PERFORM kerbrole.refuse('only_disabled', _name,
                    kerbrole.holdings_in_words(_role, false, true));
            END IF;
            action := 'drop';
            statements := ARRAY(SELECT r.statement || ';' FROM kerbrole.revokes(_role) AS r)
                || format('DROP ROLE %s;', kerbrole.quoted(_name));
        EXCEPTION
            WHEN object_in_use OR dependent_objects_still_exist THEN
                GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                problem := concat_ws(' ', _message || '.', nullif(_detail, ''));
                reason := concat_ws(': ', _message, nullif(_detail, ''));
        END;
    END IF;
END
$$;

-- The difference: {steps, left, removals, principals, at_most, names of those who are disabled and
-- stay so}. A step has an action, a role, its statement, why, and its OID where it is there.
CREATE FUNCTION kerbrole.plan_sync(
    _wanted text[], _absent text, _realms text[], _groups text[], _caller oid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _ad CONSTANT oid[] := ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.ad]));
    _limit CONSTANT integer := kerbrole.setting('sync_max_removals')::integer;
    _steps jsonb[] := '{}';
    _left text[] := '{}';
    _adopted text[] := '{}';
    _disabled text[] := '{}';
    _about text[] := _realms;
    _in_groups oid[];
    _listed text[] := '{}';
    _row record;
    _message text;
    _detail text;
    _removal record;
    _removals integer := 0;
    _principals integer := 0;
    _at integer;
BEGIN
    FOR _row IN SELECT p.* FROM kerbrole.plan_add(_wanted, '{}', true) AS p LOOP
        _listed := _listed || _row.role_name;
        IF _row.action = 'created' THEN
            _steps := _steps || jsonb_build_object('action', 'create',
                'role_name', _row.role_name,
                'statement', format('CREATE ROLE %s LOGIN IN ROLE %s;',
                    kerbrole.quoted(_row.role_name), kerbrole.quoted(_rule.ad_role)),
                'reason', 'on the list, and there is no such role');
        ELSIF _row.action = 'adopted' THEN
            _adopted := _adopted || _row.role_name;
            _steps := _steps || jsonb_build_object('action', 'adopt',
                'role_name', _row.role_name, 'role', _row.role,
                'statement', format('GRANT %s TO %s;',
                    kerbrole.quoted(_rule.ad_role), kerbrole.quoted(_row.role_name)),
                'reason', 'on the list, and no member of ' || _rule.ad_role);
        END IF;
    END LOOP;
    FOR _row IN
        SELECT r.oid, r.rolname::text AS name
        FROM unnest(_listed) WITH ORDINALITY AS l (name, place)
        JOIN kerbrole.roles AS r ON r.rolname = l.name::name
        WHERE NOT r.rolcanlogin
        GROUP BY r.oid, r.rolname ORDER BY min(l.place)
    LOOP
        IF _absent = 'disable' THEN
            BEGIN
                PERFORM kerbrole.refuse('elevated', _row.name, kerbrole.attributes(_row.oid))
                WHERE kerbrole.attributes(_row.oid) IS NOT NULL;
                PERFORM kerbrole.check_powers(_row.oid, _caller);
                _steps := _steps || jsonb_build_object('action', 'enable',
                    'role_name', _row.name, 'role', _row.oid,
                    'statement', format('ALTER ROLE %s LOGIN;', kerbrole.quoted(_row.name)),
                    'reason', 'on the list, and disabled');
                CONTINUE;
            EXCEPTION
                WHEN insufficient_privilege THEN
                    GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                    _left := _left || concat_ws(' ', _message || '.', nullif(_detail, ''));
            END;
        END IF;
        _disabled := _disabled || _row.name;
    END LOOP;

    IF _about IS NULL THEN
        _about := ARRAY(SELECT DISTINCT kerbrole.realm_of(l) COLLATE "C" FROM unnest(_listed) AS l);
    END IF;
    IF _groups IS NOT NULL THEN
        PERFORM kerbrole.checked_groups(_groups);
        _in_groups := ARRAY(SELECT kerbrole.all_below(
            ARRAY(SELECT kerbrole.role_oid(g) FROM unnest(_groups) AS g)));
    END IF;
    FOR _row IN
        WITH roles AS MATERIALIZED (
            SELECT r.oid, r.rolname::text COLLATE "C" AS name, r.rolcanlogin AS can_login,
                r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR r.rolbypassrls AS is_more
            FROM kerbrole.roles AS r
            WHERE (_absent = 'drop' OR (_absent = 'disable' AND r.rolcanlogin))
                AND r.oid IN (SELECT unnest(_ad))
                AND (_in_groups IS NULL OR r.oid IN (SELECT unnest(_in_groups)))
        ), candidates AS MATERIALIZED (
            SELECT r.* FROM roles AS r
            WHERE strpos(r.name, '@') > 0
                AND substr(r.name, strpos(r.name, '@') + 1) = ANY (_about)
                AND kerbrole.is_principal(r.name)
        )
        -- Of most of them nothing has to be asked one by one: they have no sessions, and nothing
        -- hangs on them.
        SELECT c.*, (SELECT count(*) FROM candidates) AS principals,
            c.is_more OR c.name COLLATE "C" IN (_rule.ad_role, _rule.iam_role) AS is_not_changed,
            c.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                WHERE a.usesysid IS NOT NULL)
            OR c.oid IN (
                SELECT s.refobjid FROM pg_catalog.pg_shdepend AS s
                WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass
                    AND s.classid <> 'pg_catalog.pg_auth_members'::regclass) AS is_held
        FROM candidates AS c
        WHERE c.name NOT IN (SELECT l COLLATE "C" FROM unnest(_listed) AS l)
        ORDER BY c.name
    LOOP
        _principals := _row.principals;
        _removal := kerbrole.plan_removal(
            _row.oid, _row.can_login, _absent, _row.is_held, _row.is_not_changed);
        IF _removal.problem IS NOT NULL THEN
            _left := _left || _removal.problem;
        END IF;
        FOR _at IN 1..cardinality(_removal.statements) LOOP
            _steps := _steps || jsonb_build_object('action', _removal.action,
                'role_name', _row.name, 'role', _row.oid,
                'statement', concat_ws(' ', _removal.statements[_at],
                    CASE WHEN _at = 1 THEN kerbrole.comment(_removal.reason) END),
                'reason', 'not on the list of realm ' || kerbrole.realm_of(_row.name));
        END LOOP;
        IF _removal.statements <> '{}' THEN
            _removals := _removals + 1;
        END IF;
    END LOOP;
    RETURN jsonb_build_object('steps', to_jsonb(_steps), 'left', to_jsonb(_left),
        'adopted', to_jsonb(_adopted), 'disabled', to_jsonb(_disabled),
        'removals', _removals, 'principals', _principals,
        'at_most', CASE WHEN _limit >= 0 THEN _limit ELSE _principals / 2 END);
END
$$;

-- Refuses a difference that would remove too many.
CREATE FUNCTION kerbrole.refuse_too_many(_plan jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (_plan ->> 'removals')::integer > (_plan ->> 'at_most')::integer THEN
        PERFORM kerbrole.refuse('too_many_removals',
            _plan ->> 'removals', _plan ->> 'principals', _plan ->> 'at_most');
    END IF;
END
$$;

-- The realms that a list is about, in upper case.
CREATE FUNCTION kerbrole.realms_of(_realms text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _checked text[] := '{}';
    _at integer := 0;
    _message text;
    _detail text;
    _hint text;
BEGIN
    IF _realms IS NULL THEN
        RETURN NULL;
    END IF;
    WHILE _at < cardinality(_realms) LOOP
        _at := _at + 1;
        _checked := _checked || kerbrole.checked_realm(_realms[_at]);
    END LOOP;
    RETURN _checked;
EXCEPTION
    WHEN invalid_parameter_value THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL,
            _hint = PG_EXCEPTION_HINT;
        PERFORM kerbrole.refuse_element('22023', _message, _detail, _hint,
            'realms', cardinality(_realms), _at, _realms[_at]);
END
$$;

-- With the owner's rights: drops those that steps say, on which nothing hangs any more.
CREATE FUNCTION kerbrole.drop_many(_steps jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _step record;
    -- Few grant, and many are granted something.
    _grantors CONSTANT oid[] := ARRAY(
        SELECT DISTINCT m.grantor FROM pg_catalog.pg_auth_members AS m);
BEGIN
    -- Since 16 each DROP ROLE goes along all that its owner created: few of them, for many roles.
    FOR _step IN
        WITH steps AS MATERIALIZED (
            SELECT s.step ->> 'role_name' AS name, (s.step ->> 'role')::oid AS role, s.place
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'drop'
        )
        SELECT min(s.name) AS name, c.creator, array_agg(s.role) AS roles,
            string_agg(DISTINCT quote_ident(s.name), ', ') AS names
        FROM steps AS s
        JOIN kerbrole.creators_of(ARRAY(SELECT role FROM steps)) AS c ON c.role = s.role
        GROUP BY c.creator, s.place / 1000
        ORDER BY min(s.place)
    LOOP
        PERFORM kerbrole.end_grants(r.role)
        FROM unnest(_step.roles) AS r (role)
        WHERE r.role = ANY (_grantors);
        IF _step.creator IS NULL THEN
            PERFORM kerbrole.run(format('DROP ROLE %s', _step.names), _step.name);
        ELSE
            PERFORM kerbrole.run_as_creator(
                _step.creator, ARRAY[format('DROP ROLE %s', _step.names)]);
        END IF;
        PERFORM kerbrole.check_meanwhile(NOT EXISTS (
            SELECT FROM kerbrole.roles AS r WHERE r.oid = ANY (_step.roles)), _step.name);
    END LOOP;
END
$$;

-- With the owner's rights: carries the difference out. What was to be revoked has been by now, with
-- the caller's.
CREATE FUNCTION kerbrole.sync(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _plan CONSTANT jsonb := kerbrole.plan_sync(
        kerbrole.checked_list(kerbrole.texts(_arguments -> 'principals'), 'principals'),
        _arguments ->> 'absent',
        kerbrole.realms_of(kerbrole.checked_list(kerbrole.texts(_arguments -> 'realms'), 'realms')),
        kerbrole.checked_list(kerbrole.texts(_arguments -> 'groups'), 'groups'), _caller);
    _before oid[];
    _step record;
BEGIN
    PERFORM kerbrole.refuse_too_many(_plan);
    _before := kerbrole.conflicting(kerbrole.role_oids(kerbrole.texts(_plan -> 'adopted')));
    PERFORM kerbrole.create_and_grant(
        ARRAY(SELECT s ->> 'role_name' FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' = 'create'), kerbrole.texts(_plan -> 'adopted'));
    PERFORM kerbrole.check_after(
        kerbrole.role_oids(ARRAY(
            SELECT s ->> 'role_name' FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' IN ('create', 'adopt'))), _before);
    SELECT array_agg(s.role) AS roles, array_agg(s.name) AS names,
        array_agg(format('ALTER ROLE %I %s', s.name,
            CASE WHEN s.can_login THEN 'LOGIN' ELSE 'NOLOGIN' END)) AS statements,
        array_agg(s.can_login) AS logins
    INTO _step
    FROM (
        SELECT s.step ->> 'role_name' AS name, (s.step ->> 'role')::oid AS role,
            s.step ->> 'action' = 'enable' AS can_login
        FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' IN ('enable', 'disable')
        GROUP BY 1, 2, 3 ORDER BY min(s.place)
    ) AS s;
    IF _step.roles IS NOT NULL THEN
        PERFORM kerbrole.run_each(_step.roles, _step.names, _step.statements);
        PERFORM kerbrole.check_meanwhile(false, s.name)
        FROM unnest(_step.roles, _step.names, _step.logins) AS s (role, name, can_login)
        LEFT JOIN kerbrole.roles AS r ON r.oid = s.role
        WHERE (r.rolcanlogin = s.can_login AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    END IF;
    PERFORM kerbrole.drop_many(_plan -> 'steps');
    RETURN '{}';
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_sync_principals(
    principals text[], absent text DEFAULT 'keep', dry_run boolean DEFAULT true,
    realms text[] DEFAULT NULL, groups text[] DEFAULT NULL)
RETURNS TABLE (action text, role_name text, statement text, reason text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _is_dry CONSTANT boolean := coalesce(dry_run, true);
    _wanted text[];
    _absent text;
    _names record;
    _realms text[];
    _groups text[];
    _unknown record;
    _plan jsonb;
    _said record;
BEGIN
    IF principals IS NULL THEN
        PERFORM kerbrole.refuse('null', 'principals');
    END IF;
    _absent := kerbrole.required(absent, 'absent');
    IF _absent COLLATE "C" NOT IN ('keep', 'disable', 'drop') THEN
        PERFORM kerbrole.refuse('absent', _absent);
    END IF;
    _wanted := kerbrole.checked_list(principals, 'principals');
    _names := kerbrole.canonical_each(_wanted);
    _realms := kerbrole.realms_of(kerbrole.checked_list(realms, 'realms'));
    _groups := kerbrole.checked_list(groups, 'groups');
    SELECT array_agg(u.realm) AS realms, array_agg(u.principal) AS principals,
        array_agg(u.nearest) AS nearest
    INTO _unknown
    FROM kerbrole.unknown_realms(_names.role_names) AS u;
    IF NOT _is_dry THEN
        PERFORM kerbrole.ask('kerb_sync_principals', NULL);
    END IF;
    _plan := kerbrole.plan_sync(_wanted, _absent, _realms, _groups, (
        SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user));
    IF _is_dry THEN
        IF (_plan ->> 'removals')::integer > (_plan ->> 'at_most')::integer THEN
            PERFORM kerbrole.warn('too_many_removals',
                _plan ->> 'removals', _plan ->> 'principals', _plan ->> 'at_most');
        END IF;
    ELSE
        PERFORM kerbrole.refuse_too_many(_plan);
        PERFORM kerbrole.clear_wholly(d.role)
        FROM (
            SELECT DISTINCT (s ->> 'role')::oid AS role
            FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' = 'drop'
        ) AS d
        WHERE EXISTS (SELECT FROM kerbrole.holdings(d.role));
        PERFORM kerbrole.hand_over_as_caller(d.role)
        FROM (
            SELECT DISTINCT (s ->> 'role')::oid AS role
            FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'action' = 'drop'
        ) AS d
        -- Few grant, and many are granted something.
        WHERE d.role = ANY (ARRAY(SELECT DISTINCT m.grantor FROM pg_catalog.pg_auth_members AS m));
        PERFORM kerbrole.ask('kerb_sync_principals', jsonb_build_object(
            'principals', to_jsonb(_wanted), 'absent', _absent, 'realms', to_jsonb(_realms),
            'groups', to_jsonb(_groups)));
    END IF;
    PERFORM kerbrole.notice_case(ARRAY(
        SELECT c.role_name
        FROM unnest(_names.role_names, _names.case_matters) WITH ORDINALITY
            AS c (role_name, case_matters, place)
        WHERE c.case_matters ORDER BY c.place));
    PERFORM kerbrole.notice_realms(_unknown.realms, _unknown.principals, _unknown.nearest);
    PERFORM kerbrole.notice_adopted(kerbrole.texts(_plan -> 'adopted'));
    PERFORM kerbrole.notice_disabled(kerbrole.texts(_plan -> 'disabled'));
    PERFORM kerbrole.notice(l.problem, NULL, NULL)
    FROM unnest(kerbrole.texts(_plan -> 'left')) WITH ORDINALITY AS l (problem, place)
    WHERE l.place <= 10 ORDER BY l.place;
    IF jsonb_array_length(_plan -> 'left') > 10 THEN
        RAISE NOTICE 'the same goes for % more', jsonb_array_length(_plan -> 'left') - 10;
    END IF;
    RETURN QUERY
    SELECT s.step ->> 'action', s.step ->> 'role_name', s.step ->> 'statement',
        s.step ->> 'reason'
    FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
    ORDER BY s.place;
END
$$;

-- What kerb_apply_access() is asked for: people as JSON, each with the roles that are meant for
-- them, and what else a directory says.

-- The people, in their order; 22023 for what is none. `roles` are theirs as they were written.
CREATE FUNCTION kerbrole.people(_people json)
RETURNS TABLE (place bigint, typed text, sid text, enabled boolean, roles text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _count integer;
    _at bigint;
    _problem text;
    _typed text;
    _said record;
    _shape CONSTANT text := 'A person is written as {"principal": "alice@CORP.EXAMPLE.COM", '
        '"sid": "S-1-5-21-...", "enabled": true, "roles": ["analysts"]}.';
BEGIN
    IF json_typeof(_people) <> 'array' THEN
        PERFORM kerbrole.raise('22023', 'people must be a JSON array', NULL, _shape);
    END IF;
    _count := json_array_length(_people);
    IF _count > 250000 THEN
        PERFORM kerbrole.refuse('list_too_long', _count::text);
    ELSIF octet_length(_people::text) > 33554432 THEN
        PERFORM kerbrole.refuse('list_too_large',
            _count::text, octet_length(_people::text)::text);
    END IF;
    SELECT e.place, CASE
        WHEN json_typeof(e.person) <> 'object' THEN 'a person must be a JSON object'
        ELSE k.problem END
    INTO _at, _problem
    FROM json_array_elements(_people) WITH ORDINALITY AS e (person, place)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN bool_or(k.key COLLATE "C" NOT IN ('principal', 'sid', 'enabled', 'roles'))
                THEN format('a person has no "%s"', kerbrole.visible(min(k.key COLLATE "C") FILTER (
                    WHERE k.key COLLATE "C" NOT IN ('principal', 'sid', 'enabled', 'roles'))))
            WHEN count(*) <> count(DISTINCT k.key) THEN 'a person has a key twice'
            WHEN count(*) FILTER (WHERE k.key = 'principal' AND json_typeof(k.value) = 'string')
                <> 1 THEN 'the principal of a person must be a text'
            WHEN count(*) FILTER (WHERE k.key = 'sid' AND json_typeof(k.value) = 'string') <> 1
                THEN 'the sid of a person must be a text'
            WHEN bool_or(k.key = 'enabled' AND json_typeof(k.value) <> 'boolean')
                THEN 'whether a person is enabled must be true or false'
            WHEN bool_or(k.key = 'roles' AND json_typeof(k.value) <> 'array')
                THEN 'the roles of a person must be an array of texts'
            WHEN bool_or(k.key = 'roles' AND EXISTS (
                SELECT FROM json_array_elements(
                    CASE WHEN k.key = 'roles' THEN k.value ELSE '[]' END) AS r (role)
                WHERE json_typeof(r.role) <> 'string'))
                THEN 'the roles of a person must be an array of texts'
            END AS problem
        FROM json_each(
            CASE WHEN json_typeof(e.person) = 'object' THEN e.person ELSE '{}' END) AS k
    ) AS k
    WHERE json_typeof(e.person) <> 'object' OR k.problem IS NOT NULL
    ORDER BY e.place LIMIT 1;
    IF FOUND THEN
        PERFORM kerbrole.raise('22023', _problem, format('It is element %s of people.', _at),
            _shape);
    END IF;
    RETURN QUERY
    SELECT e.place, e.person ->> 'principal', e.person ->> 'sid',
        coalesce((e.person ->> 'enabled')::boolean, true),
        CASE WHEN e.person -> 'roles' IS NULL THEN '{}' ELSE ARRAY(
            SELECT r.role
            FROM json_array_elements_text(e.person -> 'roles') WITH ORDINALITY AS r (role, place)
            ORDER BY r.place) END
    FROM json_array_elements(_people) WITH ORDINALITY AS e (person, place)
    ORDER BY e.place;
    SELECT p.place, p.person ->> 'sid' INTO _at, _problem
    FROM json_array_elements(_people) WITH ORDINALITY AS p (person, place)
    WHERE (kerbrole.is_sid(p.person ->> 'sid')
        AND kerbrole.domain_of(p.person ->> 'sid') IS NOT NULL) IS NOT TRUE
    ORDER BY p.place LIMIT 1;
    IF FOUND THEN
        _said := kerbrole.said(
            CASE WHEN kerbrole.is_sid(_problem) THEN 'no_account' ELSE 'no_sid' END,
            ARRAY[_problem]);
        PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
            'people', _count, _at::integer, _problem);
    END IF;
    SELECT t.place, t.person ->> 'sid', t.person ->> 'principal' INTO _at, _problem, _typed
    FROM (
        SELECT p.*, row_number() OVER (
            PARTITION BY p.person ->> 'sid' COLLATE "C" ORDER BY p.place) AS number
        FROM json_array_elements(_people) WITH ORDINALITY AS p (person, place)
    ) AS t
    WHERE t.number > 1
    ORDER BY t.place LIMIT 1;
    IF FOUND THEN
        _said := kerbrole.said('listed_twice', ARRAY[_problem]);
        PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
            'people', _count, _at::integer, _typed);
    END IF;
    PERFORM kerbrole.checked_text(p.person ->> 'principal')
    FROM json_array_elements(_people) AS p (person)
    WHERE octet_length(p.person ->> 'principal') > 63 OR getdatabaseencoding() <> 'UTF8';
END
$$;

-- The names of people as they are wanted, and why one cannot be, in the same order.
CREATE FUNCTION kerbrole.names_or_problems(
    _typed text[], OUT role_names text[], OUT problems text[], OUT case_matters boolean[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _at integer;
    _one record;
    _message text;
    _detail text;
BEGIN
    SELECT p.* INTO role_names, case_matters FROM kerbrole.plain_each(_typed) AS p;
    problems := array_fill(NULL::text, ARRAY[cardinality(_typed)]);
    FOR _at IN
        SELECT n.place
        FROM unnest(role_names) WITH ORDINALITY AS n (name, place)
        WHERE n.name IS NULL ORDER BY n.place
    LOOP
        BEGIN
            _one := kerbrole.canonical(_typed[_at], NULL);
            role_names[_at] := _one.role_name;
            case_matters[_at] := _one.case_matters;
        EXCEPTION
            WHEN invalid_parameter_value OR name_too_long OR reserved_name THEN
                GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
                problems[_at] := concat_ws(': ', _message, nullif(_detail, ''));
        END;
    END LOOP;
END
$$;

-- The roles that a list may grant and revoke, which have to be there.
CREATE FUNCTION kerbrole.checked_roles(_roles text[]) RETURNS oid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _other text;
    _said record;
BEGIN
    FOR _at IN 1..cardinality(_roles) LOOP
        IF kerbrole.role_oid(_roles[_at]) IS NULL THEN
            _other := kerbrole.other_spelling(_roles[_at]);
            _said := kerbrole.said(
                CASE WHEN _other IS NULL THEN 'group_missing' ELSE 'group_missing_other' END,
                ARRAY[_roles[_at], _other]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'roles', cardinality(_roles), _at, _roles[_at]);
        ELSIF kerbrole.is_principal(_roles[_at]) THEN
            _said := kerbrole.said('principal_as_group', ARRAY[_roles[_at]]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'roles', cardinality(_roles), _at, _roles[_at]);
        END IF;
    END LOOP;
    RETURN kerbrole.role_oids(_roles);
END
$$;

-- How many people may lose something, of so many that are bound: a number, or a percentage, which
-- is rounded down and at least one.
CREATE FUNCTION kerbrole.at_most(_max_removals text, _bound bigint) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _setting CONSTANT integer := kerbrole.setting('sync_max_removals')::integer;
    _number CONSTANT numeric := substring(_max_removals FROM '^([0-9]+)%?$')::numeric;
    _is_percent CONSTANT boolean := right(_max_removals, 1) = '%';
BEGIN
    IF _number IS NULL OR _number > 4294967295
        OR (_is_percent AND _number NOT BETWEEN 1 AND 100)
    THEN
        PERFORM kerbrole.refuse('limit', _max_removals);
    END IF;
    RETURN least(
        CASE WHEN _is_percent THEN greatest(1, trunc(_bound * _number / 100)) ELSE _number END,
        CASE WHEN _setting >= 0 THEN _setting END);
END
$$;

-- The domains that were read whole.
CREATE FUNCTION kerbrole.checked_domains(_domains text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _said record;
BEGIN
    FOR _at IN 1..coalesce(cardinality(_domains), 0) LOOP
        IF (kerbrole.is_sid(_domains[_at])
            AND _domains[_at] ~ '^S-1-5-21-[0-9]+-[0-9]+-[0-9]+$') IS NOT TRUE
        THEN
            _said := kerbrole.said(
                CASE WHEN kerbrole.is_sid(_domains[_at]) THEN 'no_domain' ELSE 'no_sid' END,
                ARRAY[_domains[_at]]);
            PERFORM kerbrole.refuse_element(_said.code, _said.message, _said.detail, _said.hint,
                'domains', cardinality(_domains), _at, _domains[_at]);
        END IF;
    END LOOP;
    RETURN _domains;
END
$$;

-- Which role is whose: somebody is found by their SID first, and by their name where no role is
-- bound to that.

-- In which order roles that want each other's names are renamed. `_holders` are the roles that have
-- the wanted names, NULL where a name is free. Rows are places in the arrays, in order; a swap goes
-- by a temporary name, to which the first of its roles is renamed first. Who waits for a role that
-- keeps its name is not among them.
CREATE FUNCTION kerbrole.order_renames(_roles oid[], _holders oid[])
RETURNS TABLE (place integer, to_temporary boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- Who has the wanted name: 0 nobody, -1 somebody who keeps it.
    _next CONSTANT integer[] := ARRAY(
        SELECT CASE WHEN h.role IS NULL THEN 0 ELSE coalesce(r.place, -1) END::integer
        FROM unnest(_holders) WITH ORDINALITY AS h (role, place)
        LEFT JOIN unnest(_roles) WITH ORDINALITY AS r (role, place) ON r.role = h.role
        ORDER BY h.place);
    -- 0 not looked at, 1 on the way, 2 goes, 3 stays.
    _marks integer[] := array_fill(0, ARRAY[cardinality(_roles)]);
    _way integer[];
    _length integer;
    _at integer;
    _mark integer;
BEGIN
    FOR _start IN 1..cardinality(_roles) LOOP
        _at := _start;
        _length := 0;
        _way := '{}';
        WHILE _at > 0 AND _marks[_at] = 0 LOOP
            _marks[_at] := 1;
            _length := _length + 1;
            _way[_length] := _at;
            _at := _next[_at];
        END LOOP;
        _mark := CASE WHEN _at = -1 THEN 3 WHEN _at > 0 AND _marks[_at] = 3 THEN 3 ELSE 2 END;
        IF _length > 0 AND _at > 0 AND _marks[_at] = 1 THEN
            place := _at;
            to_temporary := true;
            RETURN NEXT;
        END IF;
        to_temporary := false;
        FOR i IN REVERSE _length..1 LOOP
            _marks[_way[i]] := _mark;
            IF _mark = 2 THEN
                place := _way[i];
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- Of each of the people, in their order, what becomes of them: `outcome` is
--
--   create    there is no role yet
--   bind      the role of their name is nobody's yet
--   rename    their role is called otherwise, and can have their name
--   keep      their role is theirs
--   misnamed  their role is called otherwise, and cannot have their name now: `reason`
--   nothing   there is no role, and they are disabled or not to be touched
--   several   there is more than one role that says it is theirs: `reason`
--   leave     they are left as they are: `reason`
--
-- `name_reason` is why nobody can have their name, where there is another reason as well. `role` is
-- theirs, `holder` a role that has their name and is somebody else's. A rename has its
-- place in the order of renames, and perhaps one for a temporary name before.
--
-- Joins are hashed: there may be a hundred thousand roles and people, and the server would plan for
-- the few that it guesses.
CREATE FUNCTION kerbrole.match_people(
    _names text[], _problems text[], _sids text[], _enabled boolean[], _kept text[], _caller oid)
RETURNS TABLE (
    place bigint, outcome text, role oid, role_name text, can_login boolean, is_in_ad boolean,
    holder oid, reason text, left_name text, name_reason text, step integer,
    temporary_step integer)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _outcomes text[] := '{}';
    _reasons text[] := '{}';
    _roles oid[];
    _role_names text[];
    _logins boolean[];
    _in_ad boolean[];
    _exact oid[];
    _exact_sids text[];
    _others oid[];
    _how_many integer[];
    _other_names text[];
    _reason text;
    _name_reason text;
    _name_reasons text[] := '{}';
    _left_names text[] := '{}';
    -- Of whom two accounts have the name, or whose name nobody can have.
    _has_no_name boolean[] := '{}';
    _row record;
    _at integer;
    _wants_places integer[] := '{}';
    _wants_roles oid[] := '{}';
    _wants_holders oid[] := '{}';
    _moved oid[];
    _other_moves boolean[];
    _exact_moves boolean[];
    _steps integer[] := '{}';
    _temporary_steps integer[] := '{}';
    _count integer := 0;
    _holders oid[] := '{}';
BEGIN
    FOR _row IN
        WITH people AS MATERIALIZED (
            SELECT p.place, p.name COLLATE "C" AS name, p.problem, p.sid COLLATE "C" AS sid,
                p.enabled, lower(p.name COLLATE "C") AS folded,
                count(p.name) OVER (PARTITION BY lower(p.name COLLATE "C")) AS with_name,
                CASE WHEN row_number() OVER alike = 1 THEN lead(p.sid) OVER alike
                    ELSE first_value(p.sid) OVER alike END AS sid_alike
            FROM unnest(_names, _problems, _sids, _enabled) WITH ORDINALITY
                AS p (name, problem, sid, enabled, place)
            WINDOW alike AS (PARTITION BY lower(p.name COLLATE "C") ORDER BY p.place)
        ), roles AS MATERIALIZED (
            SELECT r.oid, r.rolname::text COLLATE "C" AS name,
                lower(r.rolname::text COLLATE "C") AS folded, r.rolcanlogin AS can_login,
                b.sid COLLATE "C" AS sid,
                r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR r.rolbypassrls
                OR r.rolname::text COLLATE "C" IN (_rule.ad_role, _rule.iam_role) AS is_more,
                r.oid IN (SELECT kerbrole.all_below(ARRAY[_rule.ad])) AS is_in_ad,
                r.oid IN (SELECT m.member FROM pg_catalog.pg_auth_members AS m
                    WHERE m.roleid <> _rule.ad) AS has_groups,
                r.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a
                    WHERE a.usesysid IS NOT NULL) AS has_sessions
            FROM kerbrole.roles AS r
            LEFT JOIN kerbrole.bindings() AS b ON b.role = r.oid
        ), bound AS MATERIALIZED (
            -- A role without a principal's name keeps nobody from their own.
            SELECT b.sid, count(*) FILTER (WHERE b.is_principal) AS how_many,
                min(b.oid) FILTER (WHERE b.is_principal) AS role,
                (array_agg(b.name ORDER BY b.name) FILTER (WHERE b.is_principal))[:2] AS names,
                min(b.name) FILTER (WHERE NOT b.is_principal) AS other,
                bool_or(lower(b.name) IN (SELECT unnest(_kept) COLLATE "C")) AS is_kept
            FROM (
                SELECT r.*, kerbrole.is_principal(r.name) AS is_principal
                FROM roles AS r WHERE r.sid IN (SELECT p.sid FROM people AS p)
            ) AS b
            GROUP BY b.sid
        ), spelled AS MATERIALIZED (
            SELECT r.folded, array_agg(r.oid ORDER BY r.name) AS roles,
                array_agg(r.name ORDER BY r.name) AS names
            FROM roles AS r
            WHERE r.folded IN (SELECT p.folded FROM people AS p)
            GROUP BY r.folded
        )
        SELECT p.place::integer, p.name, p.folded, p.problem, p.sid, p.enabled,
            p.with_name, p.sid_alike,
            b.how_many AS bound, b.names AS bound_names, b.other AS no_principal,
            r.oid AS role, r.name AS role_name, r.can_login,
            r.is_more, r.is_in_ad, r.has_groups, r.has_sessions,
            coalesce(p.folded IN (SELECT unnest(_kept) COLLATE "C"), false) AS is_name_kept,
            coalesce(p.folded IN (SELECT unnest(_kept) COLLATE "C") OR b.is_kept, false)
                AS is_kept,
            h.oid AS exact, h.sid AS exact_sid, h.can_login AS exact_login,
            h.is_in_ad AS exact_in_ad, h.is_more AS exact_more, h.has_groups AS exact_has_groups,
            array_remove(s.roles, r.oid) AS others, (
                SELECT min(o.name)
                FROM unnest(s.names, s.roles) AS o (name, role)
                WHERE o.name <> p.name AND o.role IS DISTINCT FROM r.oid) AS other_name
        FROM people AS p
        LEFT JOIN bound AS b ON b.sid = p.sid
        LEFT JOIN roles AS r ON r.oid = b.role
        LEFT JOIN roles AS h ON h.name = p.name
        LEFT JOIN spelled AS s ON s.folded = p.folded
        ORDER BY p.place
    LOOP
        _at := _row.place;
        _roles[_at] := _row.role;
        _role_names[_at] := _row.role_name;
        _logins[_at] := _row.can_login;
        _in_ad[_at] := _row.is_in_ad;
        _exact[_at] := _row.exact;
        _exact_sids[_at] := _row.exact_sid;
        _others[_at] := _row.others[1];
        _how_many[_at] := coalesce(cardinality(_row.others), 0);
        _other_names[_at] := _row.other_name;
        -- What keeps somebody from having anything, or from having their name.
        _reason := CASE
            WHEN _row.bound = 0 THEN
                kerbrole.in_words('no_principal', _row.no_principal, _row.sid)
            WHEN _row.bound = 1 AND _row.is_more THEN kerbrole.unchangeable(_row.role)
            WHEN _row.bound > 1 THEN kerbrole.in_words(
                'bound_twice', _row.sid, _row.bound_names[1], _row.bound_names[2])
            WHEN _row.role IS NULL AND _row.exact_sid IS NULL AND _row.exact_more
                AND _row.with_name = 1 THEN kerbrole.unchangeable(_row.exact)
        END;
        _name_reason := coalesce(_row.problem, CASE WHEN _row.with_name > 1 THEN
            kerbrole.in_words('named_alike', _row.name, _row.sid_alike) END);
        _reasons[_at] := coalesce(_reason, _name_reason);
        -- Whose role is not to be touched has a name in the directory all the same.
        IF _row.is_kept THEN
            _reasons[_at] := NULL;
            _name_reasons[_at] := CASE WHEN _row.with_name > 1 AND NOT _row.is_name_kept
                AND _row.problem IS NULL THEN _name_reason END;
        ELSIF _reason IS NOT NULL THEN
            _name_reasons[_at] := _name_reason;
        END IF;
        _outcomes[_at] := CASE
            WHEN _name_reasons[_at] IS NOT NULL AND _row.is_kept THEN 'leave'
            WHEN _row.is_kept THEN 'nothing'
            WHEN _row.bound > 1 THEN 'several'
            WHEN _reason IS NOT NULL THEN 'leave'
            WHEN _reasons[_at] IS NOT NULL AND _row.role IS NOT NULL THEN 'misnamed'
            WHEN _reasons[_at] IS NOT NULL AND _row.problem IS NOT NULL AND NOT _row.enabled
                THEN 'nothing'
            WHEN _reasons[_at] IS NOT NULL THEN 'leave'
            WHEN _row.role_name = _row.name THEN 'keep'
            WHEN _row.role IS NOT NULL THEN 'rename'
            WHEN _row.exact IS NOT NULL AND _row.exact_sid IS NULL AND _row.other_name IS NULL
                THEN 'bind'
            ELSE 'create'
        END;
        _left_names[_at] := CASE
            WHEN _row.bound = 0 THEN _row.no_principal
            WHEN _reason IS NULL AND _reasons[_at] IS NULL THEN _row.role_name
            WHEN _row.bound = 1 AND _reason IS NOT NULL THEN _row.role_name
            ELSE _row.name END;
        _has_no_name[_at] := _row.problem IS NOT NULL OR _row.with_name > 1
            OR _row.is_name_kept;
        IF _outcomes[_at] = 'bind' THEN
            _roles[_at] := _row.exact;
            _role_names[_at] := _row.name;
            _logins[_at] := _row.exact_login;
            _in_ad[_at] := _row.exact_in_ad;
            -- Whose a role is decides what it is called from now on.
            IF _row.exact_has_groups THEN
                _reasons[_at] := kerbrole.not_renamed(_row.exact, false, _caller);
            END IF;
            IF _reasons[_at] IS NOT NULL THEN
                _outcomes[_at] := 'leave';
                _left_names[_at] := _row.name;
            END IF;
        ELSIF _outcomes[_at] = 'rename' THEN
            IF _row.has_sessions OR _row.has_groups THEN
                _reasons[_at] := kerbrole.not_renamed(_row.role, _row.has_sessions, _caller);
            END IF;
            IF _reasons[_at] IS NOT NULL THEN
                _outcomes[_at] := 'misnamed';
            -- Who has several others in the way waits until there is one.
            ELSIF _how_many[_at] <= 1 THEN
                _wants_places := _wants_places || _at;
                _wants_roles := _wants_roles || _row.role;
                _wants_holders := _wants_holders || _others[_at];
            END IF;
        END IF;
    END LOOP;

    FOR _row IN
        SELECT o.* FROM kerbrole.order_renames(_wants_roles, _wants_holders) AS o
    LOOP
        _count := _count + 1;
        IF _row.to_temporary THEN
            _temporary_steps[_wants_places[_row.place]] := _count;
        ELSE
            _steps[_wants_places[_row.place]] := _count;
        END IF;
    END LOOP;
    _moved := ARRAY(
        SELECT w.role FROM unnest(_wants_roles, _wants_places) AS w (role, place)
        WHERE _steps[w.place] IS NOT NULL);
    SELECT array_agg(m.role IS NOT NULL ORDER BY o.place),
        array_agg(e.role IS NOT NULL ORDER BY o.place)
    INTO _other_moves, _exact_moves
    FROM unnest(_others, _exact) WITH ORDINALITY AS o (role, exact, place)
    LEFT JOIN unnest(_moved) AS m (role) ON m.role = o.role
    LEFT JOIN unnest(_moved) AS e (role) ON e.role = o.exact;
    FOR _at IN 1..cardinality(_names) LOOP
        CONTINUE WHEN _has_no_name[_at] OR _steps[_at] IS NOT NULL;
        -- Whoever has the name now is not who has it in the directory: with that account's ticket
        -- nobody comes in, whatever else becomes of the account.
        IF _exact_sids[_at] <> _sids[_at] AND NOT _exact_moves[_at] THEN
            _holders[_at] := _exact[_at];
        END IF;
        CONTINUE WHEN _outcomes[_at] NOT IN ('rename', 'create')
            OR _how_many[_at] = 0 OR (_how_many[_at] = 1 AND _other_moves[_at]);
        IF _holders[_at] IS NOT NULL THEN
            _reasons[_at] := kerbrole.in_words(
                'name_of_another', _names[_at], _sids[_at], _exact_sids[_at]);
        ELSIF _exact[_at] IS NOT NULL AND _other_names[_at] IS NULL THEN
            _reasons[_at] := kerbrole.in_words('name_taken', _names[_at]);
        END IF;
        IF _reasons[_at] IS NULL THEN
            _reasons[_at] := kerbrole.in_words('case_collision',
                _names[_at], coalesce(_other_names[_at], _names[_at]));
        END IF;
        _outcomes[_at] := CASE WHEN _roles[_at] IS NULL THEN 'leave' ELSE 'misnamed' END;
    END LOOP;
    -- Arrays that were filled here and there end where the last element is.
    RETURN QUERY
    SELECT o.place,
        CASE WHEN o.outcome = 'create' AND NOT _enabled[o.place] THEN 'nothing' ELSE o.outcome END,
        o.role, o.role_name, o.can_login, o.is_in_ad, _holders[o.place],
        o.reason, coalesce(_left_names[o.place], _names[o.place]), _name_reasons[o.place],
        _steps[o.place],
        _temporary_steps[o.place]
    FROM unnest(_outcomes, _roles, _role_names, _logins, _in_ad, _reasons) WITH ORDINALITY
        AS o (outcome, role, role_name, can_login, is_in_ad, reason, place);
END
$$;

-- Why a role is not changed, in words.
CREATE FUNCTION kerbrole.unchangeable(_role oid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM kerbrole.check_changeable(_role);
    RETURN NULL;
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN SQLERRM;
END
$$;

-- Why a role cannot have another name now, in words; NULL where it can, as far as its sessions and
-- its powers go.
CREATE FUNCTION kerbrole.not_renamed(_role oid, _has_sessions boolean, _caller oid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
    _sessions CONSTANT bigint := CASE WHEN _has_sessions THEN kerbrole.sessions(_role) ELSE 0 END;
BEGIN
    IF _sessions > 0 THEN
        PERFORM kerbrole.refuse('in_use', pg_get_userbyid(_role)::text,
            kerbrole.counted(_sessions, 'session'));
    END IF;
    PERFORM kerbrole.check_powers(_role, _caller);
    RETURN NULL;
EXCEPTION
    WHEN insufficient_privilege OR object_in_use THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        RETURN concat_ws(': ', _message, nullif(_detail, ''));
END
$$;

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

-- The whole difference.

-- The memberships that roles lack, in the order in which they are wanted, and those that they have
-- and are not meant to have, in the roles of the list. `_places` says whose each role is, or is to
-- be. Since 16 a membership is as many rows as it has grantors. `problem` says why one cannot be
-- revoked.
CREATE FUNCTION kerbrole.access_memberships(
    _places integer[], _roles oid[], _wanted_places integer[], _wanted_roles oid[], _managed oid[])
RETURNS TABLE (
    at bigint, granted oid, granted_name text, is_lacking boolean, grantor_name text, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH people AS MATERIALIZED (
        SELECT p.place, p.role, p.at
        FROM unnest(_places, _roles) WITH ORDINALITY AS p (place, role, at)
    ), wanted AS MATERIALIZED (
        SELECT w.place, w.role, w.number
        FROM unnest(_wanted_places, _wanted_roles) WITH ORDINALITY AS w (place, role, number)
    ), has AS MATERIALIZED (
        SELECT p.at, p.place, m.roleid AS role, m.member, m.grantor,
            m.admin_option AND kerbrole.names_grantors() AND (m.roleid, m.member) IN (
                SELECT g.roleid, g.grantor FROM pg_catalog.pg_auth_members AS g
                WHERE g.roleid IN (SELECT unnest(_managed))) AS has_granted
        FROM people AS p
        JOIN pg_catalog.pg_auth_members AS m ON m.member = p.role
        WHERE m.roleid IN (SELECT unnest(_managed))
    )
    SELECT c.at, c.role, r.rolname::text, c.is_lacking, c.grantor_name, c.problem
    FROM (
        SELECT p.at, w.role, true AS is_lacking, NULL::text AS grantor_name,
            NULL::text AS problem, w.number
        FROM people AS p
        JOIN wanted AS w ON w.place = p.place
        LEFT JOIN (SELECT DISTINCT h.at, h.role FROM has AS h) AS h
            ON h.at = p.at AND h.role = w.role
        WHERE h.role IS NULL
        UNION ALL
        SELECT h.at, h.role, false,
            CASE WHEN kerbrole.names_grantors() THEN coalesce(g.rolname::text, '') END,
            CASE WHEN h.has_granted THEN kerbrole.in_words('granted_on',
                pg_get_userbyid(h.member)::text, pg_get_userbyid(h.role)::text) END, NULL
        FROM has AS h
        LEFT JOIN wanted AS w ON w.place = h.place AND w.role = h.role
        LEFT JOIN kerbrole.roles AS g ON g.oid = h.grantor
        WHERE w.role IS NULL
    ) AS c
    JOIN kerbrole.roles AS r ON r.oid = c.role
    ORDER BY c.at, c.number, r.rolname::text COLLATE "C", c.grantor_name COLLATE "C"
$$;

-- Who of some people, in their order, has no membership of their own in rds_ad, or in a role that
-- is in it, beside those that are revoked.
CREATE FUNCTION kerbrole.lack_ad(
    _roles oid[], _wanted_places integer[], _wanted_roles oid[], _managed oid[]) RETURNS oid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    SELECT ARRAY(
        SELECT p.role
        FROM unnest(_roles) WITH ORDINALITY AS p (role, place)
        LEFT JOIN (
            SELECT m.member, m.roleid FROM pg_catalog.pg_auth_members AS m
            WHERE m.roleid IN (
                SELECT kerbrole.all_below(ARRAY[(SELECT r.ad FROM kerbrole.rule() AS r)]))
        ) AS m ON m.member = p.role
        LEFT JOIN unnest(_wanted_places, _wanted_roles) AS w (place, role)
            ON w.place = p.place AND w.role = m.roleid
        WHERE p.role IS NOT NULL
        GROUP BY p.role
        HAVING count(m.roleid) FILTER (
            WHERE w.role IS NOT NULL OR m.roleid NOT IN (SELECT unnest(_managed))) = 0)
$$;

CREATE FUNCTION kerbrole.revoke(_granted text, _member text, _grantor text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('REVOKE %s FROM %s%s;', kerbrole.quoted(_granted), kerbrole.quoted(_member),
        ' GRANTED BY ' || kerbrole.quoted(_grantor))
$$;

-- {steps, losers, bound, at_most, adopted, names whose case matters}. A step is made by step(), and
-- the steps stand in the order in which they are run, those who are left behind them.
CREATE FUNCTION kerbrole.plan_access(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _rule CONSTANT record := kerbrole.rule();
    _role_names CONSTANT text[] := kerbrole.texts(_arguments -> 'roles');
    -- Whoever is meant here is a member of rds_ad, whatever the list says of that.
    _managed CONSTANT oid[] := array_remove(kerbrole.checked_roles(_role_names), _rule.ad);
    _kept text[] := kerbrole.texts(_arguments -> 'kept');
    _people CONSTANT json := (_arguments ->> 'people')::json;
    _typed text[];
    _sids text[];
    _enabled boolean[];
    _wanted_places integer[];
    _wanted_roles oid[];
    _unknown text;
    _names record;
    _m record;
    _conflicts text[] := '{}';
    _conflict record;
    _lacks_ad oid[];
    _row record;
    _steps jsonb[] := '{}';
    _additions jsonb[] := '{}';
    _adopted text[] := '{}';
    _binds jsonb[] := '{}';
    _enables jsonb[] := '{}';
    _disables jsonb[] := '{}';
    _closed jsonb[] := '{}';
    -- Who is to log in, once it is known who is not any more or by another name.
    _open_roles oid[] := '{}';
    _open_names text[] := '{}';
    _others oid[];
    _grants jsonb[] := '{}';
    _revokes jsonb[] := '{}';
    _removals jsonb[] := '{}';
    _leaves jsonb[] := '{}';
    _disabled oid[] := '{}';
    _reason text;
    _name text;
    _losers bigint;
    _bound bigint;
    _unsaid text;
    _statement text;
    _step jsonb;
    -- Whose memberships are looked at: whose roles they are, and why they lose them. Of those who
    -- have a reason nothing is granted.
    _list_places integer[] := '{}';
    _list_roles oid[] := '{}';
    _list_names text[] := '{}';
    _list_reasons text[] := '{}';
BEGIN
    SELECT coalesce(array_agg(p.typed ORDER BY p.place), '{}'),
        coalesce(array_agg(p.sid ORDER BY p.place), '{}'),
        coalesce(array_agg(p.enabled ORDER BY p.place), '{}')
    INTO _typed, _sids, _enabled
    FROM kerbrole.people(_people) AS p;
    SELECT coalesce(array_agg(w.place ORDER BY w.place, w.number), '{}'),
        coalesce(array_agg(r.oid ORDER BY w.place, w.number), '{}'),
        min(w.name COLLATE "C") FILTER (WHERE NOT w.is_managed)
    INTO _wanted_places, _wanted_roles, _unknown
    FROM (
        SELECT p.place::integer AS place, n.name, min(n.number) AS number,
            n.name COLLATE "C" IN (SELECT unnest(_role_names) COLLATE "C") AS is_managed
        FROM kerbrole.people(_people) AS p
        CROSS JOIN LATERAL unnest(p.roles) WITH ORDINALITY AS n (name, number)
        GROUP BY p.place, n.name
    ) AS w
    LEFT JOIN pg_catalog.pg_roles AS r
        ON r.rolname = w.name::name AND octet_length(w.name) <= 63 AND r.oid <> _rule.ad
    WHERE r.oid IS NOT NULL OR NOT w.is_managed;
    IF _unknown IS NOT NULL THEN
        PERFORM kerbrole.refuse('not_managed', _unknown);
    END IF;
    _names := kerbrole.names_or_problems(_typed);
    -- As roles are called, or as new principals would be.
    _kept := ARRAY(SELECT kerbrole.folded(k.name) FROM unnest(
        _kept || array_remove((kerbrole.names_or_problems(_kept)).role_names, NULL)) AS k (name));
    SELECT array_agg(p.outcome ORDER BY p.place) AS outcomes,
        array_agg(p.role ORDER BY p.place) AS roles,
        array_agg(p.role_name ORDER BY p.place) AS role_names,
        array_agg(p.can_login ORDER BY p.place) AS logins,
        array_agg(p.is_in_ad ORDER BY p.place) AS in_ad,
        array_agg(p.reason ORDER BY p.place) AS reasons,
        array_agg(p.left_name ORDER BY p.place) AS left_names,
        array_agg(p.name_reason ORDER BY p.place) AS name_reasons,
        coalesce(array_agg(p.holder ORDER BY p.place) FILTER (WHERE p.holder IS NOT NULL), '{}')
            AS holders,
        coalesce(array_agg(_sids[p.place] ORDER BY p.place) FILTER (WHERE p.holder IS NOT NULL),
            '{}') AS holder_sids,
        array_agg(p.step ORDER BY p.place) AS steps,
        array_agg(p.temporary_step ORDER BY p.place) AS temporary_steps
    INTO _m
    FROM kerbrole.match_people(
        _names.role_names, _names.problems, _sids, _enabled, _kept, _caller) AS p;
    -- Whoever is in rds_ad by a membership only that ends here is not.
    _lacks_ad := kerbrole.lack_ad(_m.roles, _wanted_places, _wanted_roles, _managed);

    FOR _conflict IN
        WITH people AS MATERIALIZED (
            SELECT p.place::integer AS place, p.role,
                CASE WHEN p.outcome IN ('create', 'rename') THEN p.name ELSE p.role_name END
                    AS name, p.is_in_ad
            FROM unnest(_m.outcomes, _m.roles, _m.role_names, _names.role_names, _m.in_ad)
                WITH ORDINALITY AS p (outcome, role, role_name, name, is_in_ad, place)
            WHERE p.outcome NOT IN ('nothing', 'leave', 'several')
        ), lacking AS MATERIALIZED (
            SELECT (ARRAY(SELECT p.place FROM people AS p ORDER BY p.place))[g.at] AS place,
                g.granted, g.number
            FROM kerbrole.access_memberships(
                ARRAY(SELECT p.place FROM people AS p ORDER BY p.place),
                ARRAY(SELECT p.role FROM people AS p ORDER BY p.place),
                _wanted_places, _wanted_roles, _managed) WITH ORDINALITY AS g (
                    at, granted, granted_name, is_lacking, grantor_name, problem, number)
            WHERE g.is_lacking
        )
        SELECT c.place, min(c.reason) AS reason
        FROM kerbrole.access_conflicts(
            ARRAY(SELECT p.place FROM people AS p ORDER BY p.place),
            ARRAY(SELECT p.role FROM people AS p ORDER BY p.place),
            ARRAY(SELECT p.name FROM people AS p ORDER BY p.place),
            ARRAY(SELECT p.is_in_ad FROM people AS p ORDER BY p.place),
            ARRAY(SELECT l.place FROM lacking AS l ORDER BY l.number),
            ARRAY(SELECT l.granted FROM lacking AS l ORDER BY l.number)) AS c
        GROUP BY c.place
    LOOP
        _conflicts[_conflict.place] := _conflict.reason;
    END LOOP;

    _steps := kerbrole.rename_steps(
        _m.roles, _m.role_names, _names.role_names, _sids, _m.steps, _m.temporary_steps);
    FOR _row IN
        SELECT p.*, p.place::integer AS at, _conflicts[p.place] AS conflict,
            t.sid AS taken_by, p.role IN (SELECT unnest(_lacks_ad)) AS lacks_ad,
            CASE WHEN p.outcome = 'bind' THEN shobj_description(p.role, 'pg_authid') END AS comment
        FROM unnest(_m.outcomes, _m.roles, _m.role_names, _names.role_names, _m.logins, _m.reasons,
            _m.left_names, _m.name_reasons, _enabled, _sids, _typed) WITH ORDINALITY AS p (outcome,
            role, role_name, name, can_login, reason, left_name, name_reason, enabled, sid, typed,
            place)
        LEFT JOIN unnest(_m.holders, _m.holder_sids) AS t (role, sid) ON t.role = p.role
        WHERE p.outcome <> 'nothing'
        ORDER BY p.place
    LOOP
        IF _row.reason IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step(
                'leave', coalesce(_row.left_name, _row.typed), NULL, _row.reason, NULL, NULL);
        END IF;
        IF _row.name_reason IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step(
                'leave', coalesce(_row.name, _row.typed), NULL, _row.name_reason, NULL, NULL);
        END IF;
        CONTINUE WHEN _row.outcome IN ('leave', 'several');
        _name := CASE WHEN _row.outcome IN ('rename', 'create') THEN _row.name
            ELSE _row.role_name END;
        IF _row.conflict IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step('leave', _name, NULL, _row.conflict, NULL, NULL);
        ELSE
            IF _row.outcome = 'create' THEN
                _additions := _additions || kerbrole.step('create', _name,
                    format('CREATE ROLE %s LOGIN IN ROLE %s;',
                        kerbrole.quoted(_name), kerbrole.quoted(_rule.ad_role)),
                    'in the directory, and there is no such role', NULL, 'owner');
            ELSIF _row.lacks_ad THEN
                _adopted := _adopted || _name;
                _additions := _additions || kerbrole.step('adopt', _name,
                    format('GRANT %s TO %s;', kerbrole.quoted(_rule.ad_role),
                        kerbrole.quoted(_name)),
                    'in the directory, and the role has no ' || _rule.ad_role, _row.role, 'owner');
            END IF;
            IF _row.outcome IN ('create', 'bind') THEN
                _binds := _binds || kerbrole.step('bind', _name,
                    format('COMMENT ON ROLE %s IS %L;', kerbrole.quoted(_name),
                        kerbrole.bound_comment(_row.comment, _row.sid)),
                    'the role of ' || _row.sid, _row.role, 'owner');
            END IF;
            IF _row.enabled AND NOT _row.can_login AND _row.taken_by IS NULL
                AND _row.outcome <> 'misnamed'
            THEN
                _open_roles := _open_roles || _row.role;
                _open_names := _open_names || _name;
            END IF;
            _list_places := _list_places || _row.at;
            _list_roles := _list_roles || _row.role;
            _list_names := _list_names || _name;
            _list_reasons := _list_reasons || NULL::text;
        END IF;
        IF _row.can_login AND (_row.taken_by IS NOT NULL OR NOT _row.enabled) THEN
            _disabled := _disabled || _row.role;
            _disables := _disables || kerbrole.step('disable', _name,
                format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_name)),
                coalesce('the name is that of ' || _row.taken_by || ' now',
                    'disabled in the directory'), _row.role, 'owner');
        END IF;
    END LOOP;

    -- Of several roles of one account none gets anything.
    FOR _row IN
        SELECT r.oid, r.rolname::text AS name, r.rolcanlogin AS can_login, p.enabled,
            p.place::integer AS at, t.sid AS taken_by
        FROM unnest(_sids, _enabled, _m.outcomes) WITH ORDINALITY
            AS p (sid, enabled, outcome, place)
        JOIN kerbrole.bindings() AS b ON b.sid = p.sid
        JOIN kerbrole.roles AS r ON r.oid = b.role
        LEFT JOIN unnest(_m.holders, _m.holder_sids) AS t (role, sid) ON t.role = r.oid
        WHERE p.outcome = 'several' AND kerbrole.is_principal(r.rolname::text)
            AND kerbrole.unchangeable(r.oid) IS NULL
        ORDER BY p.place, r.rolname::text COLLATE "C"
    LOOP
        IF _row.can_login AND (_row.taken_by IS NOT NULL OR NOT _row.enabled) THEN
            _disables := _disables || kerbrole.step('disable', _row.name,
                format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_row.name)),
                coalesce('the name is that of ' || _row.taken_by || ' now',
                    'disabled in the directory'), _row.oid, 'owner');
        END IF;
        _disabled := _disabled || _row.oid;
        _list_places := _list_places || _row.at;
        _list_roles := _list_roles || _row.oid;
        _list_names := _list_names || _row.name;
        _list_reasons := _list_reasons || 'several'::text;
    END LOOP;

    FOR _row IN
        SELECT a.* FROM kerbrole.absent_people(
            _sids, kerbrole.texts(_arguments -> 'domains'), _arguments ->> 'absent', _kept) AS a
    LOOP
        IF _row.role IS NULL THEN
            _bound := _row.bound;
            CONTINUE;
        END IF;
        _disabled := _disabled || _row.role;
        IF _row.action IS NULL THEN
            _leaves := _leaves
                || kerbrole.step('leave', _row.role_name, NULL,
                    kerbrole.unchangeable(_row.role), NULL, NULL);
            CONTINUE;
        END IF;
        _reason := concat_ws('; ', 'not in the directory any more', _row.reason);
        IF _row.action = 'drop' THEN
            FOREACH _statement IN ARRAY _row.statements LOOP
                _removals := _removals || kerbrole.step(
                    'drop', _row.role_name, _statement, _reason, _row.role, 'removal');
            END LOOP;
        ELSE
            IF _row.statements[1] LIKE 'ALTER ROLE %' THEN
                _removals := _removals || kerbrole.step('disable', _row.role_name,
                    _row.statements[1], _reason, _row.role, 'removal');
                _unsaid := NULL;
            ELSE
                _unsaid := _row.reason;
            END IF;
            _list_places := _list_places || 0;
            _list_roles := _list_roles || _row.role;
            _list_names := _list_names || _row.role_name;
            _list_reasons := _list_reasons || _reason;
            IF _unsaid IS NOT NULL AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_auth_members AS g
                WHERE g.member = _row.role AND g.roleid = ANY (_managed))
            THEN
                _leaves := _leaves
                    || kerbrole.step('leave', _row.role_name, NULL, _unsaid, NULL, NULL);
            END IF;
        END IF;
    END LOOP;

    FOR _row IN
        SELECT r.oid, r.rolname::text AS name, r.rolcanlogin AS can_login, t.sid
        FROM unnest(_m.holders, _m.holder_sids) AS t (role, sid)
        JOIN kerbrole.roles AS r ON r.oid = t.role
        WHERE r.oid NOT IN (SELECT unnest(_disabled))
            AND kerbrole.folded(r.rolname::text) NOT IN (SELECT unnest(_kept) COLLATE "C")
        ORDER BY r.rolname::text COLLATE "C"
    LOOP
        _reason := kerbrole.unchangeable(_row.oid);
        IF _reason IS NULL AND _row.can_login THEN
            _closed := _closed || kerbrole.step('disable', _row.name,
                format('ALTER ROLE %s NOLOGIN;', kerbrole.quoted(_row.name)),
                format('the name is that of %s now', _row.sid), _row.oid, 'owner');
        ELSIF _reason IS NOT NULL THEN
            _leaves := _leaves || kerbrole.step('leave', _row.name, NULL, _reason, NULL, NULL);
        END IF;
    END LOOP;

    _others := ARRAY(
        SELECT (s.step ->> 'role')::oid
        FROM unnest(_steps || _disables || _closed || _removals) AS s (step)
        WHERE s.step ->> 'action' IN ('rename', 'disable', 'drop'));
    FOR _row IN
        SELECT o.role, o.name, kerbrole.not_enabled(o.role, _caller, o.name, _others) AS reason
        FROM unnest(_open_roles, _open_names) WITH ORDINALITY AS o (role, name, place)
        ORDER BY o.place
    LOOP
        IF _row.reason IS NULL THEN
            _enables := _enables || kerbrole.step('enable', _row.name,
                format('ALTER ROLE %s LOGIN;', kerbrole.quoted(_row.name)),
                'enabled in the directory', _row.role, 'owner');
        ELSE
            _leaves := _leaves || kerbrole.step('leave', _row.name, NULL, _row.reason, NULL, NULL);
        END IF;
    END LOOP;

    FOR _row IN
        SELECT m.at::integer AS at, m.is_lacking, m.problem, m.grantor_name,
            CASE WHEN m.is_lacking THEN array_agg(m.granted_name ORDER BY m.number)
                ELSE ARRAY[min(m.granted_name)] END AS granted
        FROM kerbrole.access_memberships(
            _list_places, _list_roles, _wanted_places, _wanted_roles, _managed)
            WITH ORDINALITY AS m (
                at, granted, granted_name, is_lacking, grantor_name, problem, number)
        GROUP BY m.at, m.is_lacking, m.problem, m.grantor_name,
            CASE WHEN NOT m.is_lacking THEN m.granted END
        ORDER BY m.at, min(m.number)
    LOOP
        _name := _list_names[_row.at];
        IF _row.is_lacking THEN
            CONTINUE WHEN _list_reasons[_row.at] IS NOT NULL;
            -- Appended by itself: where there is a query beside it the array is copied each time.
            _step := kerbrole.step('grant', _name,
                format('GRANT %s TO %s;', (
                    SELECT string_agg(kerbrole.quoted(g.name), ', ' ORDER BY g.place)
                    FROM unnest(_row.granted) WITH ORDINALITY AS g (name, place)),
                    kerbrole.quoted(_name)),
                'in a group that gives it', _list_roles[_row.at], 'caller')
                || jsonb_build_object('granted', to_jsonb(_row.granted));
            _grants := _grants || _step;
        ELSIF _row.problem IS NULL THEN
            _step := kerbrole.step('revoke', _name,
                kerbrole.revoke(_row.granted[1], _name, _row.grantor_name),
                coalesce(nullif(_list_reasons[_row.at], 'several'), 'in no group that gives it'),
                _list_roles[_row.at], 'caller')
                || jsonb_build_object('granted', _row.granted[1], 'grantor', _row.grantor_name);
            IF _list_places[_row.at] = 0 THEN
                _removals := _removals || _step;
            ELSE
                _revokes := _revokes || _step;
            END IF;
        ELSE
            _leaves := _leaves || kerbrole.step('leave', _name, NULL, _row.problem, NULL, NULL);
        END IF;
    END LOOP;

    SELECT count(DISTINCT s.step ->> 'role') INTO _losers
    FROM unnest(_disables || _closed || _revokes || _removals) AS s (step);
    RETURN jsonb_build_object(
        -- The revokes of those who are absent stand behind their disabling.
        'steps', to_jsonb(_steps || _additions || _binds || _grants || _enables || _disables
            || _revokes || _closed || ARRAY(
                SELECT r.step FROM unnest(_removals) WITH ORDINALITY AS r (step, place)
                ORDER BY r.step ->> 'role_name' COLLATE "C", r.place)
            || ARRAY(
                -- The same may be found in two ways.
                SELECT l.step FROM unnest(_leaves) AS l (step) GROUP BY l.step
                ORDER BY l.step ->> 'role_name' COLLATE "C", l.step ->> 'reason' COLLATE "C")),
        'losers', _losers, 'bound', _bound,
        'at_most', kerbrole.at_most(_arguments ->> 'max_removals', _bound),
        'adopted', to_jsonb(_adopted),
        'case_matters', (SELECT coalesce(jsonb_agg(n.name ORDER BY n.place), '[]')
            FROM unnest(_names.role_names, _names.case_matters, _m.outcomes) WITH ORDINALITY
                AS n (name, case_matters, outcome, place)
            WHERE n.case_matters AND (n.outcome = 'rename'
                OR (n.outcome = 'create' AND _conflicts[n.place] IS NULL))));
END
$$;

-- The renames, in their order. One waits if others have to be renamed before it, or go by a
-- temporary name.
CREATE FUNCTION kerbrole.rename_steps(
    _roles oid[], _old_names text[], _new_names text[], _sids text[], _steps integer[],
    _temporary_steps integer[]) RETURNS jsonb[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _row record;
    _result jsonb[] := '{}';
    _temporary jsonb := '{}';
    _from text;
    _to text;
    _number integer;
BEGIN
    FOR _row IN
        SELECT p.*, s.step, s.is_temporary,
            p.first_step IS NOT NULL OR p.new_name COLLATE "C" IN (
                SELECT o.name COLLATE "C" FROM unnest(_old_names) AS o (name)
                WHERE o.name IS NOT NULL)
                AS waits
        FROM unnest(_roles, _old_names, _new_names, _sids, _steps, _temporary_steps) AS p (
            role, old_name, new_name, sid, last_step, first_step)
        CROSS JOIN LATERAL (
            VALUES (p.first_step, true), (p.last_step, false)) AS s (step, is_temporary)
        WHERE s.step IS NOT NULL
        ORDER BY s.step
    LOOP
        _from := coalesce(_temporary ->> _row.role::text, _row.old_name);
        _to := _row.new_name;
        IF _row.is_temporary THEN
            -- No principal's name: nobody logs in by it, whatever happens.
            _number := 0;
            LOOP
                _to := format('kerbrole_moving_%s_%s', _row.role, _number);
                EXIT WHEN kerbrole.role_oid(_to) IS NULL;
                _number := _number + 1;
            END LOOP;
            _temporary := _temporary || jsonb_build_object(_row.role::text, _to);
        END IF;
        _result := _result || (kerbrole.step('rename', _row.old_name,
            format('ALTER ROLE %s RENAME TO %s;', kerbrole.quoted(_from), kerbrole.quoted(_to)),
            'the directory has another name for ' || _row.sid, _row.role, 'owner')
            || jsonb_build_object('from', _from, 'to', _row.new_name, 'waits', _row.waits));
    END LOOP;
    RETURN _result;
END
$$;

-- Bringing principals in line with a directory: carries the difference out.

-- Statements about many roles that are there, in order, some at a time: since 16 by whoever created
-- the roles where that is quicker, and else in portions, each of which is one statement to the
-- server.
CREATE FUNCTION kerbrole.run_many(_steps jsonb, _actions text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _all record;
    _portion record;
BEGIN
    SELECT array_agg(r.oid ORDER BY s.place) AS roles,
        array_agg(s.name ORDER BY s.place) AS names,
        array_agg(s.statement ORDER BY s.place) AS statements
    INTO _all
    FROM (
        SELECT s.step ->> 'role_name' AS name, s.step ->> 'statement' AS statement, s.place
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' = ANY (_actions)
    ) AS s
    LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = s.name::name;
    IF cardinality(_all.roles) > 20 AND kerbrole.may_use_creators() THEN
        PERFORM kerbrole.run_each(_all.roles, _all.names, _all.statements);
    ELSIF _all.roles IS NOT NULL THEN
        FOR _portion IN
            SELECT array_agg(s.statement ORDER BY s.place) AS statements,
                array_agg(s.name ORDER BY s.place) AS names
            FROM unnest(_all.statements, _all.names) WITH ORDINALITY AS s (statement, name, place)
            GROUP BY s.place / 1000 ORDER BY s.place / 1000
        LOOP
            BEGIN
                EXECUTE array_to_string(_portion.statements, ' ');
            EXCEPTION
                WHEN insufficient_privilege THEN
                    -- One by one, so that it is said of which role.
                    PERFORM kerbrole.run(s.statement, s.name)
                    FROM unnest(_portion.statements, _portion.names) WITH ORDINALITY
                        AS s (statement, name, place)
                    ORDER BY s.place;
            END;
        END LOOP;
    END IF;
END
$$;

-- With the owner's rights, all but the removals: what is granted and revoked is the caller's to do.
-- Returns the difference.
CREATE FUNCTION kerbrole.access(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _plan CONSTANT jsonb := kerbrole.plan_access(_arguments, _caller);
    _steps CONSTANT jsonb := _plan -> 'steps';
    _before oid[];
    _all record;
    _step record;
BEGIN
    PERFORM kerbrole.refuse_too_many_losses(_plan);
    _before := kerbrole.conflicting(ARRAY(
        SELECT DISTINCT (s ->> 'role')::oid FROM jsonb_array_elements(_steps) AS s
        WHERE s ->> 'action' IN ('adopt', 'grant') AND s ->> 'role' IS NOT NULL));

    -- Those that wait for nobody may be renamed by others than the owner.
    SELECT array_agg(s.role ORDER BY s.place) AS roles,
        array_agg(s.name ORDER BY s.place) AS names,
        array_agg(s.statement ORDER BY s.place) AS statements
    INTO _all
    FROM (
        SELECT (s.step ->> 'role')::oid AS role, s.step ->> 'from' AS name,
            s.step ->> 'statement' AS statement, s.place, (s.step ->> 'waits')::boolean AS waits
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' = 'rename'
    ) AS s
    WHERE NOT s.waits;
    IF _all.roles IS NOT NULL THEN
        PERFORM kerbrole.run_each(_all.roles, _all.names, _all.statements);
    END IF;
    FOR _step IN
        SELECT s.step ->> 'statement' AS statement, s.step ->> 'from' AS name
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' = 'rename' AND (s.step ->> 'waits')::boolean
        ORDER BY s.place
    LOOP
        PERFORM kerbrole.run(_step.statement, _step.name);
    END LOOP;
    PERFORM kerbrole.check_meanwhile(false, s.step ->> 'role_name')
    FROM jsonb_array_elements(_steps) AS s (step)
    LEFT JOIN kerbrole.roles AS r ON r.oid = (s.step ->> 'role')::oid
    WHERE s.step ->> 'action' = 'rename'
        AND (r.rolname::text = s.step ->> 'to' COLLATE "C"
            AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;

    PERFORM kerbrole.create_and_grant(
        ARRAY(SELECT s.step ->> 'role_name'
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'create' ORDER BY s.place),
        kerbrole.texts(_plan -> 'adopted'));
    PERFORM kerbrole.check_after(
        kerbrole.role_oids(ARRAY(
            SELECT s ->> 'role_name' FROM jsonb_array_elements(_steps) AS s
            WHERE s ->> 'action' IN ('create', 'adopt'))), _before);
    PERFORM kerbrole.run_many(_steps, ARRAY['bind']);
    PERFORM kerbrole.run_many(
        (SELECT coalesce(jsonb_agg(s.step ORDER BY s.place), '[]')
        FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'action' IN ('enable', 'disable') AND s.step ->> 'by' = 'owner'),
        ARRAY['enable', 'disable']);
    PERFORM kerbrole.check_meanwhile(false, s.step ->> 'role_name')
    FROM jsonb_array_elements(_steps) AS s (step)
    LEFT JOIN kerbrole.roles AS r ON r.oid = (s.step ->> 'role')::oid
    WHERE s.step ->> 'action' IN ('enable', 'disable') AND s.step ->> 'by' = 'owner'
        AND (r.rolcanlogin = (s.step ->> 'action' = 'enable')
            AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    RETURN _plan || jsonb_build_object('before', to_jsonb(_before),
        'left', kerbrole.end_sessions_of(_arguments, _steps, 'owner'));
END
$$;

-- With the owner's rights: those who are absent go.
CREATE FUNCTION kerbrole.remove_absent(_arguments jsonb, _caller oid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    _plan CONSTANT jsonb := kerbrole.plan_access(_arguments, _caller);
    _steps CONSTANT jsonb := (
        SELECT coalesce(jsonb_agg(s.step ORDER BY s.place), '[]')
        FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
        WHERE s.step ->> 'by' = 'removal');
BEGIN
    PERFORM kerbrole.refuse_too_many_losses(_plan);
    PERFORM kerbrole.run_many(_steps, ARRAY['disable']);
    PERFORM kerbrole.check_meanwhile(false, s.step ->> 'role_name')
    FROM jsonb_array_elements(_steps) AS s (step)
    LEFT JOIN kerbrole.roles AS r ON r.oid = (s.step ->> 'role')::oid
    WHERE s.step ->> 'action' = 'disable'
        AND (NOT r.rolcanlogin AND kerbrole.attributes(r.oid) IS NULL) IS NOT TRUE;
    PERFORM kerbrole.drop_many(_steps);
    RETURN jsonb_build_object(
        'left', kerbrole.end_sessions_of(_arguments, _steps, 'removal'));
END
$$;

-- Ends the sessions of those who are disabled, where that is wanted; whose go on.
CREATE FUNCTION kerbrole.end_sessions_of(_arguments jsonb, _steps jsonb, _by text) RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(e.role), '[]')
    FROM (
        SELECT d.role, kerbrole.end_sessions(d.role) AS sessions
        FROM (
            SELECT DISTINCT (s ->> 'role')::oid AS role
            FROM jsonb_array_elements(_steps) AS s
            WHERE (_arguments ->> 'terminate')::boolean
                AND s ->> 'action' = 'disable' AND s ->> 'by' = _by
        ) AS d
        WHERE d.role IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity AS a)
    ) AS e
    WHERE e.sessions > 0
$$;

-- Refuses a difference by which too many would lose something.
CREATE FUNCTION kerbrole.refuse_too_many_losses(_plan jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (_plan ->> 'losers')::bigint > (_plan ->> 'at_most')::bigint THEN
        PERFORM kerbrole.refuse('too_many_losses',
            _plan ->> 'losers', _plan ->> 'bound', _plan ->> 'at_most');
    END IF;
END
$$;

-- With the caller's rights: grants and revokes.
CREATE FUNCTION kerbrole.grant_as_caller(_steps jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _portion record;
BEGIN
    FOR _portion IN
        SELECT kerbrole.texts(s.granted) AS granted,
            string_agg(quote_ident(s.name), ', ' ORDER BY s.place) AS members
        FROM (
            SELECT s.step -> 'granted' AS granted, s.step ->> 'role_name' AS name, s.place,
                row_number() OVER (PARTITION BY s.step -> 'granted' ORDER BY s.place) AS at
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'grant'
        ) AS s
        GROUP BY s.granted, s.at / 1000 ORDER BY min(s.place)
    LOOP
        EXECUTE format('GRANT %s TO %s', (
            SELECT string_agg(quote_ident(g.name), ', ') FROM unnest(_portion.granted) AS g (name)),
            _portion.members);
    END LOOP;
    FOR _portion IN
        SELECT s.granted, s.grantor, string_agg(quote_ident(s.name), ', ' ORDER BY s.place)
            AS members, min(s.name COLLATE "C") AS first
        FROM (
            SELECT s.step ->> 'granted' AS granted, s.step ->> 'grantor' AS grantor,
                s.step ->> 'role_name' AS name, s.place, row_number() OVER (
                    PARTITION BY s.step ->> 'granted', s.step ->> 'grantor' ORDER BY s.place) AS at
            FROM jsonb_array_elements(_steps) WITH ORDINALITY AS s (step, place)
            WHERE s.step ->> 'action' = 'revoke'
        ) AS s
        GROUP BY s.granted, s.grantor, s.at / 1000 ORDER BY min(s.place)
    LOOP
        PERFORM kerbrole.revoke_as_caller(
            _portion.granted, _portion.members, _portion.grantor, _portion.first);
    END LOOP;
END
$$;

-- Ends memberships that one grantor gave; 42501 says who can end them where the caller cannot, with
-- the first of those who have one.
CREATE FUNCTION kerbrole.revoke_as_caller(
    _granted text, _members text, _grantor text, _first text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _message text;
    _detail text;
BEGIN
    EXECUTE concat(format('REVOKE %I FROM %s', _granted, _members),
        ' GRANTED BY ' || quote_ident(_grantor));
EXCEPTION
    WHEN insufficient_privilege THEN
        GET STACKED DIAGNOSTICS _message = MESSAGE_TEXT, _detail = PG_EXCEPTION_DETAIL;
        PERFORM kerbrole.raise('42501', _message, nullif(_detail, ''), CASE
            -- Up to 15, or ADMIN on the role itself is what is lacking.
            WHEN _grantor IS NULL
                OR pg_has_role(kerbrole.role_oid(_grantor), 'USAGE') THEN NULL
            -- A membership in a superuser's role is no right to hand out.
            WHEN (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r
                    WHERE r.oid = kerbrole.role_oid(_grantor))
                THEN format('A superuser can run: REVOKE %s FROM %s GRANTED BY %s;',
                    kerbrole.quoted(_granted), kerbrole.quoted(_first), kerbrole.quoted(_grantor))
            ELSE format('Whoever may grant the role can run: GRANT %s TO %s WITH INHERIT TRUE;',
                kerbrole.quoted(_grantor), kerbrole.quoted(current_user))
            END);
END
$$;

-- With the caller's rights: ends what those who are dropped have, and hands over what they granted.
CREATE FUNCTION kerbrole.clear_dropped_as_caller(_steps jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _dropped CONSTANT oid[] := ARRAY(
        SELECT DISTINCT (s ->> 'role')::oid FROM jsonb_array_elements(_steps) AS s
        WHERE s ->> 'action' = 'drop');
BEGIN
    PERFORM kerbrole.clear_wholly(d.role)
    FROM unnest(_dropped) AS d (role)
    WHERE EXISTS (SELECT FROM kerbrole.holdings(d.role));
    PERFORM kerbrole.hand_over_as_caller(d.role)
    FROM unnest(_dropped) AS d (role)
    -- Few grant, and many are granted something.
    WHERE d.role = ANY (ARRAY(SELECT DISTINCT m.grantor FROM pg_catalog.pg_auth_members AS m));
END
$$;

CREATE OR REPLACE FUNCTION kerbrole.kerb_apply_access(
    people json, roles text[], domains text[] DEFAULT '{}', absent text DEFAULT 'keep',
    dry_run boolean DEFAULT true, kept text[] DEFAULT '{}', max_removals text DEFAULT '10%',
    terminate boolean DEFAULT false)
RETURNS TABLE (action text, role_name text, statement text, reason text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _is_dry CONSTANT boolean := coalesce(dry_run, true);
    _arguments CONSTANT jsonb := kerbrole.access_arguments(
        people, roles, domains, absent, kept, max_removals, terminate);
    _caller CONSTANT oid := (
        SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user);
    _plan jsonb;
    _left jsonb;
BEGIN
    IF _is_dry THEN
        _plan := kerbrole.plan_access(_arguments, _caller);
        IF (_plan ->> 'losers')::bigint > (_plan ->> 'at_most')::bigint THEN
            PERFORM kerbrole.warn('too_many_losses',
                _plan ->> 'losers', _plan ->> 'bound', _plan ->> 'at_most');
        END IF;
    ELSE
        _plan := kerbrole.ask('kerb_apply_access', _arguments);
        PERFORM kerbrole.grant_as_caller(_plan -> 'steps');
        _left := _plan -> 'left';
        IF EXISTS (
            SELECT FROM jsonb_array_elements(_plan -> 'steps') AS s
            WHERE s ->> 'by' = 'removal')
        THEN
            PERFORM kerbrole.clear_dropped_as_caller(_plan -> 'steps');
            _left := _left || (kerbrole.ask('kerb_apply_access',
                _arguments || '{"removals": true}') -> 'left');
        END IF;
        PERFORM kerbrole.check_after(
            kerbrole.role_oids(ARRAY(
                SELECT DISTINCT s ->> 'role_name'
                FROM jsonb_array_elements(_plan -> 'steps') AS s
                WHERE s ->> 'action' = 'grant')),
            ARRAY(SELECT b::oid FROM jsonb_array_elements_text(_plan -> 'before') AS b));
        PERFORM kerbrole.warn_of_sessions(l::oid)
        FROM jsonb_array_elements_text(_left) AS l
        WHERE kerbrole.end_sessions(l::oid) > 0;
    END IF;
    PERFORM kerbrole.notice_case(kerbrole.texts(_plan -> 'case_matters'));
    PERFORM kerbrole.notice_adopted(kerbrole.texts(_plan -> 'adopted'));
    RETURN QUERY
    SELECT s.step ->> 'action', s.step ->> 'role_name', s.step ->> 'statement',
        s.step ->> 'reason'
    FROM jsonb_array_elements(_plan -> 'steps') WITH ORDINALITY AS s (step, place)
    ORDER BY s.place;
END
$$;

-- The arguments, as a request for the owner holds them.
CREATE FUNCTION kerbrole.access_arguments(
    _people json, _roles text[], _domains text[], _absent text, _kept text[], _max_removals text,
    _terminate boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF _people IS NULL THEN
        PERFORM kerbrole.refuse('null', 'people');
    ELSIF _roles IS NULL THEN
        PERFORM kerbrole.refuse('null', 'roles');
    END IF;
    -- More is not copied.
    IF octet_length(_people::text) > 33554432 THEN
        PERFORM kerbrole.refuse('list_too_large',
            json_array_length(_people)::text, octet_length(_people::text)::text);
    END IF;
    IF kerbrole.required(_absent, 'absent') COLLATE "C" NOT IN ('keep', 'disable', 'drop') THEN
        PERFORM kerbrole.refuse('absent', _absent);
    END IF;
    RETURN jsonb_build_object('people', _people::text,
        'roles', to_jsonb(kerbrole.checked_list(_roles, 'roles')),
        'domains', to_jsonb(coalesce(kerbrole.checked_domains(
            kerbrole.checked_list(_domains, 'domains')), '{}')),
        'absent', _absent,
        'kept', to_jsonb(coalesce(kerbrole.checked_list(_kept, 'kept'), '{}')),
        'max_removals', kerbrole.required(_max_removals, 'max_removals'),
        'terminate', coalesce(_terminate, false));
END
$$;

-- What holds on this server: tried as the caller, with a principal that is gone again afterwards.

-- The processor time, in seconds, that a login takes longer for so many memberships, estimated as
-- in kerbrole-core (LoginCost, which says what was measured): where a line of pg_hba.conf is for
-- the members of a role, the server collects all roles that somebody is in. Up to 16 it looks for
-- each of them among those before it.
CREATE FUNCTION kerbrole.login_cost(_roles bigint) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT _roles * 4e-6 + _roles::numeric ^ 2 * CASE
        WHEN current_setting('server_version_num')::integer < 160000 THEN 2.6e-9
        WHEN current_setting('server_version_num')::integer < 170000 THEN 3e-10
        ELSE 0
    END
$$;

CREATE OR REPLACE FUNCTION kerbrole.self_test()
RETURNS TABLE (question text, ok boolean, detail text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _owner record;
    _rule record;
    -- A realm that may be used, and a name that nobody has.
    _realm CONSTANT text := coalesce((kerbrole.allowed_realms())[1],
        upper(nullif(kerbrole.setting('default_realm'), '') COLLATE "C"), 'SELF-TEST.INVALID');
    _name CONSTANT text := 'kerbrole-self-test@' || _realm;
    _other CONSTANT text := 'kerbrole-self-test-2@' || _realm;
    _nested_before oid[];
    _nested text;
    _members text;
    _step text;
    _steps CONSTANT text[] := ARRAY['create and grant', 'disable', 'enable', 'rename', 'drop'];
    _results jsonb := '{}';
    _messages CONSTANT text := current_setting('client_min_messages');
    _denied text;
    _row record;
    _me CONSTANT oid := kerbrole.role_oid(current_user::text);
BEGIN
    SELECT r.oid, r.rolname::text AS name, r.rolcanlogin, r.rolsuper, r.rolcreaterole,
        quote_ident(r.rolname) AS quoted
    INTO STRICT _owner
    FROM pg_catalog.pg_namespace AS n JOIN kerbrole.roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = 'kerbrole';

    question := 'version';
    ok := true;
    detail := format('kerbrole %s on PostgreSQL %s', kerbrole.version(),
        current_setting('server_version'));
    RETURN NEXT;

    question := 'owner';
    ok := NOT _owner.rolcanlogin;
    detail := format('the functions belong to role "%s", %s', _owner.name,
        CASE WHEN ok THEN 'which cannot log in' ELSE 'which can log in' END
        || CASE WHEN NOT ok AND kerbrole.names_grantors() AND NOT _owner.rolsuper THEN
            ': it becomes a member of what it creates, and so of rds_ad' ELSE '' END);
    fix := CASE WHEN NOT ok THEN 'SELECT kerbrole.uninstall(); -- and install as a superuser, or '
        'as a role with CREATEROLE and ADMIN on rds_ad' END;
    RETURN NEXT;

    question := 'rule';
    BEGIN
        _rule := kerbrole.rule();
        ok := true;
        detail := format('nobody is to be in both %s and %s', _rule.ad_role, _rule.iam_role);
        fix := NULL;
    EXCEPTION
        WHEN undefined_object OR invalid_parameter_value THEN
            ok := false;
            detail := SQLERRM;
            fix := '-- psql -f sql/rds_roles.sql, or SELECT kerbrole.set(''ad_role'', ...)';
    END;
    RETURN NEXT;
    IF NOT ok THEN
        RETURN;
    END IF;

    question := 'rights of the owner';
    ok := _owner.rolsuper OR (_owner.rolcreaterole AND (NOT kerbrole.names_grantors()
        OR pg_has_role(_owner.oid, _rule.ad, 'MEMBER WITH ADMIN OPTION')));
    detail := format('"%s" %s CREATEROLE%s', _owner.name,
        CASE WHEN _owner.rolcreaterole OR _owner.rolsuper THEN 'has' ELSE 'lacks' END,
        CASE WHEN kerbrole.names_grantors() THEN format(', and %s ADMIN on %s',
            CASE WHEN pg_has_role(_owner.oid, _rule.ad, 'MEMBER WITH ADMIN OPTION')
                THEN 'has' ELSE 'lacks' END, _rule.ad_role) ELSE '' END);
    fix := CASE
        WHEN ok THEN NULL
        WHEN NOT _owner.rolcreaterole THEN format('ALTER ROLE %s CREATEROLE;', _owner.quoted)
        ELSE format('GRANT %I TO %s WITH ADMIN OPTION;', _rule.ad_role, _owner.quoted)
    END;
    RETURN NEXT;

    -- All of it is taken back: the results are kept in variables, which nothing takes back.
    BEGIN
        PERFORM set_config('client_min_messages', 'warning', true);
        _nested_before := ARRAY(SELECT kerbrole.all_below(ARRAY[_rule.ad]));
        FOREACH _step IN ARRAY _steps LOOP
            BEGIN
                CASE _step
                    WHEN 'create and grant' THEN PERFORM kerbrole.kerb_add_principal(_name);
                    WHEN 'disable' THEN PERFORM kerbrole.kerb_disable_principal(_name);
                    WHEN 'enable' THEN PERFORM kerbrole.kerb_enable_principal(_name);
                    WHEN 'rename' THEN
                        PERFORM kerbrole.kerb_rename_principal(_name, 'kerbrole-self-test-2');
                    WHEN 'drop' THEN PERFORM kerbrole.kerb_drop_principal(_other);
                END CASE;
                _results := _results || jsonb_build_object(_step, '');
                IF _step = 'create and grant' THEN
                    SELECT string_agg(format('"%s"', r.rolname), ', ' ORDER BY r.rolname::text
                        COLLATE "C") INTO _members
                    FROM pg_catalog.pg_auth_members AS m
                    JOIN kerbrole.roles AS r ON r.oid = m.member
                    WHERE m.roleid = kerbrole.role_oid(_name);
                    SELECT string_agg(format('"%s"', r.rolname), ', ' ORDER BY r.rolname::text
                        COLLATE "C") INTO _nested
                    FROM kerbrole.all_below(ARRAY[_rule.ad]) AS b
                    JOIN kerbrole.roles AS r ON r.oid = b
                    WHERE b <> ALL (_nested_before) AND r.rolcanlogin AND r.rolname <> _name::name;
                END IF;
            EXCEPTION
                WHEN OTHERS THEN
                    _results := _results || jsonb_build_object(_step, SQLERRM);
                    EXIT;
            END;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'KR000', MESSAGE = 'taken back';
    EXCEPTION
        WHEN SQLSTATE 'KR000' THEN
            NULL;
    END;

    FOREACH _step IN ARRAY _steps LOOP
        question := _step;
        ok := CASE WHEN _results ? _step THEN _results ->> _step = '' END;
        detail := CASE
            WHEN ok THEN 'works'
            WHEN ok IS NULL THEN 'not tried, since something before it does not work'
            ELSE _results ->> _step
        END;
        fix := CASE WHEN NOT ok AND detail LIKE 'permission denied for function%' THEN
            format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kerbrole TO %I;', current_user) END;
        RETURN NEXT;
    END LOOP;

    question := 'who becomes a member of what is created';
    ok := _nested IS NULL;
    detail := CASE WHEN NOT _results ? 'create and grant' OR _results ->> 'create and grant' <> ''
            THEN 'not known'
        ELSE coalesce(_members, 'nobody') || CASE WHEN _nested IS NOT NULL
            THEN format('; so %s, who can log in, comes to be nested under %s',
                _nested, _rule.ad_role)
            ELSE '' END END;
    fix := NULL;
    RETURN NEXT;

    question := 'administrators below ' || _rule.ad_role;
    SELECT string_agg(format('"%s"', r.rolname), ', ' ORDER BY r.rolname::text COLLATE "C")
    INTO _members
    FROM kerbrole.roles AS r
    WHERE r.rolcanlogin AND r.rolcreaterole AND r.oid = ANY (_nested_before)
        AND NOT kerbrole.is_principal(r.rolname::text);
    ok := _members IS NULL;
    detail := coalesce(_members || ': where pg_hba.conf sends +' || _rule.ad_role
        || ' to gss, they cannot log in with a password', 'none');
    fix := CASE WHEN NOT ok THEN format(
        '-- by a superuser: GRANT %I TO %s WITH ADMIN OPTION; and then take theirs away',
        _rule.ad_role, _owner.quoted) END;
    RETURN NEXT;

    question := 'your memberships';
    SELECT count(*) - 1 AS roles, kerbrole.login_cost(count(*) - 1) AS seconds INTO _row
    FROM kerbrole.above(ARRAY[_me]);
    ok := _row.seconds < 0.016;
    detail := format('"%s" is a member of %s%s', current_user, kerbrole.counted(_row.roles, 'role'),
        CASE WHEN NOT ok THEN format(', which makes its logins slow where a line of pg_hba.conf '
            'is for the members of a role: about %s seconds of processor time each',
            round(_row.seconds, 2)) ELSE '' END);
    -- Whoever created a role can end its membership as little as anybody else but a superuser.
    fix := CASE WHEN NOT ok THEN (
        SELECT '-- by a superuser, and so of the rest: ' || string_agg(
            format('REVOKE %I FROM %I%s;', r.rolname, current_user,
                CASE WHEN kerbrole.names_grantors()
                    THEN format(' GRANTED BY %I', g.rolname) ELSE '' END), ' ' ORDER BY r.name)
        FROM (
            SELECT r.rolname, r.rolname::text COLLATE "C" AS name, m.grantor
            FROM pg_catalog.pg_auth_members AS m
            JOIN kerbrole.roles AS r ON r.oid = m.roleid
            WHERE m.member = _me AND strpos(r.rolname::text COLLATE "C", '@') > 0
                AND kerbrole.is_principal(r.rolname::text)
            ORDER BY 2 LIMIT 3
        ) AS r
        JOIN kerbrole.roles AS g ON g.oid = r.grantor) END;
    RETURN NEXT;

    question := 'principals of others';
    SELECT count(*), string_agg(format('GRANT %I TO %s WITH ADMIN OPTION;', r.rolname,
        _owner.quoted), ' ') FILTER (WHERE r.place <= 3)
    INTO _row
    FROM (
        SELECT r.oid, r.rolname,
            row_number() OVER (ORDER BY r.rolname::text COLLATE "C") AS place
        FROM kerbrole.roles AS r
        WHERE strpos(r.rolname::text COLLATE "C", '@') > 0
            AND kerbrole.is_principal(r.rolname::text) AND r.oid = ANY (_nested_before)
            AND kerbrole.names_grantors() AND NOT _owner.rolsuper
            AND NOT pg_has_role(_owner.oid, r.oid, 'MEMBER WITH ADMIN OPTION')
    ) AS r;
    ok := _row.count = 0;
    detail := CASE WHEN ok THEN 'the owner may change every principal'
        ELSE format('%s cannot be disabled, renamed or dropped by these functions: others '
            'created them', kerbrole.counted(_row.count, 'principal')) END;
    fix := _row.string_agg;
    RETURN NEXT;

    question := 'ending sessions';
    ok := _owner.rolsuper OR pg_has_role(_owner.oid, 'pg_signal_backend', 'USAGE')
        OR pg_has_role('pg_signal_backend', 'USAGE');
    detail := CASE WHEN ok THEN 'kerb_disable_principal(..., terminate => true) ends them'
        ELSE 'neither the owner nor you may end sessions of others' END;
    fix := CASE WHEN NOT ok THEN format('GRANT pg_signal_backend TO %s;', _owner.quoted) END;
    RETURN NEXT;

    question := 'functions that you may call';
    SELECT string_agg(DISTINCT p.proname::text, ', ' ORDER BY p.proname::text) INTO _denied
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace = 'kerbrole'::regnamespace AND p.proname ~ '^kerb_'
        AND NOT has_function_privilege(p.oid, 'EXECUTE');
    ok := _denied IS NULL;
    detail := CASE WHEN ok THEN 'all' ELSE 'all but ' || _denied END;
    fix := CASE WHEN NOT ok THEN format(
        'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kerbrole TO %I;', current_user) END;
    RETURN NEXT;

    question := 'plain GRANTs of others';
    ok := NULL;
    detail := 'nothing here keeps somebody from a GRANT that puts a role into both: '
        'kerbrole.kerb_conflicts() finds it afterwards';
    fix := 'SELECT * FROM kerbrole.kerb_conflicts();';
    RETURN NEXT;
    PERFORM set_config('client_min_messages', _messages, true);
END
$$;
COMMENT ON FUNCTION kerbrole.self_test() IS
    'tries what works on this server, with a principal that is gone again; says what is missing';

-- The way in for an upgrade, and the way out.

-- For whoever installed this and nobody else: since 16 they are no members of the owner.
CREATE OR REPLACE FUNCTION kerbrole.run_as_owner(statements text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE statements;
END
$$;
COMMENT ON FUNCTION kerbrole.run_as_owner(text) IS
    'runs the script again, to upgrade; for whoever installed this';

CREATE OR REPLACE FUNCTION kerbrole.uninstall() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _creators CONSTANT oid[] := ARRAY(
        SELECT c.creator FROM kerbrole.creators() AS c ORDER BY c.creator);
    _principals CONSTANT bigint := (
        SELECT count(*)
        FROM pg_catalog.pg_auth_members AS m
        JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid
        WHERE m.member IN (
                SELECT o.oid FROM pg_catalog.pg_roles AS o WHERE o.rolname = current_user
                UNION ALL SELECT unnest(_creators))
            AND m.admin_option AND m.roleid <> ALL (_creators)
            AND r.rolname <> kerbrole.setting('ad_role')::name);
    -- With those that created principals for it.
    _names CONSTANT text := concat_ws(', ', 'kerbrole_owner', (
        SELECT string_agg(pg_get_userbyid(c.oid)::text, ', ' ORDER BY c.place)
        FROM unnest(_creators) WITH ORDINALITY AS c (oid, place)));
    _messages CONSTANT text := current_setting('client_min_messages');
    _others text;
BEGIN
    -- What others made of these functions is theirs, and does not go unasked.
    SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
    INTO _others
    FROM pg_catalog.pg_depend AS d
    WHERE d.deptype = 'n'
        AND (d.refclassid, d.refobjid) IN (
            SELECT 'pg_catalog.pg_proc'::regclass::oid, p.oid FROM pg_catalog.pg_proc AS p
            WHERE p.pronamespace = 'kerbrole'::regnamespace
            UNION ALL
            SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid FROM pg_catalog.pg_class AS c
            WHERE c.relnamespace = 'kerbrole'::regnamespace
            UNION ALL
            SELECT 'pg_catalog.pg_type'::regclass::oid, t.oid FROM pg_catalog.pg_type AS t
            WHERE t.typnamespace = 'kerbrole'::regnamespace)
        AND (pg_identify_object(d.classid, d.objid, d.objsubid)).identity
            !~ '(^| on | for )kerbrole[.]';
    IF _others IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = 'other objects depend on what is in schema kerbrole',
            DETAIL = _others,
            HINT = 'Drop them first.';
    END IF;
    IF current_user = 'kerbrole_owner' THEN
        RAISE NOTICE USING
            MESSAGE = 'the role kerbrole_owner stays until it is dropped',
            DETAIL = CASE WHEN _principals > 0 AND kerbrole.names_grantors() THEN
                format('It has ADMIN on %s roles, without which only a superuser changes them, and '
                    'granted them %s.', _principals, kerbrole.setting('ad_role'))
                ELSE 'It owns nothing more in this database.' END,
            HINT = CASE WHEN _principals > 0 AND kerbrole.names_grantors() THEN
                format('When no other database has these functions, a superuser grants %s to each '
                    'of them, since what kerbrole_owner granted goes with it, and then runs: '
                    'DROP OWNED BY kerbrole_owner; DROP ROLE %s;',
                    kerbrole.quoted(kerbrole.setting('ad_role')), _names)
                ELSE 'DROP ROLE kerbrole_owner; by a superuser, or up to PostgreSQL 15 by a role '
                'with CREATEROLE, when no other database has these functions.' END;
    END IF;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass
            AND d.objid = 'kerbrole'::regnamespace AND d.deptype = 'e')
    THEN
        RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = 'the functions in schema kerbrole are an extension here',
            HINT = 'DROP EXTENSION kerbrole; by whoever installed it.';
    END IF;
    -- Without a list of all that goes.
    PERFORM set_config('client_min_messages', 'warning', true);
    DROP SCHEMA kerbrole CASCADE;
    PERFORM set_config('client_min_messages', _messages, true);
END
$$;
COMMENT ON FUNCTION kerbrole.uninstall() IS
    'takes away the schema kerbrole with all that is in it; principals stay as they are';

-- Rights: EXECUTE on what changes or audits anything is the right to manage principals. It is taken
-- from everybody and given to rds_superuser, where that role exists. To let others have it:
--
--   GRANT USAGE ON SCHEMA kerbrole TO helpdesk;
--   GRANT EXECUTE ON FUNCTION kerbrole.kerb_add_principal(text, text, text[], boolean) TO helpdesk;

CREATE OR REPLACE VIEW kerbrole.kerb_principals AS
    SELECT p.* FROM kerbrole.kerb_list_principals() AS p;

COMMENT ON FUNCTION kerbrole.kerb_canonicalize(text, text) IS
    'the exact name of the role that a Kerberos principal logs in as; changes nothing';
COMMENT ON FUNCTION kerbrole.kerb_add_principal(text, text, text[], boolean) IS
    'creates the login role of a Kerberos principal, a member of rds_ad and of the groups given; returns its exact name';
COMMENT ON FUNCTION kerbrole.kerb_add_principals(text[], text[], boolean) IS
    'creates the login roles of many Kerberos principals, all or none; says for each whether it was created, adopted or unchanged';
COMMENT ON FUNCTION kerbrole.kerb_add_principal(text, text, text, boolean) IS
    'the same with groups as text: the name of one group, or an array literal where it begins with a brace';
COMMENT ON FUNCTION kerbrole.kerb_add_principal(text, kerbrole.kerb_groups, boolean) IS
    'the same for a username that carries its realm: kerb_add_principal(''alice@corp.example.com'', groups => ''analysts'')';
COMMENT ON FUNCTION kerbrole.kerb_add_principals(text[], text, boolean) IS
    'the same with groups as text: the name of one group, or an array literal where it begins with a brace';
COMMENT ON DOMAIN kerbrole.kerb_groups IS
    'the name of one group, or an array literal; tells groups from a realm in calls of kerb_add_principal';
COMMENT ON FUNCTION kerbrole.kerb_conflicts() IS
    'the roles that are members of both rds_ad and rds_iam, with a path to each and the REVOKE that ends it';
COMMENT ON FUNCTION kerbrole.kerb_preview_grant(text, text) IS
    'the conflicts that GRANT granted_role TO member would create, with both paths; changes nothing';
COMMENT ON FUNCTION kerbrole.kerb_list_principals() IS
    'every role that is the login of a Kerberos principal, with its groups, the paths to rds_ad and rds_iam, and its sessions';
COMMENT ON FUNCTION kerbrole.kerb_disable_principal(text, text, boolean) IS
    'keeps a Kerberos principal from logging in (NOLOGIN), and ends its sessions if asked to; returns the exact role name';
COMMENT ON FUNCTION kerbrole.kerb_enable_principal(text, text) IS
    'lets a Kerberos principal log in again; returns the exact role name';
COMMENT ON FUNCTION kerbrole.kerb_rename_principal(text, text, text, text) IS
    'gives a Kerberos principal''s role another name; what it owns and was granted stays; returns the new exact name';
COMMENT ON FUNCTION kerbrole.kerb_rename_principal(text, text) IS
    'the same for a username that carries its realm: kerb_rename_principal(''alice@corp.example.com'', ''alicia'')';
COMMENT ON FUNCTION kerbrole.kerb_rename_realm(text, text, boolean) IS
    'gives every principal of one realm the same name in another, all or none; only shows what is in the way unless dry_run is false';
COMMENT ON FUNCTION kerbrole.kerb_drop_principal(text, text, boolean, text) IS
    'drops a Kerberos principal''s role with its memberships and its privileges here; what it owns goes to reassign_owned_to';
COMMENT ON FUNCTION kerbrole.kerb_case_audit() IS
    'roles that the case or length of their names opens to the wrong tickets or to none, now or with krb_caseins_users flipped, each with a fix';
COMMENT ON FUNCTION kerbrole.kerb_sync_principals(text[], text, boolean, text[], text[]) IS
    'brings the principals in line with a list; only shows the statements unless dry_run is false; absent: keep, disable or drop';
COMMENT ON FUNCTION kerbrole.kerb_apply_access(json, text[], text[], text, boolean, text[], text, boolean) IS
    'brings principals in line with the accounts and groups of a directory, by SID; only shows the statements unless dry_run is false; absent: keep, disable or drop';
COMMENT ON FUNCTION kerbrole.kerb_check_principal(text, text) IS
    'every question that a login of a Kerberos principal to this database asks, with its answer and what would mend it; changes nothing';
COMMENT ON VIEW kerbrole.kerb_principals IS 'kerb_list_principals() as a view; needs EXECUTE on the function as well';
COMMENT ON COLUMN kerbrole.kerb_principals.role_name IS 'the exact name of the role, which the person has to log in as';
COMMENT ON COLUMN kerbrole.kerb_principals.username IS 'the part before the @: the sAMAccountName';
COMMENT ON COLUMN kerbrole.kerb_principals.realm IS 'the part after the @: the directory''s domain';
COMMENT ON COLUMN kerbrole.kerb_principals.can_login IS 'whether the role has LOGIN; false where it is disabled';
COMMENT ON COLUMN kerbrole.kerb_principals.groups IS 'the roles that it is a direct member of, rds_ad excepted';
COMMENT ON COLUMN kerbrole.kerb_principals.ad_path IS 'a shortest chain of memberships to rds_ad; NULL where no ticket opens the role';
COMMENT ON COLUMN kerbrole.kerb_principals.iam_path IS 'a shortest chain of memberships to rds_iam; beside an ad_path it is a conflict';
COMMENT ON COLUMN kerbrole.kerb_principals.sessions IS 'how many sessions it has on this server now';
COMMENT ON COLUMN kerbrole.kerb_principals.sid IS 'the account of a directory that the role is bound to; NULL where it is bound to none';
COMMENT ON COLUMN kerbrole.kerb_principals.source IS 'who decides about it: directory where it is bound to an account, else manual';

-- What stays when this is run again is given once: what an administrator gives or takes away later
-- stays so. In an extension, what its script grants is moreover what pg_dump takes for given.
DO $$
DECLARE
    _function record;
    _caller record;
    _new oid[] := '{}';
    _is_new CONSTANT boolean := obj_description('kerbrole'::regnamespace, 'pg_namespace') IS NULL;
    _has_rds CONSTANT boolean := to_regrole('rds_superuser') IS NOT NULL;
BEGIN
    FOR _function IN
        SELECT p.oid, p.oid::regprocedure AS quoted, p.proacl IS NULL AS is_new
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::regnamespace
            AND (p.proname ~ '^kerb_' OR p.proname = 'self_test')
            AND p.proname <> 'kerb_canonicalize'
    LOOP
        IF _is_new OR _function.is_new THEN
            EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', _function.quoted);
            IF _has_rds THEN
                EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO rds_superuser', _function.quoted);
            END IF;
            _new := _new || _function.oid;
        END IF;
    END LOOP;
    IF _is_new THEN
        REVOKE ALL ON FUNCTION kerbrole.run_as_owner(text), kerbrole.set(text, text),
            kerbrole.uninstall() FROM PUBLIC;
        GRANT USAGE ON SCHEMA kerbrole TO PUBLIC;
        GRANT SELECT ON kerbrole.settings TO PUBLIC;
        IF _has_rds THEN
            GRANT SELECT ON kerbrole.kerb_principals TO rds_superuser;
        END IF;
    END IF;

    -- What an earlier version had and this one has not. Whoever could call it can call what has
    -- come instead: a function of its name with other arguments.
    FOR _function IN
        SELECT p.oid, p.oid::regprocedure AS quoted, p.proname, p.proacl, p.proowner
        FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'kerbrole'::regnamespace AND p.proname ~ '^kerb_'
            AND p.oid <> ALL (ARRAY[
                'kerbrole.kerb_canonicalize(text, text)',
                'kerbrole.kerb_add_principal(text, text, text[], boolean)',
                'kerbrole.kerb_add_principals(text[], text[], boolean)',
                'kerbrole.kerb_add_principal(text, text, text, boolean)',
                'kerbrole.kerb_add_principal(text, kerbrole.kerb_groups, boolean)',
                'kerbrole.kerb_add_principals(text[], text, boolean)',
                'kerbrole.kerb_conflicts()',
                'kerbrole.kerb_preview_grant(text, text)',
                'kerbrole.kerb_list_principals()',
                'kerbrole.kerb_disable_principal(text, text, boolean)',
                'kerbrole.kerb_enable_principal(text, text)',
                'kerbrole.kerb_rename_principal(text, text, text, text)',
                'kerbrole.kerb_rename_principal(text, text)',
                'kerbrole.kerb_rename_realm(text, text, boolean)',
                'kerbrole.kerb_drop_principal(text, text, boolean, text)',
                'kerbrole.kerb_case_audit()',
                'kerbrole.kerb_sync_principals(text[], text, boolean, text[], text[])',
                'kerbrole.kerb_apply_access(json, text[], text[], text, boolean, text[], text, boolean)',
                'kerbrole.kerb_check_principal(text, text)'
            ]::regprocedure[]::oid[])
    LOOP
        FOR _caller IN
            SELECT DISTINCT p.oid::regprocedure AS function, r.rolname, a.is_grantable
            FROM pg_catalog.aclexplode(_function.proacl) AS a
            JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
            JOIN pg_catalog.pg_proc AS p
                ON p.oid = ANY (_new) AND p.proname = _function.proname
            WHERE a.grantee <> _function.proowner AND p.oid <> _function.oid
        LOOP
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I%s', _caller.function,
                _caller.rolname,
                CASE WHEN _caller.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        EXECUTE format('DROP ROUTINE %s', _function.quoted);
    END LOOP;
END
$$;
-- What is done with the owner's rights is for the owner to call.
REVOKE ALL ON FUNCTION kerbrole.answer(), kerbrole.lock(), kerbrole.run(text, text),
    kerbrole.new_creator(), kerbrole.run_all(text[]), kerbrole.run_as_creator(name, text[]),
    kerbrole.create_many(text[]), kerbrole.run_each(oid[], text[], text[]),
    kerbrole.add(jsonb), kerbrole.create_and_grant(text[], text[]), kerbrole.drop(jsonb),
    kerbrole.end_grants(oid), kerbrole.disable(jsonb), kerbrole.enable(jsonb, oid),
    kerbrole.rename(jsonb, oid), kerbrole.rename_realm(jsonb, oid), kerbrole.sync(jsonb, oid),
    kerbrole.drop_many(jsonb), kerbrole.run_many(jsonb, text[]), kerbrole.access(jsonb, oid),
    kerbrole.remove_absent(jsonb, oid), kerbrole.end_sessions_of(jsonb, jsonb, text)
    FROM PUBLIC;

-- The rest reads what every login may read, and stores nothing.
GRANT SELECT ON kerbrole.roles TO PUBLIC;
GRANT INSERT (function, arguments), SELECT (answer) ON kerbrole.request TO PUBLIC;
COMMENT ON SCHEMA kerbrole IS 'kerbrole 0.1.0: Kerberos principals as roles';

$kerbrole$;
    _installer CONSTANT name := current_user;
    _path CONSTANT text := current_setting('search_path');
    _owner name := 'kerbrole_owner';
    _is_superuser CONSTANT boolean := (
        SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user);
    _since_16 CONSTANT boolean := current_setting('server_version_num')::integer >= 160000;
    _door pg_catalog.regprocedure;
    _there record;
    _setup_is_there boolean := false;
    _ad_role text := 'rds_ad';
    _why text;
    _detail text;
    -- Whether CREATE EXTENSION runs this, or ALTER EXTENSION: with pg_tle.
    _in_extension boolean := false;
    -- For whoever installed this: the right to use it, to let others use it, to set, to upgrade.
    _for_installer CONSTANT text := format($grants$
        DO $$
        DECLARE
            _function pg_catalog.regprocedure;
        BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_catalog.pg_namespace AS n, aclexplode(n.nspacl) AS a
                WHERE n.nspname = 'kerbrole' AND pg_get_userbyid(a.grantee) = %1$L
                    AND a.is_grantable)
            THEN
                GRANT USAGE ON SCHEMA kerbrole TO %1$I WITH GRANT OPTION;
                GRANT SELECT ON kerbrole.kerb_principals TO %1$I WITH GRANT OPTION;
                -- Restores them; set() asks for more than the trigger does.
                GRANT INSERT ON kerbrole.settings TO %1$I;
                GRANT EXECUTE ON FUNCTION kerbrole.run_as_owner(text), kerbrole.set(text, text),
                    kerbrole.uninstall() TO %1$I;
            END IF;
            FOR _function IN
                SELECT p.oid
                FROM pg_catalog.pg_proc AS p
                WHERE p.pronamespace = 'kerbrole'::regnamespace
                    AND (p.proname ~ '^kerb_' OR p.proname = 'self_test')
                    AND NOT EXISTS (
                        SELECT FROM aclexplode(p.proacl) AS a
                        WHERE pg_get_userbyid(a.grantee) = %1$L AND a.is_grantable)
            LOOP
                EXECUTE format('GRANT EXECUTE ON ROUTINE %%s TO %%I WITH GRANT OPTION', _function,
                    %1$L);
            END LOOP;
        END
        $$;
    $grants$, current_user);
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SET LOCAL client_min_messages = warning;
    _door := pg_catalog.to_regprocedure('kerbrole.run_as_owner(text)');
    BEGIN
        PERFORM pg_catalog.pg_extension_config_dump('pg_catalog.pg_class', '');
    EXCEPTION
        -- Refused anyway, and why says where this runs.
        WHEN feature_not_supported THEN
            NULL;
        WHEN object_not_in_prerequisite_state THEN
            _in_extension := true;
    END;

    -- Whoever owns a function says what it does, with the rights of whoever calls it, and whoever
    -- may create a schema can have made one of this name. What is there is called only where nobody
    -- but the installer, a superuser, or the role that this script makes can have put it there. A
    -- superuser, who has more to lose than that role has, calls none of it.
    SELECT r.oid, r.rolname AS name, r.rolsuper OR r.rolname = current_user AS is_ours,
        r.rolname = 'kerbrole_owner' AND NOT r.rolcanlogin AND (NOT _since_16 OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS m
            JOIN pg_catalog.pg_roles AS o ON o.oid = m.member
            WHERE m.roleid = r.oid AND NOT o.rolsuper)) AS is_made_by_this,
        EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid
                AND d.deptype = 'e') AS is_of_extension
    INTO _there
    FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = 'kerbrole';
    IF FOUND AND NOT _there.is_ours AND NOT _there.is_made_by_this
        AND NOT (_is_superuser AND EXISTS (
            SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = _there.oid AND r.rolcreaterole))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'there is a schema kerbrole that is somebody else''s',
            DETAIL = format('It belongs to role "%s".', _there.name),
            HINT = 'Run the script as the role that installed it. If that is nobody you know of, '
                'look at what is in the schema before you drop it.';
    END IF;
    IF _there.is_of_extension AND NOT _in_extension THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the functions in schema kerbrole are an extension here',
            HINT = 'Upgrade them as one: kerbrole install-sql --pg-tle, or the script that '
                'make tle writes.';
    ELSIF NOT _there.is_of_extension AND _in_extension THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the functions in schema kerbrole are no extension here',
            HINT = 'Upgrade them as what they are, with kerbrole install-sql or sql/kerbrole.sql.';
    END IF;
    IF _there.oid IS NULL AND EXISTS (
        SELECT FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = 'kerbrole_owner' AND (r.rolcanlogin OR r.rolsuper OR (_since_16
            AND EXISTS (
                SELECT FROM pg_catalog.pg_auth_members AS m
                JOIN pg_catalog.pg_roles AS o ON o.oid = m.member
                WHERE m.roleid = r.oid AND NOT o.rolsuper))))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'there is a role kerbrole_owner that somebody may act as',
            DETAIL = 'It can log in, or has members: what these functions may do they could do.',
            HINT = 'Drop it, or take LOGIN and its members away.';
    END IF;

    -- An upgrade: whoever installed this has the right to run things as the owner, and nothing else
    -- of it.
    IF _there.is_made_by_this AND NOT _is_superuser THEN
        IF _door IS NULL OR NOT pg_catalog.has_function_privilege(_door::oid, 'EXECUTE') THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = 'permission denied to upgrade the functions in schema kerbrole',
                HINT = 'Run the script as the role that installed it, or as a superuser.';
        END IF;
        -- An error comes without its context, which would be all of the script.
        BEGIN
            EXECUTE 'SELECT kerbrole.run_as_owner($1)' USING _script;
        EXCEPTION
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL;
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM,
                    DETAIL = concat_ws(E'\n', nullif(_detail, ''), 'Nothing was changed.');
        END;
        EXECUTE 'SELECT kerbrole.run_as_owner($1)' USING _for_installer;
        IF _in_extension THEN
            PERFORM pg_catalog.pg_extension_config_dump('kerbrole.settings', '');
        END IF;
        PERFORM pg_catalog.set_config('search_path', _path, true);
        RETURN;
    END IF;

    -- The owner. Since 16 whoever creates a role becomes a member of it, and so of what it creates:
    -- an administrator would be nested under rds_ad. Created by a role that is then dropped, the
    -- owner has nobody below it.
    IF _there.oid IS NOT NULL THEN
        _owner := _there.name;
    ELSE
        BEGIN
            IF _is_superuser OR NOT _since_16 THEN
                IF pg_catalog.to_regrole('kerbrole_owner') IS NULL THEN
                    CREATE ROLE kerbrole_owner NOLOGIN CREATEROLE;
                END IF;
                IF NOT _is_superuser THEN
                    EXECUTE format('GRANT kerbrole_owner TO %I', _installer);
                END IF;
            ELSE
                CREATE ROLE kerbrole_setup NOLOGIN CREATEROLE;
                _setup_is_there := true;
                EXECUTE format(
                    'GRANT kerbrole_setup TO %I WITH INHERIT FALSE, SET TRUE', _installer);
                SET LOCAL ROLE kerbrole_setup;
                CREATE ROLE kerbrole_owner NOLOGIN CREATEROLE;
                EXECUTE format(
                    'GRANT kerbrole_owner TO %I WITH INHERIT FALSE, SET TRUE', _installer);
                PERFORM pg_catalog.set_config('role', _installer, true);
            END IF;
            IF _since_16 AND pg_catalog.to_regrole(_ad_role) IS NOT NULL THEN
                EXECUTE format('GRANT %I TO kerbrole_owner WITH ADMIN OPTION', _ad_role);
            END IF;
        EXCEPTION
            WHEN insufficient_privilege OR duplicate_object THEN
                _why := SQLERRM;
                _setup_is_there := false;
                _owner := _installer;
        END;
        EXECUTE format('CREATE SCHEMA kerbrole AUTHORIZATION %I', _owner);
    END IF;

    -- Ends sessions of principals that are disabled, where it may be had.
    IF _owner <> _installer THEN
        BEGIN
            EXECUTE format('GRANT pg_signal_backend TO %I', _owner);
        EXCEPTION
            WHEN insufficient_privilege THEN
                NULL;
        END;
    END IF;

    PERFORM pg_catalog.set_config('role', _owner, true);
    BEGIN
        EXECUTE _script;
    EXCEPTION
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL;
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM,
                DETAIL = concat_ws(E'\n', nullif(_detail, ''), 'Nothing was changed.');
    END;
    IF _in_extension THEN
        -- pg_dump is to take the settings along.
        PERFORM pg_catalog.pg_extension_config_dump('kerbrole.settings', '');
    END IF;
    IF _owner <> _installer AND NOT _is_superuser THEN
        EXECUTE _for_installer;
    END IF;

    -- Nobody stays a member of the owner.
    IF _setup_is_there THEN
        SET LOCAL ROLE kerbrole_setup;
        EXECUTE format('REVOKE kerbrole_owner FROM %I', _installer);
        PERFORM pg_catalog.set_config('role', _installer, true);
        DROP ROLE kerbrole_setup;
    ELSE
        PERFORM pg_catalog.set_config('role', _installer, true);
        IF _owner <> _installer AND NOT _is_superuser AND NOT _since_16 THEN
            EXECUTE format('REVOKE kerbrole_owner FROM %I', _installer);
        END IF;
    END IF;
    IF _owner = _installer AND NOT _is_superuser THEN
        RAISE WARNING USING
            MESSAGE = format(
                'the functions belong to "%s", and not to a role of their own', _owner),
            DETAIL = concat(_why || '. ', CASE WHEN _since_16 THEN
                'What they create "' || _owner || '" becomes a member of: it comes to be a member '
                'of rds_ad, can no longer log in with a password where pg_hba.conf sends +rds_ad '
                'to gss, and logs in more slowly with each principal.'
                ELSE 'Whoever may SET ROLE to it may change them.' END),
            HINT = CASE WHEN pg_catalog.to_regrole('kerbrole_owner') IS NOT NULL THEN
                'There is a role kerbrole_owner, of another database or of an earlier '
                'installation, and only a superuser makes it the owner here. '
                ELSE 'A superuser, or a role with CREATEROLE and ADMIN on rds_ad, can install '
                'them with kerbrole_owner: SELECT kerbrole.uninstall() first. ' END
                || 'Roles belong to all databases: to have these functions in one is enough.';
    END IF;
    PERFORM pg_catalog.set_config('search_path', _path, true);
END
$install$;
