//! The hosts of a configuration, one at a time.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use tokio_postgres::config::{Config, Host, LoadBalanceHosts};

/// Whether it has hosts, and each is the folder of a Unix socket.
pub(crate) fn are_sockets(config: &Config) -> bool {
    let hosts = config.get_hosts();
    !hosts.is_empty() && config.get_hostaddrs().is_empty() && hosts.iter().all(is_socket)
}

fn is_socket(host: &Host) -> bool {
    match host {
        Host::Tcp(_) => false,
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A configuration for each host, in the order in which they are tried. One whose lists do not fit
/// together is left to tokio-postgres, which says so.
pub(crate) fn each(config: &Config) -> Vec<Config> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let count = hosts.len().max(addresses.len());
    let fits = |length: usize| length == 0 || length == count;
    let has_ports = config.get_ports().len() <= 1 || config.get_ports().len() == count;
    if count < 2 || !fits(hosts.len()) || !fits(addresses.len()) || !has_ports {
        return vec![config.clone()];
    }
    let mut each: Vec<_> = (0..count).map(|at| of(config, at)).collect();
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        let random = RandomState::new();
        let mut keyed: Vec<_> =
            each.into_iter().enumerate().map(|(at, one)| (random.hash_one(at), one)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        each = keyed.into_iter().map(|(_, one)| one).collect();
    }
    each
}

/// The same for the host at this place of the lists.
fn of(config: &Config, at: usize) -> Config {
    let mut one = Config::new();
    match config.get_hosts().get(at) {
        Some(Host::Tcp(host)) => {
            one.host(host.as_str());
        }
        #[cfg(unix)]
        Some(Host::Unix(folder)) => {
            one.host_path(folder);
        }
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(at) {
        one.hostaddr(*address);
    }
    let ports = config.get_ports();
    if let Some(port) = ports.get(at).or_else(|| ports.first()) {
        one.port(*port);
    }
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(database) = config.get_dbname() {
        one.dbname(database);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        one.connect_timeout(*timeout);
    }
    if let Some(timeout) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*timeout);
    }
    one.keepalives(config.get_keepalives()).keepalives_idle(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_a_configuration_with_all_that_was_said() {
        let said = "port=1,2,3 user=u password=p dbname=d options=o application_name=a \
                    sslmode=require sslnegotiation=direct connect_timeout=7 tcp_user_timeout=8 \
                    keepalives=0 keepalives_idle=9 keepalives_interval=10 keepalives_retries=11 \
                    target_session_attrs=read-write channel_binding=require";
        let all: Config = format!("host=one,/two,three {said}").parse().unwrap();
        let each = each(&all);
        let hosts: Vec<_> = each.iter().flat_map(|one| one.get_hosts()).cloned().collect();
        assert_eq!(hosts, all.get_hosts());
        let one = format!("host=three {}", said.replace("port=1,2,3", "port=3"));
        assert_eq!(each[2], one.parse().unwrap());
    }

    #[test]
    fn lists_that_do_not_fit_are_left_alone() {
        let all: Config = "host=one,two port=1,2,3".parse().unwrap();
        assert_eq!(each(&all), [all]);
    }

    #[test]
    fn hosts_at_random_are_the_same_hosts() {
        let all: Config = "host=a,b,c,d load_balance_hosts=random".parse().unwrap();
        assert_eq!(each(&all).len(), 4);
    }
}
