//! libpq's keywords and variables, and what becomes of each (PostgreSQL, "Parameter Key Words" and
//! "Environment Variables").

/// Keywords that tokio-postgres knows and that mean the same in libpq. Hosts, ports, the password
/// and the time limit are handled here.
pub(super) const THEIRS: [&str; 8] = [
    "user",
    "dbname",
    "options",
    "application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "channel_binding",
];

/// What means something to libpq and makes no difference here: which library of Windows has GSSAPI;
/// the encoding, which is always UTF-8; and what only OAuth would ask.
pub(super) const WITHOUT_EFFECT: [&str; 12] = [
    "gsslib",
    "sslcompression",
    "sslkeylogfile",
    "client_encoding",
    "tty",
    "max_protocol_version",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
    "oauth_ca_file",
    // psql has its own as well.
    "fallback_application_name",
];

/// What libpq can be asked to demand and kerbrole cannot keep, with the values that demand nothing.
/// A demand for safety is never passed over.
pub(super) const DEMANDS: [(&str, &[&str]); 6] = [
    ("requirepeer", &[""]),
    ("replication", &["", "false", "off", "no", "0"]),
    ("authtype", &[""]),
    ("min_protocol_version", &["", "3.0"]),
    ("scram_client_key", &[""]),
    ("scram_server_key", &[""]),
];

/// What is read here: hosts, TLS, tickets, files.
pub(super) const OURS: [&str; 27] = [
    "host",
    "hostaddr",
    "port",
    "password",
    "connect_timeout",
    "load_balance_hosts",
    "target_session_attrs",
    "tcp_user_timeout",
    "sslmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcertmode",
    "sslsni",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "sslnegotiation",
    "gssencmode",
    "krbsrvname",
    "gssdelegation",
    "require_auth",
    "passfile",
    "service",
    "servicefile",
];

/// What libpq calls each parameter in the environment.
pub(super) const ENVIRONMENT: [(&str, &str); 32] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGDATABASE", "dbname"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGPASSFILE", "passfile"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGAPPNAME", "application_name"),
    ("PGOPTIONS", "options"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGREQUIREAUTH", "require_auth"),
    ("PGREQUIREPEER", "requirepeer"),
    ("PGGSSENCMODE", "gssencmode"),
    ("PGKRBSRVNAME", "krbsrvname"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGSSLCRL", "sslcrl"),
    ("PGSSLCRLDIR", "sslcrldir"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLCERTMODE", "sslcertmode"),
    ("PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"),
    ("PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"),
    ("PGSSLSNI", "sslsni"),
    ("PGSSLCOMPRESSION", "sslcompression"),
    ("PGGSSDELEGATION", "gssdelegation"),
    ("PGMINPROTOCOLVERSION", "min_protocol_version"),
    ("PGMAXPROTOCOLVERSION", "max_protocol_version"),
];
