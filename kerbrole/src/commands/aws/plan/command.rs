//! A command of `aws`, before any shell has seen it.

/// What is typed, word by word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// The service and the operation.
    pub(super) name: [String; 2],
    /// Each option with its values.
    pub(super) options: Vec<Vec<Word>>,
    /// What is asked for before it runs, and handed over where no list of processes shows it.
    pub(super) secret: Option<Secret>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Plain(String),
    /// A file with this text, which is written before.
    File(File),
    /// The secret.
    Secret,
}

/// A file that a command reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
}

/// A password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    /// What is said when it is asked for.
    pub(super) prompt: String,
    /// The file that has it on Windows, for as long as the command runs.
    pub(super) file: String,
}

impl Command {
    pub(super) fn new(service: &str, operation: &str) -> Self {
        Self { name: [service.into(), operation.into()], options: Vec::new(), secret: None }
    }

    /// An option with its value.
    pub(super) fn with(self, option: &str, value: impl Into<String>) -> Self {
        self.with_all(option, [value])
    }

    /// An option with several values.
    pub(super) fn with_all<V: Into<String>>(
        mut self,
        option: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let mut words = vec![Word::Plain(option.into())];
        words.extend(values.into_iter().map(|value| Word::Plain(value.into())));
        self.options.push(words);
        self
    }

    /// An option with nothing behind it.
    pub(super) fn flag(self, option: &str) -> Self {
        self.with_all(option, [] as [String; 0])
    }

    /// An option whose value is a text, in a file.
    pub(super) fn with_file(mut self, option: &str, name: &str, text: String) -> Self {
        let file = File { name: name.into(), text };
        self.options.push(vec![Word::Plain(option.into()), Word::File(file)]);
        self
    }

    /// An option whose value nobody is to see.
    pub(super) fn with_secret(mut self, option: &str, prompt: String, file: &str) -> Self {
        self.options.push(vec![Word::Plain(option.into()), Word::Secret]);
        self.secret = Some(Secret { prompt, file: file.into() });
        self
    }

    /// What stands behind `aws`, a group of words for each line: an option with its value, and each
    /// further value. `secret` is what stands for the secret.
    pub(super) fn lines(&self, secret: &str) -> Vec<Vec<String>> {
        let name = self.name.to_vec();
        let options = self.options.iter().map(|words| {
            let words = words.iter().map(|word| match word {
                Word::Plain(word) => word.clone(),
                Word::File(file) => format!("file://{}", file.name),
                Word::Secret => secret.to_string(),
            });
            words.collect::<Vec<_>>()
        });
        let options = options.flat_map(|words| {
            let (first, further) = words.split_at(words.len().min(2));
            let further = further.iter().map(|word| vec![word.clone()]);
            std::iter::once(first.to_vec()).chain(further).collect::<Vec<_>>()
        });
        std::iter::once(name).chain(options).collect()
    }

    /// The files that have to be there.
    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.options.iter().flatten().filter_map(|word| match word {
            Word::File(file) => Some(file),
            Word::Plain(_) | Word::Secret => None,
        })
    }
}
