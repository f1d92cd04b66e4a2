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
         i.type, i.identity \
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
