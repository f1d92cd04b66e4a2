//! What PostgreSQL shows of an error or a warning: SQLSTATE, message, DETAIL, HINT.

use crate::sqlstate::SqlState;

/// The four together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) sqlstate: SqlState,
    pub(crate) message: String,
    pub(crate) detail: Option<String>,
    pub(crate) hint: Option<String>,
}

impl Report {
    pub(crate) fn new(sqlstate: SqlState, message: impl Into<String>) -> Self {
        Self { sqlstate, message: message.into(), detail: None, hint: None }
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Lets a type with a method `report` be shown: its message by `Display`, the rest by methods.
macro_rules! shown_by_its_report {
    ($type:ty) => {
        impl $type {
            /// The SQLSTATE.
            pub fn sqlstate(&self) -> $crate::sqlstate::SqlState {
                self.report().sqlstate
            }

            /// More about the matter: DETAIL.
            pub fn detail(&self) -> Option<String> {
                self.report().detail
            }

            /// What to do about it: HINT.
            pub fn hint(&self) -> Option<String> {
                self.report().hint
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.report().message)
            }
        }
    };
}

pub(crate) use shown_by_its_report;
