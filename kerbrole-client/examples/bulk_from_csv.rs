//! Adds the first column of a CSV file, in portions.
//!
//! ```sh
//! cargo run --example bulk_from_csv -- "host=localhost user=rds_master dbname=postgres" \
//!     people.csv
//! ```
//!
//! Run it again after an interruption: what is there already is left as it is.

use futures_util::TryStreamExt;
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
    let (Some(server), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("give a connection string and a file".into());
    };
    let mut names = Vec::new();
    for record in csv::Reader::from_path(&file)?.records() {
        names.push(record?.get(0).unwrap_or_default().to_string());
    }

    let (client, connection) = tokio_postgres::connect(&server, NoTls).await?;
    tokio::spawn(connection);
    let kerbrole = Kerbrole::new(&client).await?;
    let mut portions =
        std::pin::pin!(kerbrole.bulk(names, AddOptions::new().if_not_exists(true)).stream());
    while let Some(progress) = portions.try_next().await? {
        let created =
            progress.chunk.iter().filter(|added| added.action.as_str() == "created").count();
        println!(
            "{} of {}, {created} of the last {} new",
            progress.done,
            progress.total,
            progress.chunk.len()
        );
    }
    Ok(())
}
