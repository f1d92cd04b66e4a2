//! Who is a member of what, and who of both roles of the rule.

pub(crate) mod cluster;
pub(crate) mod conflicts;
pub(crate) mod fix;
pub(crate) mod graph;
pub(crate) mod neighbourhood;
pub(crate) mod node;
pub(crate) mod oid_index;
pub(crate) mod powers;
pub(crate) mod reach;
pub(crate) mod reading;
