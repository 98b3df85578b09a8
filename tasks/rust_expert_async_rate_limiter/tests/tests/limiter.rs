use rate_limiter::{Acquire, AcquireError, Clock, RateLimiter};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{mpsc, Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Hand(AtomicU64);

impl Hand {
    fn at(&self, nanos: u64) {
        self.0.store(nanos, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// A bucket with a token each ten nanoseconds.
fn limiter(capacity: u32) -> (RateLimiter, Arc<Hand>) {
    let hand = Arc::new(Hand::default());
    (RateLimiter::new(capacity, Duration::from_nanos(10), hand.clone()), hand)
}

#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future with the bell that its waker rings.
struct Polled {
    future: Acquire,
    bell: Arc<Bell>,
}

impl Polled {
    fn new(limiter: &RateLimiter, n: u32) -> Polled {
        Polled { future: limiter.acquire(n), bell: Arc::default() }
    }

    /// Polled once and pending.
    fn waiting(limiter: &RateLimiter, n: u32) -> Polled {
        let mut polled = Polled::new(limiter, n);
        assert_eq!(polled.poll(), Poll::Pending);
        polled
    }

    fn poll(&mut self) -> Poll<Result<(), AcquireError>> {
        let waker = Waker::from(self.bell.clone());
        Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker))
    }

    fn rung(&self) -> u32 {
        self.bell.0.load(Ordering::SeqCst)
    }
}

const DONE: Poll<Result<(), AcquireError>> = Poll::Ready(Ok(()));

#[test]
fn a_full_bucket_gives_at_once() {
    let (limiter, _) = limiter(5);
    assert_eq!(Polled::new(&limiter, 3).poll(), DONE);
    assert_eq!(limiter.available(), 2);
    assert!(limiter.try_acquire(2) && !limiter.try_acquire(1));
    assert_eq!((limiter.available(), limiter.waiting()), (0, 0));
}

#[test]
fn begun_intervals_are_kept_however_often_one_looks() {
    let (limiter, hand) = limiter(4);
    hand.at(1003);
    assert!(limiter.try_acquire(4));
    let mut seen = vec![];
    for time in [1012, 1013, 1022, 1023, 1042, 1043, 1090] {
        hand.at(time);
        seen.push(limiter.available());
    }
    assert_eq!(seen, [0, 1, 1, 2, 3, 4, 4]);
}

#[test]
fn no_time_is_counted_while_full() {
    let (limiter, hand) = limiter(2);
    assert!(limiter.try_acquire(1));
    hand.at(17);
    assert_eq!(limiter.available(), 2);
    hand.at(19);
    assert!(limiter.try_acquire(2));
    hand.at(28);
    assert_eq!(limiter.available(), 0);
    hand.at(29);
    assert_eq!(limiter.available(), 1);
}

#[test]
fn a_waiter_is_granted_by_tick_and_woken_once() {
    let (limiter, hand) = limiter(2);
    assert!(limiter.try_acquire(2));
    let mut first = Polled::waiting(&limiter, 1);
    hand.at(9);
    assert_eq!((limiter.tick(), first.rung()), (0, 0));
    hand.at(10);
    assert_eq!((limiter.tick(), first.rung()), (1, 1));
    assert_eq!((limiter.tick(), limiter.waiting(), limiter.available()), (0, 0, 0));
    assert_eq!(first.poll(), DONE);
    drop(first);
    assert_eq!(limiter.available(), 0);
}

#[test]
fn any_call_grants() {
    let (limiter, hand) = limiter(3);
    assert!(limiter.try_acquire(3));
    let mut waiters: Vec<_> = (0..4).map(|_| Polled::waiting(&limiter, 1)).collect();
    hand.at(10);
    assert_eq!((limiter.available(), waiters[0].rung()), (0, 1));
    hand.at(20);
    assert!(!limiter.try_acquire(1));
    assert_eq!(waiters[1].rung(), 1);
    hand.at(30);
    assert_eq!((waiters[3].poll(), waiters[2].rung()), (Poll::Pending, 1));
    hand.at(40);
    assert_eq!(waiters[3].poll(), DONE);
}

#[test]
fn first_come_first_served() {
    let (limiter, hand) = limiter(5);
    assert!(limiter.try_acquire(5));
    let large = Polled::waiting(&limiter, 4);
    let small = Polled::waiting(&limiter, 1);
    hand.at(30);
    assert_eq!((limiter.tick(), limiter.available(), limiter.waiting()), (0, 3, 2));
    assert!(!limiter.try_acquire(1));
    let mut late = Polled::waiting(&limiter, 1);
    hand.at(50);
    assert_eq!(limiter.tick(), 2);
    assert_eq!((large.rung(), small.rung(), late.poll()), (1, 1, Poll::Pending));
}

#[test]
fn the_place_is_that_of_the_first_poll() {
    let (limiter, hand) = limiter(1);
    assert!(limiter.try_acquire(1));
    let mut early = Polled::new(&limiter, 1);
    assert_eq!(limiter.waiting(), 0);
    let second = Polled::waiting(&limiter, 1);
    assert_eq!(early.poll(), Poll::Pending);
    hand.at(10);
    assert_eq!((limiter.tick(), second.rung(), early.rung()), (1, 1, 0));
}

#[test]
fn the_latest_waker_is_woken() {
    let (limiter, hand) = limiter(1);
    assert!(limiter.try_acquire(1));
    let mut moved = Polled::waiting(&limiter, 1);
    let old = std::mem::take(&mut moved.bell);
    assert_eq!(moved.poll(), Poll::Pending);
    hand.at(10);
    limiter.tick();
    assert_eq!((old.0.load(Ordering::SeqCst), moved.rung()), (0, 1));
}

#[test]
fn impossible_and_empty_requests() {
    let (limiter, _) = limiter(2);
    assert_eq!(Polled::new(&limiter, 3).poll(), Poll::Ready(Err(AcquireError::TooMany)));
    assert!(limiter.try_acquire(2));
    let _waiter = Polled::waiting(&limiter, 1);
    assert_eq!(Polled::new(&limiter, 0).poll(), DONE);
    assert!(limiter.try_acquire(0) && !limiter.try_acquire(7));
    limiter.close();
    assert_eq!(Polled::new(&limiter, 3).poll(), Poll::Ready(Err(AcquireError::TooMany)));
    assert_eq!(Polled::new(&limiter, 0).poll(), Poll::Ready(Err(AcquireError::Closed)));
    assert!(!limiter.try_acquire(0));
}

#[test]
fn dropping_the_head_lets_those_behind_go() {
    let (limiter, hand) = limiter(5);
    assert!(limiter.try_acquire(5));
    let head = Polled::waiting(&limiter, 5);
    let mut next = Polled::waiting(&limiter, 2);
    let last = Polled::waiting(&limiter, 1);
    hand.at(25);
    drop(head);
    assert_eq!((next.rung(), last.rung(), limiter.waiting()), (1, 0, 1));
    assert_eq!(next.poll(), DONE);
    drop(last);
    assert_eq!((limiter.waiting(), limiter.next_wake()), (0, None));
}

#[test]
fn a_grant_that_nobody_fetched_is_given_back() {
    let (limiter, hand) = limiter(4);
    assert!(limiter.try_acquire(4));
    let granted = Polled::waiting(&limiter, 3);
    let mut next = Polled::waiting(&limiter, 2);
    hand.at(30);
    assert_eq!(limiter.tick(), 1);
    drop(granted);
    assert_eq!((next.rung(), limiter.available()), (1, 1));
    hand.at(1000);
    assert_eq!(limiter.available(), 4);
    drop(Polled::new(&limiter, 3));
    assert_eq!(next.poll(), DONE);
    drop(next);
    assert_eq!(limiter.available(), 4);
    assert!(limiter.try_acquire(4));
    let unfetched = Polled::waiting(&limiter, 3);
    hand.at(1030);
    assert_eq!(limiter.tick(), 1);
    hand.at(1060);
    drop(unfetched);
    assert_eq!(limiter.available(), 4);
}

#[test]
fn the_next_wake_is_when_the_head_is_covered() {
    let (limiter, hand) = limiter(9);
    hand.at(7);
    assert_eq!(limiter.next_wake(), None);
    assert!(limiter.try_acquire(8));
    let mut head = Polled::waiting(&limiter, 4);
    let _behind = Polled::waiting(&limiter, 1);
    assert_eq!(limiter.next_wake(), Some(Duration::from_nanos(37)));
    hand.at(20);
    assert_eq!(limiter.next_wake(), Some(Duration::from_nanos(37)));
    hand.at(37);
    assert_eq!(limiter.next_wake(), Some(Duration::from_nanos(47)));
    assert_eq!(head.poll(), DONE);
}

#[test]
fn closing_wakes_those_who_wait_and_keeps_what_was_granted() {
    let (limiter, hand) = limiter(2);
    assert!(limiter.try_acquire(2));
    let mut granted = Polled::waiting(&limiter, 1);
    let mut waits = Polled::waiting(&limiter, 2);
    hand.at(10);
    limiter.close();
    limiter.close();
    assert_eq!((granted.rung(), waits.rung(), limiter.waiting()), (1, 1, 0));
    assert_eq!(granted.poll(), DONE);
    assert_eq!(waits.poll(), Poll::Ready(Err(AcquireError::Closed)));
    hand.at(90);
    assert!(!limiter.try_acquire(1));
    assert_eq!(Polled::new(&limiter, 1).poll(), Poll::Ready(Err(AcquireError::Closed)));
}

/// Calls the limiter and drops another future, as wakers may.
struct Meddler(RateLimiter, Mutex<Option<Polled>>, mpsc::Sender<usize>);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        drop(self.1.lock().unwrap().take());
        self.0.tick();
        self.2.send(self.0.waiting()).unwrap();
    }
}

