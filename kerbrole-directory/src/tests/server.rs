//! A domain controller that is played: pages, portions, filters, and faults.

use rasn::types::{OctetString, SetOf};
use rasn_ldap::{
    BindResponse, Control, ExtendedResponse, Filter, LdapMessage, LdapResult, PartialAttribute,
    ProtocolOp, ResultCode, SearchRequest, SearchRequestScope, SearchResultDone, SearchResultEntry,
    SearchResultReference,
};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::wire::{Stream, Wire};

pub(super) const PAGED: &str = "1.2.840.113556.1.4.319";
pub(super) const CONTROLS: [&str; 3] = [PAGED, "1.2.840.113556.1.4.529", "1.2.840.113556.1.4.1339"];

/// An object of the directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    pub(super) dn: String,
    pub(super) attributes: Vec<(&'static str, Vec<Vec<u8>>)>,
    /// `<GUID=…>;<SID=…>;DN`, and the DN.
    pub(super) members: Vec<(String, String)>,
    pub(super) hides_members: bool,
}

/// What goes wrong, at one message of the server's.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The connection ends before the message.
    Cut,
    /// It ends within the message.
    Half,
    /// Nothing comes any more.
    Silence,
    /// Something else comes instead, and then the connection ends.
    Raw(Vec<u8>),
    /// The operation ends with this result.
    Ends(ResultCode),
    /// A reference to another server comes as well.
    Reference,
    /// The control with the cookie is not there.
    NoControl,
    /// The byte at this place, counted from the end where there are less, is another one.
    Turned(usize, u8),
    /// The message belongs to another operation.
    WrongNumber,
    /// There is always another page, with nothing on it.
    EndlessPages,
    /// There is always another portion, which begins anew.
    EndlessPortions,
}

/// A server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) objects: Vec<Object>,
    pub(super) page: usize,
    pub(super) portion: usize,
    /// At which of its messages, counted from 0.
    pub(super) fault: Option<(usize, Fault)>,
}

/// A notice of disconnection as RFC 4511 has it.
pub(super) fn notice(code: ResultCode) -> Vec<u8> {
    let response = ExtendedResponse {
        result_code: code,
        matched_dn: "".into(),
        diagnostic_message: "out of it".into(),
        referral: None,
        response_name: Some(OctetString::from_static(b"1.3.6.1.4.1.1466.20036")),
        response_value: None,
    };
    rasn::ber::encode(&LdapMessage::new(0, ProtocolOp::ExtendedResp(response))).unwrap()
}

pub(super) fn result(code: ResultCode) -> LdapResult {
    let mut result = LdapResult::new(code, "".into(), "said by the server".into());
    if code == ResultCode::Referral {
        result.referral = Some(vec!["ldap://elsewhere.test/DC=elsewhere".into()]);
    }
    result
}

