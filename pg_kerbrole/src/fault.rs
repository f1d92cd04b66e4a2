//! Faults that are built in on purpose, and places where a test stops a session: both only with the
//! feature `faults`, which no release has. Without it all of this is nothing.
//!
//! Each fault is a variant of the model in tests/model; the test that replays what the checker
//! found against it sets `kerbrole.fault`, and shows that what is promised breaks on a real server.
#![cfg_attr(feature = "faults", allow(unsafe_code, reason = "the server's lock functions are C"))]

/// What is wrong. The names are those of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "faults", derive(pgrx::guc::PostgresGucEnum))]
#[allow(non_camel_case_types, reason = "the derive takes the names for the setting's values")]
#[cfg_attr(not(feature = "faults"), allow(dead_code, reason = "nothing is wrong"))]
pub(crate) enum Fault {
    none,
    no_lock,
    lock_late,
    snapshot,
    check_before,
    names_before_wait,
    asleep_inside,
    asleep_after,
    function_looks_once,
}

/// A step of the model, before which a session can be stopped: the second key of an advisory lock,
/// of which the first is `kerbrole.gate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Lock = 1,
    Look = 2,
    Write = 3,
    Check = 4,
}

#[cfg(not(feature = "faults"))]
mod built {
    use crate::fault::{Fault, Step};

    pub(crate) const fn define() {}

    pub(crate) const fn is(_: Fault) -> bool {
        false
    }

    pub(crate) const fn gate(_: Step) {}
}

#[cfg(feature = "faults")]
mod built {
    use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
    use pgrx::prelude::*;
    use pgrx::{direct_function_call, pg_sys};

    use crate::fault::{Fault, Step};

    static FAULT: GucSetting<Fault> = GucSetting::<Fault>::new(Fault::none);
    static GATE: GucSetting<i32> = GucSetting::<i32>::new(0);

    pub(crate) fn define() {
        GucRegistry::define_enum_guc(
            c"kerbrole.fault",
            c"What is wrong on purpose.",
            c"",
            &FAULT,
            GucContext::Suset,
            GucFlags::default(),
        );
        GucRegistry::define_int_guc(
            c"kerbrole.gate",
            c"Which advisory locks this session waits for before each step.",
            c"",
            &GATE,
            0,
            100,
            GucContext::Suset,
            GucFlags::default(),
        );
    }

    /// Whether this is what is wrong.
    pub(crate) fn is(fault: Fault) -> bool {
        FAULT.get() == fault
    }

    /// Waits until a test lets this session take the step.
    pub(crate) fn gate(step: Step) {
        let (gate, step) = (GATE.get(), step as i32);
        if gate == 0 {
            return;
        }
        // SAFETY: both take two integers, and return nothing or a boolean.
        unsafe {
            let keys = [gate.into_datum(), step.into_datum()];
            let _void: Option<()> = direct_function_call(pg_sys::pg_advisory_lock_int4, &keys);
            let _was: Option<bool> = direct_function_call(pg_sys::pg_advisory_unlock_int4, &keys);
        }
    }
}

pub(crate) use built::{define, gate, is};
