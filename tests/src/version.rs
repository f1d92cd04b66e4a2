//! The PostgreSQL versions that there are to try, and a private copy of each with the extension in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::site::{Result, Site, lossy, run};

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The major versions named in `KERBROLE_TEST_VERSIONS`, by default 15, 17 and 18.
///
/// # Errors
/// When one is not a number.
pub fn wanted() -> Result<Vec<u32>> {
    let text = env::var("KERBROLE_TEST_VERSIONS").unwrap_or_else(|_| "15 17 18".into());
    text.split_whitespace()
        .map(|v| v.parse().map_err(|_| format!("KERBROLE_TEST_VERSIONS: {v:?} is no version")))
        .collect()
}

/// One version of PostgreSQL, in a copy of its own so that an extension can be put into it.
#[derive(Debug)]
pub struct Installation {
    /// The major version.
    pub major: u32,
    bin: PathBuf,
    share: PathBuf,
    libraries: Option<PathBuf>,
}

impl Installation {
    /// Copies the installation that the Makefile found for this version into the site, and the extension beside it.
    ///
    /// PostgreSQL finds its files relative to its programs, so a copy is as good as the original, and the original stays as it is.
    ///
    /// # Errors
    /// When either is missing: `make stage` prepares them.
    pub fn copy(site: &Site, major: u32) -> Result<Self> {
        Self::copied(site, major, &major.to_string(), true)
    }

    /// The same without a file of the extension, as on a managed server.
    ///
    /// # Errors
    /// When it is missing: `make stage` prepares it.
    pub fn copy_bare(site: &Site, major: u32) -> Result<Self> {
        Self::copied(site, major, &format!("{major}-bare"), false)
    }

    /// A copy with the extension that nobody else uses, so that files of it can be changed.
    ///
    /// # Errors
    /// When either is missing: `make stage` prepares them.
    pub fn copy_apart(site: &Site, major: u32, name: &str) -> Result<Self> {
        Self::copied(site, major, name, true)
    }

    fn copied(site: &Site, major: u32, folder: &str, with_extension: bool) -> Result<Self> {
        let stage = env::var("KERBROLE_STAGE").unwrap_or_else(|_| "target/stage-dev".into());
        let stage = workspace().join(stage).join(major.to_string());
        let pg_config = fs::read_to_string(stage.join("pg_config"))
            .map_err(|_| format!("PostgreSQL {major} is not prepared: run make stage"))?;
        let ask = |what: &str| -> Result<PathBuf> {
            let output = run(Command::new(pg_config.trim()).arg(what))?;
            Ok(PathBuf::from(lossy(&output.stdout).trim()))
        };
        let (bin, lib, share) = (ask("--bindir")?, ask("--pkglibdir")?, ask("--sharedir")?);
        let libdir = ask("--libdir")?;
        let root = site.path().join(folder);
        let mut folders = vec![&bin, &lib, &share];
        // libpq of a private build lies beside the modules; a distribution's is the system's own.
        let private = lib.starts_with(&libdir) && libdir != Path::new("/usr/lib");
        if private {
            folders.push(&libdir);
        }
        for folder in folders {
            copy_into(&root, folder)?;
        }
        if with_extension {
            copy_all(&stage.join("root"), &root)?;
        }
        Ok(Self {
            major,
            bin: under(&root, &bin),
            share: under(&root, &share),
            libraries: private.then(|| under(&root, &libdir)),
        })
    }

    /// Where the scripts of extensions are.
    pub fn extensions(&self) -> PathBuf {
        self.share.join("extension")
    }

    /// A program of this version, with what it needs to find its libraries.
    pub fn program(&self, name: &str) -> (PathBuf, Vec<(&'static str, PathBuf)>) {
        (self.bin.join(name), self.libraries.iter().map(|path| ("LD_LIBRARY_PATH", path.clone())).collect())
    }
}

fn under(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn copy_into(root: &Path, folder: &Path) -> Result<()> {
    let to = under(root, folder);
    fs::create_dir_all(&to).map_err(|e| format!("{}: {e}", to.display()))?;
    copy_all(folder, &to)
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").arg("-R").arg("--").arg(from.join(".")).arg(to)).map(drop)
}
