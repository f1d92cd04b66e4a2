//! A synchronisation that was looked at and is not carried out yet.

use std::collections::HashSet;
use std::fmt;

use kerbrole_core::{Error as Refusal, SyncAction};

use crate::error::Error;
use crate::kerbrole::texts;
use crate::options::SyncOptions;
use crate::results::SyncRow;

/// What a synchronisation would do, to be shown, kept and carried out, or not.
///
/// `Display` is a script for psql, in one transaction; nothing where there is nothing to do. With
/// the feature `serde` it can be kept, looked at by somebody else and carried out later: what is in
/// it only says what has to come out, and where the server's own plan is another one nothing is
/// done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SyncPlan {
    pub(crate) principals: Vec<String>,
    pub(crate) options: SyncOptions,
    pub(crate) rows: Vec<SyncRow>,
    pub(crate) removable: usize,
    pub(crate) at_most: usize,
    /// Whether the extension's settings say how many.
    pub(crate) by_settings: bool,
}

impl SyncPlan {
    /// For a test that has no server, with a limit that nothing reaches; otherwise
    /// [`Kerbrole::plan_sync`](crate::Kerbrole::plan_sync) makes it.
    pub fn new(
        principals: impl IntoIterator<Item: AsRef<str>>,
        options: &SyncOptions,
        rows: impl IntoIterator<Item = SyncRow>,
    ) -> Self {
        Self {
            principals: texts(principals),
            options: options.clone(),
            rows: rows.into_iter().collect(),
            removable: 0,
            at_most: usize::MAX,
            by_settings: false,
        }
    }

    /// The list that it was made from, as it was given.
    pub fn principals(&self) -> &[String] {
        &self.principals
    }

    /// The statements, in order.
    pub fn rows(&self) -> &[SyncRow] {
        &self.rows
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many roles something is done to.
    pub fn count(&self, action: SyncAction) -> usize {
        let roles = self.rows.iter().filter(|row| row.action == action).map(|row| &row.role_name);
        roles.collect::<HashSet<_>>().len()
    }

    /// How many principals would be disabled or dropped.
    pub fn removals(&self) -> usize {
        self.count(SyncAction::Disable) + self.count(SyncAction::Drop)
    }

    /// How many principals there are that such a list could remove.
    pub fn removable(&self) -> usize {
        self.removable
    }

    /// How many may be removed at once.
    pub fn at_most(&self) -> usize {
        self.at_most
    }

    /// Whether it may be carried out.
    ///
    /// # Errors
    /// 53400 when more would be disabled or dropped than may be at once.
    pub fn refuse_too_many(&self) -> Result<(), Error> {
        let (removals, principals, at_most) = (self.removals(), self.removable, self.at_most);
        if removals > at_most {
            let refusal = Refusal::TooManyRemovals { removals, principals, at_most };
            return Err(if self.by_settings {
                Error::by_settings(refusal)
            } else {
                refusal.into()
            });
        }
        Ok(())
    }
}

impl fmt::Display for SyncPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(f, "BEGIN;")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", row.statement))?;
        writeln!(f, "COMMIT;")
    }
}
