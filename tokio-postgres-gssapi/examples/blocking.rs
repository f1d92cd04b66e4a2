//! The blocking client, and a query of it that is cancelled.
//!
//! ```text
//! blocking "host=db.example.com user=alice@EXAMPLE.COM dbname=app" require
//! ```

use std::error::Error;
use std::thread;
use std::time::Duration;

use postgres::error::SqlState;
use tokio_postgres_gssapi::MakeGssConnect;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let config = arguments.next().ok_or("no connection string")?.parse()?;
    let mode = arguments.next().ok_or("no gssencmode")?.parse()?;
    // Both belong together: the connector, and the configuration that hands it the socket.
    let (config, connector) = MakeGssConnect::new().gss_enc_mode(mode).bind(&config);
    let mut client = postgres::Config::from(config).connect(connector.clone())?;
    let cancel = client.cancel_token();
    let query = thread::spawn(move || client.batch_execute("SELECT pg_sleep(600)"));
    // One that comes before the query is for nothing.
    while !query.is_finished() {
        cancel.cancel_query(connector.clone())?;
        thread::sleep(Duration::from_millis(20));
    }
    match query.join() {
        Ok(Err(error)) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
            println!("cancelled");
            Ok(())
        }
        Ok(other) => Err(format!("{other:?}").into()),
        Err(_) => Err("the query's thread ended by a panic".into()),
    }
}
