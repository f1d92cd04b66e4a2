//! Works over TLS with rustls, the server verified by a bundle of certificates, such as the one
//! that AWS publishes for RDS.
//!
//! ```sh
//! cargo run --example tls -- \
//!     "host=db.example.com user=rds_master dbname=postgres sslmode=require" global-bundle.pem
//! ```
//!
//! The crate itself knows nothing of TLS: any connector of tokio-postgres does.

use kerbrole_client::Kerbrole;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

#[tokio::main]
async fn main() {
    if let Err(error) = work().await {
        eprintln!("{error}");
        // Which certificate, which name: that is said by the cause.
        let mut cause = error.source();
        while let Some(error) = cause {
            eprintln!("  {error}");
            cause = error.source();
        }
        std::process::exit(1);
    }
}

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(bundle)) = (arguments.next(), arguments.next()) else {
        return Err("give a connection string and a file of certificates".into());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(bundle)? {
        roots.add(certificate?)?;
    }
    let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let (client, connection) =
        tokio_postgres::connect(&server, MakeRustlsConnect::new(tls)).await?;
    tokio::spawn(connection);

    let kerbrole = Kerbrole::new(&client).await?;
    println!(
        "{:?}, PostgreSQL {}, by {:?}",
        kerbrole.server().family,
        kerbrole.server().major(),
        kerbrole.backend()
    );
    Ok(())
}
