//! What every function of the extension must have.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: every_function_is_documented_pinned_and_closed, signatures_are_the_contract,
        everything_says_in_one_line_what_it_is;
}

/// Functions that change and audit nothing: anyone may call them.
const OPEN: [&str; 1] = ["kerb_canonicalize"];

const OF_EXTENSION: &str = "FROM pg_proc f JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND \
    d.objid = f.oid AND d.deptype = 'e' \
     JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid WHERE \
     e.extname = 'pg_kerbrole'";

fn every_function_is_documented_pinned_and_closed(c: &Context<'_>) {
    let mut su = c.superuser();
    let rows = su.rows(&format!(
        "SELECT proname, coalesce(obj_description(f.oid, 'pg_proc'), ''), \
         coalesce(array_to_string(proconfig, ';'), ''), \
         has_function_privilege('public', f.oid, 'EXECUTE'), \
         has_function_privilege('rds_superuser', f.oid, 'EXECUTE'), \
         proisstrict AND pronargs > 0, proparallel, prosecdef {OF_EXTENSION} ORDER BY 1"
    ));
    assert!(rows.len() >= 18, "{rows:?}");
    for row in rows {
        let [name, comment, config, public, rds_superuser, strict, parallel, definer] =
            row.try_into().unwrap();
        assert!(comment.len() > 20, "{name} has no comment");
        assert_eq!(config, "search_path=pg_catalog, pg_temp", "{name}");
        assert_eq!(public == "t", OPEN.contains(&name.as_str()), "{name}: EXECUTE for PUBLIC");
        assert_eq!(rds_superuser, "t", "{name}: EXECUTE for rds_superuser");
        assert_eq!(
            [strict.as_str(), parallel.as_str(), definer.as_str()],
            ["f", "u", "f"],
            "{name}: strict, parallel, definer"
        );
    }
}

fn signatures_are_the_contract(c: &Context<'_>) {
    let mut su = c.superuser();
    let rows = su.rows(&format!(
        "SELECT proname, pg_get_function_arguments(f.oid), pg_get_function_result(f.oid) \
         {OF_EXTENSION} ORDER BY 1, pg_get_function_arguments(f.oid) COLLATE \"C\""
    ));
    assert_eq!(
        rows,
        [
            [
                "kerb_add_principal",
                "username text, groups kerb_groups, if_not_exists boolean DEFAULT false",
                "text",
            ],
            [
                "kerb_add_principal",
                "username text, realm text DEFAULT NULL::text, groups text[] DEFAULT '{}'::text[], \
                 if_not_exists boolean DEFAULT false",
                "text",
            ],
            [
                "kerb_add_principal",
                "username text, realm text, groups text, if_not_exists boolean DEFAULT false",
                "text",
            ],
            [
                "kerb_add_principals",
                "principals text[], groups text, if_not_exists boolean DEFAULT false",
                "TABLE(principal text, role_name text, action text)",
            ],
            [
                "kerb_add_principals",
                "principals text[], groups text[] DEFAULT '{}'::text[], if_not_exists boolean \
                 DEFAULT false",
                "TABLE(principal text, role_name text, action text)",
            ],
            [
                "kerb_apply_access",
                "people json, roles text[], domains text[] DEFAULT '{}'::text[], absent text \
                 DEFAULT 'keep'::text, dry_run boolean DEFAULT true, kept text[] DEFAULT \
                 '{}'::text[], max_removals text DEFAULT '10%'::text, terminate boolean DEFAULT \
                 false",
                "TABLE(action text, role_name text, statement text, reason text)",
            ],
            ["kerb_canonicalize", "username text, realm text DEFAULT NULL::text", "text"],
            [
                "kerb_case_audit",
                "",
                "TABLE(problem text, role_names text[], detail text, fix text)"
            ],
            [
                "kerb_check_principal",
                "username text, realm text DEFAULT NULL::text",
                "TABLE(check_name text, ok boolean, detail text, fix text)",
            ],
            [
                "kerb_conflicts",
                "",
                "TABLE(role_name text, ad_path text[], iam_path text[], fix text)"
            ],
            [
                "kerb_disable_principal",
                "username text, realm text DEFAULT NULL::text, terminate boolean DEFAULT false",
                "text",
            ],
            [
                "kerb_drop_principal",
                "username text, realm text DEFAULT NULL::text, if_exists boolean DEFAULT false, \
                 reassign_owned_to text DEFAULT NULL::text",
                "text",
            ],
            ["kerb_enable_principal", "username text, realm text DEFAULT NULL::text", "text"],
            [
                "kerb_list_principals",
                "",
                "TABLE(role_name text, username text, realm text, can_login boolean, groups \
                 text[], ad_path text[], iam_path text[], sessions integer, sid text, source \
                 text)",
            ],
            [
                "kerb_preview_grant",
                "granted_role text, member text",
                "TABLE(role_name text, ad_path text[], iam_path text[])"
            ],
            ["kerb_rename_principal", "username text, new_username text", "text"],
            [
                "kerb_rename_principal",
                "username text, realm text, new_username text, new_realm text DEFAULT NULL::text",
                "text",
            ],
            [
                "kerb_rename_realm",
                "old_realm text, new_realm text, dry_run boolean DEFAULT true",
                "TABLE(old_name text, new_name text, problem text)",
            ],
            [
                "kerb_sync_principals",
                "principals text[], absent text DEFAULT 'keep'::text, dry_run boolean DEFAULT \
                 true, realms text[] DEFAULT NULL::text[], groups text[] DEFAULT NULL::text[]",
                "TABLE(action text, role_name text, statement text, reason text)",
            ],
        ]
    );
}

/// What `\dx+`, `\df+` and `\d+` show. Types of arrays and rows are the server's own.
fn everything_says_in_one_line_what_it_is(c: &Context<'_>) {
    let mut su = c.superuser();
    let said = su.rows(
        "WITH extension AS (SELECT oid FROM pg_extension WHERE extname = 'pg_kerbrole'), \
         member AS (SELECT d.classid, d.objid FROM pg_depend d JOIN extension e \
         ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' \
         WHERE NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND \
         (t.typarray = d.objid OR t.oid = d.objid AND t.typrelid <> 0))) \
         SELECT pg_describe_object(classid, objid, 0), \
         coalesce(obj_description(objid, classid::regclass::name), '') FROM member \
         UNION ALL SELECT pg_describe_object(classid, objid, attnum), \
         coalesce(col_description(objid, attnum), '') FROM member \
         JOIN pg_attribute ON classid = 'pg_class'::regclass AND attrelid = objid AND attnum > 0 \
         UNION ALL SELECT 'extension', coalesce(obj_description(oid, 'pg_extension'), '') \
         FROM extension",
    );
    for kind in ["function", "view", "type", "column", "extension"] {
        assert!(said.iter().any(|row| row[0].starts_with(kind)), "{kind}: {said:?}");
    }
    for row in said {
        let [what, comment] = row.try_into().unwrap();
        let is_one_line = !comment.contains('\n') && (20..=160).contains(&comment.len());
        assert!(is_one_line, "{what}: {comment:?}");
    }
}
