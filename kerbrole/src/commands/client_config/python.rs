//! Python: psycopg, which is libpq below, and asyncpg, which is not.

use super::ASKS;
use super::notes::commented;
use super::quoting::{conninfo_of, percent, python};
use super::target::Target;

pub(super) fn text(target: &Target) -> String {
    let mut parameters = target.tls_pairs();
    parameters.push(("krbsrvname", target.service.clone()));
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    let url = format!(
        "postgresql://{}@{}/{}?{}",
        percent(&target.role),
        target.places(),
        percent(&target.dbname),
        parameters.join("&")
    );
    format!(
        "{}\n\
         # For psycopg 3 and psycopg2.\n\
         CONNINFO = {}\n\
         \n\
         # For asyncpg 0.30 and later, which does not encrypt by GSSAPI.\n\
         URL = {}\n\
         \n\
         ASKS = {}\n\
         \n\n\
         def with_psycopg():\n    \
             # pip install \"psycopg[binary]\"\n    \
             import psycopg\n\
         \n    \
             with psycopg.connect(CONNINFO) as connection:\n        \
                 return connection.execute(ASKS).fetchone()\n\
         \n\n\
         async def with_asyncpg():\n    \
             # pip install \"asyncpg[gssauth]\"\n    \
             import asyncpg\n\
         \n    \
             connection = await asyncpg.connect(URL)\n    \
             return await connection.fetchrow(ASKS)\n",
        commented("#", target),
        python(&conninfo_of(&target.pairs())),
        python(&url),
        python(ASKS),
    )
}
