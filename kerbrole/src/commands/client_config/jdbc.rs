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
         # Java reads tickets from files. Where klist shows another cache, let kinit write one,\n\
         # with -c FILE:/tmp/ticket, and KRB5CCNAME=FILE:/tmp/ticket name it.\n\
         # A ticket with the user in another case than the role takes pgjdbc 42.7.5 or later:\n\
         # jaasLogin=false&gssUseDefaultCreds=true, and the option of java\n\
         # -Djavax.security.auth.useSubjectCredsOnly=false.\n\
         #\n\
         # The URL\n\
         jdbc:postgresql://{}/{}?{}\n\
         \n\
         # The file jaas.conf. On Windows the logon's own ticket comes by gsslib=sspi in the URL,\n\
         # with waffle-jna in the class path and without this file; or by this file once\n\
         # allowtgtsessionkey=1 is in the registry.\n\
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
