//! Logs in, and prints what the server knows of the ticket.
//!
//! ```text
//! login "host=db.example.com user=alice@EXAMPLE.COM dbname=app" gssencmode=require
//! ```
//!
//! Words after the connection string, by libpq's names: `gssencmode`, `krbsrvname`,
//! `gssdelegation`, `require_auth`; and `principal`, `ccache`, `client_keytab`. With `ca`, a file
//! of root certificates, there is TLS where `sslmode` asks for it.

use std::error::Error as StdError;
use std::process::ExitCode;

use openssl::ssl::{SslConnector, SslMethod};
use postgres_openssl::{MakeTlsConnector, set_postgresql_alpn};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Socket};
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
    let words: Vec<_> = arguments
        .map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Option<_>>()
        .ok_or("name=value is wanted")?;
    match words.iter().find(|(name, _)| name == "ca") {
        None => query(&config, &told(MakeGssConnect::new(), &words)?).await,
        Some((_, file)) => {
            let mut tls = SslConnector::builder(SslMethod::tls())?;
            tls.set_ca_file(file)?;
            // Which direct TLS needs (PostgreSQL 17).
            set_postgresql_alpn(&mut tls)?;
            let tls = MakeTlsConnector::new(tls.build());
            query(&config, &told(MakeGssConnect::with_tls(tls), &words)?).await
        }
    }
}

async fn query<T>(
    config: &Config,
    connector: &MakeGssConnect<T>,
) -> Result<String, Box<dyn StdError>>
where
    T: MakeTlsConnect<Socket> + Clone,
    T::TlsConnect: Send + 'static,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = connect(config, connector).await?;
    let connection = tokio::spawn(connection);
    // A column of 16 and later.
    let row = client
        .query_one(
            "SELECT coalesce(principal, '-'), encrypted, \
             coalesce((to_json(g)->>'credentials_delegated')::boolean, false), \
             (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) \
             FROM pg_stat_gssapi g WHERE pid = pg_backend_pid()",
            &[],
        )
        .await?;
    let mut line: String = row.get(0);
    line.push_str(if row.get(1) { " encrypted" } else { " plain" });
    line.push_str(if row.get(2) { " delegated" } else { "" });
    line.push_str(if row.get(3) { " tls" } else { "" });
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
    Ok(line)
}

/// The connector, with what the words say.
fn told<T>(
    mut connector: MakeGssConnect<T>,
    words: &[(String, String)],
) -> Result<MakeGssConnect<T>, Box<dyn StdError>> {
    let mut credentials = Credentials::new();
    for (name, value) in words {
        match name.as_str() {
            "ca" => {}
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
