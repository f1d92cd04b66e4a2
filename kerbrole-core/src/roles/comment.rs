//! The comment on a role, and the account of a directory that the role is bound to by it.
//!
//! A comment is the one place that every server has for that: it survives RENAME, goes with DROP
//! ROLE, is dumped, and everybody can read it. Whoever may comment on a role may bind it anew; that
//! takes the right to rename it.

use crate::names::sid::Sid;

const BEGIN: &str = "[kerbrole:";
const END: char = ']';

/// The comment on a role: what somebody wrote, and behind it the account that the role is bound to.
///
/// A binding is `[kerbrole:S-1-5-21-…-1104]` at the very end, with one blank before it where there
/// is other text. Whatever only looks like one is text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleComment {
    /// `None` where it is no text.
    text: Option<String>,
    sid: Option<Sid>,
}

impl RoleComment {
    /// Reads the comment on a role; an empty one is as good as none.
    pub fn read(comment: &str) -> Self {
        let (text, sid) = split(comment);
        Self { text: Some(text.into()), sid }
    }

    /// Reads one that may be no text: comments of roles belong to all databases, whose encodings
    /// may differ.
    pub fn read_bytes(comment: &[u8]) -> Self {
        match str::from_utf8(comment) {
            Ok(comment) => Self::read(comment),
            // A binding is plain ASCII, and found whatever stands before it.
            Err(_) => Self { text: None, sid: split(&String::from_utf8_lossy(comment)).1 },
        }
    }

    /// The same of which only the binding was read.
    #[must_use]
    pub fn without_text(self) -> Self {
        Self { text: None, ..self }
    }

    /// The account that the role is bound to.
    pub fn sid(&self) -> Option<&Sid> {
        self.sid.as_ref()
    }

    /// What somebody wrote, without the binding; `None` where it is no text that could be written
    /// again.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The comment that says the same and binds the role to this account; `None` where what is
    /// there is no text that could be written again.
    pub fn bound_to(&self, sid: &Sid) -> Option<String> {
        let text = self.text()?;
        let blank = if text.is_empty() { "" } else { " " };
        Some(format!("{text}{blank}{BEGIN}{sid}{END}"))
    }

    /// The comment of a new role that is bound to this account.
    pub fn of_new(sid: &Sid) -> String {
        format!("{BEGIN}{sid}{END}")
    }
}

fn split(comment: &str) -> (&str, Option<Sid>) {
    let binding = || {
        let (text, sid) = comment.strip_suffix(END)?.rsplit_once(BEGIN)?;
        Some((text.strip_suffix(' ').unwrap_or(text), sid.parse().ok()?))
    };
    binding().map_or((comment, None), |(text, sid)| (text, Some(sid)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SID: &str = "S-1-5-21-1-2-3-1104";

    #[test]
    fn a_binding_stands_at_the_very_end() {
        let read = |comment: &str| {
            let read = RoleComment::read(comment);
            (read.text().unwrap().to_string(), read.sid().map(ToString::to_string))
        };
        let bound = |text: &str| (text.to_string(), Some(SID.to_string()));
        assert_eq!(read(&format!("[kerbrole:{SID}]")), bound(""));
        assert_eq!(read(&format!("ask Jo [kerbrole:{SID}]")), bound("ask Jo"));
        assert_eq!(read(&format!("two  [kerbrole:{SID}]")), bound("two "));
        assert_eq!(
            read(&format!("[kerbrole:S-1-5-18] [kerbrole:{SID}]")),
            bound("[kerbrole:S-1-5-18]")
        );
        for text in [
            "",
            "ask Jo",
            &format!("[kerbrole:{SID}] "),
            &format!("[kerbrole:{SID}]."),
            &format!("[kerbrole:{SID}]\n"),
            &format!("[Kerbrole:{SID}]"),
            &format!("kerbrole:{SID}]"),
            "[kerbrole:S-1-5-21-1-2-3-01104]",
            "[kerbrole:]",
            "[kerbrole: S-1-5-18]",
        ] {
            assert_eq!(read(text), (text.into(), None));
        }
    }

    #[test]
    fn what_is_no_text_is_bound_and_never_written() {
        let read = RoleComment::read_bytes(format!("[kerbrole:{SID}]").as_bytes());
        assert_eq!(read, RoleComment::read(&format!("[kerbrole:{SID}]")));
        let mut bytes = b"caf\xe9 [kerbrole:".to_vec();
        bytes.extend(SID.bytes());
        bytes.push(b']');
        let read = RoleComment::read_bytes(&bytes);
        assert_eq!(read.sid().unwrap().to_string(), SID);
        assert_eq!((read.text(), read.bound_to(&SID.parse().unwrap())), (None, None));
        assert_eq!(RoleComment::read_bytes(b"caf\xe9").sid(), None);
    }

    proptest! {
        #[test]
        fn what_somebody_wrote_stays(text in "(\\PC|[ \n']){0,20}(\\[kerbrole:S-1-5-18\\])?") {
            let sid: Sid = SID.parse().unwrap();
            let mut comment = RoleComment::read(&text);
            // One that is bound is not bound anew.
            comment.sid = None;
            let written = comment.bound_to(&sid).unwrap();
            let read = RoleComment::read(&written);
            prop_assert_eq!(read.sid(), Some(&sid));
            prop_assert_eq!(read.text(), comment.text());
        }
    }
}
