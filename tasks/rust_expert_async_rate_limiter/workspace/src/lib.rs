//! A token bucket that futures wait for in the order in which they came.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Where the limiter has its time from.
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
        out.write_str(match self {
            AcquireError::TooMany => "more tokens than the bucket holds",
            AcquireError::Closed => "the limiter is closed",
        })
    }
}

impl std::error::Error for AcquireError {}

#[derive(Clone)]
pub struct RateLimiter {
    clock: Arc<dyn Clock>,
}

pub struct Acquire {
    limiter: RateLimiter,
}

impl RateLimiter {
    pub fn new(capacity: u32, interval: Duration, clock: Arc<dyn Clock>) -> RateLimiter {
        let _ = (capacity, interval);
        RateLimiter { clock }
    }

    pub fn acquire(&self, n: u32) -> Acquire {
        let _ = n;
        Acquire { limiter: self.clone() }
    }

    pub fn try_acquire(&self, n: u32) -> bool {
        let _ = (n, self.clock.now());
        todo!()
    }

    pub fn available(&self) -> u32 {
        todo!()
    }

    pub fn waiting(&self) -> usize {
        todo!()
    }

    pub fn tick(&self) -> usize {
        todo!()
    }

    pub fn next_wake(&self) -> Option<Duration> {
        todo!()
    }

    pub fn close(&self) {
        todo!()
    }
}

impl Future for Acquire {
    type Output = Result<(), AcquireError>;

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Self::Output> {
        let _ = &self.limiter;
        todo!()
    }
}
