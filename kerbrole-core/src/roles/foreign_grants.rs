//! The privileges that DROP OWNED leaves, as a query for either edge.

use crate::names::error::NameError;
use crate::names::role_name::RoleName;
use crate::roles::dependants::ForeignGrant;

impl ForeignGrant {
    /// From a row of [`grants_query`]: the kind of object is `pg_identify_object`'s word for it.
    ///
    /// # Errors
    /// 22023 when the grantor's name is none.
    pub fn new(
        grantor: String,
        privileges: String,
        kind: &str,
        identity: &str,
    ) -> Result<Self, NameError> {
        let keyword = match kind {
            "sequence" => "SEQUENCE",
            "function" | "procedure" | "aggregate" => "ROUTINE",
            "type" | "domain" => "TYPE",
            "schema" => "SCHEMA",
            "language" => "LANGUAGE",
            "foreign-data wrapper" => "FOREIGN DATA WRAPPER",
            "server" => "FOREIGN SERVER",
            "large object" => "LARGE OBJECT",
            "database" => "DATABASE",
            "tablespace" => "TABLESPACE",
            "parameter ACL" => "PARAMETER",
            // Tables, views, materialized views, foreign tables.
            _ => "TABLE",
        };
        Ok(Self {
            grantor: RoleName::new(grantor)?,
            privileges,
            object: format!("{keyword} {identity}"),
        })
    }
}

/// The catalogues with access lists: the class of an object in pg_shdepend, the catalogue, its OID,
/// its list, its owner.
const CATALOGUES: [(&str, &str, &str, &str); 10] = [
    ("pg_proc", "pg_proc", "proacl", "proowner"),
    ("pg_namespace", "pg_namespace", "nspacl", "nspowner"),
    ("pg_type", "pg_type", "typacl", "typowner"),
    ("pg_language", "pg_language", "lanacl", "lanowner"),
    ("pg_foreign_data_wrapper", "pg_foreign_data_wrapper", "fdwacl", "fdwowner"),
    ("pg_foreign_server", "pg_foreign_server", "srvacl", "srvowner"),
    ("pg_largeobject", "pg_largeobject_metadata", "lomacl", "lomowner"),
    ("pg_database", "pg_database", "datacl", "datdba"),
    ("pg_tablespace", "pg_tablespace", "spcacl", "spcowner"),
    // Privileges on settings have no owner: the bootstrap superuser counts as it.
    ("pg_parameter_acl", "pg_parameter_acl", "paracl", "10::pg_catalog.oid"),
];

/// Since when there are privileges on settings.
const PARAMETERS_SINCE: u32 = 15;

/// What GRANT takes for the object `i`. Its identity would do but for two kinds: of some of the
/// server's types it is SQL's own words (`timestamp with time zone`), which GRANT takes for no
/// type; and of a setting it is not quoted.
const OBJECT: &str = "CASE WHEN i.type OPERATOR(pg_catalog.=) 'type' \
     THEN pg_catalog.concat(i.schema, '.', i.name) \
     WHEN i.type OPERATOR(pg_catalog.=) 'parameter ACL' \
     THEN (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p.part), '.' ORDER BY p.place) \
       FROM pg_catalog.unnest(pg_catalog.string_to_array(i.identity, '.')) \
         WITH ORDINALITY p(part, place)) \
     ELSE i.identity END";

/// Whose grants are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    /// The object's owner's, or a superuser's for it.
    Owner,
    /// Somebody else's, on the strength of a grant option.
    Others,
}

