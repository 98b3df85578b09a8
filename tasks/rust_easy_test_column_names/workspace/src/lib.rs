//! Names of spreadsheet columns.

/// The name of the column with this number, counted from 1: 1 is `A`, 26 is `Z`, 27 is `AA`, 702 is `ZZ`, 703 is `AAA`.
///
/// There is no column 0: `None`. Every other `u32` has a name, in capital letters.
pub fn column_name(number: u32) -> Option<String> {
    let _ = number;
    unimplemented!()
}

/// The number of the column with this name, the reverse of `column_name`.
///
/// Small letters are accepted as well as capital ones, also mixed. `None` for the empty text, for anything that has a character
/// other than the 26 letters of ASCII (so also for spaces around the name), and for names whose number does not fit into a `u32`.
pub fn column_number(name: &str) -> Option<u32> {
    let _ = name;
    unimplemented!()
}

/// The names of all columns from `first` to `last`, both included, in order. Empty if `first` is larger than `last`.
///
/// A column 0 in the range is left out.
pub fn column_range(first: u32, last: u32) -> Vec<String> {
    let _ = (first, last);
    unimplemented!()
}
