//! Words come back from whatever reads them as they were meant: a shell that runs, cmd.exe and
//! Windows' programs by their rules, and a parser of HCL.

use std::process::Command;

use proptest::prelude::*;

use super::super::command::Command as PlannedCommand;
use super::super::script::Dialect as _;
use super::super::{cmd, hcl, sh};

/// What a POSIX shell makes of words.
fn read_by_sh(words: &[String]) -> Vec<String> {
    let words: Vec<_> = words.iter().map(|word| sh::quoted(word)).collect();
    let script = format!("printf '%s\\0' {}", words.join(" "));
    let ended = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{script:?}: {ended:?}");
    let out = String::from_utf8(ended.stdout).unwrap();
    out.split_terminator('\0').map(String::from).collect()
}

/// What cmd.exe hands on of a line that is typed: `^` takes the meaning from the next character,
/// outside of double quotes. Whatever ends a command or redirects one is not let pass here.
fn read_by_cmd(line: &str) -> String {
    let mut handed_on = String::new();
    let mut is_quoted = false;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                is_quoted = !is_quoted;
                handed_on.push(c);
            }
            '^' if !is_quoted => handed_on.extend(rest.next()),
            '&' | '|' | '<' | '>' | '(' | ')' if !is_quoted => panic!("{c} has a meaning: {line}"),
            // What stands between two of them may be a variable, in quotes as well.
            '%' => panic!("a percent sign: {line}"),
            // One that is delayed, where somebody has turned that on, in quotes as well.
            '!' if is_quoted => panic!("an exclamation mark: {line}"),
            c => handed_on.push(c),
        }
    }
    assert!(!is_quoted, "a quote is left open: {line}");
    handed_on
}

/// What a program makes of its command line (Microsoft, "Parsing C command-line arguments").
fn read_by_program(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            '\\' => {
                let mut backslashes = 1;
                while rest.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let word = word.get_or_insert_default();
                if rest.peek() == Some(&'"') {
                    word.push_str(&"\\".repeat(backslashes / 2));
                    if backslashes % 2 == 1 {
                        word.extend(rest.next());
                    }
                } else {
                    word.push_str(&"\\".repeat(backslashes));
                }
            }
            '"' => {
                word.get_or_insert_default();
                is_quoted = !is_quoted;
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What Terraform makes of a text.
fn read_by_terraform(text: &str) -> String {
    let line = format!("a = {}\n", hcl::quoted(text));
    let nothing = ::hcl::eval::Context::new();
    let read: serde_json::Value = ::hcl::eval::from_str(&line, &nothing).unwrap();
    read["a"].as_str().unwrap().into()
}

#[test]
fn the_models_read_as_windows_does() {
    // The examples of Microsoft's page.
    for (line, words) in [
        (r#""abc" d e"#, &["abc", "d", "e"][..]),
        (r#"a\\b d"e f"g h"#, &[r"a\\b", "de fg", "h"]),
        (r#"a\\\"b c d"#, &[r#"a\"b"#, "c", "d"]),
        (r#"a\\\\"b c" d e"#, &[r"a\\b c", "d", "e"]),
    ] {
        assert_eq!(read_by_program(line), words, "{line}");
    }
    assert_eq!(read_by_cmd(r#"echo ^& "^&" ^^ a^b"#), r#"echo & "^&" ^ ab"#);
}

#[test]
fn what_cmd_has_no_way_to_write_is_refused() {
    for lost in ["100%", "%PATH%", "a\nb", "\r", "\u{7}"] {
        let error = cmd::quoted(lost).unwrap_err().to_string();
        assert!(error.contains("cmd.exe") && error.contains("\nHINT:  "), "{error}");
    }
}

/// What a script for cmd.exe does: the files that it writes, and the words that `aws` gets.
fn run_by_cmd(lines: &[String]) -> (Vec<(String, String)>, Vec<String>) {
    let script = lines.join("\n").replace(" ^\n    ", " ");
    let (mut files, mut words) = (Vec::<(String, String)>::new(), Vec::new());
    for line in script.lines() {
        let Some(rest) = line.strip_prefix('>') else {
            words.extend(read_by_program(&read_by_cmd(line)));
            continue;
        };
        let (is_new, rest) = rest.strip_prefix('>').map_or((true, rest), |rest| (false, rest));
        let (name, text) = rest.split_once(" echo(").unwrap();
        if is_new {
            files.push((name.into(), String::new()));
        }
        let (_, whole) = files.iter_mut().find(|(of, _)| of == name).unwrap();
        whole.push_str(&format!("{}\n", read_by_cmd(text)));
    }
    (files, words)
}

/// What a POSIX shell does with such a script.
fn run_by_sh(lines: &[String]) -> (String, Vec<String>) {
    let script = lines.join("\n").replacen("cat > file.json", "cat", 1);
    let script = format!("aws() {{ printf '\\0%s' \"$@\"; }}\n{script}");
    let ended = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{script}: {ended:?}");
    let out = String::from_utf8(ended.stdout).unwrap();
    let mut parts = out.split('\0').map(String::from);
    (parts.next().unwrap(), parts.collect())
}

proptest! {
    /// A command with a file, as each shell runs it.
    #[test]
    fn a_command_comes_back_from_either_shell(
        words in prop::collection::vec("[a-z\"\\\\^&|<>!() =,;']{0,8}", 1..4),
        text in "([a-z\"\\\\^&|<>!() =,;'$`]{0,12}\n){1,4}",
    ) {
        let command = words.iter().fold(PlannedCommand::new("iam", "x"), |command, word| {
            command.with("--word", word)
        });
        let command = command.with_file("--file", "file.json", text.clone());
        let given: Vec<_> = command.lines("").concat();
        let (files, got) = run_by_cmd(&cmd::Cmd.command(&command).unwrap());
        prop_assert_eq!(&files, &[("file.json".to_string(), text.clone())]);
        prop_assert_eq!(&got[0], "aws");
        prop_assert_eq!(&got[1..], &given);
        let (file, got) = run_by_sh(&sh::Sh.command(&command).unwrap());
        prop_assert_eq!(file, text);
        prop_assert_eq!(got, given);
    }

    /// A shell gets the words that were meant, and runs nothing of them.
    #[test]
    fn any_word_comes_back_from_sh(words in prop::collection::vec("[^\0]{0,12}", 1..4)) {
        prop_assert_eq!(read_by_sh(&words), words);
    }

    #[test]
    fn hard_words_come_back_from_sh(
        words in prop::collection::vec("['\"$`\\\\ \n!#~a]{0,8}", 1..4),
    ) {
        prop_assert_eq!(read_by_sh(&words), words);
    }

    #[test]
    fn any_word_comes_back_from_cmd(
        words in prop::collection::vec("[^\\p{Cc}%]{0,12}|[\"\\\\^&|<>!() =,;a]{0,8}", 1..4),
    ) {
        let line: Vec<_> = words.iter().map(|word| cmd::quoted(word).unwrap()).collect();
        prop_assert_eq!(read_by_program(&read_by_cmd(&line.join(" "))), words);
    }

    #[test]
    fn any_text_comes_back_from_terraform(text in "[^\0]{0,12}|[$%{}\"\\\\~ a]{0,10}") {
        prop_assert_eq!(read_by_terraform(&text), text);
    }
}
