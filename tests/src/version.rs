//! The PostgreSQL versions that there are to try, and a private copy of each with the extension in
//! it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Result, Sandbox, lossy, run};

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The major versions of PostgreSQL that are tested: all that the extension has a feature for.
pub const ALL: [u32; 6] = [14, 15, 16, 17, 18, 19];

/// The major versions named in `KERBROLE_TEST_VERSIONS`, by default those that `make stage` has
/// prepared.
///
/// # Errors
/// When one is not a number, or there are none.
pub fn wanted() -> Result<Vec<u32>> {
    let Ok(text) = env::var("KERBROLE_TEST_VERSIONS") else {
        let prepared: Vec<_> =
            ALL.into_iter().filter(|&major| staged(major).join("pg_config").exists()).collect();
        return if prepared.is_empty() {
            Err("no PostgreSQL is prepared: run make stage".into())
        } else {
            Ok(prepared)
        };
    };
    let versions: Vec<_> = text
        .split_whitespace()
        .map(|v| v.parse().map_err(|_| format!("KERBROLE_TEST_VERSIONS: {v:?} is no version")))
        .collect::<Result<_>>()?;
    if versions.is_empty() { Err("KERBROLE_TEST_VERSIONS names none".into()) } else { Ok(versions) }
}

/// A program that Cargo built beside the one that runs: `kerbrole`, or an example by its folder.
pub fn built(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    // Tests lie in a folder of their own below the one with the programs.
    let folder = own.parent().unwrap_or(Path::new("."));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    folder.join(name)
}

/// Where `make stage` puts what is to be installed for a version.
fn staged(major: u32) -> PathBuf {
    let stage = env::var("KERBROLE_STAGE").unwrap_or_else(|_| "target/stage-dev".into());
    workspace().join(stage).join(major.to_string())
}

/// Which PostgreSQL a version is here, and how it came to be: `17.11 (wheel)`,
/// `18.6 (source, with assertions)`.
///
/// # Errors
/// When it is not prepared.
pub fn described(major: u32) -> Result<String> {
    let pg_config = pg_config(major)?;
    let version = lossy(&run(Command::new(&pg_config).arg("--version"))?.stdout);
    let number = version.split_whitespace().nth(1).unwrap_or_default().to_string();
    // What tests/servers/get-server leaves beside a server that it got.
    let notes = Path::new(&pg_config).ancestors().map(|folder| folder.join(".complete"));
    let note = notes.into_iter().find_map(|note| fs::read_to_string(note).ok());
    let note = note.unwrap_or_default();
    let route = match note.lines().next().and_then(|line| line.split_once(' ')) {
        Some((route, folder)) if Path::new(&pg_config).starts_with(folder) => route.to_string(),
        _ => "installed".into(),
    };
    let configured = lossy(&run(Command::new(&pg_config).arg("--configure"))?.stdout);
    let assertions = if configured.contains("--enable-cassert") { ", with assertions" } else { "" };
    Ok(format!("{number} ({route}{assertions})"))
}

fn pg_config(major: u32) -> Result<String> {
    let text = fs::read_to_string(staged(major).join("pg_config"))
        .map_err(|_| format!("PostgreSQL {major} is not prepared: run make stage"))?;
    Ok(text.trim_end_matches('\n').into())
}

/// One version of PostgreSQL, in a copy of its own so that an extension can be put into it.
#[derive(Debug)]
pub struct Installation {
    /// The major version.
    pub major: u32,
    bin: PathBuf,
    lib: PathBuf,
    share: PathBuf,
    libraries: Option<PathBuf>,
}

impl Installation {
    /// Copies the installation that the Makefile found for this version into the sandbox, and the
    /// extension beside it.
    ///
    /// PostgreSQL finds its files relative to its programs, so a copy is as good as the original,
    /// and the original stays as it is.
    ///
    /// # Errors
    /// When either is missing: `make stage` prepares them.
    pub fn copy(sandbox: &Sandbox, major: u32) -> Result<Self> {
        Self::copied(sandbox, major, &major.to_string(), true)
    }

    /// The same without a file of the extension, as on a managed server.
    ///
    /// # Errors
    /// When it is missing: `make stage` prepares it.
    pub fn copy_bare(sandbox: &Sandbox, major: u32) -> Result<Self> {
        Self::copied(sandbox, major, &format!("{major}-bare"), false)
    }

