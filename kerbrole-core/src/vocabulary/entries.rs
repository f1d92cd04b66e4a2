//! The table of words: what the SQL functions call it, a program, and the command; and what the
//! functions in PL/pgSQL do, where that is something else.

/// One thing, and what it is called. `{}` is an argument: a literal in SQL, a string in Rust, a
/// word of the shell.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) sql: &'static str,
    pub(super) rust: &'static str,
    pub(super) command: &'static str,
    /// By the functions in PL/pgSQL, where it is not the same with their schema in front.
    pub(super) in_plpgsql: Option<&'static str>,
}

const fn entry(sql: &'static str, rust: &'static str, command: &'static str) -> Entry {
    Entry { sql, rust, command, in_plpgsql: None }
}

impl Entry {
    const fn in_plpgsql(self, words: &'static str) -> Self {
        Self { in_plpgsql: Some(words), ..self }
    }
}

/// Arguments and functions. The longer come before those that they begin with.
pub(super) const ENTRIES: &[Entry] = &[
    entry(
        "SELECT kerb_add_principal({}, if_not_exists => true);",
        "Kerbrole::add_principal({}) with AddOptions::if_not_exists",
        "kerbrole add {} --if-not-exists",
    ),
    entry("SELECT kerb_add_principal({});", "Kerbrole::add_principal({})", "kerbrole add {}"),
    entry(
        "SELECT kerb_disable_principal({}, terminate => true);",
        "Kerbrole::disable_principal({}), which ends its sessions if asked to",
        "kerbrole disable {} --terminate",
    ),
    entry(
        "SELECT kerb_disable_principal({});",
        "Kerbrole::disable_principal({})",
        "kerbrole disable {}",
    ),
    entry("kerb_disable_principal()", "Kerbrole::disable_principal", "kerbrole disable"),
    entry(
        "SELECT kerb_enable_principal({});",
        "Kerbrole::enable_principal({})",
        "kerbrole enable {}",
    ),
    entry("kerb_enable_principal()", "Kerbrole::enable_principal", "kerbrole enable"),
    entry(
        "Call kerb_drop_principal({}) in each of these databases",
        "Call Kerbrole::drop_principal({}) in each of these databases",
        "Run kerbrole drop {} in each of these databases",
    ),
    entry("kerb_list_principals()", "Kerbrole::list_principals", "kerbrole list"),
    entry("kerb_conflicts()", "Kerbrole::conflicts", "kerbrole conflicts"),
    entry("if_not_exists", "AddOptions::if_not_exists", "--if-not-exists"),
    entry(
        "reassign_owned_to => 'role'",
        "DropOptions::reassign_owned_to",
        "--reassign-owned-to ROLE",
    ),
    entry("reassign_owned_to", "DropOptions::reassign_owned_to", "--reassign-owned-to"),
    entry("accept_nesting", "Builder::accept_nesting", "--accept-nesting"),
    entry("plan_end_nesting()", "Kerbrole::plan_end_nesting", "kerbrole nesting"),
];

/// The extension's settings, and what stands for them where it is not.
pub(super) const SETTINGS: &[Entry] = &[
    entry(
        "A superuser can set kerbrole.default_realm",
        "Or set Builder::default_realm",
        "Or give --default-realm",
    )
    .in_plpgsql(
        "Whoever installed these functions can set kerbrole.default_realm with \
         kerbrole.set()",
    ),
    entry(
        "a superuser can list it in kerbrole.allowed_realms",
        "list it in Builder::allowed_realms",
        "list it in --allowed-realms",
    )
    .in_plpgsql(
        "whoever installed these functions can list it in kerbrole.allowed_realms \
         with kerbrole.set()",
    ),
    entry(
        "A superuser can extend kerbrole.allowed_realms",
        "Or extend Builder::allowed_realms",
        "Or extend --allowed-realms",
    )
    .in_plpgsql(
        "Whoever installed these functions can extend kerbrole.allowed_realms with \
         kerbrole.set()",
    ),
    entry(
        "A superuser can map the domain to its realm in kerbrole.netbios_domains",
        "Or map the domain to its realm in Builder::netbios_domains",
        "Or map the domain to its realm in --netbios-domains",
    )
    .in_plpgsql(
        "Whoever installed these functions can map the domain to its realm in \
         kerbrole.netbios_domains with kerbrole.set()",
    ),
    entry(
        "a superuser can set kerbrole.sync_max_removals to the number that may be removed at once",
        "set Builder::max_removals to the number that may be removed at once",
        "say with --max-removals how many may be removed at once",
    )
    .in_plpgsql(
        "whoever installed these functions can set kerbrole.sync_max_removals to the \
         number that may be removed at once, with kerbrole.set()",
    ),
    entry(
        "a realm that allowed_realms or default_realm names",
        "a realm that Builder::allowed_realms or Builder::default_realm names",
        "a realm that --allowed-realms or --default-realm names",
    ),
    entry("kerbrole.sync_max_removals", "Builder::max_removals", "--max-removals"),
    entry("kerbrole.default_realm", "Builder::default_realm", "--default-realm"),
    entry("kerbrole.allowed_realms", "Builder::allowed_realms", "--allowed-realms"),
    entry("kerbrole.netbios_domains", "Builder::netbios_domains", "--netbios-domains"),
    entry("kerbrole.username_case", "Builder::username_case", "--username-case"),
    entry("kerbrole.ad_role", "Builder::ad_role", "--ad-role"),
    entry("kerbrole.iam_role", "Builder::iam_role", "--iam-role"),
];
