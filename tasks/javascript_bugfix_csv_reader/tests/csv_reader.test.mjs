import test from "node:test";
import assert from "node:assert/strict";
import { CsvReader } from "./csv_reader.mjs";

function readChunks(chunks, options = {}) {
  const rows = [];
  const reader = new CsvReader({ ...options, onRow: (row) => rows.push([...row]) });
  let error = null;
  try {
    for (const chunk of chunks) reader.write(chunk);
    reader.end();
  } catch (thrown) {
    error = thrown.message;
  }
  return { rows, error };
}

/** Reads the text whole, character by character, with empty chunks, and cut in two at each place. */
function reads(text, rows, error = null, options = {}) {
  const expected = { rows, error };
  assert.deepEqual(readChunks([text], options), expected, "in one chunk");
  assert.deepEqual(readChunks([...text], options), expected, "character by character");
  assert.deepEqual(readChunks([...text].flatMap((each) => [each, ""]), options), expected, "with empty chunks");
  for (let at = 0; at <= text.length; at += 1) {
    assert.deepEqual(readChunks([text.slice(0, at), text.slice(at)], options), expected, `cut at ${at}`);
  }
}

test("reads plain rows with all three line ends", () => {
  reads("a,b\nc,d\r\ne,f\rg,h", [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]);
});

test("skips rows without any character, and no others", () => {
  reads("\n\na\n\r\n\r\rb\n", [["a"], ["b"]]);
  reads(",\n \n,,\r\n", [["", ""], [" "], ["", "", ""]]);
});

test("a pair of quotes is one empty field", () => {
  reads('""\n\n""', [[""], [""]]);
  reads('"",""\r\n', [["", ""]]);
});

test("the last field may be empty", () => reads("a,\nb,", [["a", ""], ["b", ""]]));

test("quoted fields keep delimiters and line ends as they are", () => {
  reads('"a,b","c\nd\r\ne\rf",g\nh', [["a,b", "c\nd\r\ne\rf", "g"], ["h"]]);
});

test("two quotes in a quoted field are one", () => {
  reads('"say ""hi""",""""\n""""""', [['say "hi"', '"'], ['""']]);
});

test("a quote inside an unquoted field is an ordinary character", () => {
  reads('5" disk,a"b"c\n', [['5" disk', 'a"b"c']]);
});

test("spaces are kept, and a quote after a space is ordinary", () => {
  reads(' a , "b"\n"c",  ', [[" a ", ' "b"'], ["c", "  "]]);
});

test("text after a closing quote is refused with its line", () => {
  reads('a\n"b"c\nd', [["a"]], "line 2: text after the closing quote");
  reads('"a\n\r\n\r" ,x', [], "line 4: text after the closing quote");
  reads('x\r\n\r\n"a" ', [["x"]], "line 3: text after the closing quote");
});

test("an open quote is told at the end with the line it began in", () => {
  reads('a\n\n"b\nc\nd', [["a"]], "line 3: quote is not closed");
  reads('x,"', [], "line 1: quote is not closed");
  reads('"""', [], "line 1: quote is not closed");
});

test("line ends inside and outside of quotes count once each", () => {
  reads('"a\r\nb"\r\n\r\n\n\r"c', [["a\r\nb"]], "line 6: quote is not closed");
});

test("a byte order mark is dropped at the very beginning only", () => {
  reads('\uFEFF"a",b\n\uFEFFc', [["a", "b"], ["\uFEFFc"]]);
  reads("\uFEFF", []);
  reads("\uFEFF\uFEFFa", [["\uFEFFa"]]);
});

test("other delimiters make the comma ordinary", () => {
  reads('a,b;"c;d"\n', [["a,b", "c;d"]], null, { delimiter: ";" });
  reads("a\tb\t\n", [["a", "b", ""]], null, { delimiter: "\t" });
});

test("rows are reported while the text is still arriving", () => {
  const rows = [];
  const reader = new CsvReader({ onRow: (row) => rows.push(row) });
  reader.write("a,b\nc");
  assert.deepEqual(rows, [["a", "b"]]);
  reader.write("\r");
  reader.write("d");
  assert.deepEqual(rows, [["a", "b"], ["c"]]);
  reader.end();
  assert.deepEqual(rows, [["a", "b"], ["c"], ["d"]]);
});

test("after the end nothing more is read", () => {
  const rows = [];
  const reader = new CsvReader({ onRow: (row) => rows.push(row) });
  reader.write("a");
  reader.end();
  reader.end();
  assert.throws(() => reader.write("b"), { message: "already ended" });
  assert.throws(() => reader.write(""), { message: "already ended" });
  reader.end();
  assert.deepEqual(rows, [["a"]]);
});

test("an error ends the reader", () => {
  const rows = [];
  const faulty = new CsvReader({ onRow: (row) => rows.push(row) });
  assert.throws(() => faulty.write('a,"b"x\nc\n'), { message: "line 1: text after the closing quote" });
  assert.throws(() => faulty.write("d\n"), { message: "already ended" });
  faulty.end();
  const open = new CsvReader({ onRow: (row) => rows.push(row) });
  open.write('a,"b');
  assert.throws(() => open.end(), { message: "line 1: quote is not closed" });
  open.end();
  assert.throws(() => open.write('"'), { message: "already ended" });
  assert.deepEqual(rows, []);
});
