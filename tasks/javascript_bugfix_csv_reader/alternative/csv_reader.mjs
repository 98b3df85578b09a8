/** Each state is a method that takes one character and returns the next state. */
export class CsvReader {
  #onRow;
  #delimiter;
  #row = null; // null while the row has no character
  #line = 1;
  #opened = 0;
  #started = false;
  #previous = "";
  #done = false;
  #state = this.#begin;

  constructor({ onRow, delimiter = "," }) {
    this.#onRow = onRow;
    this.#delimiter = delimiter;
  }

  write(chunk) {
    if (this.#done) throw new Error("already ended");
    for (const character of chunk.split("")) {
      if (!this.#started) {
        this.#started = true;
        if (character === "\uFEFF") continue;
      }
      if (!(character === "\n" && this.#previous === "\r")) {
        this.#state = this.#state(character);
        if (character === "\n" || character === "\r") this.#line++;
      } else if (this.#state === this.#quoted) {
        this.#append("\n");
      }
      this.#previous = character;
    }
  }

  end() {
    if (this.#done) return;
    this.#done = true;
    if (this.#state === this.#quoted) throw new Error(`line ${this.#opened}: quote is not closed`);
    this.#flush();
  }

  #append(text) {
    this.#row[this.#row.length - 1] += text;
  }

  #flush() {
    const row = this.#row;
    this.#row = null;
    if (row) this.#onRow(row);
    return this.#begin;
  }

  #begin(c) {
    if (c === "\n" || c === "\r") return this.#flush();
    this.#row ??= [""];
    if (c !== '"') return this.#plain(c);
    this.#opened = this.#line;
    return this.#quoted;
  }

  #plain(c) {
    if (c === "\n" || c === "\r") return this.#flush();
    if (c === this.#delimiter) {
      this.#row.push("");
      return this.#begin;
    }
    this.#append(c);
    return this.#plain;
  }

  #quoted(c) {
    if (c === '"') return this.#closed;
    this.#append(c);
    return this.#quoted;
  }

  #closed(c) {
    if (c === '"') {
      this.#append(c);
      return this.#quoted;
    }
    if (c === this.#delimiter || c === "\n" || c === "\r") return this.#plain(c);
    this.#done = true;
    throw new Error(`line ${this.#line}: text after the closing quote`);
  }
}
