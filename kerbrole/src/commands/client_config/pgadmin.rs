//! pgAdmin: a file of servers that it imports. JSON has no comments, and pgAdmin keeps one.

use serde_json::{Map, json};

use super::notes::notes;
use super::target::Target;
use crate::failure::Failure;

pub(super) fn text(target: &Target) -> Result<String, Failure> {
    let server = target.only("pgAdmin")?;
    let mut parameters = Map::new();
    for (keyword, value) in [target.tls_pairs(), target.gss_pairs()].concat() {
        parameters.insert(keyword.into(), value.into());
    }
    if let Some(address) = server.address {
        parameters.insert("hostaddr".into(), address.to_string().into());
    }
    let mut comment = notes(target);
    comment.push(
        "Where pgAdmin runs on a server of its own (a container), the ticket and krb5.conf are \
         wanted there, or its users log in to pgAdmin by Kerberos (AUTHENTICATION_SOURCES) and \
         delegate theirs."
            .into(),
    );
    comment.push("Into it: Tools, Import/Export Servers.".into());
    let servers = json!({"Servers": {"1": {
        "Name": format!("{} ({})", server.host, target.role),
        "Group": "Servers",
        "Comment": comment.join("\n"),
        "Host": server.host,
        "Port": server.port,
        "MaintenanceDB": target.dbname,
        "Username": target.role,
        "KerberosAuthentication": true,
        "ConnectionParameters": parameters,
    }}});
    Ok(format!("{servers:#}\n"))
}
