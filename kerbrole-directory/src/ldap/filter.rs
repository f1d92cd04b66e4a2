//! Filters of searches. Values are bytes: nothing is escaped, since nothing is text.

use rasn::types::{OctetString, SetOf};
use rasn_ldap::{AttributeValueAssertion, Filter};

/// How many values one filter names.
pub(crate) const BATCH: usize = 200;

/// Objects with this value.
pub(crate) fn equals(attribute: &str, value: &[u8]) -> Filter {
    Filter::EqualityMatch(AttributeValueAssertion::new(
        attribute.into(),
        OctetString::from_slice(value),
    ))
}

/// Objects with one of these values.
pub(crate) fn any_of<V: AsRef<[u8]>>(
    attribute: &str,
    values: impl IntoIterator<Item = V>,
) -> Filter {
    let each = values.into_iter().map(|value| equals(attribute, value.as_ref()));
    Filter::Or(SetOf::from_vec(each.collect()))
}

/// Objects that both match.
pub(crate) fn both(one: Filter, other: Filter) -> Filter {
    Filter::And(SetOf::from_vec(vec![one, other]))
}

/// Any object.
pub(crate) fn any() -> Filter {
    Filter::Present("objectClass".into())
}
