//! Chunks of any iterator. All four structs draw from one `Source`, which remembers the end and one item put back.

struct Source<I: Iterator> {
    inner: Option<I>,
    back: Option<I::Item>,
}

impl<I: Iterator> Source<I> {
    fn new(inner: I) -> Self {
        Source { inner: Some(inner), back: None }
    }

    fn draw(&mut self) -> Option<I::Item> {
        if let Some(item) = self.back.take() {
            return Some(item);
        }
        let item = self.inner.as_mut()?.next();
        if item.is_none() {
            self.inner = None;
        }
        item
    }
}

pub struct ChunksOf<I: Iterator>(Source<I>, usize);
pub struct ChunkWhile<I: Iterator, F>(Source<I>, F);
pub struct ChunkByWeight<I: Iterator, F> {
    source: Source<I>,
    weigh: F,
    limit: u128,
    pending: u128,
}
pub struct WindowsOf<I: Iterator> {
    source: Source<I>,
    size: usize,
    step: usize,
    last: Option<Vec<I::Item>>,
}

fn positive(what: &str, value: usize) -> usize {
    if value == 0 {
        panic!("{what} of 0: it must be at least 1");
    }
    value
}

pub trait ChunkExt: Iterator {
    fn chunks_of(self, size: usize) -> ChunksOf<Self>
    where
        Self: Sized;
    fn chunk_while<F: FnMut(&Self::Item, &Self::Item) -> bool>(self, same: F) -> ChunkWhile<Self, F>
    where
        Self: Sized;
    fn chunk_by_weight<F: FnMut(&Self::Item) -> u64>(self, limit: u64, weigh: F) -> ChunkByWeight<Self, F>
    where
        Self: Sized;
    fn windows_of(self, size: usize, step: usize) -> WindowsOf<Self>
    where
        Self: Sized,
        Self::Item: Clone;
}

impl<I: Iterator> ChunkExt for I {
    fn chunks_of(self, size: usize) -> ChunksOf<Self> {
        ChunksOf(Source::new(self), positive("a size", size))
    }

    fn chunk_while<F: FnMut(&Self::Item, &Self::Item) -> bool>(self, same: F) -> ChunkWhile<Self, F> {
        ChunkWhile(Source::new(self), same)
    }

    fn chunk_by_weight<F: FnMut(&Self::Item) -> u64>(self, limit: u64, weigh: F) -> ChunkByWeight<Self, F> {
        ChunkByWeight { source: Source::new(self), weigh, limit: limit.into(), pending: 0 }
    }

    fn windows_of(self, size: usize, step: usize) -> WindowsOf<Self>
    where
        Self::Item: Clone,
    {
        WindowsOf {
            source: Source::new(self),
            size: positive("a size", size),
            step: positive("a step", step),
            last: None,
        }
    }
}

impl<I: Iterator> Iterator for ChunksOf<I> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Vec<I::Item>> {
        let mut chunk = Vec::new();
        while chunk.len() < self.1 {
            match self.0.draw() {
                Some(item) => chunk.push(item),
                None => break,
            }
        }
        if chunk.is_empty() {
            None
        } else {
            Some(chunk)
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let up = |count: usize| count / self.1 + usize::from(count % self.1 != 0);
        match &self.0.inner {
            None => (0, Some(0)),
            Some(inner) => {
                let (low, high) = inner.size_hint();
                (up(low), high.map(up))
            }
        }
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ChunksOf<I> {
    fn len(&self) -> usize {
        self.size_hint().0
    }
}

impl<I: Iterator, F: FnMut(&I::Item, &I::Item) -> bool> Iterator for ChunkWhile<I, F> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Vec<I::Item>> {
        let mut chunk = Vec::new();
        let mut before = self.0.draw()?;
        while let Some(item) = self.0.draw() {
            if (self.1)(&before, &item) {
                chunk.push(std::mem::replace(&mut before, item));
            } else {
                self.0.back = Some(item);
                break;
            }
        }
        chunk.push(before);
        Some(chunk)
    }
}

impl<I: Iterator, F: FnMut(&I::Item) -> u64> Iterator for ChunkByWeight<I, F> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Vec<I::Item>> {
        let put_back = self.source.back.is_some();
        let first = self.source.draw()?;
        let mut total = if put_back { self.pending } else { u128::from((self.weigh)(&first)) };
        let mut chunk = vec![first];
        while let Some(item) = self.source.draw() {
            let weight = u128::from((self.weigh)(&item));
            if total + weight > self.limit {
                self.pending = weight;
                self.source.back = Some(item);
                break;
            }
            total += weight;
            chunk.push(item);
        }
        Some(chunk)
    }
}

impl<I: Iterator> Iterator for WindowsOf<I>
where
    I::Item: Clone,
{
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Vec<I::Item>> {
        let mut window = match self.last.take() {
            None => Vec::new(),
            Some(last) => {
                for _ in self.size..self.step {
                    self.source.draw()?;
                }
                last.into_iter().skip(self.step).collect()
            }
        };
        while window.len() < self.size {
            window.push(self.source.draw()?);
        }
        self.last = Some(window.clone());
        Some(window)
    }
}
