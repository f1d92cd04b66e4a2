//! An object, as far as it was asked for.

use std::collections::HashSet;

use rasn::types::OctetString;
use rasn_ldap::SearchResultEntry;

use crate::error::Error;

/// An object that a search found.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) dn: String,
    attributes: Vec<(String, Vec<OctetString>)>,
}

impl TryFrom<SearchResultEntry> for Entry {
    type Error = Error;

    /// # Errors
    /// Where an attribute is there twice (RFC 4511, section 4.1.7): neither would be all of it.
    fn try_from(entry: SearchResultEntry) -> Result<Self, Error> {
        let attributes = entry.attributes.into_iter();
        let attributes =
            attributes.map(|attribute| (attribute.r#type.0, attribute.vals.into_vec())).collect();
        let entry = Self { dn: entry.object_name.0, attributes };
        let mut seen = HashSet::new();
        match entry.attributes.iter().find(|(name, _)| !seen.insert(name.to_ascii_lowercase())) {
            None => Ok(entry),
            Some((name, _)) => {
                let (object, name) = (entry.shown(), crate::error::words(name));
                Err(Error::protocol(format!("{object}: {name} came more than once")))
            }
        }
    }
}

impl Entry {
    /// Every attribute that has values.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &[OctetString])> {
        let each = self.attributes.iter().map(|(name, values)| (name.as_str(), values.as_slice()));
        each.filter(|(_, values)| !values.is_empty())
    }

    /// The values of an attribute; none where it is not there, or cannot be seen.
    pub(crate) fn values(&self, name: &str) -> &[OctetString] {
        self.attributes()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map_or(&[], |(_, values)| values)
    }

    /// The value of an attribute that has one.
    pub(crate) fn value(&self, name: &str) -> Result<Option<&[u8]>, Error> {
        match self.values(name) {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(Error::protocol(format!("{}: {name} has several values", self.shown()))),
        }
    }

    /// The value of an attribute that is text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        let value = self.value(name)?;
        value.map(std::str::from_utf8).transpose().map_err(|_| self.bad(name))
    }

    /// The value of an attribute that is a number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Error> {
        self.text(name)?.map(str::parse).transpose().map_err(|_| self.bad(name))
    }

    /// The same, of one that has to be there.
    pub(crate) fn needed<T>(&self, name: &str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| {
            Error::incomplete(format!("{}: {name} is not there, or not to be seen", self.shown()))
                .with_hint("Let the user read the object's attributes, as Domain Users may.")
        })
    }

    pub(crate) fn bad(&self, name: &str) -> Error {
        Error::protocol(format!("{}: {name} is not what it has to be", self.shown()))
    }

    /// Its DN for an error.
    pub(crate) fn shown(&self) -> String {
        crate::error::words(&self.dn)
    }
}
