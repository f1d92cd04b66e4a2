//! The server as it is, and changes made to it: all that calls its C functions.

pub(crate) mod catalog;
pub(crate) mod cluster;
pub(crate) mod comments;
pub(crate) mod dependants;
pub(crate) mod encoding;
pub(crate) mod execute;
pub(crate) mod identity;
pub(crate) mod locale;
pub(crate) mod lock;
pub(crate) mod login_facts;
pub(crate) mod outcome;
pub(crate) mod password;
pub(crate) mod powers;
pub(crate) mod privileges;
pub(crate) mod quiet;
pub(crate) mod realms;
pub(crate) mod regex;
pub(crate) mod rule;
pub(crate) mod sessions;
