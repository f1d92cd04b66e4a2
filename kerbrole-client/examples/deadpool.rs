//! Works over a pool of connections: the server is looked at once, and not with each of them.
//!
//! ```sh
//! cargo run --example deadpool -- "host=localhost user=rds_master dbname=postgres"
//! ```

use deadpool_postgres::{Manager, Pool};
use kerbrole_client::Builder;
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() {
    if let Err(error) = work().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).ok_or("give a connection string")?;
    let pool = Pool::builder(Manager::new(server.parse()?, NoTls)).max_size(4).build()?;

    // What the pool lends is a tokio_postgres client in a wrapper.
    let handle = Builder::new().handle(&**pool.get().await?).await?;

    let client = pool.get().await?;
    for principal in handle.on(&**client).list_principals().await? {
        println!("{} {}", principal.role_name, if principal.can_login { "" } else { "(disabled)" });
    }
    Ok(())
}
