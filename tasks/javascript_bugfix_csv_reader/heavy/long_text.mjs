// Two megabytes of rows in chunks of uneven length.
import { CsvReader } from "./csv_reader.mjs";

export function heavy() {
  const row = (i) => `${i},"a ""quoted"" field, with a comma",plain ${i % 97},"two\r\nlines"${i % 3 ? "\n" : "\r\n"}`;
  let text = "";
  for (let i = 0; i < 30000; i += 1) text += row(i);
  let rows = 0, fields = 0, characters = 0;
  const reader = new CsvReader({
    onRow: (row) => {
      rows += 1;
      fields += row.length;
      for (const field of row) characters += field.length;
    },
  });
  for (let at = 0, step = 1; at < text.length; at += step, step = (step % 613) + 1) reader.write(text.slice(at, at + step));
  reader.end();
  return [rows, fields, characters];
}
