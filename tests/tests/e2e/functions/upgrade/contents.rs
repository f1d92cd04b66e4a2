//! What an extension consists of, as text that can be compared.

use std::collections::BTreeMap;

use crate::fixture::Session;

/// Each object of the extension, by its kind and name, with everything that is known of it.
pub type Contents = BTreeMap<String, String>;

/// An access list in an order that does not depend on how it came about.
const ACL: &str = "(SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(%) a)";

pub fn contents(su: &mut Session) -> Contents {
    let acl = |array: &str| ACL.replace('%', array);
    // What pg_dump takes for the extension's own privileges.
    let initial = |class: &str, oid: &str| {
        let initial = acl("initprivs");
        format!(
            "(SELECT {initial} FROM pg_init_privs WHERE classoid = '{class}'::regclass AND objoid \
             = {oid} AND objsubid = 0)"
        )
    };
    let member_of = "FROM pg_depend d JOIN pg_extension e ON d.refclassid = \
        'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' \
                     CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i";
    let of_extension = "WHERE e.extname = 'pg_kerbrole'";
    let mut all = Contents::new();
    let mut take = |su: &mut Session, sql: String| {
        for row in su.rows(&sql) {
            let [identity, text] = row.try_into().unwrap();
            all.insert(identity, text);
        }
    };
    // All of them first, so that none is left out.
    take(su, format!("SELECT i.type || ' ' || i.identity, '' {member_of} {of_extension}"));
    take(
        su,
        format!(
            "SELECT 'extension', concat_ws(' | ', extversion, extnamespace::regnamespace, \
             extowner::regrole, extrelocatable, extconfig, \
             extcondition, obj_description(e.oid, 'pg_extension')) FROM pg_extension e \
             {of_extension}"
        ),
    );
    take(
        su,
        format!(
            "SELECT i.type || ' ' || i.identity, concat_ws(' | ', pg_get_functiondef(f.oid), \
             'owner ' || proowner::regrole, \
             'comment ' || obj_description(f.oid, 'pg_proc'), 'privileges ' || {}, 'initial ' || \
             {}) \
             {member_of} JOIN pg_proc f ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid \
             {of_extension}",
            acl("coalesce(proacl, acldefault('f', proowner))"),
            initial("pg_proc", "f.oid"),
        ),
    );
    let columns = format!(
        "(SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), \
         attcollation::regcollation, attnotnull, \
         pg_get_expr(adbin, adrelid), col_description(attrelid, attnum), {}), ', ' ORDER BY \
         attnum) \
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE \
         attrelid = r.oid AND attnum > 0 AND NOT attisdropped)",
        acl("attacl")
    );
    take(
        su,
        format!(
            "SELECT i.type || ' ' || i.identity, concat_ws(' | ', relkind, relpersistence, \
             reloptions, {columns}, \
             CASE relkind WHEN 'v' THEN pg_get_viewdef(r.oid) END, 'owner ' || relowner::regrole, \
             'comment ' || obj_description(r.oid, 'pg_class'), 'privileges ' || {}, 'initial ' || \
             {}) \
             {member_of} JOIN pg_class r ON d.classid = 'pg_class'::regclass AND d.objid = r.oid \
             {of_extension}",
            acl("coalesce(relacl, acldefault('r', relowner))"),
            initial("pg_class", "r.oid"),
        ),
    );
    take(
        su,
        format!(
            "SELECT i.type || ' ' || i.identity, concat_ws(' | ', typtype, \
             format_type(typbasetype, typtypmod), typnotnull, typdefault, \
             typcollation::regcollation, \
             (SELECT string_agg(pg_get_constraintdef(c.oid), ', ' ORDER BY conname) \
             FROM pg_constraint c WHERE contypid = t.oid), 'owner ' || typowner::regrole, \
             'comment ' || obj_description(t.oid, 'pg_type'), 'privileges ' || {}, 'initial ' || \
             {}) \
             {member_of} JOIN pg_type t ON d.classid = 'pg_type'::regclass AND d.objid = t.oid \
             {of_extension} AND typtype = 'd'",
            acl("coalesce(typacl, acldefault('T', typowner))"),
            initial("pg_type", "t.oid"),
        ),
    );
    // The array of a domain is what the domain is. From 17 on a relation's row type and the array
    // of it belong to the extension as well: they are what the relation is.
    for implied in su.column(&format!(
        "SELECT i.type || ' ' || i.identity {member_of} JOIN pg_type t ON d.classid = \
         'pg_type'::regclass AND d.objid = t.oid \
         LEFT JOIN pg_type element ON element.typarray = t.oid \
         LEFT JOIN pg_class r ON r.oid IN (t.typrelid, element.typrelid) AND r.relkind <> 'c' \
         {of_extension} AND (r.oid IS NOT NULL OR element.typtype = 'd')"
    )) {
        all.remove(&implied);
    }
    // What nothing above describes would be compared by name only.
    for (identity, text) in &all {
        assert_ne!(text, "", "this comparison does not know what makes up {identity}: teach it");
    }
    all
}

/// What an upgraded extension has, lacks or has otherwise.
pub fn differences(fresh: &Contents, upgraded: &Contents) -> Vec<String> {
    let missing = fresh.iter().filter_map(|(identity, text)| match upgraded.get(identity) {
        None => Some(format!("{identity} is missing")),
        Some(other) if other != text => {
            Some(format!("{identity} differs: {other} instead of {text}"))
        }
        Some(_) => None,
    });
    let left = upgraded.keys().filter(|identity| !fresh.contains_key(*identity));
    missing.chain(left.map(|identity| format!("{identity} is not in a fresh one"))).collect()
}

/// A function as it stands in the catalogue, as what an upgrade script has to say: CREATE, COMMENT,
/// REVOKE, GRANT.
pub fn function_as_statements(su: &mut Session, name: &str) -> [String; 4] {
    let all = su.rows(&format!(
        "SELECT pg_get_functiondef(oid) || ';', format('COMMENT ON FUNCTION %s IS %L;', \
         oid::regprocedure, obj_description(oid, 'pg_proc')), \
         format('REVOKE ALL ON FUNCTION %s FROM PUBLIC;', oid::regprocedure), \
         format('GRANT EXECUTE ON FUNCTION %s TO rds_superuser;', oid::regprocedure) FROM pg_proc \
         WHERE proname = '{name}'"
    ));
    <[Vec<String>; 1]>::try_from(all).unwrap()[0].clone().try_into().unwrap()
}
