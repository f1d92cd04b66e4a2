//! Samples: what real files and answers look like, and what was wrong once.

use std::fs;
use std::path::Path;

/// The samples of a target, and the words of its format.
#[derive(Debug)]
pub struct Corpus {
    /// What `make fuzz` calls the target.
    pub target: &'static str,
    /// By their names.
    pub samples: Vec<(String, Vec<u8>)>,
    /// What means something to the parser.
    pub words: &'static [&'static str],
}

impl Corpus {
    /// Reads the folder `corpus/TARGET` of a package. Files that end in `.hex` are digits, with
    /// lines of comments.
    pub fn read(package: &str, target: &'static str, words: &'static [&'static str]) -> Self {
        let folder = Path::new(package).join("corpus").join(target);
        let mut samples: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), sample(&path)))
            .collect();
        samples.sort();
        assert!(!samples.is_empty(), "{} is empty", folder.display());
        Self { target, samples, words }
    }

    /// The text of the sample of this name.
    pub fn text(&self, name: &str) -> &str {
        let (_, bytes) = self.samples.iter().find(|(other, _)| other == name).unwrap();
        std::str::from_utf8(bytes).unwrap()
    }
}

/// What a file stands for.
pub(crate) fn sample(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_none_or(|extension| extension != "hex") {
        return bytes;
    }
    let text = String::from_utf8(bytes).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digits: Vec<u8> = lines
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
        .collect();
    assert!(digits.len().is_multiple_of(2), "{}: half a byte", path.display());
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
