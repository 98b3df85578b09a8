//! A cache with a limit of weight, expiry by a clock that is handed in, and pins.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
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

/// When an entry was last used: a number that only grows.
type Tick = u64;

struct Entry<V> {
    value: V,
    weight: u64,
    expiry: Expiry,
    deadline: Option<Duration>,
    tick: Tick,
    pinned: bool,
}

impl<V> Entry<V> {
    fn is_live(&self, now: Duration) -> bool {
        self.deadline.map_or(true, |deadline| now < deadline)
    }
}

/// Entries by key. Three indexes follow them: by use (all, and those that may be evicted) and by deadline.
pub struct LruCache<K, V, C> {
    clock: C,
    limit: u64,
    next_tick: Tick,
    entries: HashMap<K, Entry<V>>,
    by_use: BTreeMap<Tick, K>,
    evictable: BTreeSet<Tick>,
    deadlines: BTreeSet<(Duration, Tick)>,
    weight: u64,
    pinned_weight: u64,
    stats: Stats,
}

fn deadline_of(expiry: Expiry, now: Duration) -> Option<Duration> {
    match expiry {
        Expiry::Never => None,
        Expiry::After(time) | Expiry::Idle(time) => now.checked_add(time),
    }
}

impl<K: Hash + Eq + Clone, V, C: Clock> LruCache<K, V, C> {
    pub fn new(limit: u64, clock: C) -> Self {
        LruCache {
            clock,
            limit,
            next_tick: 0,
            entries: HashMap::new(),
            by_use: BTreeMap::new(),
            evictable: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            weight: 0,
            pinned_weight: 0,
            stats: Stats::default(),
        }
    }

    pub fn insert(
        &mut self,
        key: K,
        value: V,
        weight: u64,
        expiry: Expiry,
    ) -> Result<Inserted<K, V>, Refused<V>> {
        let now = self.purge();
        if weight > self.limit {
            return Err(Refused { value, reason: Reason::TooHeavy });
        }
        let before = self.entries.get(&key);
        let pinned = before.is_some_and(|entry| entry.pinned);
        let own_pinned = before.map_or(0, |entry| if entry.pinned { entry.weight } else { 0 });
        if self.pinned_weight - own_pinned > self.limit - weight {
            return Err(Refused { value, reason: Reason::Pinned });
        }
        let replaced = self.take(&key).map(|(_, entry)| entry.value);
        let evicted = self.evict_down_to(self.limit - weight);
        let deadline = deadline_of(expiry, now);
        let tick = self.next_tick;
        self.next_tick += 1;
        self.put(key, Entry { value, weight, expiry, deadline, tick, pinned });
        Ok(Inserted { replaced, evicted })
    }

    pub fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let now = self.purge();
        let Some((owned, mut entry)) = self.take(key) else {
            self.stats.misses += 1;
            return None;
        };
        self.stats.hits += 1;
        if let Expiry::Idle(_) = entry.expiry {
            entry.deadline = deadline_of(entry.expiry, now);
        }
        entry.tick = self.next_tick;
        self.next_tick += 1;
        self.put(owned, entry);
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let now = self.clock.now();
        self.entries.get(key).filter(|entry| entry.is_live(now)).map(|entry| &entry.value)
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
        self.purge();
        self.take(key).map(|(_, entry)| entry.value)
    }

    pub fn pin<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.set_pinned(key, true)
    }

    pub fn unpin<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.set_pinned(key, false)
    }

    pub fn resize(&mut self, limit: u64) -> Result<Vec<(K, V)>, PinnedWeight> {
        self.purge();
        if self.pinned_weight > limit {
            return Err(PinnedWeight(self.pinned_weight));
        }
        self.limit = limit;
        Ok(self.evict_down_to(limit))
    }

    pub fn len(&self) -> usize {
        self.entries.len() - self.expired_now().count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn weight(&self) -> u64 {
        self.weight - self.expired_now().map(|tick| self.entries[&self.by_use[&tick]].weight).sum::<u64>()
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let now = self.clock.now();
        self.by_use.values().rev().filter_map(move |key| {
            let entry = &self.entries[key];
            entry.is_live(now).then_some((key, &entry.value))
        })
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    fn expired_now(&self) -> impl Iterator<Item = Tick> + '_ {
        let now = self.clock.now();
        self.deadlines.iter().take_while(move |(deadline, _)| *deadline <= now).map(|(_, tick)| *tick)
    }

    /// Removes what has expired; the time that it was removed at.
    fn purge(&mut self) -> Duration {
        let now = self.clock.now();
        while let Some(&(deadline, tick)) = self.deadlines.first() {
            if deadline > now {
                break;
            }
            let key = self.by_use[&tick].clone();
            self.take(&key);
            self.stats.expired += 1;
        }
        now
    }

    fn evict_down_to(&mut self, most: u64) -> Vec<(K, V)> {
        let mut evicted = Vec::new();
        while self.weight > most {
            let Some(tick) = self.evictable.first() else { break };
            let key = self.by_use[tick].clone();
            if let Some((key, entry)) = self.take(&key) {
                self.stats.evicted += 1;
                evicted.push((key, entry.value));
            }
        }
        evicted
    }

    fn set_pinned<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, pinned: bool) -> bool
    where
        K: Borrow<Q>,
    {
        self.purge();
        let Some((owned, mut entry)) = self.take(key) else { return false };
        entry.pinned = pinned;
        self.put(owned, entry);
        true
    }

    /// Takes an entry out of the map and all indexes.
    fn take<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<(K, Entry<V>)>
    where
        K: Borrow<Q>,
    {
        let (key, entry) = self.entries.remove_entry(key)?;
        self.by_use.remove(&entry.tick);
        self.evictable.remove(&entry.tick);
        if let Some(deadline) = entry.deadline {
            self.deadlines.remove(&(deadline, entry.tick));
        }
        self.weight -= entry.weight;
        if entry.pinned {
            self.pinned_weight -= entry.weight;
        }
        Some((key, entry))
    }

    /// Puts an entry into the map and all indexes.
    fn put(&mut self, key: K, entry: Entry<V>) {
        self.by_use.insert(entry.tick, key.clone());
        if let Some(deadline) = entry.deadline {
            self.deadlines.insert((deadline, entry.tick));
        }
        self.weight += entry.weight;
        if entry.pinned {
            self.pinned_weight += entry.weight;
        } else {
            self.evictable.insert(entry.tick);
        }
        self.entries.insert(key, entry);
    }
}
