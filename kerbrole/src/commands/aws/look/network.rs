//! What lies between the database and the directory, on both sides as far as this account has them.

use std::collections::BTreeSet;

use super::Asking;
use crate::commands::aws::call;
use crate::commands::aws::world::ec2::{
    Network, Peering, PeeringVpc, PrefixList, RouteTable, Side,
};
use crate::commands::aws::world::{Answer, Place, World, ds};
use crate::failure::Failure;

impl Asking<'_> {
    pub(super) async fn network(&mut self, world: &mut World) -> Result<(), Failure> {
        let (Some(database), Some(directory)) = (world.database_place(), world.directory_place())
        else {
            return Ok(());
        };
        let mut network = Network::default();
        // Of another account nothing can be seen.
        let is_shared = world.directory.got().is_some_and(ds::Directory::is_shared);
        let (mut vpcs, mut subnets) = (vec![database.vpc.clone()], database.subnets.clone());
        if !is_shared {
            vpcs.extend((directory.vpc != database.vpc).then(|| directory.vpc.clone()));
            subnets.extend(directory.subnets.clone());
        }
        subnets.sort();
        subnets.dedup();
        network.subnets = self.listed(call::SUBNETS, "--subnet-ids", &subnets).await?;
        network.database = self.side(&database).await?;
        if !is_shared {
            network.directory = self.side(&directory).await?;
        }
        let routes = || {
            let tables = [&network.database.route_tables, &network.directory.route_tables];
            let tables = tables.into_iter().filter_map(Answer::got).flatten();
            tables.flat_map(|table: &RouteTable| &table.routes)
        };
        let peerings: BTreeSet<_> =
            routes().filter_map(|route| route.vpc_peering_connection_id.clone()).collect();
        let has_transit = routes().any(|route| route.transit_gateway_id.is_some());
        if database.vpc != directory.vpc {
            let peerings: Vec<_> = peerings.into_iter().collect();
            let ids = "--vpc-peering-connection-ids";
            network.peerings = self.listed(call::PEERINGS, ids, &peerings).await?;
            self.unused_peerings(&mut network.peerings, &database.vpc, &directory.vpc).await?;
            if has_transit {
                let filter = format!("Name=vpc-id,Values={}", vpcs.join(","));
                network.attachments = self.ask(call::ATTACHMENTS, &["--filters", &filter]).await?;
            }
        }
        let lists: BTreeSet<_> = prefix_lists(&network).into_iter().collect();
        for id in lists {
            let entries = self.ask(call::PREFIX_LIST, &["--prefix-list-id", &id]).await?;
            network.prefix_lists.push(PrefixList { id, entries });
        }
        world.network = network;
        Ok(())
    }

    /// Adds a peering of the two that no route leads to, where none of the others joins them.
    async fn unused_peerings(
        &mut self,
        peerings: &mut Answer<Vec<Peering>>,
        one: &str,
        other: &str,
    ) -> Result<(), Failure> {
        let Answer::Got(all) = peerings else { return Ok(()) };
        let is_end = |vpc: &Option<PeeringVpc>, id: &str| {
            vpc.as_ref().is_some_and(|vpc| vpc.vpc_id.as_deref() == Some(id))
        };
        let joins = |peering: &Peering| {
            let (from, to) = (&peering.requester_vpc_info, &peering.accepter_vpc_info);
            is_end(from, one) && is_end(to, other) || is_end(from, other) && is_end(to, one)
        };
        if all.iter().any(joins) {
            return Ok(());
        }
        let filter = |end: &str| format!("Name={end}-vpc-info.vpc-id,Values={one},{other}");
        let arguments = ["--filters", &filter("requester"), &filter("accepter")];
        match self.ask::<Vec<Peering>>(call::PEERINGS, &arguments).await? {
            Answer::Got(more) => all.extend(more),
            other => *peerings = other,
        }
        Ok(())
    }

    async fn side(&mut self, place: &Place) -> Result<Side, Failure> {
        let groups = &place.security_groups;
        let subnets = format!("Name=association.subnet-id,Values={}", place.subnets.join(","));
        let vpc = format!("Name=vpc-id,Values={}", place.vpc);
        Ok(Side {
            security_groups: self.listed(call::SECURITY_GROUPS, "--group-ids", groups).await?,
            acls: self.ask(call::ACLS, &["--filters", &subnets]).await?,
            route_tables: self.ask(call::ROUTE_TABLES, &["--filters", &vpc]).await?,
        })
    }
}

/// Those that rules of security groups and routes name.
fn prefix_lists(network: &Network) -> Vec<String> {
    let sides = [&network.database, &network.directory];
    let groups = sides.iter().filter_map(|side| side.security_groups.got()).flatten();
    let rules =
        groups.flat_map(|group| group.ip_permissions.iter().chain(&group.ip_permissions_egress));
    let of_rules = rules.flat_map(|rule| &rule.prefix_list_ids).map(|list| &list.prefix_list_id);
    let tables = sides.iter().filter_map(|side| side.route_tables.got()).flatten();
    let routes = tables.flat_map(|table| &table.routes);
    let of_routes = routes.filter_map(|route| route.destination_prefix_list_id.as_ref());
    of_rules.chain(of_routes).cloned().collect()
}
