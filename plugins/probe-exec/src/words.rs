//! A command line taken apart.

/// Splits at blanks, but not between single or double quotes; nothing if a quote is not closed.
pub(crate) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn blanks_part_words() {
        assert_eq!(split("/check -H  host\t-w 5 ").unwrap(), ["/check", "-H", "host", "-w", "5"]);
        assert!(split(" ").unwrap().is_empty());
    }

    #[test]
    fn quotes_keep_blanks_and_each_other() {
        assert_eq!(split(r#"/check "a b" 'c "d"' e'f g'"#).unwrap(), ["/check", "a b", "c \"d\"", "ef g"]);
        assert_eq!(split("/check ''").unwrap(), ["/check", ""]);
    }

    #[test]
    fn an_open_quote_is_refused() {
        assert_eq!(split("/check 'a b"), None);
    }
}