#[test]
fn wakers_may_call_the_limiter() {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let (limiter, hand) = limiter(2);
        assert!(limiter.try_acquire(2));
        let mut future = limiter.acquire(1);
        let victim = Mutex::new(None);
        let meddler = Arc::new(Meddler(limiter.clone(), victim, sender));
        let waker = Waker::from(meddler.clone());
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        *meddler.1.lock().unwrap() = Some(Polled::waiting(&limiter, 1));
        hand.at(10);
        limiter.tick();
        assert_eq!(Pin::new(&mut future).poll(&mut context), DONE);
        let mut future = limiter.acquire(2);
        assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        *meddler.1.lock().unwrap() = Some(Polled::waiting(&limiter, 1));
        limiter.close();
    });
    for _ in 0..2 {
        assert_eq!(receiver.recv_timeout(Duration::from_secs(8)), Ok(0));
    }
}

#[test]
fn large_numbers_do_not_overflow() {
    let hand = Arc::new(Hand::default());
    let limiter = RateLimiter::new(u32::MAX, Duration::from_nanos(1), hand.clone());
    assert!(limiter.try_acquire(u32::MAX));
    hand.at(u64::MAX);
    assert_eq!(limiter.available(), u32::MAX);
    let slow = RateLimiter::new(u32::MAX, Duration::from_secs(7), hand);
    assert!(slow.try_acquire(u32::MAX));
    let _head = Polled::waiting(&slow, u32::MAX);
    let wanted = Duration::from_nanos(u64::MAX) + Duration::from_secs(7 * u64::from(u32::MAX));
    assert_eq!(slow.next_wake(), Some(wanted));
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn threads_share_the_bucket() {
    fn assert_bounds<A: Send + Sync + Clone, B: Send + Unpin + 'static>(_: &A, _: &B) {}
    let (limiter, hand) = limiter(3);
    assert_bounds(&limiter, &limiter.acquire(1));
    let (sender, receiver) = mpsc::channel();
    for n in [1, 2, 3, 1] {
        let (limiter, sender) = (limiter.clone(), sender.clone());
        thread::spawn(move || {
            for _ in 0..50 {
                block_on(limiter.acquire(n)).unwrap();
                sender.send(n).unwrap();
            }
        });
    }
    drop(sender);
    let (mut taken, mut time, began) = (0, 0, Instant::now());
    while taken < 350 {
        time += 10;
        hand.at(time);
        limiter.tick();
        while let Ok(n) = receiver.recv_timeout(Duration::from_micros(200)) {
            taken += n;
        }
        assert!(u64::from(taken) <= 3 + time / 10, "more tokens than there were");
        assert!(began.elapsed() < Duration::from_secs(12), "the waiters are not woken");
    }
}
