//! What sessions do.

use std::fmt;

use crate::catalogue::Name;

/// A statement that somebody types, or that an application sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// `GRANT role TO member`
    Grant {
        /// What.
        role: Name,
        /// To or from whom.
        member: Name,
    },
    /// `REVOKE role FROM member`
    Revoke {
        /// What.
        role: Name,
        /// To or from whom.
        member: Name,
    },
    /// `ALTER ROLE from RENAME TO to`
    Rename {
        /// What it is called.
        from: Name,
        /// What it is called then.
        to: Name,
    },
    /// `DROP ROLE role`
    Drop {
        /// What.
        role: Name,
    },
    /// `CREATE ROLE name IN ROLE roles`
    Create {
        /// What it is called.
        name: Name,
        /// What it is a member of.
        roles: [Option<Name>; 2],
    },
    /// `kerb_add_principal(p, groups => group, if_not_exists => true)` of the extension.
    Add {
        /// The group, if there is one.
        group: Option<Name>,
    },
    /// The same of the functions in PL/pgSQL.
    SqlAdd {
        /// The group, if there is one.
        group: Option<Name>,
    },
}

impl Statement {
    /// Whether this is a function that keeps the rule by itself.
    pub fn is_function(self) -> bool {
        matches!(self, Self::Add { .. } | Self::SqlAdd { .. })
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = Name::P.sql().trim_matches('"').to_lowercase();
        let groups = |group: Option<Name>| group.map(|g| format!(", groups => '{{{}}}'", g.sql()));
        match *self {
            Self::Grant { role, member } => write!(f, "GRANT {} TO {}", role.sql(), member.sql()),
            Self::Revoke { role, member } => {
                write!(f, "REVOKE {} FROM {}", role.sql(), member.sql())
            }
            Self::Rename { from, to } => {
                write!(f, "ALTER ROLE {} RENAME TO {}", from.sql(), to.sql())
            }
            Self::Drop { role } => write!(f, "DROP ROLE {}", role.sql()),
            Self::Create { name, roles } => {
                let roles: Vec<_> = roles.into_iter().flatten().map(Name::sql).collect();
                write!(f, "CREATE ROLE {} IN ROLE {}", name.sql(), roles.join(", "))
            }
            Self::Add { group } | Self::SqlAdd { group } => {
                let schema = if matches!(self, Self::SqlAdd { .. }) { "kerbrole." } else { "" };
                let groups = groups(group).unwrap_or_default();
                write!(f, "SELECT {schema}kerb_add_principal('{p}'{groups}, if_not_exists => true)")
            }
        }
    }
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Somebody at psql: all of it in one transaction, and nobody looks afterwards.
    Typed,
    /// kerbrole-client by plain statements. `locks` says whether it may comment on `rds_ad`, and
    /// so keeps the lock that all of them wait for.
    Plain {
        /// Whether it may keep that lock.
        locks: bool,
    },
    /// kerbrole-client by the functions in PL/pgSQL: it looks again after their commit.
    Functions,
}

/// What one session does, from its begin to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// Who.
    pub how: How,
    /// What: one or two statements.
    pub statements: [Option<Statement>; 2],
    /// Under REPEATABLE READ.
    pub repeatable_read: bool,
}

impl Program {
    /// Somebody at psql.
    pub fn typed(statement: Statement) -> Self {
        Self { how: How::Typed, statements: [Some(statement), None], repeatable_read: false }
    }

    /// Somebody at psql who does two things in one transaction.
    pub fn both(first: Statement, second: Statement) -> Self {
        Self { statements: [Some(first), Some(second)], ..Self::typed(first) }
    }

    /// The client.
    pub fn client(how: How, statement: Statement) -> Self {
        Self { how, ..Self::typed(statement) }
    }

    /// Under REPEATABLE READ.
    #[must_use]
    pub fn repeatable(self) -> Self {
        Self { repeatable_read: true, ..self }
    }

    /// Whether a function, and nothing else, is what its transaction does.
    pub fn is_one_function(&self) -> bool {
        self.statements[1].is_none() && self.statements[0].is_some_and(Statement::is_function)
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_plan = matches!(self.how, How::Plain { .. });
        let said = |statement: &Statement| match *statement {
            Statement::SqlAdd { group } if by_plan => {
                let group = group.map(|group| format!(", in {}", group.sql()));
                format!("add p@a.b{}", group.unwrap_or_default())
            }
            statement => format!("`{statement}`"),
        };
        let statements: Vec<_> = self.statements.iter().flatten().map(said).collect();
        let who = match self.how {
            How::Typed => "",
            How::Plain { locks: true } => "kerbrole-client by plain statements: ",
            How::Plain { locks: false } => {
                "kerbrole-client by plain statements, without the right to comment on rds_ad: "
            }
            How::Functions => "kerbrole-client by the functions in PL/pgSQL: ",
        };
        let level = if self.repeatable_read { ", under REPEATABLE READ" } else { "" };
        write!(f, "{who}{}{level}", statements.join(", then "))
    }
}
