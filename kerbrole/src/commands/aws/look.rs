//! Which calls are made, one after the other: each asks for what an answer before it has named.

mod network;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::call::{self, Call};
use super::cli::Cli;
use super::world::iam::{AttachedPolicy, PolicyDocument, PolicyPlace, Role, RolePolicy};
use super::world::{Answer, Asked, World, ds, rds};
use crate::commands::progress::Sign;
use crate::failure::Failure;

/// How many accounts of a directory are looked at: whether there are any is the question.
pub(super) const MOST_USERS: usize = 200;

/// How far back events are looked at, in minutes: as far as RDS keeps them.
const EVENTS_SINCE: &str = "20160";

/// Asks for everything that the target leads to.
///
/// # Errors
/// Where there are no credentials.
pub(super) async fn look(cli: &Cli, asked: Asked, is_quiet: bool) -> Result<World, Failure> {
    // Without a sign: this is where aws asks for a code of MFA.
    let caller = cli.ask_first(call::CALLER).await?;
    let mut asking = Asking { cli, sign: Sign::new(is_quiet) };
    let mut world = World { asked, caller: Answer::Got(caller), ..World::default() };
    asking.database(&mut world).await?;
    asking.directory(&mut world).await?;
    asking.role(&mut world).await?;
    asking.network(&mut world).await?;
    Ok(world)
}

struct Asking<'a> {
    cli: &'a Cli,
    sign: Sign,
}

