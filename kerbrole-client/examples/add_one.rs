//! Adds one principal.
//!
//! ```sh
//! cargo run --example add_one -- "host=localhost user=rds_master dbname=postgres" \
//!     alice corp.example.com
//! ```
//!
//! Which backend does the work is seen from the server.

use kerbrole_client::{AddOptions, Kerbrole};
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(username), realm) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("give a connection string, a username and a realm".into());
    };
    let (client, connection) = tokio_postgres::connect(&server, NoTls).await?;
    tokio::spawn(connection);

    let kerbrole = Kerbrole::new(&client).await?;
    match kerbrole.add_principal(&username, realm.as_deref(), &AddOptions::new()).await {
        Ok(role) => println!("log in as \"{role}\" (made by {:?})", kerbrole.backend()),
        Err(error) => {
            eprintln!("{error}");
            for line in [error.detail(), error.hint()].into_iter().flatten() {
                eprintln!("  {line}");
            }
            std::process::exit(1);
        }
    }
    Ok(())
}
