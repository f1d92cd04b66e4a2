//! Where AWS's tools are, and how the command is run with them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kerbrole_tests::version::{built, workspace};

/// The version of `aws` that Debian has.
pub const VERSION_2: &str = "/usr/bin/aws";

/// A program that `make test-aws` got.
pub fn tool(name: &str) -> PathBuf {
    workspace().join("target/tools/aws/bin").join(name)
}

/// A program with an environment that reaches nobody's account.
pub fn with_no_account(program: impl AsRef<Path>, home: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .env_clear()
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        .env("AWS_ACCESS_KEY_ID", "nobody")
        .env("AWS_SECRET_ACCESS_KEY", "nothing")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

/// `kerbrole aws plan`, which finds `aws` in a folder.
pub fn plan(home: &Path, aws: &Path, arguments: &[&str]) -> Command {
    let mut command = with_no_account(built("kerbrole"), home);
    command.env("PATH", aws).args(["aws", "plan"]).args(arguments);
    command
}

/// What was printed, by what ended well.
pub fn printed(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{said}{printed}");
    printed
}
