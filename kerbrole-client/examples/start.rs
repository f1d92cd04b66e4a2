//! The README's first lines.
//!
//! ```sh
//! cargo run --example start -- "host=localhost user=rds_master dbname=postgres"
//! ```

use kerbrole_client::{AddOptions, Kerbrole};
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).ok_or("give a connection string")?;
    let (client, connection) = tokio_postgres::connect(&server, NoTls).await?;
    tokio::spawn(connection);
    let kerbrole = Kerbrole::new(&client).await?;
    let role =
        kerbrole.add_principal("alice", Some("corp.example.com"), &AddOptions::new()).await?;
    println!("log in as {role}");
    Ok(())
}
