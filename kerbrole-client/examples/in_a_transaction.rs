//! Adds a principal and a schema of its own, both or neither.
//!
//! ```sh
//! cargo run --example in_a_transaction -- "host=localhost user=rds_master dbname=postgres" \
//!     alice@corp.example.com
//! ```

use kerbrole_client::{AddOptions, Kerbrole};
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() {
    if let Err(error) = work().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(principal)) = (arguments.next(), arguments.next()) else {
        return Err("give a connection string and a principal".into());
    };
    let (mut client, connection) = tokio_postgres::connect(&server, NoTls).await?;
    tokio::spawn(connection);

    let transaction = client.transaction().await?;
    let kerbrole = Kerbrole::new(&transaction).await?;
    let role = kerbrole.add_principal(&principal, None, &AddOptions::new()).await?;
    let role = role.quoted();
    transaction
        .batch_execute(&format!("CREATE SCHEMA {role}; GRANT ALL ON SCHEMA {role} TO {role}"))
        .await?;
    transaction.commit().await?;
    println!("{role} has a schema of its own");
    Ok(())
}
