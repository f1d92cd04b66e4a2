//! `kerbrole man`

use std::path::Path;

use crate::arguments::{Arguments, ManArguments};
use crate::failure::Failure;
use crate::output::Shown;

/// The manual page, or all of them in a folder.
pub(super) fn run(arguments: &ManArguments) -> Result<Shown, Failure> {
    match &arguments.to {
        Some(folder) => write_into(folder),
        None => page(),
    }
}

fn write_into(folder: &Path) -> Result<Shown, Failure> {
    match clap_mangen::generate_to(Arguments::documented(), folder) {
        Ok(()) => Ok(Shown::Nothing),
        Err(error) => {
            Err(Failure::NotWritten(format!("cannot write to {}: {error}", folder.display())))
        }
    }
}

fn page() -> Result<Shown, Failure> {
    // The pages in a folder tell nothing of a subcommand help either, which has no page of its own.
    let mut command = Arguments::documented().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    match clap_mangen::Man::new(command).render(&mut page) {
        Ok(()) => Ok(Shown::Text(String::from_utf8_lossy(&page).into_owned())),
        Err(error) => Err(Failure::NotWritten(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, process};

    #[test]
    fn a_folder_that_takes_no_pages_is_no_mistake_in_the_arguments() {
        let file = env::temp_dir().join(format!("kerbrole-man-{}", process::id()));
        fs::write(&file, "no folder").unwrap();
        let below = file.join("below");
        let failure = run(&ManArguments { to: Some(below.clone()) }).unwrap_err();
        fs::remove_file(&file).unwrap();
        assert_eq!(failure.code(), 6);
        assert!(failure.to_string().starts_with(&format!("cannot write to {}: ", below.display())));
    }
}
