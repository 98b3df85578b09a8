//! Chunks of any iterator: by count, by likeness of neighbours, by weight, and overlapping windows.

/// Gives every iterator methods that cut it into chunks.
pub trait ChunkExt: Iterator + Sized {
    /// Chunks of `size` items; the last may be shorter.
    fn chunks_of(self, size: usize) -> ChunksOf<Self> {
        let _ = size;
        todo!()
    }
}

impl<I: Iterator> ChunkExt for I {}

/// What `chunks_of` returns.
pub struct ChunksOf<I: Iterator> {
    source: I,
}

impl<I: Iterator> Iterator for ChunksOf<I> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = &self.source;
        todo!()
    }
}
