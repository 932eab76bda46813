/// Many short strings in one allocation, so that a million of them are copied at memory speed.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    pub(super) fn with_capacity(names: usize) -> Self {
        Self { text: String::with_capacity(names * 16), ends: Vec::with_capacity(names) }
    }

    /// `USERS_MAX` names of the longest kind stay below 4 GiB, so an end always fits.
    pub(super) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
    }

    pub(super) fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start as usize..self.ends[row] as usize]
    }
}
