//! The functions in PL/pgSQL with the same gates: what they call on their way is put behind one.

use kerbrole_tests::fixture::Session;

/// A function that waits until a test lets this session take the step.
const GATE: &str = "CREATE FUNCTION kerbrole.gate(_step integer) RETURNS void \
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        _gate CONSTANT integer := nullif(current_setting('test.gate', true), '')::integer;
    BEGIN
        IF _gate IS NOT NULL THEN
            PERFORM pg_advisory_lock(_gate, _step);
            PERFORM pg_advisory_unlock(_gate, _step);
        END IF;
    END $$";

/// Their functions with their arguments, and the gates before and behind each.
const GATED: [(&str, &str, Option<i32>, Option<i32>); 4] = [
    ("lock", "", Some(1), Some(2)),
    ("create_and_grant", "_new text[], _others text[]", Some(3), None),
    ("run", "_statement text, _role_name text", Some(3), None),
    ("check_after", "_changed oid[], _before oid[]", Some(4), None),
];

/// What can be taken out of them, to see that it is missed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Without {
    Nothing,
    TheLock,
}

/// Puts the gates in.
pub fn put_gates(su: &mut Session, without: Without) {
    su.run(GATE);
    for (name, arguments, before, behind) in GATED {
        let types: Vec<_> =
            arguments.split(", ").filter_map(|one| one.split_once(' ').map(|(_, of)| of)).collect();
        let passed: Vec<_> = (1..=types.len()).map(|number| format!("${number}")).collect();
        let gate = |step: Option<i32>| {
            step.map_or(String::new(), |step| format!("PERFORM kerbrole.gate({step});"))
        };
        let (is_left_out, passed) =
            (name == "lock" && without == Without::TheLock, passed.join(", "));
        let call = format!("PERFORM kerbrole.ungated_{name}({passed});");
        su.run(&format!(
            "ALTER FUNCTION kerbrole.{name}({types}) RENAME TO ungated_{name}; \
             CREATE FUNCTION kerbrole.{name}({arguments}) RETURNS void LANGUAGE plpgsql \
             SET search_path = pg_catalog, pg_temp AS $$ BEGIN {before} {call} {behind} END $$",
            types = types.join(", "),
            before = gate(before),
            call = if is_left_out { "" } else { &call },
            behind = gate(behind),
        ));
    }
}
