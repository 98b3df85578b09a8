//! Chunks of any iterator: by count, by likeness of neighbours, by weight, and overlapping windows.

use std::collections::VecDeque;
use std::iter::Fuse;

/// Gives every iterator methods that cut it into chunks.
pub trait ChunkExt: Iterator + Sized {
    /// Chunks of `size` items; the last may be shorter.
    fn chunks_of(self, size: usize) -> ChunksOf<Self> {
        assert!(size > 0, "size must be at least 1");
        ChunksOf { source: self.fuse(), size }
    }

    /// Chunks of neighbours that `same` holds together.
    fn chunk_while<F>(self, same: F) -> ChunkWhile<Self, F>
    where
        F: FnMut(&Self::Item, &Self::Item) -> bool,
    {
        ChunkWhile { source: self.fuse(), held: None, same }
    }

    /// Chunks whose weights add up to at most `limit`.
    fn chunk_by_weight<F>(self, limit: u64, weigh: F) -> ChunkByWeight<Self, F>
    where
        F: FnMut(&Self::Item) -> u64,
    {
        ChunkByWeight { source: self.fuse(), held: None, limit, weigh }
    }

    /// Windows of `size` items that begin `step` items apart.
    fn windows_of(self, size: usize, step: usize) -> WindowsOf<Self>
    where
        Self::Item: Clone,
    {
        assert!(size > 0, "size must be at least 1");
        assert!(step > 0, "step must be at least 1");
        WindowsOf { source: self.fuse(), held: VecDeque::new(), size, step, skip: 0 }
    }
}

impl<I: Iterator> ChunkExt for I {}

/// What `chunks_of` returns.
pub struct ChunksOf<I: Iterator> {
    source: Fuse<I>,
    size: usize,
}

impl<I: Iterator> Iterator for ChunksOf<I> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk: Vec<_> = self.source.by_ref().take(self.size).collect();
        (!chunk.is_empty()).then_some(chunk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.source.size_hint();
        (least.div_ceil(self.size), most.map(|most| most.div_ceil(self.size)))
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ChunksOf<I> {}

/// What `chunk_while` returns.
pub struct ChunkWhile<I: Iterator, F> {
    source: Fuse<I>,
    held: Option<I::Item>,
    same: F,
}

impl<I: Iterator, F: FnMut(&I::Item, &I::Item) -> bool> Iterator for ChunkWhile<I, F> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut chunk = vec![self.held.take().or_else(|| self.source.next())?];
        for item in self.source.by_ref() {
            if !(self.same)(&chunk[chunk.len() - 1], &item) {
                self.held = Some(item);
                break;
            }
            chunk.push(item);
        }
        Some(chunk)
    }
}

/// What `chunk_by_weight` returns.
pub struct ChunkByWeight<I: Iterator, F> {
    source: Fuse<I>,
    held: Option<(I::Item, u64)>,
    limit: u64,
    weigh: F,
}

impl<I: Iterator, F: FnMut(&I::Item) -> u64> ChunkByWeight<I, F> {
    fn weighed(&mut self) -> Option<(I::Item, u64)> {
        let item = self.source.next()?;
        let weight = (self.weigh)(&item);
        Some((item, weight))
    }
}

impl<I: Iterator, F: FnMut(&I::Item) -> u64> Iterator for ChunkByWeight<I, F> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let (first, mut total) = match self.held.take() {
            Some(held) => held,
            None => self.weighed()?,
        };
        let mut chunk = vec![first];
        while let Some((item, weight)) = self.weighed() {
            match total.checked_add(weight) {
                Some(sum) if sum <= self.limit => {
                    total = sum;
                    chunk.push(item);
                }
                _ => {
                    self.held = Some((item, weight));
                    break;
                }
            }
        }
        Some(chunk)
    }
}

/// What `windows_of` returns.
pub struct WindowsOf<I: Iterator> {
    source: Fuse<I>,
    held: VecDeque<I::Item>,
    size: usize,
    step: usize,
    skip: usize,
}

impl<I: Iterator> Iterator for WindowsOf<I>
where
    I::Item: Clone,
{
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.skip > 0 {
            self.source.next()?;
            self.skip -= 1;
        }
        while self.held.len() < self.size {
            self.held.push_back(self.source.next()?);
        }
        let window = self.held.iter().cloned().collect();
        let gone = self.step.min(self.size);
        self.held.drain(..gone);
        self.skip = self.step - gone;
        Some(window)
    }
}
