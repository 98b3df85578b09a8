export class CsvReader {
  constructor({ onRow, delimiter = "," }) {
    this.onRow = onRow;
    this.delimiter = delimiter;
    this.fields = [];
    this.field = "";
    this.quoted = false;
    this.line = 1;
    this.ended = false;
  }

  write(chunk) {
    if (chunk.startsWith("\uFEFF")) chunk = chunk.slice(1);
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk[i];
      if (this.quoted) {
        if (c === '"' && chunk[i + 1] === '"') {
          this.field += '"';
          i++;
        } else if (c === '"') {
          this.quoted = false;
        } else {
          this.field += c;
        }
      } else if (c === '"' && this.field.trim() === "") {
        this.quoted = true;
        this.quoteLine = this.line;
        this.field = "";
      } else if (c === this.delimiter) {
        this.fields.push(this.field);
        this.field = "";
      } else if (c === "\r" && chunk[i + 1] === "\n") {
        i++;
        this.endRow();
      } else if (c === "\n") {
        this.endRow();
      } else {
        this.field += c;
      }
    }
  }

  end() {
    if (this.quoted) throw new Error(`line ${this.line}: quote is not closed`);
    this.endRow();
    this.ended = true;
  }

  endRow() {
    this.line++;
    this.fields.push(this.field);
    if (this.fields.join("") !== "") this.onRow(this.fields);
    this.fields = [];
    this.field = "";
  }
}
