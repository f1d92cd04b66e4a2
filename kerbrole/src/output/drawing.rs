//! Memberships as a picture, for programs that draw: Mermaid and Graphviz; and as a tree of text.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// How an edge is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// A membership.
    Plain,
    /// One that has to end.
    Revoke,
    /// One that is not there yet.
    Grant,
}

impl Edge {
    fn label(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Revoke => Some("REVOKE"),
            Self::Grant => Some("GRANT"),
        }
    }
}

/// The colour of what is not as it should be: seen on light and on dark.
const RED: &str = "#d1242f";

/// Roles, and which is a member of which.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    /// What each role is called.
    names: Vec<String>,
    /// Where each stands among them. What stands for roles that are left out is another one on each
    /// path.
    places: HashMap<(String, Option<usize>), usize>,
    edges: Vec<(usize, usize, Edge)>,
    drawn: HashMap<(usize, usize), usize>,
}

impl Drawing {
    fn place(&mut self, name: &str, after: Option<usize>) -> usize {
        let is_left_out = name.starts_with("... ") && name.ends_with(" more ...");
        let key = (name.to_string(), after.filter(|_| is_left_out));
        *self.places.entry(key).or_insert_with(|| {
            self.names.push(name.into());
            self.names.len() - 1
        })
    }

    /// Adds a chain of memberships, from a member to the roles above it; what is drawn already is
    /// not drawn again.
    pub(crate) fn path(&mut self, path: &[String], edge: impl Fn(&str, &str) -> Edge) {
        let mut below: Option<(usize, &str)> = None;
        for name in path {
            let place = self.place(name, below.map(|(place, _)| place));
            if let Some((member, member_name)) = below {
                let (drawn, mark) = (self.edges.len(), edge(member_name, name));
                let at = *self.drawn.entry((member, place)).or_insert(drawn);
                if at == drawn {
                    self.edges.push((member, place, mark));
                } else if mark != Edge::Plain {
                    // On another path it is in order, and on this one it is not.
                    self.edges[at].2 = mark;
                }
            }
            below = Some((place, name));
        }
    }

    /// For Mermaid, as GitHub and GitLab draw it.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = String::from("flowchart BT\n");
        for (place, name) in self.names.iter().enumerate() {
            let _ = writeln!(text, "  n{place}[\"{}\"]", in_mermaid(name));
        }
        for (member, role, edge) in &self.edges {
            let arrow = match edge.label() {
                Some(label) if *edge == Edge::Grant => format!("-. {label} .->"),
                Some(label) => format!("-- {label} -->"),
                None => "-->".into(),
            };
            let _ = writeln!(text, "  n{member} {arrow} n{role}");
        }
        let marked = self.edges.iter().enumerate().filter(|(_, (.., edge))| *edge != Edge::Plain);
        for (place, _) in marked {
            let _ = writeln!(text, "  linkStyle {place} stroke:{RED},stroke-width:2px");
        }
        text
    }

    /// For Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut text = String::from(
            "digraph memberships {\n  rankdir = BT;\n  node [shape = box, style = rounded];\n",
        );
        for (place, name) in self.names.iter().enumerate() {
            let _ = writeln!(text, "  n{place} [label = {}];", in_dot(name));
        }
        for (member, role, edge) in &self.edges {
            let marks = match edge.label() {
                Some(label) => {
                    let style = if *edge == Edge::Grant { ", style = dashed" } else { "" };
                    format!(" [label = \"{label}\", color = \"{RED}\", penwidth = 2{style}]")
                }
                None => String::new(),
            };
            let _ = writeln!(text, "  n{member} -> n{role}{marks};");
        }
        text.push_str("}\n");
        text
    }
}

/// Text in quotes, of which Mermaid takes nothing for markup: `#` and a number for a character.
fn in_mermaid(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " @._-+$'".contains(c);
    let mut text = String::new();
    for c in name.chars() {
        match is_plain(c) {
            true => text.push(c),
            false => text.push_str(&format!("#{};", u32::from(c))),
        }
    }
    text
}

