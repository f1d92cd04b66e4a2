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

/// Objects of which one or the other matches.
pub(crate) fn either(one: Filter, other: Filter) -> Filter {
    Filter::Or(SetOf::from_vec(vec![one, other]))
}

/// Objects that do not match.
pub(crate) fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// Objects with a value that is not less than this one.
pub(crate) fn at_least(attribute: &str, value: &str) -> Filter {
    Filter::GreaterOrEqual(AttributeValueAssertion::new(
        attribute.into(),
        OctetString::from_slice(value.as_bytes()),
    ))
}

/// Any object.
pub(crate) fn any() -> Filter {
    Filter::Present("objectClass".into())
}
