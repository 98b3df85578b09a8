//! The same with channels: permits go in, a channel for each item's result comes out in order.

use std::any::Any;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{spawn, JoinHandle};

type Caught<T> = Result<T, Box<dyn Any + Send>>;

pub struct Ordered<R> {
    permits: Option<Sender<()>>,
    slots: Option<Receiver<Receiver<Caught<R>>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

pub fn ordered_map<I, R, F>(input: I, workers: usize, window: usize, work: F) -> Ordered<R>
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
    R: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
{
    if workers == 0 || window == 0 {
        panic!("workers and window must be at least 1");
    }
    let (permits, permitted) = channel();
    let (slot_sender, slots) = channel::<Receiver<Caught<R>>>();
    let stop = Arc::new(AtomicBool::new(false));
    // The input, its permits and the list of slots belong to whoever holds this lock.
    let source = Arc::new(Mutex::new(Some((input.into_iter(), permitted, slot_sender))));
    let work = Arc::new(work);
    let mut threads = Vec::new();
    for _ in 0..workers {
        let (source, work, stop) = (source.clone(), work.clone(), stop.clone());
        threads.push(spawn(move || loop {
            let mut guard = source.lock().unwrap();
            let Some((input, permitted, slot_sender)) = guard.as_mut() else { return };
            let allowed = permitted.recv().is_ok() && !stop.load(SeqCst);
            let taken = if allowed { catch_unwind(AssertUnwindSafe(|| input.next())) } else { Ok(None) };
            let (sender, receiver) = channel();
            match taken {
                Ok(Some(item)) => {
                    let _ = slot_sender.send(receiver);
                    drop(guard);
                    let outcome = catch_unwind(AssertUnwindSafe(|| work(item)));
                    if outcome.is_err() {
                        stop.store(true, SeqCst);
                    }
                    let _ = sender.send(outcome);
                }
                Ok(None) => {
                    *guard = None;
                    return;
                }
                Err(panic) => {
                    let _ = sender.send(Err(panic));
                    let _ = slot_sender.send(receiver);
                    *guard = None;
                    return;
                }
            }
        }));
    }
    // A window that is larger than anything can be is filled as far as the memory allows.
    for _ in 0..window.min(1 << 20) {
        let _ = permits.send(());
    }
    Ordered { permits: Some(permits), slots: Some(slots), stop, threads }
}

impl<R> Ordered<R> {
    fn finish(&mut self) {
        self.stop.store(true, SeqCst);
        self.permits = None;
        for thread in std::mem::take(&mut self.threads) {
            thread.join().ok();
        }
        self.slots = None;
    }
}

impl<R> Iterator for Ordered<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        let _ = self.permits.as_ref()?.send(());
        let outcome = self.slots.as_ref()?.recv().ok().and_then(|slot| slot.recv().ok());
        match outcome {
            Some(Ok(result)) => Some(result),
            Some(Err(panic)) => {
                self.finish();
                resume_unwind(panic);
            }
            None => {
                self.finish();
                None
            }
        }
    }
}

impl<R> Drop for Ordered<R> {
    fn drop(&mut self) {
        self.finish();
    }
}
