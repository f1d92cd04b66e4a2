//! psql and whatever else asks libpq: a service.

use super::ASKS;
use super::notes::commented;
use super::quoting::service_line;
use super::target::Target;
use crate::failure::Failure;

pub(super) fn text(target: &Target) -> Result<String, Failure> {
    let label = target.label();
    let mut text = commented("#", target);
    text.push_str(&format!(
        "#\n\
         # Into ~/.pg_service.conf (Windows: %APPDATA%\\postgresql\\.pg_service.conf). Then:\n\
         #   psql service={label} -c '{ASKS}'\n\
         [{label}]\n"
    ));
    for (keyword, value) in target.pairs() {
        text.push_str(&service_line(keyword, &value)?);
        text.push('\n');
    }
    text.push_str(
        "# Before version 16 psql does not know this one. With it no server gets a password.\n\
         #require_auth=gss,sspi\n",
    );
    Ok(text)
}
