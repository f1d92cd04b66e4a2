//! The options that say what is printed.

use std::env;

use clap::{Args, ValueEnum};

/// What is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GeneralOptions {
    /// Form of results (default: table)
    #[arg(
        short = 'o',
        long,
        visible_alias = "output",
        global = true,
        value_enum,
        value_name = "FORM",
        env = "KERBROLE_FORMAT"
    )]
    format: Option<Format>,
    /// The same as --format wide
    #[arg(long, global = true, conflicts_with = "format")]
    wide: bool,
    /// Tables and CSV without their header
    #[arg(long, global = true)]
    pub(crate) no_headers: bool,
    /// Print what is longer than the terminal without a pager
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// Colours (default: auto)
    #[arg(
        long,
        visible_alias = "colour",
        global = true,
        value_enum,
        value_name = "WHEN",
        env = "KERBROLE_COLOR"
    )]
    color: Option<ColorChoice>,
    /// Only results and errors
    #[arg(short = 'q', long, global = true)]
    pub(crate) quiet: bool,
    /// Also how it is done
    #[arg(short = 'v', long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Print help
    #[arg(short = '?', long, global = true, action = clap::ArgAction::Help)]
    pub(crate) help: Option<bool>,
}

impl GeneralOptions {
    /// The form that was asked for.
    pub(crate) fn form(&self) -> Format {
        if self.wide { Format::Wide } else { self.format.unwrap_or(Format::Table) }
    }

    /// When there are colours.
    pub(crate) fn color(&self) -> ColorChoice {
        self.color.unwrap_or(ColorChoice::Auto)
    }

    /// Takes from the file what neither the command line nor the environment says.
    pub(crate) fn complete(&mut self, format: Option<Format>, color: Option<ColorChoice>) {
        self.format = self.format.or(format);
        self.color = self.color.or(color);
    }
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// columns, no wider than the terminal
    Table,
    /// columns, all of them
    Wide,
    /// an array of objects, or an object; errors as well
    Json,
    /// with a header
    Csv,
    /// the names of roles, one a line
    Name,
    /// conflicts, preview-grant, list: memberships, for Mermaid
    Mermaid,
    /// conflicts, preview-grant, list: memberships, for Graphviz
    Dot,
    /// aws plan: resources
    Terraform,
}

impl Format {
    /// Whether it is a picture, and no rows.
    pub(crate) fn is_a_drawing(self) -> bool {
        matches!(self, Self::Mermaid | Self::Dot)
    }
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// on a terminal, unless NO_COLOR is set
    Auto,
    /// in files and pipes too
    Always,
    /// nowhere
    Never,
}

/// Whether results are asked for as JSON, before it is known whether the rest can be meant: errors
/// about that are to be JSON as well.
pub(crate) fn asks_for_json(given: &[String]) -> bool {
    let is_form = |argument: &str| matches!(argument, "-o" | "--format" | "--output");
    let mut asked = env::var("KERBROLE_FORMAT").ok();
    let mut before = "";
    for argument in given {
        if is_form(before) {
            asked = Some(argument.clone());
        }
        for start in ["--format=", "--output=", "-o=", "-o"] {
            if let Some(form) = argument.strip_prefix(start).filter(|form| !form.is_empty()) {
                asked = Some(form.into());
                break;
            }
        }
        before = argument;
    }
    asked.as_deref() == Some("json")
}
