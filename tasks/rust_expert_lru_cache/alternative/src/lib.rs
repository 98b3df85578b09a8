//! The same cache as slots in a vector that are linked by their numbers; deadlines wait in a heap and may be stale.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;
use std::time::Duration;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedWeight(pub u64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub hits: u64,
    pub misses: u64,
    pub evicted: u64,
    pub expired: u64,
}

const NONE: usize = usize::MAX;

struct Slot<K, V> {
    key: K,
    value: V,
    weight: u64,
    idle: Option<Duration>,
    until: Duration,
    serial: u64,
    pinned: bool,
    newer: usize,
    older: usize,
}

/// One of the two lists that slots are linked in: those that may be evicted, and those that are pinned.
#[derive(Clone, Copy)]
struct Ends {
    newest: usize,
    oldest: usize,
}

pub struct LruCache<K, V, C> {
    clock: C,
    limit: u64,
    slots: Vec<Option<Slot<K, V>>>,
    free: Vec<usize>,
    index: HashMap<K, usize>,
    lists: [Ends; 2],
    due: BinaryHeap<Reverse<(Duration, u64, usize)>>,
    serial: u64,
    total: u64,
    pinned: u64,
    stats: Stats,
}

impl<K: Hash + Eq + Clone, V, C: Clock> LruCache<K, V, C> {
    pub fn new(limit: u64, clock: C) -> Self {
        let empty = Ends { newest: NONE, oldest: NONE };
        LruCache {
            clock,
            limit,
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            lists: [empty, empty],
            due: BinaryHeap::new(),
            serial: 0,
            total: 0,
            pinned: 0,
            stats: Stats::default(),
        }
    }

    fn slot(&self, at: usize) -> &Slot<K, V> {
        self.slots[at].as_ref().expect("a slot in use")
    }

    fn slot_mut(&mut self, at: usize) -> &mut Slot<K, V> {
        self.slots[at].as_mut().expect("a slot in use")
    }

    fn unlink(&mut self, at: usize) {
        let (newer, older, list) = {
            let slot = self.slot(at);
            (slot.newer, slot.older, usize::from(slot.pinned))
        };
        if newer == NONE {
            self.lists[list].newest = older;
        } else {
            self.slot_mut(newer).older = older;
        }
        if older == NONE {
            self.lists[list].oldest = newer;
        } else {
            self.slot_mut(older).newer = newer;
        }
    }

    /// Links a slot in at the place that its serial number has in its list; the newest are looked at first.
    fn link(&mut self, at: usize) {
        let list = usize::from(self.slot(at).pinned);
        let serial = self.slot(at).serial;
        let (mut newer, mut older) = (NONE, self.lists[list].newest);
        while older != NONE && self.slot(older).serial > serial {
            newer = older;
            older = self.slot(older).older;
        }
        {
            let slot = self.slot_mut(at);
            slot.newer = newer;
            slot.older = older;
        }
        if newer == NONE {
            self.lists[list].newest = at;
        } else {
            self.slot_mut(newer).older = at;
        }
        if older == NONE {
            self.lists[list].oldest = at;
        } else {
            self.slot_mut(older).newer = at;
        }
    }

    fn free(&mut self, at: usize) -> (K, V) {
        self.unlink(at);
        let slot = self.slots[at].take().expect("a slot in use");
        self.index.remove(&slot.key);
        self.free.push(at);
        self.total -= slot.weight;
        if slot.pinned {
            self.pinned -= slot.weight;
        }
        (slot.key, slot.value)
    }

    fn tidy(&mut self) -> Duration {
        let now = self.clock.now();
        while let Some(Reverse((until, serial, at))) = self.due.peek().copied() {
            if until > now {
                break;
            }
            self.due.pop();
            if self.slots[at].as_ref().is_some_and(|slot| slot.serial == serial && slot.until == until) {
                self.free(at);
                self.stats.expired += 1;
            } else if let Some(slot) = &self.slots[at] {
                // A slot that was used since is due later; it has another item in the heap.
                debug_assert!(slot.until >= until || slot.serial != serial);
            }
        }
        now
    }