/// A query with one parameter, the OID of a role, for the privileges in this database and on shared
/// objects that the role has: who granted them, which they are, on which kind of object, and which;
/// what [`ForeignGrant::new`] takes.
///
/// DROP OWNED revokes what the owner granted (`RemoveRoleFromObjectACL` in
/// src/backend/catalog/aclchk.c) and leaves what somebody else did on the strength of a grant
/// option. Everything in the query is qualified: it means the same under any search path. Anybody
/// may run it.
pub fn grants_query(major: u32, by: GrantedBy) -> String {
    let compared = match by {
        GrantedBy::Owner => "=",
        GrantedBy::Others => "<>",
    };
    let class = |name: &str| {
        format!("d.classid OPERATOR(pg_catalog.=) 'pg_catalog.{name}'::pg_catalog.regclass")
    };
    let mut lists = vec![
        format!(
            "SELECT relacl AS acl, relowner AS owner, NULL::pg_catalog.name AS column_name \
             FROM pg_catalog.pg_class WHERE {} AND oid OPERATOR(pg_catalog.=) d.objid \
             AND d.objsubid OPERATOR(pg_catalog.=) 0",
            class("pg_class")
        ),
        format!(
            "SELECT t.attacl, c.relowner, t.attname FROM pg_catalog.pg_attribute t \
             JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.attrelid \
             WHERE {} AND t.attrelid OPERATOR(pg_catalog.=) d.objid \
             AND t.attnum OPERATOR(pg_catalog.=) d.objsubid",
            class("pg_class")
        ),
    ];
    for (name, catalogue, acl, owner) in CATALOGUES {
        if name != "pg_parameter_acl" || major >= PARAMETERS_SINCE {
            lists.push(format!(
                "SELECT {acl}, {owner}, NULL FROM pg_catalog.{catalogue} WHERE {} \
                 AND oid OPERATOR(pg_catalog.=) d.objid",
                class(name)
            ));
        }
    }
    let lists = lists.join(" UNION ALL ");
    format!(
        "SELECT g.rolname::pg_catalog.text, \
         pg_catalog.string_agg(pg_catalog.concat(a.privilege_type, ' (' OPERATOR(pg_catalog.||) \
           pg_catalog.quote_ident(o.column_name) OPERATOR(pg_catalog.||) ')'), ', ' \
           ORDER BY a.privilege_type, o.column_name), \
         i.type, {OBJECT} \
         FROM pg_catalog.pg_shdepend d CROSS JOIN LATERAL ({lists}) o \
         CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) a \
         CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) i \
         JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) a.grantor \
         WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass \
         AND d.refobjid OPERATOR(pg_catalog.=) $1 \
         AND d.deptype OPERATOR(pg_catalog.=) 'a' AND (d.dbid OPERATOR(pg_catalog.=) 0 \
           OR d.dbid OPERATOR(pg_catalog.=) (SELECT b.oid FROM pg_catalog.pg_database b \
             WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())) \
         AND a.grantee OPERATOR(pg_catalog.=) $1 \
         AND a.grantor OPERATOR(pg_catalog.{compared}) o.owner GROUP BY 1, 3, 4 ORDER BY 1, 3, 4"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [GrantedBy; 2] = [GrantedBy::Owner, GrantedBy::Others];

    /// The words of `getObjectTypeDescription` (src/backend/catalog/objectaddress.c) for all that
    /// can have privileges, and what GRANT calls it (`privilege_target` in
    /// src/backend/parser/gram.y); ROUTINE stands for each kind of function, TABLE for each kind of
    /// relation but a sequence, TYPE for domains as well.
    #[test]
    fn every_kind_of_object_is_spelled_as_grant_spells_it() {
        for (kind, keyword) in [
            ("table", "TABLE"),
            ("view", "TABLE"),
            ("materialized view", "TABLE"),
            ("foreign table", "TABLE"),
            ("sequence", "SEQUENCE"),
            ("function", "ROUTINE"),
            ("procedure", "ROUTINE"),
            ("aggregate", "ROUTINE"),
            ("type", "TYPE"),
            ("schema", "SCHEMA"),
            ("language", "LANGUAGE"),
            ("foreign-data wrapper", "FOREIGN DATA WRAPPER"),
            ("server", "FOREIGN SERVER"),
            ("large object", "LARGE OBJECT"),
            ("database", "DATABASE"),
            ("tablespace", "TABLESPACE"),
            ("parameter ACL", "PARAMETER"),
        ] {
            let grant = ForeignGrant::new("ann".into(), "USAGE".into(), kind, "x").unwrap();
            assert_eq!(grant.object, format!("{keyword} x"), "{kind}");
        }
    }

    #[test]
    fn a_grantor_without_a_name_is_refused() {
        for (grantor, code) in [("", "22023"), ("a\0b", "22023"), (&*"n".repeat(64), "42622")] {
            let refused = ForeignGrant::new(grantor.into(), "SELECT".into(), "table", "t");
            assert_eq!(refused.unwrap_err().sqlstate().code(), code, "{grantor:?}");
        }
    }

    proptest! {
        /// The server has quoted them: to quote them again, or to take quotes away, would make
        /// others of them.
        #[test]
        fn privileges_and_objects_stay_as_the_server_quoted_them(
            privileges in "[A-Z ]{1,9}( \\(\"[a-z\" \\\\']{1,9}\"\\))?",
            identity in "\"[a-z\" .\\\\'é]{1,9}\"(\\.[a-z]{1,9})?",
            grantor in "[a-z\"\\\\' é]{1,20}",
        ) {
            let grant = ForeignGrant::new(grantor.clone(), privileges.clone(), "view", &identity);
            let grant = grant.unwrap();
            prop_assert_eq!(grant.grantor.as_str(), grantor);
            prop_assert_eq!(grant.privileges, privileges);
            prop_assert_eq!(grant.object.strip_prefix("TABLE "), Some(identity.as_str()));
        }
    }

    /// Whoever makes an operator in a schema that comes first on the search path would have it run.
    #[test]
    fn no_operator_is_looked_up_on_the_search_path() {
        for query in BOTH.map(|by| grants_query(17, by)) {
            let mut rest = query.clone();
            for operator in ["=", "<>", "||"] {
                rest = rest.replace(&format!("OPERATOR(pg_catalog.{operator})"), "");
            }
            assert!(!rest.contains(['=', '<', '>', '|']), "{rest}");
            // These two compare by an operator that nobody sees.
            assert!(!rest.contains(" IN (") && !rest.contains("CASE i."), "{rest}");
        }
    }

    #[test]
    fn every_function_and_catalogue_is_qualified() {
        let words =
            ["string_agg(", "concat(", "quote_ident(", "aclexplode(", "unnest(", "pg_class"];
        for query in BOTH.map(|by| grants_query(17, by)) {
            for word in words {
                let all = query.matches(word).count();
                let qualified = query.matches(&format!("pg_catalog.{word}")).count();
                assert_eq!((all > 0, all), (true, qualified), "{word}");
            }
        }
    }

    /// All columns of type aclitem[] in the catalogues of PostgreSQL 17 but those of default
    /// privileges and of what initdb granted, which are no grants to anybody yet.
    #[test]
    fn every_access_list_is_read() {
        let query = grants_query(17, GrantedBy::Others);
        for column in [
            "relacl", "attacl", "proacl", "nspacl", "typacl", "lanacl", "fdwacl", "srvacl",
            "lomacl", "datacl", "spcacl", "paracl",
        ] {
            assert_eq!(query.matches(column).count(), 1, "{column}");
        }
        // What large objects hold is in a catalogue of its own, and pg_shdepend knows the other.
        assert!(query.contains("FROM pg_catalog.pg_largeobject_metadata WHERE d.classid"));
        assert!(query.contains("'pg_catalog.pg_largeobject'::pg_catalog.regclass"));
    }

    #[test]
    fn privileges_on_settings_are_looked_for_since_there_are_any() {
        for (major, there) in [(13, false), (14, false), (15, true), (17, true)] {
            for by in BOTH {
                assert_eq!(grants_query(major, by).contains("pg_parameter_acl"), there, "{major}");
            }
        }
    }

    #[test]
    fn owners_grants_and_others_differ_in_one_comparison() {
        let [owner, others] = BOTH.map(|by| grants_query(16, by));
        let is_owner = "a.grantor OPERATOR(pg_catalog.=) o.owner";
        assert_eq!(owner.matches(is_owner).count(), 1);
        let is_other = "a.grantor OPERATOR(pg_catalog.<>) o.owner";
        assert_eq!(owner.replace(is_owner, is_other), others);
    }

    /// `GRANT ... ON TYPE integer` finds no type, and `ON PARAMETER user.x` is no syntax: of these
    /// two pg_identify_object says what GRANT does not take.
    #[test]
    fn types_are_named_by_schema_and_settings_are_quoted() {
        let query = grants_query(17, GrantedBy::Others);
        assert!(query.contains("'type' THEN pg_catalog.concat(i.schema, '.', i.name)"), "{query}");
        assert!(query.contains("pg_catalog.quote_ident(p.part)"), "{query}");
    }
}
