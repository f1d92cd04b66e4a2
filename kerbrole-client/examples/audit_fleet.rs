//! Looks for conflicts on many servers at once.
//!
//! ```sh
//! cargo run --example audit_fleet -- "host=db1 user=auditor dbname=postgres" "host=db2 ..."
//! ```
//!
//! With plain statements no privileges are needed. Exits with 1 where there are findings.

use kerbrole_client::{Backend, Conflict, Kerbrole};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

async fn audit(server: &str) -> Result<Vec<Conflict>, Box<dyn std::error::Error + Send + Sync>> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    tokio::spawn(connection);
    let kerbrole = Kerbrole::<Client>::builder().backend(Backend::PlainSql).build(&client).await?;
    Ok(kerbrole.conflicts().await?)
}

#[tokio::main]
async fn main() {
    let mut audits = JoinSet::new();
    for server in std::env::args().skip(1) {
        audits.spawn(async move {
            let conflicts = audit(&server).await;
            (server, conflicts)
        });
    }
    let mut findings = 0;
    while let Some(Ok((server, conflicts))) = audits.join_next().await {
        match conflicts {
            Ok(conflicts) => {
                findings += conflicts.len();
                for conflict in conflicts {
                    println!(
                        "{server}: {} ({}); {}",
                        conflict.role_name,
                        conflict.iam_path.join(" > "),
                        conflict.fix
                    );
                }
            }
            Err(error) => eprintln!("{server}: {error}"),
        }
    }
    std::process::exit(i32::from(findings > 0));
}
