//! How wide the columns of a table are, and how its lines are printed.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::style::{Style, Tone};
use super::table::Look;

/// What is between two columns.
const GAP: &str = "  ";

/// A column gives way to others down to this width.
const NARROWEST: usize = 12;

/// The widths of the columns.
#[derive(Debug)]
pub(super) struct Layout {
    widths: Vec<usize>,
    style: Style,
}

impl Layout {
    /// As wide as the widest cell of each; on a terminal no wider than that, for which the widest
    /// columns give way.
    pub(super) fn of(
        heads: &[(&str, bool)],
        rows: impl Iterator<Item = Vec<String>>,
        look: Look,
    ) -> Self {
        let mut widths: Vec<_> =
            heads.iter().map(|(head, _)| if look.has_header { head.width() } else { 0 }).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(&row) {
                *width = cell.lines().map(UnicodeWidthStr::width).fold(*width, usize::max);
            }
        }
        if let Some(all) = look.width {
            let gaps = GAP.len() * widths.len().saturating_sub(1);
            let all = all.saturating_sub(gaps);
            // Names give way last.
            let those = |of_names: bool| {
                let found = widths.iter().zip(heads).filter(move |(_, (_, is))| *is == of_names);
                found.map(|(width, _)| *width)
            };
            let names: usize = those(true).sum();
            let mut others: Vec<_> = those(false).collect();
            fit(&mut others, all.saturating_sub(names));
            let mut others = others.into_iter();
            for (width, (_, is_name)) in widths.iter_mut().zip(heads) {
                if !is_name {
                    *width = others.next().unwrap_or(*width);
                }
            }
            fit(&mut widths, all);
        }
        Self { widths, style: look.style }
    }

    pub(super) fn print_head(
        &self,
        out: &mut impl Write,
        heads: &[(&str, bool)],
    ) -> io::Result<()> {
        let heads: Vec<_> = heads.iter().map(|(head, _)| head.to_string()).collect();
        self.print_row(out, &heads, Tone::Head)?;
        let rules: Vec<_> = self.widths.iter().map(|&width| "-".repeat(width)).collect();
        self.print_row(out, &rules, Tone::Faint)
    }

    /// Prints a row; a cell that is wider than its column goes over several lines.
    pub(super) fn print_row(
        &self,
        out: &mut impl Write,
        cells: &[String],
        tone: Tone,
    ) -> io::Result<()> {
        let cells: Vec<Vec<Cow<'_, str>>> =
            cells.iter().zip(&self.widths).map(|(cell, &width)| wrapped(cell, width)).collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
        for number in 0..lines {
            let line: Vec<_> = cells
                .iter()
                .zip(&self.widths)
                .map(|(cell, width)| {
                    let text = cell.get(number).map_or("", |line| line);
                    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
                })
                .collect();
            let line = line.join(GAP);
            writeln!(out, "{}", self.style.paint(tone, line.trim_end()))?;
        }
        Ok(())
    }
}

/// A cell in lines of this width; one that fits is as it is.
fn wrapped(cell: &str, width: usize) -> Vec<Cow<'_, str>> {
    if cell.lines().all(|line| line.width() <= width) {
        return cell.lines().map(Cow::Borrowed).collect();
    }
    textwrap::wrap(cell, width.max(1))
}

/// Takes from the widest until they fit, and leaves each its narrowest.
fn fit(widths: &mut [usize], all: usize) {
    loop {
        let together: usize = widths.iter().sum();
        let Some(over) = together.checked_sub(all).filter(|&over| over > 0) else { return };
        let widest = widths.iter().copied().max().unwrap_or(0);
        if widest <= NARROWEST {
            return;
        }
        let next = widths.iter().copied().filter(|&width| width < widest).max().unwrap_or(0);
        let number = widths.iter().filter(|&&width| width == widest).count();
        // Down to the next widest, or by as much as is needed.
        let down = (widest - next.max(NARROWEST)).min(over.div_ceil(number)).max(1);
        for width in widths.iter_mut().filter(|width| **width == widest) {
            *width -= down;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_give_way() {
        let fitted = |mut widths: Vec<usize>, all| {
            fit(&mut widths, all);
            widths
        };
        assert_eq!(fitted(vec![20, 5, 9], 40), [20, 5, 9]);
        assert_eq!(fitted(vec![60, 5, 20], 45), [20, 5, 20]);
        assert_eq!(fitted(vec![60, 5, 50], 65), [30, 5, 30]);
        // Where nothing is left to give, lines are as long as they are.
        assert_eq!(fitted(vec![60, 5, 50], 10), [NARROWEST, 5, NARROWEST]);
    }

    #[test]
    fn nothing_of_a_cell_is_lost() {
        let cell = "role \"a\" is a member of both rds_ad and rds_iam";
        let lines = wrapped(cell, 14);
        assert!(lines.len() > 2 && lines.iter().all(|line| line.width() <= 14), "{lines:?}");
        assert_eq!(lines.join(" "), cell);
        let name = "a".repeat(63);
        assert_eq!(wrapped(&name, 20).concat(), name);
    }
}