/// Text in quotes, as Graphviz reads it.
fn in_dot(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What is below each role, of chains that are given from the top.
#[derive(Debug, Default)]
pub(crate) struct Tree<'n>(BTreeMap<&'n str, Tree<'n>>);

impl<'n> Tree<'n> {
    /// Adds a chain of memberships, from a member to the roles above it.
    pub(crate) fn path(&mut self, path: &'n [String]) {
        let mut at = self;
        for name in path.iter().rev() {
            at = at.0.entry(name).or_default();
        }
    }

    /// A line for each role, below the one that it is a member of.
    pub(crate) fn lines(&self) -> Vec<String> {
        // What is left to be shown: the role, what is below it, and what its line begins with. A
        // path has fifty roles at most, and is gone along without recursion all the same.
        let mut lines = Vec::new();
        let mut left: Vec<_> =
            self.0.iter().rev().map(|(name, below)| (*name, below, None)).collect();
        while let Some((name, below, within)) = left.pop() {
            let (line, within): (String, String) = match within {
                None => (name.into(), String::new()),
                Some((before, true)) => (format!("{before}└── {name}"), format!("{before}    ")),
                Some((before, false)) => (format!("{before}├── {name}"), format!("{before}│   ")),
            };
            lines.push(line);
            let last = below.0.len().saturating_sub(1);
            let inside = below.0.iter().enumerate().rev();
            left.extend(
                inside.map(|(n, (name, below))| (*name, below, Some((within.clone(), n == last)))),
            );
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn drawn() -> Drawing {
        let mut drawing = Drawing::default();
        let revoked = |member: &str, role: &str| match (member, role) {
            ("bob@A.B", "legacy") => Edge::Revoke,
            _ => Edge::Plain,
        };
        drawing.path(&path(&["bob@A.B", "rds_ad"]), revoked);
        drawing.path(&path(&["bob@A.B", "legacy", "rds_iam"]), revoked);
        drawing.path(&path(&["eve@A.B", "legacy", "rds_iam"]), revoked);
        drawing
    }

    #[test]
    fn what_is_on_two_paths_is_drawn_once() {
        let text = drawn().mermaid();
        assert_eq!(text.matches("legacy").count(), 1, "{text}");
        assert_eq!(text.matches("--> n3").count(), 1, "{text}");
        assert_eq!(text.matches("REVOKE").count(), 1, "{text}");
        assert!(text.contains("linkStyle 1 stroke:"), "{text}");
        let text = drawn().dot();
        assert_eq!(text.matches("n2 -> n3").count(), 1, "{text}");
        assert!(text.contains("n0 -> n2 [label = \"REVOKE\", color"), "{text}");
    }

    #[test]
    fn a_mark_is_seen_whichever_path_comes_first() {
        let mut drawing = Drawing::default();
        drawing.path(&path(&["a@B.C", "rds_ad"]), |_, _| Edge::Plain);
        drawing.path(&path(&["a@B.C", "rds_ad"]), |_, _| Edge::Revoke);
        assert_eq!(drawing.mermaid().matches("REVOKE").count(), 1);
    }

    #[test]
    fn no_name_is_markup() {
        let mut drawing = Drawing::default();
        drawing.path(&path(&["a\"]--x<b>#1;`", "back\\slash\"quote"]), |_, _| Edge::Plain);
        let mermaid = drawing.mermaid();
        let labels: Vec<_> = mermaid.lines().filter(|line| line.contains('[')).collect();
        assert_eq!(labels[0], "  n0[\"a#34;#93;--x#60;b#62;#35;1#59;#96;\"]");
        assert!(drawing.dot().contains(r#"n1 [label = "back\\slash\"quote"];"#));
    }

    #[test]
    fn roles_that_are_left_out_are_others_on_each_path() {
        let mut drawing = Drawing::default();
        drawing.path(&path(&["a@B.C", "... 9 more ...", "rds_ad"]), |_, _| Edge::Plain);
        drawing.path(&path(&["b@B.C", "... 9 more ...", "rds_ad"]), |_, _| Edge::Plain);
        assert_eq!(drawing.dot().matches("more").count(), 2);
    }

    #[test]
    fn a_tree_stands_below_its_roots() {
        let paths = [
            path(&["bob@A.B", "staff", "rds_ad"]),
            path(&["ann@A.B", "rds_ad"]),
            path(&["cid@A.B", "staff", "rds_ad"]),
            path(&["bob@A.B", "cloud", "rds_iam"]),
        ];
        let mut tree = Tree::default();
        paths.iter().for_each(|path| tree.path(path));
        assert_eq!(
            tree.lines(),
            [
                "rds_ad",
                "├── ann@A.B",
                "└── staff",
                "    ├── bob@A.B",
                "    └── cid@A.B",
                "rds_iam",
                "└── cloud",
                "    └── bob@A.B",
            ]
        );
    }
}
