/// The known word that is most like this one, if one is like enough to have been meant.
pub(super) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let likely = |candidate: &&str| distance(word, candidate) <= 1 + candidate.chars().count() / 4;
    known.iter().filter(|candidate| likely(candidate)).min_by_key(|candidate| distance(word, candidate)).copied()
}

/// How many characters must be added, left out or replaced to make one word the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_strangers_do_not() {
        let known = ["keep_alive_timeout", "keep_alive_interval", "name"];
        assert_eq!(closest("keepalive_timeout", &known), Some("keep_alive_timeout"));
        assert_eq!(closest("nam", &known), Some("name"));
        assert_eq!(closest("colour", &known), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc")), (3, 3));
    }
}
