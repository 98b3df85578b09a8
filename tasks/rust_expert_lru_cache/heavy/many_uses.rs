//! Two hundred thousand uses of a cache of some thousand entries, by a clock that moves on.

use lru_cache::{Clock, Expiry, LruCache};
use std::cell::Cell;
use std::time::Duration;

struct Steps(Cell<u64>);

impl Clock for &Steps {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.get())
    }
}

pub fn heavy() -> String {
    let clock = Steps(Cell::new(0));
    let mut cache = LruCache::new(6_000, &clock);
    let mut sum = 0u64;
    for step in 0..200_000u64 {
        clock.0.set(step);
        let key = (step * 7_919) % 5_003;
        let expiry = match step % 3 {
            0 => Expiry::Never,
            1 => Expiry::After(Duration::from_millis(20_000)),
            _ => Expiry::Idle(Duration::from_millis(9_000)),
        };
        if let Ok(inserted) = cache.insert(key, step, 1 + key % 3, expiry) {
            sum += inserted.evicted.len() as u64;
        }
        sum += cache.get(&((step * 104_729) % 5_003)).copied().unwrap_or(1) % 1_000;
    }
    format!("{} {} {} {:?}", sum, cache.len(), cache.weight(), cache.stats())
}
