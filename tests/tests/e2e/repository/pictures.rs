//! The pictures of the documents: made of what is really printed, and compared with it. `make
//! pictures` writes them anew.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anstyle_svg::Term;
use kerbrole_tests::sandbox::{lossy, output, run};
use kerbrole_tests::version::{built, workspace};
use layout::backends::svg::SVGWriter;
use layout::gv::{DotParser, GraphBuilder};

use crate::cases;
use crate::fixture::Context;

cases! {
    Newest: the_memberships;
    Nowhere: the_demo;
}

/// Colours of a page.
struct Scheme {
    name: &'static str,
    text: Rgb,
    page: Rgb,
    faint: Rgb,
    error: Rgb,
    advice: Rgb,
}

type Rgb = (u8, u8, u8);

const SCHEMES: [Scheme; 2] = [
    Scheme {
        name: "light",
        text: (0x1f, 0x23, 0x28),
        page: (0xf6, 0xf8, 0xfa),
        faint: (0x59, 0x63, 0x6e),
        error: (0xcf, 0x22, 0x2e),
        advice: (0x1a, 0x7f, 0x37),
    },
    Scheme {
        name: "dark",
        text: (0xe6, 0xed, 0xf3),
        page: (0x15, 0x1b, 0x23),
        faint: (0x91, 0x98, 0xa1),
        error: (0xff, 0x7b, 0x72),
        advice: (0x7e, 0xe7, 0x87),
    },
];

/// As wide as a page shows it without making it smaller.
const COLUMNS: usize = 96;

/// Compares a picture with the one that is there, or writes it.
fn compare(name: &str, scheme: &Scheme, picture: &str) {
    let path = workspace().join(format!("docs/pictures/{name}-{}.svg", scheme.name));
    if env::var_os("KERBROLE_WRITE_PICTURES").is_some() {
        fs::write(&path, picture).unwrap();
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let shown = Path::new("docs/pictures").join(path.file_name().unwrap());
    assert!(
        there == picture,
        "{} is not what is printed now: make pictures writes it anew, and it wants to be looked at",
        shown.display()
    );
}

/// What of the demo is shown: each part from a line that begins so, to one that does.
const PARTS: [(&str, &str); 3] = [
    ("postgres=> SELECT kerb_add_principal('alice'", "(1 row)"),
    ("The group reports", "HINT:"),
    ("alice has a ticket", "(1 row)"),
];

fn the_demo(_: &Context<'_>) {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    let story = lossy(&run(demo.env_remove("KEEP")).unwrap().stdout);
    // Since PostgreSQL 16 a REVOKE names the grantor as well.
    let story = story.replace(" GRANTED BY \"rdsadmin\"", "");
    let mut lines = vec![("$ make demo".to_string(), "$ make demo".to_string())];
    for (from, to) in PARTS {
        lines.push(Default::default());
        let part = story.lines().skip_while(|line| !line.starts_with(from));
        let mut is_over = false;
        for line in part {
            let wrapped = textwrap::Options::new(COLUMNS).subsequent_indent("    ");
            let whole = line.trim_end();
            let pieces = textwrap::wrap(whole, wrapped);
            lines.extend(pieces.into_iter().map(|piece| (whole.to_string(), piece.into_owned())));
            is_over = line.starts_with(to);
            if is_over {
                break;
            }
        }
        assert!(is_over, "the demo does not print {from} ... {to}:\n{story}");
    }
    for scheme in &SCHEMES {
        let mut text = String::new();
        for (whole, piece) in &lines {
            let painted = |(r, g, b): Rgb, bold: bool, text: &str| {
                let weight = if bold { "1;" } else { "" };
                format!("\x1b[{weight}38;2;{r};{g};{b}m{text}\x1b[0m")
            };
            let line = match ["postgres=> ", "alice$ ", "$ "].map(|p| (p, whole.strip_prefix(p))) {
                // What somebody types.
                prompts if prompts.iter().any(|(_, rest)| rest.is_some()) => {
                    let prompt = prompts.iter().find_map(|(p, rest)| rest.map(|_| *p)).unwrap();
                    match piece.strip_prefix(prompt) {
                        Some(typed) => {
                            painted(scheme.faint, false, prompt)
                                + &painted(scheme.text, true, typed)
                        }
                        None => painted(scheme.text, true, piece),
                    }
                }
                _ if whole.starts_with("ERROR:") => painted(scheme.error, true, piece),
                _ if whole.starts_with("HINT:") => painted(scheme.advice, false, piece),
                _ if whole.ends_with(':') => painted(scheme.faint, false, piece),
                _ => painted(scheme.text, false, piece),
            };
            let _ = writeln!(text, "{line}");
        }
        let color = |(r, g, b): Rgb| anstyle::RgbColor(r, g, b).into();
        let term = Term::new().fg_color(color(scheme.text)).bg_color(color(scheme.page));
        compare("demo", scheme, &term.render_svg(&text));
    }
}

/// What docs/reference/command.md shows as text.
fn the_memberships(c: &Context<'_>) {
    c.superuser().run(
        "CREATE ROLE analysts; CREATE USER \"alice@CORP.EXAMPLE.COM\" IN ROLE rds_ad, analysts; \
         CREATE USER \"bob@CORP.EXAMPLE.COM\" IN ROLE rds_ad, analysts",
    );
    let mut command = Command::new(built("kerbrole"));
    command.arg("-h").arg(c.server.socket()).args(["-p", &c.server.port.to_string()]);
    command.args(["-U", "rds_master", "-d", "postgres", "--format", "dot"]);
    let ran = output(command.args(["preview-grant", "rds_iam", "analysts"])).unwrap();
    let dot = lossy(&ran.stdout);
    let graph = DotParser::new(&dot).process();
    let graph = graph.unwrap_or_else(|error| panic!("{error}: {dot}{}", lossy(&ran.stderr)));
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&graph);
    let mut writer = SVGWriter::new();
    builder.get().do_it(false, false, false, &mut writer);
    let drawn = writer.finalize();
    for scheme in &SCHEMES {
        let hex = |(r, g, b): Rgb| format!("#{r:02x}{g:02x}{b:02x}");
        let (text, page) = (hex(scheme.text), hex(scheme.page));
        let style = format!("font-family: sans-serif; fill: {text};");
        let picture = drawn
            .replace("font-family: Times, serif;", &style)
            .replace("#000000ff", &text)
            .replace("#ffffffff", &page);
        compare("memberships", scheme, &picture);
    }
}
