//! Whatever is passed to the functions, the server stays up.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::cases;
use crate::fixture::Context;

cases! {
    Guarded: random_arguments_never_crash_a_backend;
}

const CALLS: u32 = 1500;

/// What a log says when a backend crashed or an assertion of the server failed (18 is built with
/// assertions).
const SIGNS_OF_A_CRASH: [&str; 6] =
    ["PANIC", "SIGSEGV", "SIGABRT", "terminated by signal", "TRAP:", "XX000"];

fn random_arguments_never_crash_a_backend(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE g; CREATE ROLE cloud IN ROLE rds_iam; CREATE ROLE \"Zoë\"; SET \
        statement_timeout = '10s'",
    );
    let pid = su.one("SELECT pg_backend_pid()");
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut pick = |n: usize| rng.next_u32() as usize % n;
    let texts: Vec<Option<String>> = [
        "alice",
        "alice@corp.example.com",
        "Alice",
        "a.b",
        "corp.example.com",
        "",
        " ",
        "@",
        "@@",
        "\\",
        "CORP\\alice",
        "'",
        "\"",
        "$1",
        "%s",
        "{}",
        "{,}",
        "NULL",
        "null",
        "g",
        "cloud",
        "rds_ad",
        "rds_iam",
        "Zoë",
        "public",
        "pg_monitor",
        "rds_x@a.b",
        "\u{202e}x",
        "x\u{200b}",
        "a\nb",
        "\u{1f600}@a.b",
        "x\"; DROP ROLE rds_ad; --@a.b",
        "e\u{301}@a.b",
    ]
    .iter()
    .map(|text| Some((*text).to_string()))
    .chain([
        None,
        Some("a".repeat(63)),
        Some("é".repeat(40) + "@a.b"),
        Some("x".repeat(100_000)),
        Some("@".repeat(5_000)),
        Some("é.".repeat(30_000)),
    ])
    .collect();
    let arrays: Vec<Option<Vec<Option<String>>>> = vec![
        None,
        Some(vec![]),
        Some(vec![None]),
        Some(texts.clone()),
        Some(vec![Some("g".into()), Some("g".into())]),
        Some(vec![Some("cloud".into())]),
        Some((0..3000).map(|i| Some(format!("u{i}@a.b"))).collect()),
        Some((0..3000).map(|_| Some("same@a.b".into())).collect()),
    ];
    let flags = [None, Some(true), Some(false)];
    let mut failed = 0;
    for _ in 0..CALLS {
        let (text, other, array, groups, flag) = (
            &texts[pick(texts.len())],
            &texts[pick(texts.len())],
            &arrays[pick(arrays.len())],
            &arrays[pick(arrays.len())],
            &flags[pick(3)],
        );
        let result = match pick(16) {
            5 => su.client.query("SELECT kerb_disable_principal($1, $2, $3)", &[text, other, flag]),
            6 => su.client.query("SELECT kerb_enable_principal($1, $2)", &[text, other]),
            7 => su.client.query("SELECT kerb_rename_principal($1, NULL, $2)", &[text, other]),
            8 => su.client.query(
                "SELECT * FROM kerb_rename_realm($1, $2, \
                $3)",
                &[text, other, flag],
            ),
            9 => su.client.query(
                "SELECT kerb_drop_principal($1, NULL, $3, \
                $2)",
                &[text, other, flag],
            ),
            10 => su.client.query(
                "SELECT * FROM kerb_sync_principals($1, $2, $3, \
                $4)",
                &[array, text, flag, groups],
            ),
            11 => su.client.query(
                "SELECT * FROM kerb_sync_principals($1, CASE WHEN $2 THEN 'disable' ELSE 'drop' \
                 END, $3)",
                &[array, flag, flag],
            ),
            12 => su.client.query(
                "SELECT * FROM kerb_check_principal($1, $2), \
                kerb_case_audit()",
                &[text, other],
            ),
            0 => su.client.query("SELECT kerb_canonicalize($1, $2)", &[text, other]),
            1 => su.client.query(
                "SELECT kerb_add_principal($1, $2, $3::text[], \
                $4)",
                &[text, other, groups, flag],
            ),
            2 => su.client.query(
                "SELECT * FROM kerb_add_principals($1, $2::text[], \
                $3)",
                &[array, groups, flag],
            ),
            13 => su
                .client
                .query("SELECT kerb_add_principal($1, $2, $3, $4)", &[text, other, text, flag]),
            14 => su.client.query("SELECT kerb_rename_principal($1, $2)", &[text, other]),
            15 => su
                .client
                .query("SELECT * FROM kerb_add_principals($1, $2, $3)", &[array, text, flag]),
            3 => su.client.query("SELECT * FROM kerb_preview_grant($1, $2)", &[text, other]),
            _ => su.client.query("SELECT * FROM kerb_conflicts()", &[]),
        };
        if let Err(error) = result {
            failed += 1;
            let error =
                error.as_db_error().unwrap_or_else(|| panic!("the connection broke: {error}"));
            let class = &error.code().code()[..2];
            assert!(
                ["22", "42", "0L", "55", "53", "2B"].contains(&class),
                "{} {} with {text:?}",
                error.code().code(),
                error.message()
            );
        }
    }
    assert_eq!(su.one("SELECT pg_backend_pid()"), pid);
    assert!(
        failed > CALLS / 10 && failed < CALLS,
        "{failed} of {CALLS} failed: nothing in between was tried"
    );
    let log = c.server.log_text();
    for sign in SIGNS_OF_A_CRASH {
        assert!(!log.contains(sign), "{sign} in the server's log");
    }
}