impl Server {
    /// Serves one connection; each request and each message is told to `heard` as it comes up.
    pub(super) async fn serve(self, stream: Box<dyn Stream>, heard: mpsc::UnboundedSender<usize>) {
        let hour = std::time::Duration::from_secs(3_600);
        let mut wire = Wire::new(stream, Clock::new(hour, hour));
        let mut sent = 0;
        while let Ok(bytes) = wire.receive().await {
            let request: LdapMessage = rasn::ber::decode(&bytes).unwrap();
            for mut message in self.answers(&request, sent) {
                let _nobody_listens = heard.send(sent);
                let fault = self.fault.clone().filter(|(at, _)| *at == sent).map(|(_, f)| f);
                sent += 1;
                let id = message.message_id;
                let encoded = |message| rasn::ber::encode(&message).unwrap();
                match fault {
                    Some(Fault::Cut) => return,
                    Some(Fault::Half) => {
                        let bytes = encoded(message);
                        let _gone = wire.send(&bytes[..bytes.len() / 2]).await;
                        return;
                    }
                    Some(Fault::Silence) => std::future::pending().await,
                    Some(Fault::Raw(bytes)) => {
                        let _gone = wire.send(&bytes).await;
                        return;
                    }
                    Some(Fault::Turned(at, bits)) => {
                        let mut bytes = encoded(message);
                        let at = at % bytes.len();
                        bytes[at] ^= bits;
                        if wire.send(&bytes).await.is_err() {
                            return;
                        }
                        continue;
                    }
                    Some(Fault::Ends(code)) => {
                        let done = SearchResultDone(result(code));
                        let done = LdapMessage::new(id, ProtocolOp::SearchResDone(done));
                        let _gone = wire.send(&encoded(done)).await;
                        break;
                    }
                    Some(Fault::Reference) => {
                        let place = "ldap://elsewhere.test/DC=elsewhere".into();
                        let reference =
                            ProtocolOp::SearchResRef(SearchResultReference(vec![place]));
                        let _gone = wire.send(&encoded(LdapMessage::new(id, reference))).await;
                    }
                    Some(Fault::NoControl) => message.controls = None,
                    Some(Fault::WrongNumber) => message.message_id += 1,
                    _ => {}
                }
                if wire.send(&encoded(message)).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Whether a fault without an end has begun.
    fn has(&self, fault: &Fault, sent: usize) -> bool {
        self.fault.as_ref().is_some_and(|(at, other)| other == fault && sent >= *at)
    }

    fn answers(&self, request: &LdapMessage, sent: usize) -> Vec<LdapMessage> {
        let id = request.message_id;
        match &request.protocol_op {
            ProtocolOp::BindRequest(_) => {
                let response =
                    BindResponse::new(ResultCode::Success, "".into(), "".into(), None, None);
                vec![LdapMessage::new(id, ProtocolOp::BindResponse(response))]
            }
            ProtocolOp::SearchRequest(search) => self.search(id, request, search, sent),
            _ => Vec::new(),
        }
    }

    fn search(
        &self,
        id: u32,
        request: &LdapMessage,
        search: &SearchRequest,
        sent: usize,
    ) -> Vec<LdapMessage> {
        let is_base = search.scope == SearchRequestScope::BaseObject;
        let is_meant = |object: &&Object| match is_base {
            true => object.dn.eq_ignore_ascii_case(&search.base_object),
            false => self.matches(&search.filter, object),
        };
        let found: Vec<_> = self.objects.iter().filter(is_meant).collect();
        let mut code = match found.is_empty() && is_base {
            true => ResultCode::NoSuchObject,
            false => ResultCode::Success,
        };
        let controls = request.controls.iter().flatten();
        let paged = controls.clone().find(|control| control.control_type == PAGED.as_bytes());
        let (from, mut until) = match paged {
            Some(control) => {
                let value = control.control_value.clone().unwrap();
                // The cookie is one byte, at the end.
                let from =
                    if value[value.len() - 2..] == [4, 0] { 0 } else { value[value.len() - 1] };
                (usize::from(from), usize::from(from) + self.page)
            }
            None => (0, found.len()),
        };
        until = until.min(found.len());
        if search.size_limit == 1 && until > 1 {
            (until, code) = (1, ResultCode::SizeLimitExceeded);
        } else if paged.is_none() && until > self.page {
            // Who does not ask for pages gets one, and that there is more.
            (until, code) = (self.page, ResultCode::SizeLimitExceeded);
        }
        let from = from.min(until);
        let extended =
            controls.clone().any(|control| control.control_type == CONTROLS[1].as_bytes());
        let mut messages: Vec<_> = found[from..until]
            .iter()
            .map(|object| {
                let entry = self.entry(object, search, extended, sent);
                LdapMessage::new(id, ProtocolOp::SearchResEntry(entry))
            })
            .collect();
        let done = ProtocolOp::SearchResDone(SearchResultDone(result(code)));
        let mut done = LdapMessage::new(id, done);
        if paged.is_some() {
            let endless = self.has(&Fault::EndlessPages, sent);
            let cookie = match until < found.len() || endless {
                true => vec![u8::try_from(until).unwrap()],
                false => Vec::new(),
            };
            let mut value = vec![0x30, 5 + u8::try_from(cookie.len()).unwrap(), 2, 1, 0, 4];
            value.push(u8::try_from(cookie.len()).unwrap());
            value.extend(cookie);
            let oid = OctetString::from_static(PAGED.as_bytes());
            done.controls = Some(vec![Control::new(oid, false, Some(value.into()))]);
        }
        messages.push(done);
        messages
    }

    fn entry(
        &self,
        object: &Object,
        search: &SearchRequest,
        extended: bool,
        sent: usize,
    ) -> SearchResultEntry {
        let mut all = Vec::new();
        for asked in &search.attributes {
            let mut put = |name: &str, values: Vec<Vec<u8>>| {
                let values = values.into_iter().map(OctetString::from).collect();
                all.push(PartialAttribute::new(name.into(), SetOf::from_vec(values)));
            };
            if let Some(range) = asked.strip_prefix("member;range=") {
                let (low, high) = range.split_once('-').unwrap();
                let (low, high): (usize, usize) = (low.parse().unwrap(), high.parse().unwrap());
                let form = |(long, short): &(String, String)| {
                    if extended { long.clone() } else { short.clone() }.into_bytes()
                };
                if self.has(&Fault::EndlessPortions, sent) {
                    let first: Vec<_> = object.members.iter().take(1).map(form).collect();
                    put(&format!("member;range={low}-{low}"), first);
                } else if !object.hides_members && low < object.members.len() {
                    let count = (high - low + 1).min(self.portion);
                    let values: Vec<_> =
                        object.members.iter().skip(low).take(count).map(form).collect();
                    let next = low + values.len();
                    let end = match next < object.members.len() {
                        true => (next - 1).to_string(),
                        false => "*".into(),
                    };
                    put(&format!("member;range={low}-{end}"), values);
                }
            } else if let Some((name, values)) =
                object.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(asked))
            {
                put(name, values.clone());
            }
        }
        SearchResultEntry::new(object.dn.as_str().into(), all)
    }

    fn matches(&self, filter: &Filter, object: &Object) -> bool {
        match filter {
            Filter::And(all) => all.iter().all(|filter| self.matches(filter, object)),
            Filter::Or(any) => any.iter().any(|filter| self.matches(filter, object)),
            Filter::Present(_) => true,
            Filter::Not(filter) => !self.matches(filter, object),
            Filter::GreaterOrEqual(assertion) => {
                let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<u64>().ok();
                let name = assertion.attribute_desc.as_str();
                let mut its = object.attributes.iter().filter(|(other, _)| *other == name);
                let least = number(&assertion.assertion_value).unwrap();
                its.any(|(_, values)| values.iter().any(|value| number(value) >= Some(least)))
            }
            Filter::EqualityMatch(assertion) => {
                let (name, value) = (assertion.attribute_desc.as_str(), &assertion.assertion_value);
                if name == "memberOf" {
                    let is_in = |group: &Object| {
                        group.dn.as_bytes() == &value[..]
                            && group.members.iter().any(|(_, dn)| *dn == object.dn)
                    };
                    return self.objects.iter().any(is_in);
                }
                let mut its = object.attributes.iter().filter(|(other, _)| *other == name);
                its.any(|(_, values)| values.iter().any(|other| folded(other) == folded(value)))
            }
            _ => false,
        }
    }
}

/// As a directory compares text: whatever the case, and here `é` is `e` as well.
fn folded(value: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_lowercase().replace('é', "e").into_bytes(),
        Err(_) => value.to_vec(),
    }
}
