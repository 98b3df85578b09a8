//! A cache with a limit of weight, expiry by a clock that is handed in, and pins.

use std::borrow::Borrow;
use std::hash::Hash;
use std::marker::PhantomData;
use std::time::Duration;

/// Where the cache has its time from.
pub trait Clock {
    fn now(&self) -> Duration;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    Never,
    After(Duration),
    Idle(Duration),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Inserted<K, V> {
    pub replaced: Option<V>,
    pub evicted: Vec<(K, V)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    TooHeavy,
    Pinned,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Refused<V> {
    pub value: V,
    pub reason: Reason,
}

/// The sum of the weights that are pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedWeight(pub u64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub hits: u64,
    pub misses: u64,
    pub evicted: u64,
    pub expired: u64,
}

pub struct LruCache<K, V, C> {
    clock: C,
    entries: PhantomData<(K, V)>,
}

impl<K: Hash + Eq + Clone, V, C: Clock> LruCache<K, V, C> {
    pub fn new(limit: u64, clock: C) -> Self {
        let _ = limit;
        LruCache { clock, entries: PhantomData }
    }

    pub fn insert(
        &mut self,
        key: K,
        value: V,
        weight: u64,
        expiry: Expiry,
    ) -> Result<Inserted<K, V>, Refused<V>> {
        let _ = (key, value, weight, expiry, self.clock.now());
        todo!()
    }

    pub fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let _ = key;
        todo!()
    }

    pub fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let _ = key;
        todo!()
    }

    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let _ = key;
        todo!()
    }

    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let _ = key;
        todo!()
    }

    pub fn pin<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let _ = key;
        todo!()
    }

    pub fn unpin<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let _ = key;
        todo!()
    }

    pub fn resize(&mut self, limit: u64) -> Result<Vec<(K, V)>, PinnedWeight> {
        let _ = limit;
        todo!()
    }

    pub fn len(&self) -> usize {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        todo!()
    }

    pub fn weight(&self) -> u64 {
        todo!()
    }

    pub fn limit(&self) -> u64 {
        todo!()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        std::iter::empty()
    }

    pub fn stats(&self) -> Stats {
        todo!()
    }
}
