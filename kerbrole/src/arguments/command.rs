//! The subcommands: those that work on a server, and those that need none.

use clap::Subcommand;

use super::aws::AwsArguments;
use super::subcommands::{
    AddArguments, ApplyArguments, CheckArguments, ClientConfigArguments, CompletionsArguments,
    DirectoryArguments, DisableArguments, DoctorArguments, DropArguments, EnableArguments,
    GrantArguments, InstallSqlArguments, Krb5ConfArguments, ListArguments, ManArguments,
    NamesArguments, PreviewGrantArguments, RenameArguments, RenameRealmArguments, SyncArguments,
};

/// What is to be done. The help lists the subcommands in this order.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Connected(ConnectedCommand),
    // It is told where the server is, and has something to say also where nobody answers there.
    /// Look for what keeps somebody from logging in: DNS, ports, the KDC and its clock, krb5.conf,
    /// the ticket, the server
    Doctor(DoctorArguments),
    /// Look for what AWS's guide asks for before anybody can log in: directory, trust, role, users,
    /// network, the database's domain
    Aws(AwsArguments),
    // It asks other servers than PostgreSQL's.
    /// What an access file means now, by what its directories say
    Directory(DirectoryArguments),
    // The access file may say where the servers are.
    /// Carry out what sync --plan wrote, where it still holds
    Apply(ApplyArguments),
    // Whether it needs a server an option says.
    /// Install or upgrade the functions in PL/pgSQL, for servers that take no extension in C
    InstallSql(InstallSqlArguments),
    #[command(flatten)]
    Local(LocalCommand),
}

/// What is done on a server, over a connection.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectedCommand {
    /// Create login roles, members of rds_ad
    Add(AddArguments),
    /// Drop login roles; nothing that they own is dropped
    #[command(visible_alias = "rm")]
    Drop(DropArguments),
    /// Keep principals from logging in
    Disable(DisableArguments),
    /// Let principals log in again
    Enable(EnableArguments),
    /// Give a principal's role another name
    Rename(RenameArguments),
    /// Give every principal of one realm the same name in another, all or none
    RenameRealm(RenameRealmArguments),
    /// GRANT role TO member, unless a role would come to be in both rds_ad and rds_iam
    Grant(GrantArguments),
    /// Who has access, and by which way
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Every question that a login asks
    Check(CheckArguments),
    /// Whether principals are there: enabled, disabled, absent
    State(NamesArguments),
    /// The exact names of the roles that principals log in as
    Canonicalize(NamesArguments),
    /// Roles that are members of both rds_ad and rds_iam
    Conflicts,
    /// Conflicts that GRANT role TO member would create
    PreviewGrant(PreviewGrantArguments),
    /// Roles that their names open to the wrong tickets, or to none
    CaseAudit,
    /// Memberships of principals that creating them made of this user
    Nesting,
    /// Bring the principals in line with a list
    Sync(SyncArguments),
    /// What sync would do; exit with 1 where there is a difference (sync --check)
    Diff(SyncArguments),
    /// What sync would do, a line for each role
    Plan(SyncArguments),
    /// What kind of server this is
    Probe,
}

/// What needs no connection.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Print a krb5.conf for clients of a directory's realm
    #[command(name = "krb5-conf")]
    Krb5Conf(Krb5ConfArguments),
    /// Print what a client needs to log in with a ticket, to be pasted
    #[command(name = "client-config")]
    ClientConfig(ClientConfigArguments),
    /// Completions for a shell
    Completions(CompletionsArguments),
    /// The manual page
    Man(ManArguments),
}