    /// A copy with the extension that nobody else uses, so that files of it can be changed.
    ///
    /// # Errors
    /// When either is missing: `make stage` prepares them.
    pub fn copy_apart(sandbox: &Sandbox, major: u32, name: &str) -> Result<Self> {
        Self::copied(sandbox, major, name, true)
    }

    /// A copy without a file of the extension that nobody else uses.
    ///
    /// # Errors
    /// When it is missing: `make stage` prepares it.
    pub fn copy_bare_apart(sandbox: &Sandbox, major: u32, name: &str) -> Result<Self> {
        Self::copied(sandbox, major, name, false)
    }

    fn copied(sandbox: &Sandbox, major: u32, folder: &str, with_extension: bool) -> Result<Self> {
        let pg_config = pg_config(major)?;
        let ask = |what: &str| -> Result<PathBuf> {
            let output = run(Command::new(&pg_config).arg(what))?;
            Ok(PathBuf::from(lossy(&output.stdout).trim_end_matches('\n')))
        };
        let (bin, lib, share) = (ask("--bindir")?, ask("--pkglibdir")?, ask("--sharedir")?);
        let libdir = ask("--libdir")?;
        let root = sandbox.path().join(folder);
        let mut folders = vec![&bin, &lib, &share];
        // libpq of a private build lies beside the modules; a distribution's is the system's own.
        let private = lib.starts_with(&libdir) && libdir != Path::new("/usr/lib");
        // Of packages that were unpacked, libc and its loader too.
        let unpacked = !libdir.starts_with("/usr") && has_loader(&libdir);
        if private || unpacked {
            folders.push(&libdir);
        }
        for folder in folders {
            copy_into(&root, folder)?;
        }
        // Where somebody installed the extension it came along: what is tested is what was staged.
        remove_extension(&under(&root, &lib), &under(&root, &share).join("extension"))?;
        if with_extension {
            copy_all(&staged(major).join("root"), &root)?;
        }
        if unpacked {
            // The servers' user may not get to where the original lies, and its programs name that
            // folder.
            let server = lib.parent().unwrap_or(&lib);
            run(Command::new(workspace().join("tests/servers/relocate"))
                .arg(under(&root, server))
                .arg(under(&root, &libdir)))?;
        }
        Ok(Self {
            major,
            bin: under(&root, &bin),
            lib: under(&root, &lib),
            share: under(&root, &share),
            libraries: private.then(|| under(&root, &libdir)),
        })
    }

    /// Puts another extension into it: `lib` and `extension` below a folder.
    ///
    /// # Errors
    /// When a file cannot be copied.
    pub fn add(&self, folder: &Path) -> Result<()> {
        copy_all(&folder.join("lib"), &self.lib)?;
        copy_all(&folder.join("extension"), &self.extensions())
    }

    /// Where the headers for libraries of this version are.
    ///
    /// # Errors
    /// When it is not prepared.
    pub fn headers(&self) -> Result<PathBuf> {
        let output = run(Command::new(pg_config(self.major)?).arg("--includedir-server"))?;
        Ok(lossy(&output.stdout).trim_end_matches('\n').into())
    }

    /// Where the scripts of extensions are.
    pub fn extensions(&self) -> PathBuf {
        self.share.join("extension")
    }

    /// A program of this version, with what it needs to find its libraries.
    pub fn program(&self, name: &str) -> (PathBuf, Vec<(&'static str, PathBuf)>) {
        (
            self.bin.join(name),
            self.libraries.iter().map(|path| ("LD_LIBRARY_PATH", path.clone())).collect(),
        )
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

fn has_loader(folder: &Path) -> bool {
    let Ok(files) = fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("ld-linux"))
}

fn remove_extension(lib: &Path, extensions: &Path) -> Result<()> {
    for folder in [lib, extensions] {
        for file in
            fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten()
        {
            if file.file_name().to_string_lossy().starts_with("pg_kerbrole") {
                fs::remove_file(file.path())
                    .map_err(|e| format!("{}: {e}", file.path().display()))?;
            }
        }
    }
    Ok(())
}
