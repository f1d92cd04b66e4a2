//! Rust: a program with tokio-postgres and the crate tokio-postgres-gssapi.

use super::ASKS;
use super::notes::commented;
use super::quoting::{conninfo_of, rust};
use super::target::Target;
use crate::arguments::GssEncMode;
use crate::connect::conninfo::SslMode;

/// The certificate's authority is verified, and not the server's name.
const ANY_NAME: &str = "    tls.set_callback(|tls, _| {
        tls.set_verify_hostname(false);
        Ok(())
    });
";

pub(super) fn text(target: &Target) -> String {
    let mut pairs = target.place_pairs();
    let (mode, tls) = tls(target);
    pairs.push(("sslmode", mode.into()));
    let enc_mode = match target.gss_enc_mode {
        GssEncMode::Disable => "Disable",
        GssEncMode::Prefer => "Prefer",
        GssEncMode::Require => "Require",
    };
    let (crates, imports, connector) = match &tls {
        None => ("", "", "MakeGssConnect::new()"),
        Some(_) => (
            " openssl postgres-openssl",
            "use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};\n\
             use postgres_openssl::{MakeTlsConnector, set_postgresql_alpn};\n",
            "MakeGssConnect::with_tls(tls)",
        ),
    };
    let imports = match target.ssl_mode {
        SslMode::Require => imports.into(),
        _ => imports.replace(", SslVerifyMode", ""),
    };
    format!(
        "{}\
         // It needs libgssapi-krb5-2 to run, and to build its headers (Debian: libkrb5-dev\n\
         // libclang-dev). There is no SSPI: not on Windows.\n\
         //\n\
         //   cargo add tokio-postgres tokio-postgres-gssapi{crates}\n\
         //   cargo add tokio --features macros,rt-multi-thread\n\
         {imports}\
         use tokio_postgres_gssapi::{{GssEncMode, MakeGssConnect, connect}};\n\
         \n\
         const CONNINFO: &str = {};\n\
         \n\
         #[tokio::main]\n\
         async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n\
         {}    \
             let connector = {connector}\n        \
                 .gss_enc_mode(GssEncMode::{enc_mode})\n        \
                 .krb_srv_name({})\n        \
                 .require_auth(\"gss,sspi\".parse()?);\n    \
             let (client, connection) = connect(&CONNINFO.parse()?, &connector).await?;\n    \
             let connection = tokio::spawn(connection);\n    \
             let asks = {};\n    \
             let row = client.query_one(asks, &[]).await?;\n    \
             println!(\"{{}} {{}}\", row.get::<_, &str>(0), row.get::<_, bool>(1));\n    \
             drop(client);\n    \
             Ok(connection.await??)\n\
         }}\n",
        commented("//", target),
        rust(&conninfo_of(&pairs)),
        tls.unwrap_or_default(),
        rust(&target.service),
        rust(ASKS),
    )
}

/// The mode that tokio-postgres knows, and the lines that make a connector of TLS where one is
/// wanted. How a server is verified is the connector's business.
fn tls(target: &Target) -> (&'static str, Option<String>) {
    let settings = match target.ssl_mode {
        SslMode::Disable => return ("disable", None),
        // Without a connector it goes without TLS, as these may.
        SslMode::Allow | SslMode::Prefer => return ("prefer", None),
        SslMode::Require => "    tls.set_verify(SslVerifyMode::NONE);\n".into(),
        SslMode::VerifyCa | SslMode::VerifyFull => match target.roots.as_deref() {
            None | Some("system") => String::new(),
            Some(roots) => format!("    tls.set_ca_file({})?;\n", rust(roots)),
        },
    };
    let (mutable, any_name) = match target.ssl_mode {
        SslMode::VerifyCa => ("mut ", ANY_NAME),
        _ => ("", ""),
    };
    let lines = format!(
        "    let mut tls = SslConnector::builder(SslMethod::tls())?;\n{settings}    \
         set_postgresql_alpn(&mut tls)?;\n    \
         let {mutable}tls = MakeTlsConnector::new(tls.build());\n{any_name}"
    );
    ("require", Some(lines))
}
