//! JDBC: the URL, the entry by which Java finds the ticket, and what java is started with.

use super::notes::commented;
use super::quoting::percent;
use super::target::{Target, ssl_mode};
use crate::failure::Failure;

pub(super) fn text(target: &Target) -> Result<String, Failure> {
    target.without_addresses("JDBC")?;
    let mut parameters = vec![
        ("user", target.role.as_str()),
        ("gssEncMode", target.gss_enc_mode.name()),
        ("kerberosServerName", &target.service),
        ("jaasApplicationName", "pgjdbc"),
        ("jaasLogin", "true"),
        ("sslmode", ssl_mode(target.ssl_mode)),
    ];
    match target.roots.as_deref() {
        None => {}
        // The certificates that Java trusts.
        Some("system") => {
            parameters.push(("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory"));
        }
        Some(roots) => parameters.push(("sslrootcert", roots)),
    }
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    Ok(format!(
        "{}\
         # Java reads tickets from files: where klist shows another cache, kinit -c FILE:/tmp/ticket\n\
         # and KRB5CCNAME=FILE:/tmp/ticket.\n\
         # pgjdbc 42.2.15 or later knows gssEncMode. Where the ticket has the user in another case than\n\
         # the role, add &gssUseDefaultCreds=true (42.7.5 and later) to jaasLogin=false.\n\
         #\n\
         # The URL\n\
         jdbc:postgresql://{}/{}?{}\n\
         \n\
         # The file jaas.conf. Windows: with ticketCache=\"...\" the file that kinit wrote; the logon's\n\
         # own ticket is what gsslib=sspi in the URL takes, which needs waffle-jna instead of this file.\n\
         pgjdbc {{\n    \
             com.sun.security.auth.module.Krb5LoginModule required\n        \
             useTicketCache=true\n        \
             doNotPrompt=true;\n\
         }};\n\
         \n\
         # Options of java; without the second one it reads /etc/krb5.conf.\n\
         -Djava.security.auth.login.config=jaas.conf\n\
         -Djava.security.krb5.conf=/etc/krb5.conf\n",
        commented("#", target),
        target.places(),
        percent(&target.dbname),
        parameters.join("&"),
    ))
}
