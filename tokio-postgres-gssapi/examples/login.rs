//! Logs in, and prints what the server knows of the ticket.
//!
//! ```text
//! login "host=db.example.com user=alice@EXAMPLE.COM dbname=app" gssencmode=require
//! ```
//!
//! Words after the connection string, by libpq's names: `gssencmode`, `krbsrvname`,
//! `gssdelegation`, `require_auth`; and `principal`, `ccache`, `client_keytab`.

use std::error::Error as StdError;
use std::process::ExitCode;

use tokio_postgres::{Config, NoTls};
use tokio_postgres_gssapi::{Credentials, Error, MakeGssConnect, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match login().await {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
            if let Some(found) = Error::find(&*error) {
                eprintln!("{:?}: {found}", found.kind());
                eprintln!("{}", found.hint().unwrap_or_default());
                return ExitCode::FAILURE;
            }
            while let Some(error) = cause {
                eprintln!("{error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn login() -> Result<String, Box<dyn StdError>> {
    let mut arguments = std::env::args().skip(1);
    let config: Config = arguments.next().ok_or("no connection string")?.parse()?;
    let connector = connector(arguments)?;
    let (client, connection) = connect(&config, &connector).await?;
    let connection = tokio::spawn(connection);
    let row = client
        .query_one(
            "SELECT coalesce(principal, '-'), encrypted FROM pg_stat_gssapi \
             WHERE pid = pg_backend_pid()",
            &[],
        )
        .await?;
    let (principal, is_encrypted): (String, bool) = (row.get(0), row.get(1));
    // As much as fills many packets, in both directions.
    let (sent, length) = ("x".repeat(200_000), 3_000_000);
    let row = client
        .query_one("SELECT length($1::text), repeat('y', $2::int4)", &[&sent, &length])
        .await?;
    let (arrived, received): (i32, String) = (row.get(0), row.get(1));
    if usize::try_from(arrived)? != sent.len() || usize::try_from(length)? != received.len() {
        return Err("what was sent is not what arrived".into());
    }
    drop(client);
    connection.await??;
    Ok(format!("{principal} {}", if is_encrypted { "encrypted" } else { "plain" }))
}

fn connector(
    words: impl Iterator<Item = String>,
) -> Result<MakeGssConnect<NoTls>, Box<dyn StdError>> {
    let mut connector = MakeGssConnect::new();
    let mut credentials = Credentials::new();
    for word in words {
        let (name, value) = word.split_once('=').ok_or("name=value is wanted")?;
        match name {
            "gssencmode" => connector = connector.gss_enc_mode(value.parse()?),
            "krbsrvname" => connector = connector.krb_srv_name(value),
            "gssdelegation" => connector = connector.gss_delegation(value == "1"),
            "require_auth" => connector = connector.require_auth(value.parse()?),
            "principal" => credentials = credentials.principal(value),
            #[cfg(feature = "cred-store")]
            "ccache" => credentials = credentials.ccache(value),
            #[cfg(feature = "cred-store")]
            "client_keytab" => credentials = credentials.client_keytab(value),
            _ => return Err(format!("{name} is not known").into()),
        }
    }
    Ok(connector.credentials(credentials))
}
