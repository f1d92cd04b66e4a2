//! What AWS said, as far as somebody asks for it: each answer of each service, or why there is
//! none.
//!
//! Nothing is judged here, and nothing is asked for here. Fields are named as the services name
//! them; whatever kerbrole makes no use of is passed over, so that a newer `aws` is read as well.

pub(crate) mod ds;
pub(crate) mod ec2;
pub(crate) mod iam;
pub(crate) mod rds;

use serde::Deserialize;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Answer<T> {
    Got(T),
    /// Whoever asked may not: this permission is missing.
    Denied {
        permission: &'static str,
    },
    /// There is no such thing, or nobody here may know of it.
    Missing,
    /// There was no answer that can be read, and why, in one line.
    Failed {
        why: String,
    },
    /// It was not asked for, since what it is about is not known, or nothing depends on it.
    #[default]
    NotAsked,
}

impl<T> Answer<T> {
    /// What was answered.
    pub(crate) fn got(&self) -> Option<&T> {
        match self {
            Self::Got(answer) => Some(answer),
            Self::Denied { .. } | Self::Missing | Self::Failed { .. } | Self::NotAsked => None,
        }
    }

    /// The same about something in the answer.
    pub(crate) fn map<U>(self, of: impl FnOnce(T) -> U) -> Answer<U> {
        self.and_then(|answer| Answer::Got(of(answer)))
    }

    /// The same where an answer may turn out to be none.
    pub(crate) fn and_then<U>(self, of: impl FnOnce(T) -> Answer<U>) -> Answer<U> {
        match self {
            Self::Got(answer) => of(answer),
            Self::Denied { permission } => Answer::Denied { permission },
            Self::Missing => Answer::Missing,
            Self::Failed { why } => Answer::Failed { why },
            Self::NotAsked => Answer::NotAsked,
        }
    }
}

/// Whose set-up it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Asked {
    pub(crate) db_instance: Option<String>,
    pub(crate) db_cluster: Option<String>,
    /// Of the command line; where it names none, the database's own counts.
    pub(crate) directory: Option<String>,
    /// The domain of the directory that is looked for where neither names one.
    pub(crate) domain: Option<String>,
    pub(crate) role: AskedRole,
    pub(crate) region: String,
    pub(crate) profile: Option<String>,
}

/// Which role is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum AskedRole {
    /// The one that the database names, if it does.
    #[default]
    OfDatabase,
    /// That, or else the one that the console makes.
    Usual,
    Named(String),
}

impl AskedRole {
    /// What the console calls the role that it makes.
    pub(crate) const USUAL: &str = "rds-directoryservice-kerberos-access-role";
}

/// Everything that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct World {
    pub(crate) asked: Asked,
    pub(crate) caller: Answer<Caller>,

    /// The cluster that was named, or the one that the named instance is a member of.
    pub(crate) cluster: Answer<rds::DbCluster>,
    /// The instance that was named; of a cluster all its instances.
    pub(crate) instances: Answer<Vec<rds::DbInstance>>,
    /// Asked for where a cluster has no instance, which would have it.
    pub(crate) subnet_group: Answer<rds::SubnetGroup>,
    /// What can be ordered of the engine, its version and the class of each instance.
    pub(crate) orderable: Answer<Vec<rds::Orderable>>,
    /// Those of the cluster's parameter group, or of the instance's where there is no cluster.
    pub(crate) parameters: Answer<Vec<rds::Parameter>>,
    /// The newest last; asked for where a membership is not as it should be.
    pub(crate) events: Answer<Vec<rds::Event>>,

    pub(crate) directory: Answer<ds::Directory>,
    /// Not of a directory that another account shares.
    pub(crate) controllers: Answer<Vec<ds::DomainController>>,
    /// Not of a directory that another account shares.
    pub(crate) trusts: Answer<Vec<ds::Trust>>,
    /// Asked for where there are trusts.
    pub(crate) forwarders: Answer<Vec<ds::Forwarder>>,
    pub(crate) data_access: Answer<ds::DataAccess>,
    /// Asked for where the data of the directory can be had.
    pub(crate) users: Answer<Vec<ds::User>>,

    /// The role that RDS acts as in the directory, as the database names it.
    pub(crate) role: Answer<iam::Role>,
    /// All that is attached to it or written into it, and its boundary.
    pub(crate) policies: Answer<Vec<iam::RolePolicy>>,

    pub(crate) network: ec2::Network,
}

