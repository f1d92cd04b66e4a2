//! Logs in again and again, and prints what memory and which threads are left of it.
//!
//! ```text
//! many "host=db.example.com user=alice@EXAMPLE.COM dbname=app" require 10000
//! ```
//!
//! With a fourth word, `dropped`, each login is given up after some milliseconds. How much memory a
//! program has is known where there is a /proc.

use std::error::Error;
use std::fs;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_gssapi::{GssEncMode, MakeGssConnect, connect};

/// After so many, whatever is made once or kept for later is there.
const WARM_UP: u32 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let config: Config = arguments.next().ok_or("no connection string")?.parse()?;
    let mode: GssEncMode = arguments.next().ok_or("no gssencmode")?.parse()?;
    let count: u32 = arguments.next().ok_or("no number of logins")?.parse()?;
    let are_dropped = arguments.next().is_some();
    let connector = MakeGssConnect::new().gss_enc_mode(mode);
    let mut before = 0;
    for at in 0..WARM_UP + count {
        if at == WARM_UP {
            before = status("VmRSS:")?;
        }
        if are_dropped {
            let after = Duration::from_millis(u64::from(at % 8));
            if let Ok(result) = timeout(after, log_in(&config, &connector)).await {
                result?;
            }
        } else {
            log_in(&config, &connector).await?;
        }
    }
    // A call that nobody waits for any more ends by itself.
    for _ in 0..6_000 {
        if status("Threads:")? == 1 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    println!("{before} {} {}", status("VmRSS:")?, status("Threads:")?);
    Ok(())
}

async fn log_in(
    config: &Config,
    connector: &MakeGssConnect<NoTls>,
) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = connect(config, connector).await?;
    // It ends when the client is gone.
    drop(client);
    connection.await
}

/// A number of this process: kB, or threads.
fn status(name: &str) -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
}
