//! The limits of Active Directory, and how a search and its answers are changed to keep them.

use std::collections::{BTreeMap, BTreeSet};

use rasn::Decoder as _;
use rasn::types::OctetString;
use rasn_ldap::{
    AttributeValue, Control, LdapMessage, PartialAttribute, ProtocolOp, ResultCode, SearchRequest,
    SearchResultEntry,
};

/// Simple paged results (RFC 2696).
const PAGED: &[u8] = b"1.2.840.113556.1.4.319";

/// What has many values and is asked for in ranges.
const LINKS: [&str; 2] = ["member", "memberOf"];

/// What a directory gives at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many entries at most: MaxPageSize. A search that wants more of them, and does not ask
    /// for pages, ends with sizeLimitExceeded.
    pub page: u32,
    /// How many values of `member` or `memberOf` at most: MaxValRange. One who asks for more gets
    /// the attribute without values, and the first ones as a range. A search that names no
    /// attributes gets all of them.
    pub range: u32,
}

impl Limits {
    /// Active Directory's own.
    pub const ACTIVE_DIRECTORY: Self = Self { page: 1000, range: 1500 };
    /// So low that few people reach them.
    pub const LOW: Self = Self { page: 10, range: 15 };
}

/// The value of the control (RFC 2696, 2).
#[derive(rasn::AsnType, rasn::Encode, rasn::Decode)]
struct Page {
    size: u32,
    cookie: OctetString,
}

/// A search under way, and what its answers have to be changed by.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Attributes, in lower case, of which the client did not ask for a range.
    whole: BTreeSet<String>,
    /// Where the range of the others begins.
    from: BTreeMap<String, u32>,
    /// How many entries it may still have, where it is not read by pages.
    left: Option<u32>,
    exceeded: bool,
}

impl Search {
    /// Changes what is asked for, so that the answers keep to the limits.
    pub(super) fn ask(message: &mut LdapMessage, limits: Limits) -> Option<Self> {
        let LdapMessage { protocol_op: ProtocolOp::SearchRequest(request), controls, .. } = message
        else {
            return None;
        };
        let mut search = Self::default();
        search.limit_ranges(request, limits.range);
        match controls.iter_mut().flatten().find_map(|control| page(control)) {
            None => search.left = Some(limits.page),
            Some((mut page, value)) => {
                page.size = page.size.min(limits.page);
                if let Ok(bytes) = rasn::ber::encode(&page) {
                    *value = bytes.into();
                }
            }
        }
        Some(search)
    }

    fn limit_ranges(&mut self, request: &mut SearchRequest, most: u32) {
        for asked in &mut request.attributes {
            let (name, range) = ranged(asked);
            if !LINKS.iter().any(|link| link.eq_ignore_ascii_case(name)) {
                continue;
            }
            let key = name.to_ascii_lowercase();
            let (from, to) = range.unwrap_or_else(|| {
                self.whole.insert(key.clone());
                (0, None)
            });
            self.from.insert(key, from);
            let last = from.saturating_add(most - 1).min(to.unwrap_or(u32::MAX));
            *asked = format!("{name};range={from}-{last}").into();
        }
    }

    /// Changes an answer; one entry too many is none.
    pub(super) fn answer(&mut self, message: &mut LdapMessage) -> Option<()> {
        match &mut message.protocol_op {
            ProtocolOp::SearchResEntry(entry) => {
                if let Some(left) = &mut self.left {
                    self.exceeded |= *left == 0;
                    *left = left.checked_sub(1)?;
                }
                self.name_ranges(entry);
            }
            ProtocolOp::SearchResDone(done) if self.exceeded => {
                done.0.result_code = ResultCode::SizeLimitExceeded;
            }
            _ => {}
        }
        Some(())
    }

    /// Whoever did not ask for a range gets one only where not all values are in it.
    fn name_ranges(&self, entry: &mut SearchResultEntry) {
        let mut without_values = Vec::new();
        for attribute in &mut entry.attributes {
            let (name, Some((0, to))) = ranged(&attribute.r#type) else { continue };
            if !self.whole.contains(&name.to_ascii_lowercase()) {
                continue;
            }
            match to {
                None => attribute.r#type = name.to_owned().into(),
                Some(_) => without_values.push(name.to_owned()),
            }
        }
        for name in without_values {
            entry.attributes.insert(0, PartialAttribute::new(name.into(), Vec::new().into()));
        }
    }

    /// Turns every last range into one that more follow. Past the end, where there are no more
    /// values, one that was seen before comes again.
    pub(super) fn never_end(
        &self,
        entry: &mut SearchResultEntry,
        range: u32,
        seen: &mut Option<AttributeValue>,
    ) {
        for (name, from) in &self.from {
            let to = from.saturating_add(range - 1);
            let named = |attribute: &PartialAttribute| {
                ranged(&attribute.r#type).0.eq_ignore_ascii_case(name)
            };
            let there = entry.attributes.iter().position(named);
            let mut values = there.map(|at| entry.attributes.remove(at).vals).unwrap_or_default();
            let value = values.iter().next().cloned();
            match value {
                Some(value) => *seen = Some(value),
                None => values.insert(
                    seen.clone().unwrap_or_else(|| entry.object_name.as_bytes().to_vec().into()),
                ),
            }
            let endless = format!("{name};range={from}-{to}");
            entry.attributes.push(PartialAttribute::new(endless.into(), values));
        }
    }
}

/// Takes the control from an answer.
pub(super) fn without_paging(message: &mut LdapMessage) {
    if let Some(controls) = &mut message.controls {
        controls.retain(|control| &control.control_type[..] != PAGED);
    }
}

/// Gives the control of an answer another cookie.
pub(super) fn with_cookie(message: &mut LdapMessage, cookie: &[u8]) {
    if let Some((mut page, value)) =
        message.controls.iter_mut().flatten().find_map(|control| page(control))
    {
        page.cookie = cookie.to_vec().into();
        if let Ok(bytes) = rasn::ber::encode(&page) {
            *value = bytes.into();
        }
    }
}

/// What the control says, where it is this one.
fn page(control: &mut Control) -> Option<(Page, &mut OctetString)> {
    if &control.control_type[..] != PAGED {
        return None;
    }
    let value = control.control_value.as_mut()?;
    Some((rasn::ber::decode(value).ok()?, value))
}

/// The name of an attribute, and the range that is asked for or given: `member;range=0-*`.
fn ranged(attribute: &str) -> (&str, Option<(u32, Option<u32>)>) {
    let range = |text: &str| {
        let (from, to) = text.strip_prefix("range=")?.split_once('-')?;
        let to = if to == "*" { None } else { Some(to.parse().ok()?) };
        Some((from.parse().ok()?, to))
    };
    match attribute.split_once(';') {
        Some((name, option)) => (name, range(&option.to_ascii_lowercase())),
        None => (attribute, None),
    }
}
