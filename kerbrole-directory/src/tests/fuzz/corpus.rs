//! What is in `corpus`: answers that Samba gave, in hexadecimal, access files, and members.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Every answer, by the name of its file.
pub(super) static ANSWERS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let each = files("answers").into_iter();
    each.map(|(name, text)| (name, unhex(&text))).collect()
});

/// Every access file.
pub(super) static ACCESS_FILES: LazyLock<Vec<String>> =
    LazyLock::new(|| files("access").into_iter().map(|(_, text)| text).collect());

/// Values of `member`, of each kind.
pub(super) static MEMBERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let (_, text) = files("").into_iter().find(|(name, _)| name == "members").unwrap();
    text.lines().map(String::from).collect()
});

/// The files of a folder by their names without the ending.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            (name.to_string(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    all.sort();
    assert!(!all.is_empty());
    all
}

fn unhex(text: &str) -> Vec<u8> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digits: Vec<u8> = lines
        .flat_map(str::chars)
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The answer of this name.
pub(super) fn answer(name: &str) -> &'static [u8] {
    &ANSWERS.iter().find(|(other, _)| other == name).unwrap().1
}
