//! Npgsql: a connection string of .NET, in appsettings.json, which takes comments.

use super::notes::commented;
use super::quoting::{ado, json};
use super::target::Target;
use crate::arguments::GssEncMode;
use crate::connect::conninfo::SslMode;
use crate::failure::Failure;

pub(super) fn text(target: &Target) -> Result<String, Failure> {
    target.without_addresses("Npgsql")?;
    let (host, port) = match target.servers.as_slice() {
        [only] => (only.host.clone(), Some(only.port.to_string())),
        _ => (target.places(), None),
    };
    let mut pairs = vec![("Host", host)];
    pairs.extend(port.map(|port| ("Port", port)));
    pairs.extend([
        ("Database", target.dbname.clone()),
        ("Username", target.role.clone()),
        ("Kerberos Service Name", target.service.clone()),
        ("SSL Mode", ssl_mode(target.ssl_mode).into()),
    ]);
    if let Some(roots) = target.roots.clone().filter(|roots| roots != "system") {
        pairs.push(("Root Certificate", roots));
    }
    // Npgsql 9 and older refuse a keyword that they do not know.
    if target.gss_enc_mode != GssEncMode::Prefer {
        pairs.push(("GSS Encryption Mode", gss_enc_mode(target.gss_enc_mode).into()));
    }
    let words: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{name}={}", ado(value))).collect();
    Ok(format!(
        "{}\
         // On Linux .NET needs the library libgssapi_krb5.so.2 (Debian: libgssapi-krb5-2; images\n\
         // without a shell have not got it). On Windows it is SSPI, and nothing is needed.\n\
         // Npgsql 10 and later encrypt by GSSAPI where the server does, and know GSS Encryption\n\
         // Mode. Without Username it is the user of the ticket, with the realm by Include\n\
         // Realm=true.\n\
         //\n\
         // appsettings.json; what stands after \"Default\": is a string of C# too.\n\
         {{\n  \
           \"ConnectionStrings\": {{\n    \
             \"Default\": {}\n  \
           }}\n\
         }}\n",
        commented("//", target),
        json(&words.join(";")),
    ))
}

fn ssl_mode(mode: SslMode) -> &'static str {
    match mode {
        SslMode::Disable => "Disable",
        SslMode::Allow => "Allow",
        SslMode::Prefer => "Prefer",
        SslMode::Require => "Require",
        SslMode::VerifyCa => "VerifyCA",
        SslMode::VerifyFull => "VerifyFull",
    }
}

fn gss_enc_mode(mode: GssEncMode) -> &'static str {
    match mode {
        GssEncMode::Disable => "Disable",
        GssEncMode::Prefer => "Prefer",
        GssEncMode::Require => "Require",
    }
}
