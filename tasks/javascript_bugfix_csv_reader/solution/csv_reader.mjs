const START = "start of a field", PLAIN = "in a plain field", QUOTED = "in a quoted field", CLOSED = "after a quote in a quoted field";

export class CsvReader {
  constructor({ onRow, delimiter = "," }) {
    this.onRow = onRow;
    this.delimiter = delimiter;
    this.fields = [];
    this.field = "";
    this.state = START;
    this.line = 1;
    this.quoteLine = 0;
    this.first = true; // no character was read yet
    this.afterReturn = false; // the last character was a carriage return: a line feed belongs to it
    this.ended = false;
  }

  write(chunk) {
    if (this.ended) throw new Error("already ended");
    for (let at = 0; at < chunk.length; at += 1) this.read(chunk[at]);
  }

  end() {
    if (this.ended) return;
    if (this.state === QUOTED) this.fail(this.quoteLine, "quote is not closed");
    this.endRow();
    this.ended = true;
  }

  read(character) {
    const first = this.first;
    this.first = false;
    if (first && character === "\uFEFF") return;
    const joined = this.afterReturn && character === "\n";
    this.afterReturn = character === "\r";
    const lineEnd = character === "\n" || character === "\r";
    if (this.state === QUOTED) {
      if (character === '"') this.state = CLOSED;
      else this.field += character;
    } else if (this.state === CLOSED && character === '"') {
      this.field += '"';
      this.state = QUOTED;
    } else if (character === this.delimiter) {
      this.endField();
    } else if (lineEnd) {
      if (!joined) this.endRow();
    } else if (this.state === CLOSED) {
      this.fail(this.line, "text after the closing quote");
    } else if (this.state === START && character === '"') {
      this.state = QUOTED;
      this.quoteLine = this.line;
    } else {
      this.field += character;
      this.state = PLAIN;
    }
    if (lineEnd && !joined) this.line += 1;
  }

  endField() {
    this.fields.push(this.field);
    this.field = "";
    this.state = START;
  }

  endRow() {
    const empty = this.state === START && this.fields.length === 0;
    const row = [...this.fields, this.field];
    this.fields = [];
    this.field = "";
    this.state = START;
    if (!empty) this.onRow(row);
  }

  fail(line, what) {
    this.ended = true;
    throw new Error(`line ${line}: ${what}`);
  }
}
