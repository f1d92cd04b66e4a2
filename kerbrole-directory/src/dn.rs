//! Distinguished names (RFC 4514), as far as two of them have to be compared.

/// A distinguished name, taken apart: each part with its attribute and its value.
///
/// Equal are those whose attributes and values are, whatever their case and however they are
/// escaped. Nothing else is folded: a server also takes `Analystes` for `Analystés`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Dn(Vec<Vec<(String, Vec<u8>)>>);

impl Dn {
    /// Takes a name apart; `None` where it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = vec![Vec::new()];
        let mut rest = text;
        loop {
            let (attribute, after) = rest.split_once('=')?;
            let attribute = attribute.trim();
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            if attribute.is_empty() || !attribute.chars().all(is_name) {
                return None;
            }
            let (value, after) = value(after)?;
            parts.last_mut()?.push((attribute.to_ascii_lowercase(), value));
            match after.chars().next() {
                None => break,
                Some('+') => {}
                Some(_) => parts.push(Vec::new()),
            }
            rest = &after[1..];
        }
        for part in &mut parts {
            part.sort();
        }
        Some(Self(parts))
    }

    /// Whether this is the other name, or stands below it.
    pub(crate) fn is_below(&self, base: &Self) -> bool {
        self.0.ends_with(&base.0)
    }

    /// The DNS name that the `DC` parts at its end make, in lower case; empty where there is none.
    pub(crate) fn domain(&self) -> String {
        let component = |part: &Vec<(String, Vec<u8>)>| match part.as_slice() {
            [(attribute, value)] if attribute == "dc" => String::from_utf8(value.clone()).ok(),
            _ => None,
        };
        let mut labels: Vec<_> = self.0.iter().rev().map_while(component).collect();
        labels.reverse();
        labels.join(".")
    }
}

/// The value that a text begins with, and what follows it: nothing, or from `,`, `;` or `+` on.
fn value(text: &str) -> Option<(Vec<u8>, &str)> {
    let text = text.trim_start_matches(' ');
    if let Some(hex) = text.strip_prefix('#') {
        let end = hex.find([',', ';', '+']).unwrap_or(hex.len());
        // The encoding is kept: nobody writes the same name in both ways.
        let digits = hex[..end].trim_end_matches(' ').to_ascii_lowercase();
        return digits
            .chars()
            .all(|c| c.is_ascii_hexdigit())
            .then(|| (format!("#{digits}").into_bytes(), &hex[end..]));
    }
    let mut bytes = Vec::new();
    // How much of it stays where blanks are taken from its end: those that are escaped count.
    let mut kept = 0;
    let mut is_quoted = false;
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let escaped = &text[at + 1..];
                match escaped.get(..2).and_then(|two| u8::from_str_radix(two, 16).ok()) {
                    Some(byte) if escaped.as_bytes()[0] != b'+' => {
                        bytes.push(byte);
                        chars.nth(1)?;
                    }
                    _ => {
                        let (_, c) = chars.next()?;
                        push(&mut bytes, c);
                    }
                }
                kept = bytes.len();
            }
            '"' => {
                is_quoted = !is_quoted;
                kept = bytes.len();
            }
            ',' | ';' | '+' if !is_quoted => {
                end = at;
                break;
            }
            ' ' if !is_quoted => bytes.push(b' '),
            c => {
                push(&mut bytes, c);
                kept = bytes.len();
            }
        }
    }
    bytes.truncate(kept);
    // Only what is text has a case.
    let folded = match String::from_utf8(bytes) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(error) => error.into_bytes(),
    };
    (!is_quoted).then_some((folded, &text[end..]))
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap_or_else(|| panic!("{text} is none"))
    }

    #[test]
    fn the_same_name_is_written_in_several_ways() {
        for (one, other) in [
            ("CN=DB Analysts,DC=corp,DC=com", "cn=db analysts, dc=CORP , dc=com"),
            (r"CN=a\,b,DC=c", r"CN=a\2Cb,DC=c"),
            (r"CN=a\,b,DC=c", "CN=\"a,b\",DC=c"),
            (r"CN=\ a\ ,DC=c", r"CN=\20a\20,DC=c"),
            (r"CN=\C3\A9,DC=c", "CN=É,DC=c"),
            (r#"CN=\\\,()*\#\",DC=c"#, r"CN=\5c\2c\28\29\2a\23\22,DC=c"),
            ("CN=a+OU=b,DC=c", "OU=b+CN=a,DC=c"),
        ] {
            assert_eq!(dn(one), dn(other), "{one} {other}");
        }
    }

    #[test]
    fn other_names_are_others() {
        for (one, other) in [
            ("CN=Analystes,DC=c", "CN=Analystés,DC=c"),
            ("CN=a,DC=c", "OU=a,DC=c"),
            (r"CN=a\,DC\=b,DC=c", "CN=a,DC=b,DC=c"),
            (r"CN=a\ ,DC=c", "CN=a ,DC=c"),
        ] {
            assert_ne!(dn(one), dn(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in ["", "a", "CN", "=a", "CN=a,", "CN=\"a", "CN=a\\", "C N=a", "CN=#zz", r"a\b=c"]
        {
            assert_eq!(Dn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_domain_is_at_its_end() {
        assert_eq!(dn("CN=a,DC=x,OU=b,DC=Corp,DC=example").domain(), "corp.example");
        assert_eq!(dn("CN=a").domain(), "");
        assert!(dn("CN=a,DC=corp").is_below(&dn("dc=CORP")));
        assert!(!dn("CN=a,DC=corp").is_below(&dn("DC=orp")));
    }
}
