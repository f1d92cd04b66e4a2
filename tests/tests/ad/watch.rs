//! `kerbrole sync --watch`: what changes in the directory comes about on servers by itself, and
//! what is wrong meanwhile is said once.

mod endings;
mod faults;
mod follows;
mod service;
mod watcher;

use crate::ad_cases;
use endings::{
    it_ends_after_what_it_is_changing, it_ends_where_it_reads, it_ends_where_it_waits,
    what_cannot_be_meant_is_refused,
};
use faults::{
    a_directory_that_is_cut_is_said_once, a_file_that_is_being_written_is_waited_for,
    a_limit_is_for_an_interval, a_limit_is_said_once, a_lock_is_not_waited_for_for_ever,
    a_look_goes_on_over_another_connection, a_mistake_in_the_file_is_said_once,
    a_server_that_is_down_keeps_no_other_waiting, passwords_and_tickets_are_read_each_time,
};
use follows::{
    each_change_is_followed, rounds_keep_no_memory, two_watchers_do_no_harm,
    what_is_left_of_sessions_ends,
};
use service::{systemd_is_told, the_job_of_kubernetes_runs, the_unit_is_as_it_has_to_be};
pub use watcher::Watcher;

ad_cases! {
    EitherWay: each_change_is_followed, two_watchers_do_no_harm;
    Once: a_directory_that_is_cut_is_said_once, a_file_that_is_being_written_is_waited_for,
        a_limit_is_for_an_interval, a_limit_is_said_once, a_look_goes_on_over_another_connection,
        a_lock_is_not_waited_for_for_ever, a_mistake_in_the_file_is_said_once,
        a_server_that_is_down_keeps_no_other_waiting, it_ends_after_what_it_is_changing,
        it_ends_where_it_reads, it_ends_where_it_waits,
        passwords_and_tickets_are_read_each_time, rounds_keep_no_memory, systemd_is_told,
        the_job_of_kubernetes_runs, the_unit_is_as_it_has_to_be, what_cannot_be_meant_is_refused,
        what_is_left_of_sessions_ends;
}