    fn make_room(&mut self, most: u64) -> Vec<(K, V)> {
        let mut gone = vec![];
        while self.total > most && self.lists[0].oldest != NONE {
            gone.push(self.free(self.lists[0].oldest));
        }
        self.stats.evicted += gone.len() as u64;
        gone
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn wait_for(&mut self, at: usize) {
        let (until, serial) = (self.slot(at).until, self.slot(at).serial);
        if until < Duration::MAX {
            self.due.push(Reverse((until, serial, at)));
        }
    }

    pub fn insert(
        &mut self,
        key: K,
        value: V,
        weight: u64,
        expiry: Expiry,
    ) -> Result<Inserted<K, V>, Refused<V>> {
        let now = self.tidy();
        let Some(rest) = self.limit.checked_sub(weight) else {
            return Err(Refused { value, reason: Reason::TooHeavy });
        };
        let old = self.index.get(&key).copied();
        let pinned = old.map_or(false, |at| self.slot(at).pinned);
        let others = self.pinned - old.filter(|_| pinned).map_or(0, |at| self.slot(at).weight);
        if others > rest {
            return Err(Refused { value, reason: Reason::Pinned });
        }
        let replaced = old.map(|at| self.free(at).1);
        let evicted = self.make_room(rest);
        let (idle, lifetime) = match expiry {
            Expiry::Never => (None, Duration::MAX),
            Expiry::After(time) => (None, time),
            Expiry::Idle(time) => (Some(time), time),
        };
        let serial = self.next_serial();
        let slot = Slot {
            key: key.clone(),
            value,
            weight,
            idle,
            until: now.saturating_add(lifetime),
            serial,
            pinned,
            newer: NONE,
            older: NONE,
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at] = Some(slot);
                at
            }
            None => {
                self.slots.push(Some(slot));
                self.slots.len() - 1
            }
        };
        self.index.insert(key, at);
        self.total += weight;
        self.pinned += if pinned { weight } else { 0 };
        self.link(at);
        self.wait_for(at);
        Ok(Inserted { replaced, evicted })
    }

    pub fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let now = self.tidy();
        match self.index.get(key).copied() {
            None => {
                self.stats.misses += 1;
                None
            }
            Some(at) => {
                self.stats.hits += 1;
                self.unlink(at);
                let serial = self.next_serial();
                let slot = self.slot_mut(at);
                slot.serial = serial;
                if let Some(time) = slot.idle {
                    slot.until = now.saturating_add(time);
                }
                self.link(at);
                self.wait_for(at);
                Some(&self.slot(at).value)
            }
        }
    }

    fn live(&self) -> impl Iterator<Item = &Slot<K, V>> {
        let now = self.clock.now();
        self.slots.iter().flatten().filter(move |slot| slot.until > now || slot.until == Duration::MAX)
    }

    pub fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let slot = self.slot(*self.index.get(key)?);
        (slot.until > self.clock.now() || slot.until == Duration::MAX).then_some(&slot.value)
    }

    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.peek(key).is_some()
    }

    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.tidy();
        let at = self.index.get(key).copied()?;
        Some(self.free(at).1)
    }

    fn hold<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, pinned: bool) -> bool
    where
        K: Borrow<Q>,
    {
        self.tidy();
        let Some(at) = self.index.get(key).copied() else {
            return false;
        };
        let weight = self.slot(at).weight;
        match (self.slot(at).pinned, pinned) {
            (false, true) => self.pinned += weight,
            (true, false) => self.pinned -= weight,
            _ => return true,
        }
        self.unlink(at);
        self.slot_mut(at).pinned = pinned;
        self.link(at);
        true
    }

    pub fn pin<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.hold(key, true)
    }

    pub fn unpin<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.hold(key, false)
    }

    pub fn resize(&mut self, limit: u64) -> Result<Vec<(K, V)>, PinnedWeight> {
        self.tidy();
        if limit < self.pinned {
            return Err(PinnedWeight(self.pinned));
        }
        self.limit = limit;
        Ok(self.make_room(limit))
    }

    pub fn len(&self) -> usize {
        self.live().count()
    }

    pub fn is_empty(&self) -> bool {
        self.live().next().is_none()
    }

    pub fn weight(&self) -> u64 {
        self.live().map(|slot| slot.weight).sum()
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut found: Vec<_> = self.live().collect();
        found.sort_by_key(|slot| Reverse(slot.serial));
        found.into_iter().map(|slot| (&slot.key, &slot.value))
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }
}
