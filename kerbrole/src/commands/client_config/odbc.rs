//! ODBC: a data source of psqlODBC, which is libpq below.

use super::ASKS;
use super::notes::commented;
use super::quoting::{conninfo_of, odbc};
use super::target::{Target, ssl_mode};
use crate::failure::Failure;

pub(super) fn text(target: &Target) -> Result<String, Failure> {
    let mut lines = Vec::new();
    let mut more = target.gss_pairs();
    for (keyword, value) in target.place_pairs() {
        match keyword {
            "host" => lines.push(("Servername", value)),
            "port" => lines.push(("Port", value)),
            "dbname" => lines.push(("Database", odbc(keyword, &value)?)),
            "user" => lines.push(("UserName", odbc(keyword, &value)?)),
            _ => more.push((keyword, value)),
        }
    }
    lines.push(("SSLmode", ssl_mode(target.ssl_mode).into()));
    if let Some(roots) = &target.roots {
        more.push(("sslrootcert", odbc("sslrootcert", roots)?));
    }
    let label = target.label();
    let more = conninfo_of(&more);
    let ini: String = lines.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    let string: String = lines.iter().map(|(name, value)| format!("{name}={value};")).collect();
    Ok(format!(
        "{}\
         ;\n\
         ; The same without a data source, for a program that takes a connection string:\n\
         ;   Driver={{PostgreSQL Unicode}};{string}pqopt={{{more}}};\n\
         ; On Windows the driver is called PostgreSQL Unicode(x64), and pqopt is the field Libpq\n\
         ; parameters of the ODBC administrator.\n\
         ;\n\
         ; Into ~/.odbc.ini or /etc/odbc.ini. Then:\n\
         ;   echo \"{ASKS}\" | isql -b -v {label}\n\
         [{label}]\n\
         Driver = PostgreSQL Unicode\n\
         {ini}\
         pqopt = {more}\n",
        commented(";", target),
    ))
}
