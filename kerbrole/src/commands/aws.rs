//! `kerbrole aws`: the steps of AWS's guide that come before the first login, looked at by the
//! user's own `aws`. No password passes through here, and nothing is changed.

pub(crate) mod world;
