//! Each waiter is a ticket that queue and future share; the bucket is counted as the time at which it will be full.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub trait Clock: Send + Sync {
    fn now(&self) -> Duration;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    TooMany,
    Closed,
}

impl fmt::Display for AcquireError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AcquireError::TooMany => out.write_str("more tokens than the bucket holds"),
            AcquireError::Closed => out.write_str("the limiter is closed"),
        }
    }
}

impl std::error::Error for AcquireError {}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Waits,
    Granted,
    Refused,
}

struct Ticket {
    fate: Mutex<Fate>,
    waker: Mutex<Waker>,
    n: u32,
}

struct Bucket {
    capacity: u128,
    interval: u128,
    /// When the bucket will be full; in the past, it is full already.
    full_at: u128,
    now: u128,
    queue: VecDeque<Arc<Ticket>>,
    closed: bool,
}

impl Bucket {
    fn tokens(&self) -> u128 {
        let missing = self.full_at.saturating_sub(self.now);
        self.capacity - (missing + self.interval - 1) / self.interval
    }

    fn take(&mut self, n: u32) {
        self.full_at = self.full_at.max(self.now) + u128::from(n) * self.interval;
    }

    fn give(&mut self, n: u32) {
        self.full_at = self.full_at.saturating_sub(u128::from(n) * self.interval);
    }

    fn serve(&mut self) -> Vec<Arc<Ticket>> {
        let mut served = vec![];
        while let Some(head) = self.queue.front() {
            if u128::from(head.n) > self.tokens() {
                break;
            }
            let head = self.queue.pop_front().unwrap();
            self.take(head.n);
            *head.fate.lock().unwrap() = Fate::Granted;
            served.push(head);
        }
        served
    }
}

#[derive(Clone)]
pub struct RateLimiter {
    clock: Arc<dyn Clock>,
    bucket: Arc<Mutex<Bucket>>,
}

impl RateLimiter {
    pub fn new(capacity: u32, interval: Duration, clock: Arc<dyn Clock>) -> RateLimiter {
        if capacity == 0 || interval == Duration::ZERO {
            panic!("neither capacity nor interval may be 0");
        }
        let bucket = Bucket {
            capacity: capacity.into(),
            interval: interval.as_nanos(),
            full_at: 0,
            now: 0,
            queue: VecDeque::new(),
            closed: false,
        };
        RateLimiter { clock, bucket: Arc::new(Mutex::new(bucket)) }
    }

    /// Does something with the bucket, before and after which waiters are served; then wakes them, unlocked.
    fn with<T>(&self, act: impl FnOnce(&mut Bucket, &mut Vec<Arc<Ticket>>) -> T) -> (T, usize) {
        let mut bucket = self.bucket.lock().unwrap();
        bucket.now = bucket.now.max(self.clock.now().as_nanos());
        let mut woken = bucket.serve();
        let result = act(&mut bucket, &mut woken);
        woken.extend(bucket.serve());
        drop(bucket);
        for ticket in &woken {
            let waker = ticket.waker.lock().unwrap().clone();
            waker.wake();
        }
        (result, woken.len())
    }

    pub fn acquire(&self, n: u32) -> Acquire {
        Acquire { limiter: self.clone(), n, ticket: None }
    }

    pub fn try_acquire(&self, n: u32) -> bool {
        let act = |bucket: &mut Bucket, _: &mut Vec<_>| {
            if bucket.closed {
                return false;
            }
            let covered = n == 0 || (bucket.queue.is_empty() && u128::from(n) <= bucket.tokens());
            if covered {
                bucket.take(n);
            }
            covered
        };
        self.with(act).0
    }

    pub fn available(&self) -> u32 {
        self.with(|bucket, _| bucket.tokens() as u32).0
    }

    pub fn waiting(&self) -> usize {
        self.with(|bucket, _| bucket.queue.len()).0
    }

    pub fn tick(&self) -> usize {
        self.with(|_, _| ()).1
    }

    pub fn next_wake(&self) -> Option<Duration> {
        let nanos = self.with(|bucket, _| {
            let spare = bucket.capacity - u128::from(bucket.queue.front()?.n);
            Some(bucket.full_at - spare * bucket.interval)
        });
        let nanos = nanos.0?;
        Some(Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32))
    }

    pub fn close(&self) {
        self.with(|bucket, woken| {
            bucket.closed = true;
            for ticket in bucket.queue.drain(..) {
                *ticket.fate.lock().unwrap() = Fate::Refused;
                woken.push(ticket);
            }
        });
    }
}

pub struct Acquire {
    limiter: RateLimiter,
    n: u32,
    ticket: Option<Arc<Ticket>>,
}

impl Future for Acquire {
    type Output = Result<(), AcquireError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let (n, ticket) = (this.n, &mut this.ticket);
        let (result, _) = this.limiter.with(|bucket, _| {
            if let Some(waits) = ticket {
                let fate = *waits.fate.lock().unwrap();
                if fate == Fate::Waits {
                    *waits.waker.lock().unwrap() = context.waker().clone();
                    return Poll::Pending;
                }
                *ticket = None;
                return Poll::Ready(if fate == Fate::Granted { Ok(()) } else { Err(AcquireError::Closed) });
            }
            if u128::from(n) > bucket.capacity {
                Poll::Ready(Err(AcquireError::TooMany))
            } else if bucket.closed {
                Poll::Ready(Err(AcquireError::Closed))
            } else if n == 0 {
                Poll::Ready(Ok(()))
            } else if bucket.queue.is_empty() && u128::from(n) <= bucket.tokens() {
                bucket.take(n);
                Poll::Ready(Ok(()))
            } else {
                let waker = Mutex::new(context.waker().clone());
                let new = Arc::new(Ticket { fate: Mutex::new(Fate::Waits), waker, n });
                bucket.queue.push_back(new.clone());
                *ticket = Some(new);
                Poll::Pending
            }
        });
        result
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.limiter.with(|bucket, _| {
                bucket.queue.retain(|each| !Arc::ptr_eq(each, &ticket));
                if *ticket.fate.lock().unwrap() == Fate::Granted {
                    bucket.give(ticket.n);
                }
            });
        }
    }
}
