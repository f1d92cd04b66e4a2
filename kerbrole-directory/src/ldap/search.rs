//! Searches, to their very end.

use rasn_ldap::{
    Filter, ProtocolOp, ResultCode, SearchRequest, SearchRequestDerefAliases, SearchRequestScope,
};

use super::connection::Connection;
use super::controls;
use super::entry::Entry;
use super::filter::BATCH;
use super::outcome::{Refusal, referred};
use crate::error::{Error, ErrorKind};

/// The most objects that one search may find: more people than any directory has groups of.
const MOST_OBJECTS: usize = 2_000_000;

/// How many pages without an object there may be one after the other.
const MOST_EMPTY_PAGES: usize = 100;

/// What is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Search<'s> {
    /// For errors: `the members of …`.
    pub(crate) doing: &'s str,
    pub(crate) base: &'s str,
    pub(crate) scope: SearchRequestScope,
    pub(crate) filter: Filter,
    pub(crate) attributes: &'s [&'s str],
    /// Whether DNs come with GUID and SID.
    pub(crate) extended_dn: bool,
}

/// How a search went on.
enum Next {
    Entry(Entry),
    Done(rasn_ldap::LdapResult, Option<rasn_ldap::Controls>),
}

impl Connection {
    /// Finds every object, page by page.
    ///
    /// # Errors
    /// Where a page, or what leads to the next one, is missing; and what `found` ends with.
    pub(crate) async fn search(
        &mut self,
        search: &Search<'_>,
        found: &mut (dyn FnMut(Entry) -> Result<(), Error> + Send),
    ) -> Result<(), Error> {
        let (mut objects, mut empty_pages) = (0, 0);
        let mut cookie = rasn::types::OctetString::from_static(&[]);
        loop {
            let mut controls = vec![controls::paged(&cookie)?, controls::domain_scope()];
            controls.extend(search.extended_dn.then(controls::extended_dn));
            let id = self.send(request(search, 0), Some(controls)).await?;
            let before = objects;
            loop {
                match self.next(id, search.doing).await? {
                    Next::Entry(entry) => {
                        objects += 1;
                        if objects > MOST_OBJECTS {
                            return Err(Error::new(
                                ErrorKind::Limit,
                                format!("{}: more than {MOST_OBJECTS} objects", search.doing),
                            ));
                        }
                        found(entry)?;
                    }
                    Next::Done(result, controls) => {
                        succeeded(&result, search.doing)?;
                        cookie = controls::next_page(controls.as_ref())
                            .map_err(|error| error.at(search.doing))?;
                        break;
                    }
                }
            }
            if cookie.is_empty() {
                return Ok(());
            }
            empty_pages = if objects == before { empty_pages + 1 } else { 0 };
            if empty_pages > MOST_EMPTY_PAGES {
                return Err(Error::protocol(format!("{}: pages without an end", search.doing)));
            }
        }
    }

    /// Finds objects of which the filter names each, [`BATCH`] at most: at once, which takes a
    /// server a third of what pages do, and page by page where it does not give so many at once.
    ///
    /// # Errors
    /// Those of [`search`](Self::search), and where there are more than were named.
    pub(crate) async fn search_named(
        &mut self,
        search: &Search<'_>,
        found: &mut (dyn FnMut(Entry) -> Result<(), Error> + Send),
    ) -> Result<(), Error> {
        let controls = vec![controls::domain_scope()];
        let id = self.send(request(search, 0), Some(controls)).await?;
        // Of an answer that is not whole nothing is taken.
        let mut entries = Vec::new();
        loop {
            match self.next(id, search.doing).await? {
                Next::Entry(_) if entries.len() == BATCH => {
                    let message = format!("{}: there are more than were named", search.doing);
                    return Err(Error::protocol(message));
                }
                Next::Entry(entry) => entries.push(entry),
                Next::Done(result, _) if result.result_code == ResultCode::SizeLimitExceeded => {
                    drop(entries);
                    return self.search(search, found).await;
                }
                Next::Done(result, _) => {
                    succeeded(&result, search.doing)?;
                    return entries.into_iter().try_for_each(found);
                }
            }
        }
    }

    /// The object that is called so; `None` where there is none.
    pub(crate) async fn look_up(&mut self, search: &Search<'_>) -> Result<Option<Entry>, Error> {
        let id = self.send(request(search, 0), None).await?;
        let mut found = None;
        loop {
            match self.next(id, search.doing).await? {
                Next::Entry(entry) => {
                    if found.replace(entry).is_some() {
                        return Err(Error::protocol(format!(
                            "{}: one name has two objects",
                            search.doing
                        )));
                    }
                }
                Next::Done(result, _) if result.result_code == ResultCode::NoSuchObject => {
                    return Ok(None);
                }
                Next::Done(result, _) => {
                    succeeded(&result, search.doing)?;
                    return Ok(found);
                }
            }
        }
    }

    /// One of the objects, or that there is none.
    pub(crate) async fn one_of(&mut self, search: &Search<'_>) -> Result<Option<Entry>, Error> {
        let controls = vec![controls::domain_scope()];
        let id = self.send(request(search, 1), Some(controls)).await?;
        let mut found = None;
        loop {
            match self.next(id, search.doing).await? {
                Next::Entry(entry) => found = Some(entry),
                Next::Done(result, _) => {
                    // One was asked for; that there are more is what the limit says.
                    let is_enough =
                        found.is_some() && result.result_code == ResultCode::SizeLimitExceeded;
                    if !is_enough {
                        succeeded(&result, search.doing)?;
                    }
                    return Ok(found);
                }
            }
        }
    }

    async fn next(&mut self, id: u32, doing: &str) -> Result<Next, Error> {
        let message = self.receive(id).await.map_err(|error| error.at(doing))?;
        match message.protocol_op {
            ProtocolOp::SearchResEntry(entry) => {
                let entry = Entry::try_from(entry).map_err(|error| error.at(doing))?;
                Ok(Next::Entry(entry))
            }
            ProtocolOp::SearchResDone(done) => Ok(Next::Done(done.0, message.controls)),
            ProtocolOp::SearchResRef(reference) => Err(referred(doing, &reference.0)),
            _ => Err(Error::protocol(format!("{doing}: the server answered something else"))),
        }
    }
}

fn request(search: &Search<'_>, most: u32) -> ProtocolOp {
    ProtocolOp::SearchRequest(SearchRequest::new(
        search.base.into(),
        search.scope,
        SearchRequestDerefAliases::NeverDerefAliases,
        most,
        0,
        false,
        search.filter.clone(),
        search.attributes.iter().map(|&attribute| attribute.into()).collect(),
    ))
}

fn succeeded(result: &rasn_ldap::LdapResult, doing: &str) -> Result<(), Error> {
    if result.result_code == ResultCode::Success {
        return Ok(());
    }
    let refusal = Refusal {
        code: result.result_code,
        said: &result.diagnostic_message,
        referral: result.referral.as_ref(),
    };
    Err(refusal.error(doing))
}
