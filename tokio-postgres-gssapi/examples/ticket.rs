//! Says whose ticket there is, and for how many seconds.

use std::process::ExitCode;

use tokio_postgres_gssapi::Credentials;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Credentials::default().ticket().await {
        Ok(ticket) => {
            println!("{} {}", ticket.principal(), ticket.lifetime().as_secs());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{:?}: {error}", error.kind());
            ExitCode::FAILURE
        }
    }
}
