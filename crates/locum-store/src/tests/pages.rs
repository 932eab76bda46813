//! What is on a disk, page by page: copies share the pages that are the same, so that thousands of them cost little.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

const PAGE: usize = 4096;

/// The bytes of a disk. A page that was never written is not there, and reads as zeros.
#[derive(Clone, Default)]
pub(crate) struct Pages {
    len: usize,
    pages: BTreeMap<usize, Arc<Page>>,
}

struct Page {
    bytes: [u8; PAGE],
    digest: blake3::Hash,
}

impl Pages {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Cuts the disk off there, or makes it longer.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.pages.split_off(&len.div_ceil(PAGE));
        if !len.is_multiple_of(PAGE) {
            self.change(len / PAGE, len % PAGE..PAGE, |bytes| bytes.fill(0));
        }
        self.len = len;
    }

    pub(crate) fn write(&mut self, offset: usize, mut data: &[u8]) {
        self.len = self.len.max(offset + data.len());
        let mut at = offset;
        while !data.is_empty() {
            let start = at % PAGE;
            let (now, later) = data.split_at(data.len().min(PAGE - start));
            self.change(at / PAGE, start..start + now.len(), |bytes| bytes.copy_from_slice(now));
            (at, data) = (at + now.len(), later);
        }
    }

    /// The bytes from there on; `None` where the disk ends before.
    pub(crate) fn read(&self, offset: usize, out: &mut [u8]) -> Option<()> {
        let mut at = offset;
        let mut out = if offset + out.len() <= self.len { out } else { return None };
        while !out.is_empty() {
            let start = at % PAGE;
            let (now, later) = out.split_at_mut(out.len().min(PAGE - start));
            match self.pages.get(&(at / PAGE)) {
                Some(page) => now.copy_from_slice(&page.bytes[start..start + now.len()]),
                None => now.fill(0),
            }
            (at, out) = (at + now.len(), later);
        }
        Some(())
    }

    /// Tells one disk from another.
    pub(crate) fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.len.to_le_bytes());
        for (number, page) in &self.pages {
            hasher.update(&number.to_le_bytes()).update(page.digest.as_bytes());
        }
        hasher.finalize()
    }

    fn change(&mut self, number: usize, part: Range<usize>, change: impl FnOnce(&mut [u8])) {
        let mut bytes = self.pages.get(&number).map_or([0; PAGE], |page| page.bytes);
        change(&mut bytes[part]);
        let digest = blake3::hash(&bytes);
        self.pages.insert(number, Arc::new(Page { bytes, digest }));
    }
}
