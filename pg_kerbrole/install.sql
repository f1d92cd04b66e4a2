COMMENT ON FUNCTION kerb_canonicalize(text, text) IS
    'the exact name of the role that a Kerberos principal logs in as; changes nothing';
COMMENT ON FUNCTION kerb_add_principal(text, text, text[], boolean) IS
    'creates the login role of a Kerberos principal, a member of rds_ad and of the groups given; returns its exact name';
COMMENT ON FUNCTION kerb_add_principals(text[], text[], boolean) IS
    'creates the login roles of many Kerberos principals, all or none; says for each whether it was created, adopted or unchanged';
COMMENT ON FUNCTION kerb_add_principal(text, text, text, boolean) IS
    'the same with groups as text: the name of one group, or an array literal where it begins with a brace';
COMMENT ON FUNCTION kerb_add_principal(text, kerb_groups, boolean) IS
    'the same for a username that carries its realm: kerb_add_principal(''alice@corp.example.com'', groups => ''analysts'')';
COMMENT ON FUNCTION kerb_add_principals(text[], text, boolean) IS
    'the same with groups as text: the name of one group, or an array literal where it begins with a brace';
COMMENT ON DOMAIN kerb_groups IS
    'the name of one group, or an array literal; tells groups from a realm in calls of kerb_add_principal';
COMMENT ON FUNCTION kerb_conflicts() IS
    'the roles that are members of both rds_ad and rds_iam, with a path to each and the REVOKE that ends it';

COMMENT ON FUNCTION kerb_preview_grant(text, text) IS
    'the conflicts that GRANT granted_role TO member would create, with both paths; changes nothing';
COMMENT ON FUNCTION kerb_list_principals() IS
    'every role that is the login of a Kerberos principal, with its groups, the paths to rds_ad and rds_iam, and its sessions';
COMMENT ON FUNCTION kerb_disable_principal(text, text, boolean) IS
    'keeps a Kerberos principal from logging in (NOLOGIN), and ends its sessions if asked to; returns the exact role name';
COMMENT ON FUNCTION kerb_enable_principal(text, text) IS
    'lets a Kerberos principal log in again; returns the exact role name';
COMMENT ON FUNCTION kerb_rename_principal(text, text, text, text) IS
    'gives a Kerberos principal''s role another name; what it owns and was granted stays; returns the new exact name';
COMMENT ON FUNCTION kerb_rename_principal(text, text) IS
    'the same for a username that carries its realm: kerb_rename_principal(''alice@corp.example.com'', ''alicia'')';
COMMENT ON FUNCTION kerb_rename_realm(text, text, boolean) IS
    'gives every principal of one realm the same name in another, all or none; only shows what is in the way unless dry_run is false';
COMMENT ON FUNCTION kerb_drop_principal(text, text, boolean, text) IS
    'drops a Kerberos principal''s role with its memberships and its privileges here; what it owns goes to reassign_owned_to';
COMMENT ON FUNCTION kerb_case_audit() IS
    'roles that the case or length of their names opens to the wrong tickets or to none, now or with krb_caseins_users flipped, each with a fix';
COMMENT ON FUNCTION kerb_sync_principals(text[], text, boolean, text[], text[]) IS
    'brings the principals in line with a list; only shows the statements unless dry_run is false; absent: keep, disable or drop';
COMMENT ON FUNCTION kerb_apply_access(json, text[], text[], text, boolean, text[], text, boolean) IS
    'brings principals in line with the accounts and groups of a directory, by SID; only shows the statements unless dry_run is false; absent: keep, disable or drop';
COMMENT ON FUNCTION kerb_check_principal(text, text) IS
    'every question that a login of a Kerberos principal to this database asks, with its answer and what would mend it; changes nothing';

CREATE VIEW kerb_principals AS SELECT * FROM kerb_list_principals();
COMMENT ON VIEW kerb_principals IS 'kerb_list_principals() as a view; needs EXECUTE on the function as well';
COMMENT ON COLUMN kerb_principals.role_name IS 'the exact name of the role, which the person has to log in as';
COMMENT ON COLUMN kerb_principals.username IS 'the part before the @: the sAMAccountName';
COMMENT ON COLUMN kerb_principals.realm IS 'the part after the @: the directory''s domain';
COMMENT ON COLUMN kerb_principals.can_login IS 'whether the role has LOGIN; false where it is disabled';
COMMENT ON COLUMN kerb_principals.groups IS 'the roles that it is a direct member of, rds_ad excepted';
COMMENT ON COLUMN kerb_principals.ad_path IS 'a shortest chain of memberships to rds_ad; NULL where no ticket opens the role';
COMMENT ON COLUMN kerb_principals.iam_path IS 'a shortest chain of memberships to rds_iam; beside an ad_path it is a conflict';
COMMENT ON COLUMN kerb_principals.sessions IS 'how many sessions it has on this server now';
COMMENT ON COLUMN kerb_principals.sid IS 'the account of a directory that the role is bound to; NULL where it is bound to none';
COMMENT ON COLUMN kerb_principals.source IS 'who decides about it: directory where it is bound to an account, else manual';

-- kerb_canonicalize changes and reveals nothing: anyone may call it.
REVOKE ALL ON FUNCTION kerb_add_principal(text, text, text[], boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_add_principal(text, text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_add_principal(text, kerb_groups, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_add_principals(text[], text[], boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_add_principals(text[], text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_conflicts() FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_preview_grant(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_list_principals() FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_check_principal(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_case_audit() FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_sync_principals(text[], text, boolean, text[], text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_apply_access(json, text[], text[], text, boolean, text[], text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_disable_principal(text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_enable_principal(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_rename_principal(text, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_rename_principal(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_rename_realm(text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION kerb_drop_principal(text, text, boolean, text) FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'rds_superuser') THEN
        GRANT EXECUTE ON FUNCTION kerb_add_principal(text, text, text[], boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_add_principal(text, text, text, boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_add_principal(text, kerb_groups, boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_add_principals(text[], text[], boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_add_principals(text[], text, boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_conflicts() TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_preview_grant(text, text) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_list_principals() TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_disable_principal(text, text, boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_enable_principal(text, text) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_rename_principal(text, text, text, text) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_rename_principal(text, text) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_rename_realm(text, text, boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_drop_principal(text, text, boolean, text) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_case_audit() TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_sync_principals(text[], text, boolean, text[], text[]) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_apply_access(json, text[], text[], text, boolean, text[], text, boolean) TO rds_superuser;
        GRANT EXECUTE ON FUNCTION kerb_check_principal(text, text) TO rds_superuser;
        GRANT SELECT ON kerb_principals TO rds_superuser;
    END IF;
END
$$;