/// Who asks, by `sts get-caller-identity`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

impl Caller {
    /// `aws`, `aws-cn` or `aws-us-gov`: the second part of any ARN.
    pub(crate) fn partition(&self) -> Option<&str> {
        self.arn.split(':').nth(1).filter(|partition| partition.starts_with("aws"))
    }
}

impl World {
    /// The directory that it is about: the one that was named, or the database's.
    pub(crate) fn directory_id(&self) -> Option<&str> {
        self.asked.directory.as_deref().or_else(|| {
            self.memberships().first().and_then(|membership| membership.domain.as_deref())
        })
    }

    /// The name of the role that it is about.
    pub(crate) fn role_name(&self) -> Option<&str> {
        let of_database = || self.memberships().first().and_then(|one| one.role.as_deref());
        match &self.asked.role {
            AskedRole::Named(name) => Some(name),
            AskedRole::Usual => of_database().or(Some(AskedRole::USUAL)),
            AskedRole::OfDatabase => of_database(),
        }
    }

    /// Where the domain belongs: to the cluster where there is one, else to the instance.
    pub(crate) fn memberships(&self) -> &[rds::DomainMembership] {
        if let Answer::Got(cluster) = &self.cluster {
            return &cluster.domain_memberships;
        }
        match (&self.cluster, self.instances.got().and_then(|instances| instances.first())) {
            (Answer::NotAsked, Some(instance)) => &instance.domain_memberships,
            _ => &[],
        }
    }
}

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) vpc: String,
    pub(crate) subnets: Vec<String>,
    pub(crate) security_groups: Vec<String>,
}

impl World {
    /// Where the database is, as far as it is known.
    pub(crate) fn database_place(&self) -> Option<Place> {
        let instances = self.instances.got().map_or(&[][..], Vec::as_slice);
        let of_instance = instances.iter().find_map(|instance| instance.subnet_group.as_ref());
        let group = of_instance.or_else(|| self.subnet_group.got())?;
        let cluster = self.cluster.got();
        let of_instance = instances.first().map(|instance| &instance.security_groups);
        let security_groups = cluster.map(|cluster| &cluster.security_groups).or(of_instance)?;
        Some(Place {
            vpc: group.vpc.clone()?,
            subnets: group.subnets.iter().map(|subnet| subnet.id.clone()).collect(),
            security_groups: security_groups.iter().map(|group| group.id.clone()).collect(),
        })
    }

    /// Where the domain controllers are, as far as it is known.
    pub(crate) fn directory_place(&self) -> Option<Place> {
        let settings = self.directory.got()?.vpc()?;
        // Domain controllers that were added are in subnets of their own.
        let added = self.controllers.got().into_iter().flatten();
        let added = added.filter_map(|controller| controller.subnet_id.clone());
        let mut subnets: Vec<_> = settings.subnet_ids.iter().cloned().chain(added).collect();
        subnets.sort();
        subnets.dedup();
        Some(Place {
            vpc: settings.vpc_id.clone()?,
            subnets,
            security_groups: settings.security_group_id.iter().cloned().collect(),
        })
    }
}

impl World {
    /// Whether somebody named a database, be it there or not.
    pub(crate) fn names_database(&self) -> bool {
        self.asked.db_instance.is_some() || self.asked.db_cluster.is_some()
    }

    /// Whether a database was looked at.
    pub(crate) fn has_database(&self) -> bool {
        self.cluster.got().is_some()
            || !self.is_of_cluster() && self.instances.got().is_some_and(|all| !all.is_empty())
    }

    /// Whether it is about a cluster, be it known or not.
    pub(crate) fn is_of_cluster(&self) -> bool {
        self.cluster != Answer::NotAsked
    }
}
