//! Which of the principals that there are somebody means: a pattern, a realm, a group, a state.

use kerbrole_client::ListedPrincipal;
use wildmatch::WildMatch;

use super::job::Job;
use crate::arguments::Filter;
use crate::failure::Failure;

/// Whether a name is a pattern.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Principals that are described, and not named.
pub(super) struct Those<'f> {
    patterns: Vec<WildMatch>,
    realms: &'f [String],
    filter: &'f Filter,
}

impl<'f> Those<'f> {
    pub(super) fn of(patterns: &[String], realms: &'f [String], filter: &'f Filter) -> Self {
        let patterns = patterns.iter().map(|one| WildMatch::new_case_insensitive(one)).collect();
        Self { patterns, realms, filter }
    }

    /// Whether nobody is left out.
    pub(super) fn are_all(&self) -> bool {
        let Filter { groups, disabled, conflicts } = self.filter;
        self.patterns.is_empty()
            && self.realms.is_empty()
            && groups.is_empty()
            && !disabled
            && !conflicts
    }

    /// Those that there are, as they are listed.
    ///
    /// # Errors
    /// Where the server refuses the list.
    pub(super) async fn find(&self, job: &Job<'_>) -> Result<Vec<ListedPrincipal>, Failure> {
        let listed = job.kerbrole.list_principals();
        let mut listed = job.waited("reading the principals", listed).await?;
        let members = match self.filter.groups.is_empty() {
            true => None,
            false => Some(job.members_of(&self.filter.groups).await?),
        };
        listed.retain(|one| {
            self.are(one) && members.as_ref().is_none_or(|all| all.contains(&one.role_name))
        });
        Ok(listed)
    }

    fn are(&self, one: &ListedPrincipal) -> bool {
        let is_meant = |pattern: &WildMatch| {
            pattern.matches(one.role_name.as_str()) || pattern.matches(&one.username)
        };
        (self.patterns.is_empty() || self.patterns.iter().any(is_meant))
            && (self.realms.is_empty()
                || self.realms.iter().any(|realm| realm.eq_ignore_ascii_case(&one.realm)))
            && (!self.filter.disabled || !one.can_login)
            && (!self.filter.conflicts || one.ad_path.is_some() && one.iam_path.is_some())
    }
}
