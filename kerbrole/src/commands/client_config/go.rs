//! Go: a program with lib/pq, whose connection string pgx takes as well.

use super::ASKS;
use super::notes::commented;
use super::quoting::{conninfo_of, go};
use super::target::Target;
use crate::arguments::GssEncMode;
use crate::connect::conninfo::SslMode;
use crate::failure::Failure;

pub(super) fn text(target: &Target) -> Result<String, Failure> {
    target.only("lib/pq")?;
    target.without_addresses("lib/pq")?;
    if target.gss_enc_mode == GssEncMode::Require {
        return Err(Failure::usage(
            "no driver of Go encrypts by GSSAPI\n\
             HINT:  Encrypt by TLS (sslmode=verify-full), and have pg_hba.conf take that: hostssl."
                .into(),
        ));
    }
    let mut pairs = target.place_pairs();
    // lib/pq knows no modes that go without TLS where the server has none.
    let is_optional = matches!(target.ssl_mode, SslMode::Allow | SslMode::Prefer);
    if is_optional {
        pairs.push(("sslmode", "require".into()));
    } else {
        pairs.extend(target.tls_pairs());
    }
    pairs.push(("krbsrvname", target.service.clone()));
    let about_tls = if is_optional {
        "Where the server has no TLS it is sslmode=disable"
    } else {
        "pg_hba.conf has to take that"
    };
    Ok(format!(
        "{}\
         // Go reads tickets from files. Where klist shows another cache, let kinit write one,\n\
         // with -c FILE:/tmp/ticket, and KRB5CCNAME=FILE:/tmp/ticket name it. Windows: SSPI.\n\
         //\n\
         //   go get github.com/lib/pq github.com/lib/pq/auth/kerberos\n\
         package main\n\
         \n\
         import (\n\
         \t\"database/sql\"\n\
         \t\"fmt\"\n\
         \t\"log\"\n\
         \n\
         \t\"github.com/lib/pq\"\n\
         \t\"github.com/lib/pq/auth/kerberos\"\n\
         )\n\
         \n\
         // No driver of Go encrypts by GSSAPI. {about_tls}.\n\
         const conninfo = {}\n\
         \n\
         func init() {{\n\
         \tpq.RegisterGSSProvider(func() (pq.GSS, error) {{ return kerberos.NewGSS() }})\n\
         }}\n\
         \n\
         // pgx takes the same string:\n\
         //\n\
         //   go get github.com/jackc/pgx/v5 github.com/otan/gopgkrb5\n\
         //\n\
         //   pgconn.RegisterGSSProvider(func() (pgconn.GSS, error) {{\n\
         //       return gopgkrb5.NewGSS()\n\
         //   }})\n\
         //   conn, err := pgx.Connect(ctx, conninfo)\n\
         \n\
         func main() {{\n\
         \tdb, err := sql.Open(\"postgres\", conninfo)\n\
         \tif err != nil {{\n\
         \t\tlog.Fatal(err)\n\
         \t}}\n\
         \tdefer db.Close()\n\
         \tvar principal string\n\
         \tvar encrypted bool\n\
         \trow := db.QueryRow({})\n\
         \tif err := row.Scan(&principal, &encrypted); err != nil {{\n\
         \t\tlog.Fatal(err)\n\
         \t}}\n\
         \tfmt.Println(principal, encrypted)\n\
         }}\n",
        commented("//", target),
        go(&conninfo_of(&pairs)),
        go(ASKS),
    ))
}
