use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use tally::run;

fn tally(args: &[&str], input: &[u8]) -> (i32, String, String) {
    let (mut out, mut err) = (vec![], vec![]);
    let code = run(args, &mut &input[..], &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// The result without complaints.
fn counts(args: &[&str], input: &str) -> String {
    let (code, out, err) = tally(args, input.as_bytes());
    assert_eq!((code, err.as_str()), (0, ""));
    out
}

fn refused(args: &[&str]) -> String {
    struct Untouched;
    impl Read for Untouched {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("the input was read");
        }
    }
    let (mut out, mut err) = (vec![], vec![]);
    let code = run(args, &mut BufReader::new(Untouched), &mut out, &mut err);
    assert_eq!((code, out.len()), (2, 0));
    String::from_utf8(err).unwrap()
}

#[test]
fn counts_whole_lines_most_frequent_first() {
    assert_eq!(counts(&[], "b\na\nc\nb\na\nb\n"), "3\tb\n2\ta\n1\tc\n");
    assert_eq!(counts(&[], ""), "");
}

#[test]
fn equal_counts_are_in_the_order_of_keys() {
    assert_eq!(counts(&[], "é\nz\nB\na\n10\n9\n"), "1\t10\n1\t9\n1\tB\n1\ta\n1\tz\n1\té\n");
}

#[test]
fn ends_of_lines_are_no_part_of_them() {
    assert_eq!(counts(&[], "a\r\na\na\r\r\na\r"), "2\ta\n2\ta\r\n");
    assert_eq!(counts(&[], "a\n\n\n b"), "2\t\n1\t b\n1\ta\n");
}

#[test]
fn fields_are_separated_by_white_space() {
    assert_eq!(counts(&["-f", "2"], "a  x\n\tb x \nc\ty\n"), "2\tx\n1\ty\n");
}

#[test]
fn fields_are_separated_by_a_character() {
    assert_eq!(counts(&["-d", ",", "-f", "2"], "a,,b\na, x\n,\nq,  x"), "2\t\n1\t  x\n1\t x\n");
    assert_eq!(counts(&["-f", "1", "-d", "→"], "a→b\na\n\n"), "2\ta\n1\t\n");
    assert_eq!(counts(&["-f", "3", "-d", " "], "a  b"), "1\tb\n");
    assert_eq!(counts(&["-d", ","], "a,b"), "1\ta,b\n");
}

#[test]
fn lines_without_the_field_are_told() {
    let told = |input: &str| tally(&["-f", "2"], input.as_bytes());
    let wanted = |out: &str, err: &str| (0, out.to_string(), err.to_string());
    assert_eq!(told("a x\nb\n\n"), wanted("1\tx\n", "tally: 2 lines without field 2\n"));
    assert_eq!(told("b"), wanted("", "tally: 1 lines without field 2\n"));
}

#[test]
fn small_and_capital_letters() {
    assert_eq!(counts(&["-i"], "Ärger\nÄRGER\nx\nX\nx\n"), "3\tx\n2\tärger\n");
    assert_eq!(counts(&["-d", "X", "-i", "-f", "2"], "axbXC"), "1\tc\n");
}

#[test]
fn order_of_keys() {
    assert_eq!(counts(&["-a"], "c\nb\nb\na\nc\nb\n"), "1\ta\n3\tb\n2\tc\n");
}

#[test]
fn limits_of_the_result() {
    let input = "a\nb\nb\nc\nc\nc\nd\nd\n";
    assert_eq!(counts(&["-n", "2"], input), "3\tc\n2\tb\n");
    assert_eq!(counts(&["-m", "2"], input), "3\tc\n2\tb\n2\td\n");
    assert_eq!(counts(&["-n", "2", "-a", "-m", "2"], input), "2\tb\n3\tc\n");
    assert_eq!(counts(&["-n", "4294967295", "-m", "003"], input), "3\tc\n");
}

#[test]
fn the_last_of_an_option_counts() {
    assert_eq!(counts(&["-f", "1", "-f", "2", "-d", ",", "-d", ";"], "a;b,c"), "1\tb,c\n");
    assert_eq!(counts(&["-i", "-i", "-d", "-", "-f", "2"], "A-B"), "1\tb\n");
}

#[test]
fn unknown_and_unfinished_options() {
    for option in ["-x", "-ia", "-f2", "file", "", "--", "-"] {
        assert_eq!(refused(&["-i", option, "-y"]), format!("tally: unknown option {option}\n"));
    }
    for option in ["-f", "-d", "-n", "-m"] {
        assert_eq!(refused(&["-a", option]), format!("tally: {option} needs a value\n"));
    }
}

#[test]
fn bad_values() {
    for (option, value) in [("-f", "0"), ("-n", "-1"), ("-m", "+3"), ("-f", "4294967296"), ("-n", ""), ("-m", "-i")] {
        let told = refused(&[option, value, "-z"]);
        assert_eq!(told, format!("tally: {option} needs a whole number above 0, not {value}\n"));
    }
    for value in ["", "ab", "-f"] {
        assert_eq!(refused(&["-d", value]), format!("tally: -d needs one character, not {value}\n"));
    }
}

struct Breaks(ErrorKind);

impl Read for Breaks {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl Write for Breaks {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

#[test]
fn input_that_cannot_be_read() {
    let (code, out, err) = tally(&[], b"a\nb\n\xff\xfe\nc\n");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("tally: line 3: ") && err.lines().count() == 1, "{err}");
    let (mut out, mut err) = (vec![], vec![]);
    let mut input = BufReader::new((&b"a\n"[..]).chain(Breaks(ErrorKind::Other)));
    assert!(!input.fill_buf().unwrap().is_empty());
    assert_eq!(run(&[], &mut input, &mut out, &mut err), 1);
    assert!(out.is_empty() && String::from_utf8(err).unwrap().starts_with("tally: line 2: "));
}

#[test]
fn output_that_cannot_be_written() {
    let mut err = vec![];
    assert_eq!(run(&["-f", "1"], &mut &b"a\n\n"[..], &mut Breaks(ErrorKind::BrokenPipe), &mut err), 0);
    assert_eq!(err, b"");
    assert_eq!(run(&[], &mut &b"a\n"[..], &mut Breaks(ErrorKind::Other), &mut err), 1);
    let mut quiet = Breaks(ErrorKind::BrokenPipe);
    assert_eq!(run(&["-x"], &mut &b""[..], &mut vec![], &mut quiet), 2);
}
