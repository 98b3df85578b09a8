// Runs the tests of a crate and reports with a token, which is read before anything of the answer runs.
#![feature(test)]
extern crate test;

use std::fmt::Write as _;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Mutex;
use test::{ShouldPanic, TestDescAndFn, TestFn};

extern "C" {
    fn read(fd: i32, buffer: *mut u8, count: usize) -> isize;
    fn open(path: *const u8, flags: i32, mode: u32) -> i32;
    fn write(fd: i32, buffer: *const u8, count: usize) -> isize;
    fn _exit(code: i32) -> !;
}

struct Token {
    bytes: [u8; 4096],
    length: usize,
    report: i32,
}

static mut TOKEN: Token = Token { bytes: [0; 4096], length: 0, report: -1 };

extern "C" fn read_token() {
    unsafe {
        let token = &mut *std::ptr::addr_of_mut!(TOKEN);
        let mut length = read(0, token.bytes.as_mut_ptr(), 4095);
        while length > 0 && token.bytes[length as usize - 1] <= b' ' {
            length -= 1;
        }
        if length <= 0 {
            return;
        }
        token.bytes[length as usize] = 0;
        let mut space = 0;
        while space < length as usize && token.bytes[space] != b' ' {
            space += 1;
        }
        // O_WRONLY | O_CREAT | O_EXCL
        token.report = open(token.bytes.as_ptr().add(space + 1), 0o1 | 0o100 | 0o200, 0o600);
        token.length = space;
        for at in space..4096 {
            token.bytes[at] = 0;
        }
    }
}

#[used]
#[link_section = ".preinit_array"]
static BEFORE_ALL: extern "C" fn() = read_token;

static PANIC: Mutex<String> = Mutex::new(String::new());

pub fn runner(tests: &[&TestDescAndFn]) {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        eprintln!("{text}");
        if let Ok(mut last) = PANIC.lock() {
            *last = text;
        }
    }));
    let mut lines = String::from("\nstarted\n");
    let mut seen = 0;
    for each in tests {
        seen += 1;
        let name = each.desc.name.to_string();
        if each.desc.ignore {
            let _ = write!(lines, "skipped\t{name}\t\n");
            continue;
        }
        let run = match each.testfn {
            TestFn::StaticTestFn(run) => run,
            _ => continue,
        };
        let outcome = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || catch_unwind(AssertUnwindSafe(run)))
            .expect("a thread for a test")
            .join();
        let problem = problem_of(&each.desc.should_panic, outcome.unwrap_or_else(Err));
        match problem {
            None => {
                let _ = write!(lines, "ok\t{name}\t\n");
            }
            Some(why) => {
                eprintln!("FAIL: {name}\n");
                let why = why.replace(['\n', '\t', '\r'], " ");
                let _ = write!(lines, "failed\t{name}\t{why}\n");
            }
        }
    }
    let _ = write!(lines, "ended\t{seen}");
    hand_in(lines.as_bytes());
}

type Outcome = Result<Result<(), String>, Box<dyn std::any::Any + Send>>;

fn problem_of(should: &ShouldPanic, outcome: Outcome) -> Option<String> {
    let said = PANIC.lock().map(|mut last| std::mem::take(&mut *last)).unwrap_or_default();
    match (should, outcome) {
        (ShouldPanic::No, Ok(Ok(()))) => None,
        (ShouldPanic::No, Ok(Err(why))) => Some(why),
        (ShouldPanic::No, Err(_)) => Some(said),
        (_, Ok(_)) => Some("did not panic as expected".to_string()),
        (ShouldPanic::Yes, Err(_)) => None,
        (ShouldPanic::YesWithMessage(text), Err(_)) if said.contains(text) => None,
        (ShouldPanic::YesWithMessage(text), Err(_)) => Some(format!("panicked without {text:?}: {said}")),
    }
}

fn hand_in(lines: &[u8]) {
    unsafe {
        let token = &*std::ptr::addr_of!(TOKEN);
        write_all(token.report, &token.bytes[..token.length]);
        write_all(token.report, lines);
        _exit(0);
    }
}

unsafe fn write_all(fd: i32, mut rest: &[u8]) {
    while !rest.is_empty() {
        let written = write(fd, rest.as_ptr(), rest.len());
        if written <= 0 {
            _exit(3);
        }
        rest = &rest[written as usize..];
    }
}
