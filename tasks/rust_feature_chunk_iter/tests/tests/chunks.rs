use chunk_iter::*;
use std::cell::Cell;

/// Counts what is taken, and goes on after its first end.
struct Flaky<'a> {
    taken: &'a Cell<u32>,
    ends: &'a Cell<u32>,
    at: u32,
    end: u32,
}

impl<'a> Flaky<'a> {
    fn new(taken: &'a Cell<u32>, ends: &'a Cell<u32>, end: u32) -> Self {
        Flaky { taken, ends, at: 0, end }
    }
}

impl Iterator for Flaky<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at == self.end && self.ends.get() == 0 {
            self.ends.set(1);
            return None;
        }
        if self.ends.get() > 0 {
            self.ends.set(self.ends.get() + 1);
        }
        self.at += 1;
        self.taken.set(self.taken.get() + 1);
        Some(self.at)
    }
}

#[derive(Debug, PartialEq)]
struct Owned(u64);

fn owned(values: &[u64]) -> std::vec::IntoIter<Owned> {
    values.iter().map(|&value| Owned(value)).collect::<Vec<_>>().into_iter()
}

fn bare(chunks: Vec<Vec<Owned>>) -> Vec<Vec<u64>> {
    chunks.into_iter().map(|chunk| chunk.into_iter().map(|each| each.0).collect()).collect()
}

