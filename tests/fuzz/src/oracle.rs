//! What others make of an input: a program of a few lines around a library, which answers one
//! question after the other. `make fuzz` builds them; without them nothing is compared.

use std::cell::RefCell;
use std::env;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A program that is asked.
pub struct Oracle {
    path: PathBuf,
    process: RefCell<Option<Child>>,
}

impl Oracle {
    /// The program of this name; nothing where it was not built.
    ///
    /// # Panics
    /// Where there should be one and is not.
    pub fn find(name: &str) -> Option<Self> {
        let path = PathBuf::from(env::var_os("FUZZ_ORACLES")?).join(name);
        assert!(path.is_file(), "{} is not there", path.display());
        Some(Self { path, process: RefCell::new(None) })
    }

    /// Asks; nothing where the program ended over it, which is no fault of ours.
    pub fn ask(&self, question: &[u8]) -> Option<Vec<u8>> {
        let mut process = self.process.borrow_mut();
        if process.is_none() {
            let command = Command::new(&self.path)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            *process = Some(command.unwrap_or_else(|e| panic!("{}: {e}", self.path.display())));
        }
        let answer = exchange(process.as_mut()?, question);
        if answer.is_err() {
            end(process.take()?);
        }
        answer.ok()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        if let Some(process) = self.process.borrow_mut().take() {
            end(process);
        }
    }
}

fn end(mut process: Child) {
    let _ended_already = process.kill();
    let _nothing_to_reap = process.wait();
}

/// Both have their length before them.
fn exchange(process: &mut Child, question: &[u8]) -> io::Result<Vec<u8>> {
    let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
    let length = u32::try_from(question.len()).map_err(io::Error::other)?.to_be_bytes();
    let input = process.stdin.as_mut().ok_or_else(broken)?;
    input.write_all(&[&length[..], question].concat())?;
    input.flush()?;
    let output = process.stdout.as_mut().ok_or_else(broken)?;
    let mut length = [0; 4];
    output.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    output.read_exact(&mut answer)?;
    Ok(answer)
}
