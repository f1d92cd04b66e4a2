//! How to go on after something was done only in part, as an error says it.

/// After adding some of a list.
pub(super) const IF_NOT_EXISTS: &str = "run it again with --if-not-exists to go on";

/// After dropping some of a list.
pub(super) const IF_EXISTS: &str = "run it again with --if-exists to go on";

/// After disabling or enabling some, which may be done twice, and after a part of `sync`.
pub(super) const AS_IT_IS: &str = "run it again to go on";

/// What is watched.
pub(super) const BY_ITSELF: &str = "it is gone on with by itself";

/// What may be done twice as a whole.
pub(super) const DOES_NO_HARM: &str = "doing it twice does no harm: run it again";

/// Where the answer to a new name never came.
pub(super) const LIST_FIRST: &str = "kerbrole list shows which names there are";
