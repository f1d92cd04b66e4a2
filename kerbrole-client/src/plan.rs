//! Statements that were looked at and are not run.

use kerbrole_core::{AddAction, AddPlan, Statement};

use crate::results::Added;

/// What would be run, and what would come of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// For each principal that is added what becomes of it.
    pub outcomes: Vec<Added>,
    pub(crate) add: AddPlan,
}

impl Plan {
    pub(crate) fn of(statements: Vec<Statement>) -> Self {
        Self::new(statements, [])
    }

    /// For a test that has no server; otherwise it comes from one.
    pub fn new(
        statements: impl IntoIterator<Item = Statement>,
        outcomes: impl IntoIterator<Item = Added>,
    ) -> Self {
        let (statements, outcomes) =
            (statements.into_iter().collect(), outcomes.into_iter().collect());
        Self { statements, outcomes, add: AddPlan::default() }
    }

    /// The statements as a script for psql, one a line, in one transaction; nothing where there is
    /// nothing to do.
    pub fn sql(&self) -> String {
        if self.statements.is_empty() {
            return String::new();
        }
        let lines: Vec<_> = self.statements.iter().map(Statement::script).collect();
        format!("BEGIN;\n{}\nCOMMIT;\n", lines.join("\n"))
    }

    /// The principals with whom something happens.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Added> + Clone {
        self.outcomes.iter().filter(|outcome| outcome.action != AddAction::Unchanged)
    }
}

/// The statements are kept as a script shows them, and not read back: a plan says what would be
/// run now.
#[cfg(feature = "serde")]
impl serde::Serialize for Plan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let statements: Vec<_> = self.statements.iter().map(Statement::script).collect();
        let mut plan = serializer.serialize_struct("Plan", 2)?;
        plan.serialize_field("statements", &statements)?;
        plan.serialize_field("outcomes", &self.outcomes)?;
        plan.end()
    }
}