impl Asking<'_> {
    async fn ask<T: DeserializeOwned>(
        &mut self,
        call: Call,
        arguments: &[&str],
    ) -> Result<Answer<T>, Failure> {
        self.sign.step(format!("asking AWS: {} {}", call.service, call.operation));
        self.cli.ask(call, arguments).await
    }

    /// The first of a list with one element.
    async fn one<T: DeserializeOwned>(
        &mut self,
        call: Call,
        arguments: &[&str],
    ) -> Result<Answer<T>, Failure> {
        let all: Answer<Vec<T>> = self.ask(call, arguments).await?;
        Ok(all.and_then(|all| all.into_iter().next().map_or(Answer::Missing, Answer::Got)))
    }

    async fn database(&mut self, world: &mut World) -> Result<(), Failure> {
        if let Some(id) = world.asked.db_instance.clone() {
            let arguments = ["--db-instance-identifier", &id];
            world.instances = self.ask(call::INSTANCES, &arguments).await?;
        }
        let of_instance = world.instances.got().and_then(|instances| instances.first());
        let of_instance = of_instance.and_then(|instance| instance.cluster.clone());
        if let Some(id) = world.asked.db_cluster.clone().or(of_instance) {
            let arguments = ["--db-cluster-identifier", &id];
            world.cluster = self.one(call::CLUSTERS, &arguments).await?;
            if world.cluster != Answer::Missing {
                let filter = format!("Name=db-cluster-id,Values={id}");
                world.instances = self.ask(call::INSTANCES, &["--filters", &filter]).await?;
            }
        }
        let has_instances = world
            .instances
            .got()
            .is_some_and(|all| all.iter().any(|one| one.subnet_group.is_some()));
        let group = world.cluster.got().and_then(|cluster| cluster.subnet_group.clone());
        if let Some(group) = group.filter(|_| !has_instances) {
            let arguments = ["--db-subnet-group-name", &group];
            world.subnet_group = self.one(call::SUBNET_GROUPS, &arguments).await?;
        }
        self.orderable(world).await?;
        self.parameters(world).await?;
        self.events(world).await
    }

    /// Of each engine, version and class that there is.
    async fn orderable(&mut self, world: &mut World) -> Result<(), Failure> {
        let Some(instances) = world.instances.got() else { return Ok(()) };
        let wanted: BTreeSet<_> = instances
            .iter()
            .map(|one| (one.engine.clone(), one.engine_version.clone(), one.class.clone()))
            .collect();
        let mut all = Vec::new();
        for (engine, version, class) in wanted {
            let arguments =
                ["--engine", &engine, "--engine-version", &version, "--db-instance-class", &class];
            match self.ask::<Vec<rds::Orderable>>(call::ORDERABLE, &arguments).await? {
                Answer::Got(some) => all.extend(some),
                other => {
                    world.orderable = other;
                    return Ok(());
                }
            }
        }
        world.orderable = Answer::Got(all);
        Ok(())
    }

    async fn parameters(&mut self, world: &mut World) -> Result<(), Failure> {
        let cluster = world.cluster.got().and_then(|cluster| cluster.parameter_group.clone());
        if let Some(group) = cluster {
            let arguments = ["--db-cluster-parameter-group-name", &group];
            world.parameters = self.ask(call::CLUSTER_PARAMETERS, &arguments).await?;
            return Ok(());
        }
        if world.cluster != Answer::NotAsked {
            return Ok(());
        }
        let instance = world.instances.got().and_then(|instances| instances.first());
        let group = instance.and_then(|instance| instance.parameter_groups.first());
        if let Some(group) = group.map(|group| group.name.clone()) {
            let arguments = ["--db-parameter-group-name", &group];
            world.parameters = self.ask(call::PARAMETERS, &arguments).await?;
        }
        Ok(())
    }

    /// Of those that have not joined.
    async fn events(&mut self, world: &mut World) -> Result<(), Failure> {
        let Some(instances) = world.instances.got() else { return Ok(()) };
        let is_in = |status: Option<&str>| matches!(status, Some("kerberos-enabled" | "joined"));
        let cluster_s =
            world.memberships().first().and_then(|membership| membership.status.clone());
        let failed: Vec<_> = instances
            .iter()
            .filter(|instance| {
                let own = instance.domain_memberships.first();
                let status = own.map_or(cluster_s.as_deref(), |own| own.status.as_deref());
                status.is_some() && !is_in(status)
            })
            .map(|instance| instance.id.clone())
            .collect();
        let mut all = Vec::new();
        for id in failed {
            let arguments = [
                "--source-type",
                "db-instance",
                "--source-identifier",
                &id,
                "--duration",
                EVENTS_SINCE,
            ];
            match self.ask::<Vec<rds::Event>>(call::EVENTS, &arguments).await? {
                Answer::Got(some) => all.extend(some),
                other => {
                    world.events = other;
                    return Ok(());
                }
            }
            world.events = Answer::Got(all.clone());
        }
        Ok(())
    }

    async fn directory(&mut self, world: &mut World) -> Result<(), Failure> {
        if world.directory_id().is_none() {
            self.directory_of_domain(world).await?;
        }
        let Some(id) = world.directory_id().map(String::from) else { return Ok(()) };
        world.directory = self.one(call::DIRECTORIES, &["--directory-ids", &id]).await?;
        let of_it: &[&str] = &["--directory-id", &id];
        let Some(directory) = world.directory.got() else { return Ok(()) };
        // Whoever it is shared with may not ask for these.
        if directory.kind.as_deref() != Some("MicrosoftAD") {
            return Ok(());
        }
        world.controllers = self.ask(call::CONTROLLERS, of_it).await?;
        world.trusts = self.ask(call::TRUSTS, of_it).await?;
        if world.trusts.got().is_some_and(|trusts| !trusts.is_empty()) {
            world.forwarders = self.ask(call::FORWARDERS, of_it).await?;
        }
        world.data_access = self.ask(call::DATA_ACCESS, of_it).await?;
        let status = world.data_access.got().and_then(|data| data.data_access_status.as_deref());
        if status == Some("Enabled") {
            let most = MOST_USERS.to_string();
            let arguments = ["--directory-id", &id, "--max-items", &most];
            world.users = self.ask::<Vec<ds::User>>(call::USERS, &arguments).await?;
        }
        Ok(())
    }

    /// Finds the directory of a domain. Where there is none, that is no answer about any.
    async fn directory_of_domain(&mut self, world: &mut World) -> Result<(), Failure> {
        let Some(domain) = world.asked.domain.clone() else { return Ok(()) };
        let all: Answer<Vec<ds::Directory>> = self.ask(call::DIRECTORIES, &[]).await?;
        let is_its = |one: &ds::Directory| {
            one.name.eq_ignore_ascii_case(&domain)
                && !matches!(one.stage.as_deref(), Some("Deleting" | "Deleted" | "Failed"))
        };
        match all {
            Answer::Got(all) => {
                let its = all.into_iter().find(is_its);
                world.asked.directory = its.map(|directory| directory.directory_id);
            }
            other => world.directory = other.and_then(|_| Answer::Missing),
        }
        Ok(())
    }

    async fn role(&mut self, world: &mut World) -> Result<(), Failure> {
        let Some(name) = world.role_name().map(String::from) else { return Ok(()) };
        world.role = self.ask::<Role>(call::ROLE, &["--role-name", &name]).await?;
        let Some(role) = world.role.got() else { return Ok(()) };
        let boundary = role.permissions_boundary.clone();
        world.policies = self.policies(&name).await?;
        if let (Some(boundary), Answer::Got(policies)) = (boundary, &mut world.policies) {
            let arn = boundary.permissions_boundary_arn;
            let document = self.managed(&arn).await?;
            let name = arn.rsplit('/').next().unwrap_or(&arn).to_string();
            policies.push(RolePolicy { name, place: PolicyPlace::Boundary(arn), document });
        }
        Ok(())
    }

    async fn policies(&mut self, role: &str) -> Result<Answer<Vec<RolePolicy>>, Failure> {
        let of_role = ["--role-name", role];
        let attached: Answer<Vec<AttachedPolicy>> = self.ask(call::ATTACHED, &of_role).await?;
        let attached = match attached {
            Answer::Got(attached) => attached,
            other => return Ok(other.map(|_| Vec::new())),
        };
        let mut policies = Vec::new();
        for AttachedPolicy { policy_name: name, policy_arn: arn } in attached {
            let document = self.managed(&arn).await?;
            policies.push(RolePolicy { name, place: PolicyPlace::Attached(arn), document });
        }
        let inline = match self.ask::<Vec<String>>(call::INLINE, &of_role).await? {
            Answer::Got(names) => names,
            other => return Ok(other.map(|_| Vec::new())),
        };
        for name in inline {
            let arguments = ["--role-name", role, "--policy-name", &name];
            let document = self.ask(call::INLINE_POLICY, &arguments).await?;
            policies.push(RolePolicy { name, place: PolicyPlace::Inline, document });
        }
        Ok(Answer::Got(policies))
    }

    /// The version of a managed policy that holds.
    async fn managed(&mut self, arn: &str) -> Result<Answer<PolicyDocument>, Failure> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Policy {
            default_version_id: String,
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Version {
            document: PolicyDocument,
        }
        let policy: Answer<Policy> = self.ask(call::POLICY, &["--policy-arn", arn]).await?;
        let version = match policy {
            Answer::Got(policy) => policy.default_version_id,
            other => return Ok(other.and_then(|_| Answer::NotAsked)),
        };
        let arguments = ["--policy-arn", arn, "--version-id", &version];
        let version: Answer<Version> = self.ask(call::POLICY_VERSION, &arguments).await?;
        Ok(version.map(|version| version.document))
    }

    /// By their identifiers; without any, none are asked for, since that would mean all.
    async fn listed<T: DeserializeOwned>(
        &mut self,
        call: Call,
        option: &str,
        ids: &[String],
    ) -> Result<Answer<Vec<T>>, Failure> {
        if ids.is_empty() {
            return Ok(Answer::Got(Vec::new()));
        }
        let arguments: Vec<_> =
            std::iter::once(option).chain(ids.iter().map(String::as_str)).collect();
        self.ask(call, &arguments).await
    }
}
