//! Maps an iterator's items in several threads and gives the results in order.

use std::marker::PhantomData;

/// The results, in the order of the input.
pub struct Ordered<R> {
    results: PhantomData<R>,
}

/// Calls `work` for each item in `workers` threads, at most `window` items ahead of the one who reads.
pub fn ordered_map<I, R, F>(input: I, workers: usize, window: usize, work: F) -> Ordered<R>
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
    R: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
{
    let _ = (input.into_iter(), workers, window, work);
    todo!()
}

impl<R> Iterator for Ordered<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        todo!()
    }
}
