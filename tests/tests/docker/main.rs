//! The images and the compose file, on a Docker engine: `make test-docker`, which finds or starts
//! one.
//!
//! `KERBROLE_TEST_VERSIONS="17"` tries one version; arguments are those of `cargo test`, so a part
//! of a name picks tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod compose;
mod data;
mod engine;
mod image;
mod interrupted;
mod kerberos;
mod scripts;
mod settings;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use engine::Images;
use kerbrole_tests::tally::Tally;
use libtest_mimic::{Arguments, Trial};

/// One test, of the images of one PostgreSQL version.
pub type Test = (&'static str, fn(&Images));

/// The tests of a file, named after their functions.
#[macro_export]
macro_rules! tests {
    ($($name:ident),+ $(,)?) => {
        pub const TESTS: &[$crate::Test] = &[$((stringify!($name), $name)),+];
    };
}

/// The images on which a suite is tried.
#[derive(PartialEq)]
enum Of {
    EachVersion,
    /// What the entry point does, which is the same script in all of them.
    Newest,
}

const SUITES: &[(&str, Of, &[Test])] = &[
    ("compose", Of::EachVersion, compose::TESTS),
    ("data", Of::Newest, data::TESTS),
    ("image", Of::EachVersion, image::TESTS),
    ("interrupted", Of::Newest, interrupted::TESTS),
    ("kerberos", Of::EachVersion, kerberos::TESTS),
    ("scripts", Of::Newest, scripts::TESTS),
    ("settings", Of::Newest, settings::TESTS),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let majors = std::env::var("KERBROLE_TEST_VERSIONS").unwrap_or_else(|_| "15 17".into());
    let all: Vec<_> = majors.split_whitespace().map(Images::of).collect();
    if !arguments.list
        && let Err(error) = build(&all)
    {
        eprintln!("the images could not be built: {error}");
        return ExitCode::FAILURE;
    }
    let tally = Arc::new(Tally::new(
        &all.iter().map(|images| images.major.parse().unwrap()).collect::<Vec<_>>(),
    ));
    let mut trials = Vec::new();
    let newest = all.iter().map(|images| images.major.as_str()).max();
    for images in &all {
        let here = |of: &Of| *of == Of::EachVersion || newest == Some(&images.major);
        for (suite, _, tests) in SUITES.iter().filter(|(_, of, _)| here(of)) {
            for &(name, test) in *tests {
                let (images, tally) = (images.clone(), tally.clone());
                let name = format!("{suite}::{name}::pg{}", images.major);
                trials.push(Trial::test(name.clone(), move || {
                    tally.run(images.major.parse().unwrap(), &name, || {
                        catch_unwind(AssertUnwindSafe(|| test(&images)))
                            .map_err(|panic| message(&*panic).into())
                    })
                }));
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        tally.print(|major| Ok(format!("{major} (images)"))).unwrap();
    }
    conclusion.exit_code()
}

fn build(all: &[Images]) -> Result<(), String> {
    eprintln!("Building the images ...");
    thread::scope(|scope| {
        let builds: Vec<_> = all.iter().map(|images| scope.spawn(|| images.build())).collect();
        builds.into_iter().try_for_each(|build| build.join().map_err(|panic| message(&*panic))?)
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}
