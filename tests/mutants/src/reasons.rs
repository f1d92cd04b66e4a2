//! Why a mutant may live that no unit test notices.

use std::str::FromStr;

use crate::Result;
use crate::results::{Missed, Results};

/// All reasons, in the order in which they are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reasons(pub(crate) Vec<Reason>);

/// Why the mutants of a line that were changed in one way may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The file.
    pub(crate) file: String,
    /// The line of code, without the blanks around it.
    pub(crate) code: String,
    /// What was changed, as cargo-mutants has it.
    pub(crate) change: String,
    /// The reason, in whole sentences.
    pub(crate) why: String,
}

impl Reasons {
    /// The reason for a mutant.
    pub(crate) fn of(&self, file: &str, missed: &Missed) -> Option<&str> {
        let reason = self.0.iter().find(|reason| reason.is_about(file, missed));
        reason.map(|reason| reason.why.as_str())
    }

    /// The reasons that are about no mutant which was missed.
    pub(crate) fn about_none<'r>(
        &'r self,
        results: &'r Results,
    ) -> impl Iterator<Item = &'r Reason> {
        self.0.iter().filter(|reason| {
            let row = results.0.get(&reason.file);
            !row.is_some_and(|row| row.missed.iter().any(|m| reason.is_about(&reason.file, m)))
        })
    }
}

impl Reason {
    fn is_about(&self, file: &str, missed: &Missed) -> bool {
        (&*self.file, &self.code, &self.change) == (file, &missed.code, &missed.change)
    }
}

/// Paragraphs: the file, the line of code, the change, and the reason in the lines after them. What
/// begins with `#` is about the file of reasons itself.
impl FromStr for Reasons {
    type Err = String;

    fn from_str(text: &str) -> Result<Self> {
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let paragraphs = lines.split(|line| line.trim().is_empty());
        let read = |lines: &[&str]| match lines {
            [file, code, change, why @ ..] if !why.is_empty() => Ok(Reason {
                file: (*file).into(),
                code: code.trim().into(),
                change: change.trim().into(),
                why: why.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
            }),
            _ => Err(format!("no reason: {lines:?}")),
        };
        let reasons: Result<_> = paragraphs.filter(|lines| !lines.is_empty()).map(read).collect();
        Ok(Self(reasons?))
    }
}
