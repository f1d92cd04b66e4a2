//! Messages of many levels and of many parts: neither the stack nor the memory is as large as
//! whoever sends them likes.

use std::time::Duration;

use tokio::io::{join, sink};

use super::runtime;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::ldap::connection::Connection;
use crate::ldap::controls::next_page;
use crate::wire::Wire;
use crate::wire::framing::LARGEST_MESSAGE;

fn receive(message: &[u8]) -> Result<rasn_ldap::LdapMessage, Error> {
    let minute = Duration::from_secs(60);
    let stream = join(std::io::Cursor::new(message.to_vec()), sink());
    let wire = Wire::new(Box::new(stream), Clock::new(minute, minute));
    runtime().block_on(Connection::new(wire).receive(1))
}

fn length(count: usize) -> [u8; 5] {
    let [a, b, c, d] = u32::try_from(count).unwrap().to_be_bytes();
    [0x84, a, b, c, d]
}

fn part(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag][..], &length(content.len()), content].concat()
}

/// An answer to operation 1.
fn message(operation: &[u8], controls: &[u8]) -> Vec<u8> {
    part(0x30, &[&[2, 1, 1][..], operation, controls].concat())
}

/// A mebibyte of one within the other, each with its length.
fn levels(tag: u8) -> Vec<u8> {
    let mut turned = Vec::new();
    while turned.len() < 1 << 20 {
        let header = [&[tag][..], &length(turned.len())].concat();
        turned.extend(header.into_iter().rev());
    }
    turned.reverse();
    turned
}

/// The same without lengths, which takes two bytes a level and two for its end.
fn endless_levels(tag: u8) -> Vec<u8> {
    let count = (1 << 20) / 4;
    [[tag, 0x80].repeat(count), vec![0; 2 * count]].concat()
}

#[test]
fn no_answer_has_too_many_levels_for_the_stack() {
    let result = [0x0a, 1, 0, 4, 0, 4, 0];
    for tag in [0x24, 0x30, 0x31, 0xa0, 0xa2, 0xa3, 0xff] {
        for deep in [levels(tag), endless_levels(tag)] {
            let attribute = part(0x30, &[part(4, b"member"), part(0x31, &deep)].concat());
            let entry = |content: &[u8]| part(0x64, &[part(4, b"DC=c"), content.to_vec()].concat());
            let control = part(0x30, &[part(4, b"1.2"), deep.clone()].concat());
            let done = part(0x65, &result);
            for whole in [
                message(&entry(&part(0x30, &attribute)), &[]),
                message(&entry(&part(0x30, &deep)), &[]),
                message(&entry(&deep), &[]),
                message(&part(0x64, &deep), &[]),
                message(&part(0x65, &[&result[..], &deep].concat()), &[]),
                message(&part(0x61, &[&result[..], &deep].concat()), &[]),
                message(&part(0x73, &deep), &[]),
                message(&part(0x78, &[&result[..], &deep].concat()), &[]),
                message(&part(0x79, &deep), &[]),
                message(&done, &part(0xa0, &control)),
                message(&done, &part(0xa0, &deep)),
                message(&done, &deep),
                message(&deep, &[]),
                part(0x30, &deep),
            ] {
                let error = receive(&whole).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Protocol, "{tag:#x}");
            }
        }
    }
}

#[test]
fn no_cookie_has_too_many_levels_for_the_stack() {
    for deep in [levels(0x30), levels(0x24), endless_levels(0x24)] {
        let value = part(0x30, &[&[2, 1, 0][..], &deep].concat());
        let name = part(4, crate::ldap::controls::PAGED.as_bytes());
        let control = part(0x30, &[name, part(4, &value)].concat());
        let done = part(0x65, &[0x0a, 1, 0, 4, 0, 4, 0]);
        let answer = receive(&message(&done, &part(0xa0, &control))).unwrap();
        let error = next_page(answer.controls.as_ref()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}

/// As large as a message may be, of as many parts as it can have: each takes more in memory than on
/// the wire.
fn costliest() -> [Vec<u8>; 4] {
    let filled = |part: &[u8]| part.repeat((LARGEST_MESSAGE - 100) / part.len());
    let values = part(0x30, &[part(4, b"a"), part(0x31, &filled(&[4, 0]))].concat());
    let attributes = filled(&[0x30, 4, 4, 0, 0x31, 0]);
    let entry = |content: &[u8]| part(0x64, &[part(4, b""), part(0x30, content)].concat());
    let done = part(0x65, &[0x0a, 1, 0, 4, 0, 4, 0]);
    [
        message(&entry(&values), &[]),
        message(&entry(&attributes), &[]),
        message(&done, &part(0xa0, &filled(&[0x30, 2, 4, 0]))),
        message(&part(0x73, &filled(&[4, 0])), &[]),
    ]
}

#[test]
fn a_message_of_millions_of_parts_is_refused() {
    for message in costliest() {
        assert!(message.len() <= LARGEST_MESSAGE && message.len() > LARGEST_MESSAGE - 200);
        // Without what it says where it is taken, which would be shown whole.
        let error = receive(&message).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error:?}");
        assert!(error.to_string().contains("parts"), "{error}");
    }
}

/// Runs itself once more, in as little memory as any message may need.
#[cfg(target_os = "linux")]
#[test]
fn the_costliest_messages_need_little_memory() {
    const INSIDE: &str = "KERBROLE_WITH_LITTLE_MEMORY";
    const KIBIBYTES: u32 = 256 << 10;
    if std::env::var_os(INSIDE).is_some() {
        for message in costliest() {
            let _either_way = receive(&message);
        }
        let largest = part(0x30, &vec![7; LARGEST_MESSAGE - 100]);
        receive(&largest).map(drop).unwrap_err();
        return;
    }
    let name = std::thread::current().name().unwrap().to_string();
    let script = format!("ulimit -v {KIBIBYTES} && exec \"$0\" --exact \"$1\" --test-threads 1");
    let mut again = std::process::Command::new("sh");
    again.args(["-c", &script]).arg(std::env::current_exe().unwrap()).arg(&name).env(INSIDE, "1");
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
}