#[test]
fn counts_out_chunks_and_a_shorter_last() {
    assert_eq!(bare(owned(&[1, 2, 3, 4, 5]).chunks_of(2).collect()), [vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!((0..4).chunks_of(2).last(), Some(vec![2, 3]));
    assert_eq!((0..0).chunks_of(3).next(), None);
    assert_eq!((0..2).chunks_of(usize::MAX).collect::<Vec<_>>(), [vec![0, 1]]);
}

#[test]
fn hint_is_divided_and_rounded_up() {
    assert_eq!((0..10).filter(|n| n % 2 == 0).chunks_of(3).size_hint(), (0, Some(4)));
    assert_eq!((0..).chunks_of(7).size_hint().1, None);
    assert_eq!((0..9).chunks_of(3).size_hint(), (3, Some(3)));
}

#[test]
fn knows_its_length_at_every_step() {
    let mut chunks = owned(&[9; 7]).chunks_of(3);
    let mut lengths = vec![chunks.len()];
    while chunks.next().is_some() {
        lengths.push(chunks.len());
    }
    assert_eq!(lengths, [3, 2, 1, 0]);
}

#[test]
fn counted_chunks_take_only_what_they_give() {
    let (taken, ends) = (Cell::new(0), Cell::new(0));
    let mut chunks = Flaky::new(&taken, &ends, 9).chunks_of(4);
    assert_eq!(taken.get(), 0);
    chunks.next();
    assert_eq!(taken.get(), 4);
    chunks.next();
    assert_eq!((taken.get(), ends.get()), (8, 0));
}

#[test]
fn no_source_is_asked_after_its_end() {
    fn ask(cut: impl FnOnce(Flaky<'_>) -> Box<dyn Iterator<Item = Vec<u32>> + '_>) {
        let (taken, ends) = (Cell::new(0), Cell::new(0));
        let mut chunks = cut(Flaky::new(&taken, &ends, 5));
        let given = chunks.by_ref().count();
        assert!(given > 0);
        for _ in 0..3 {
            assert_eq!(chunks.next(), None);
        }
        drop(chunks);
        assert_eq!((taken.get(), ends.get()), (5, 1));
    }
    ask(|source| Box::new(source.chunks_of(2)));
    ask(|source| Box::new(source.chunk_while(|a, b| a / 2 == b / 2)));
    ask(|source| Box::new(source.chunk_by_weight(4, |&each| each.into())));
    ask(|source| Box::new(source.windows_of(2, 1)));
    ask(|source| Box::new(source.windows_of(2, 5)));
}

#[test]
fn neighbours_are_compared_with_the_item_before() {
    let rising = owned(&[1, 2, 3, 7, 8, 4, 5, 6, 6]).chunk_while(|a, b| a.0 + 1 == b.0);
    assert_eq!(bare(rising.collect()), [vec![1, 2, 3], vec![7, 8], vec![4, 5, 6], vec![6]]);
}

#[test]
fn each_pair_is_compared_once() {
    let mut pairs = Vec::new();
    let chunks = [1, 1, 2, 3].into_iter().chunk_while(|a, b| {
        pairs.push((*a, *b));
        a == b
    });
    assert_eq!(chunks.count(), 3);
    assert_eq!(pairs, [(1, 1), (1, 2), (2, 3)]);
}

#[test]
fn no_items_are_no_chunks() {
    assert_eq!(owned(&[]).chunk_while(|_, _| true).next(), None);
    assert_eq!(owned(&[]).chunk_by_weight(5, |each| each.0).next(), None);
    assert_eq!(owned(&[7]).chunk_while(|_, _| false).collect::<Vec<_>>(), [[Owned(7)]]);
}

#[test]
fn one_item_ahead_and_no_more() {
    let (taken, ends) = (Cell::new(0), Cell::new(0));
    let mut chunks = Flaky::new(&taken, &ends, 9).chunk_while(|_, b| b % 3 != 0);
    assert_eq!(taken.get(), 0);
    assert_eq!(chunks.next(), Some(vec![1, 2]));
    assert_eq!(taken.get(), 3);
    let (taken, ends) = (Cell::new(0), Cell::new(0));
    let mut chunks = Flaky::new(&taken, &ends, 9).chunk_by_weight(3, |_| 1);
    assert_eq!(taken.get(), 0);
    assert_eq!(chunks.next(), Some(vec![1, 2, 3]));
    assert!(taken.get() <= 4);
}

#[test]
fn weights_fill_up_to_the_limit() {
    let chunks = owned(&[3, 2, 5, 0, 1, 4, 4, 1]).chunk_by_weight(5, |each| each.0);
    assert_eq!(bare(chunks.collect()), [vec![3, 2], vec![5, 0], vec![1, 4], vec![4, 1]]);
}

#[test]
fn too_heavy_items_stand_alone() {
    let chunks = owned(&[1, 9, 0, 1, 7, 8, 0, 0, 2]).chunk_by_weight(5, |each| each.0);
    assert_eq!(
        bare(chunks.collect()),
        [vec![1], vec![9], vec![0, 1], vec![7], vec![8], vec![0, 0, 2]]
    );
    let none = owned(&[0, 0, 1, 0]).chunk_by_weight(0, |each| each.0);
    assert_eq!(bare(none.collect()), [vec![0, 0], vec![1], vec![0]]);
}

#[test]
fn weights_do_not_overflow_and_are_asked_once() {
    let mut asked = 0;
    let most = u64::MAX;
    let chunks = owned(&[most, 1, most - 1, 1]).chunk_by_weight(most, |each| {
        asked += 1;
        each.0
    });
    assert_eq!(bare(chunks.collect()), [vec![most], vec![1, most - 1], vec![1]]);
    assert_eq!(asked, 4);
}

#[test]
fn windows_overlap_touch_or_skip() {
    let windows = |size, step| (1..=8).windows_of(size, step).collect::<Vec<_>>();
    assert_eq!(windows(6, 1), [[1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8]]);
    assert_eq!(windows(3, 2), [[1, 2, 3], [3, 4, 5], [5, 6, 7]]);
    assert_eq!(windows(4, 4), [[1, 2, 3, 4], [5, 6, 7, 8]]);
    assert_eq!(windows(1, 3), [[1], [4], [7]]);
    assert_eq!(windows(2, 5), [[1, 2], [6, 7]]);
    assert_eq!(windows(9, 1), Vec::<Vec<i32>>::new());
}

#[test]
fn windows_take_nothing_beyond_themselves() {
    let (taken, ends) = (Cell::new(0), Cell::new(0));
    let mut windows = Flaky::new(&taken, &ends, 20).windows_of(3, 5);
    assert_eq!(taken.get(), 0);
    windows.next();
    assert_eq!(taken.get(), 3);
    assert_eq!(windows.next(), Some(vec![6, 7, 8]));
    assert_eq!(taken.get(), 8);
}

#[test]
fn zero_is_refused_at_once() {
    fn refused(call: fn()) {
        let caught = std::panic::catch_unwind(call).expect_err("0 was accepted");
        let text = caught.downcast_ref::<String>().cloned();
        let text = text.or_else(|| caught.downcast_ref::<&str>().map(|text| text.to_string()));
        assert!(text.unwrap().contains("must be at least 1"));
    }
    refused(|| drop((0..3).chunks_of(0)));
    refused(|| drop((0..3).windows_of(0, 1)));
    refused(|| drop((0..3).windows_of(1, 0)));
}
