/** Parses into a plain call first; every command is a method of Todo, which keeps its tasks in a Map by id. */
export function main(argv, { stdout, stderr, store, today }) {
  const fail = (code, message) => {
    stderr.write("todo: " + message + "\n");
    return code;
  };
  const call = parseCall(argv);
  if (call.error) return fail(2, call.error);
  const todo = Todo.from(store.read(), today);
  if (!todo) return fail(1, "the list cannot be read");
  const unknown = call.ids.find((id) => !todo.tasks.has(id));
  if (unknown !== undefined) return fail(1, `no task ${unknown}`);
  const lines = todo[call.command](call);
  if (call.command !== "list") store.write(todo.toText());
  for (const line of lines) stdout.write(line + "\n");
  return 0;
}

const ALLOWED = {
  __proto__: null,
  add: "due tag",
  list: "all tag overdue sort",
  done: "",
  undo: "",
  rm: "",
  edit: "due tag untag",
};

function parseCall([command, ...args]) {
  if (command === undefined) return { error: "no command" };
  if (!(command in ALLOWED)) return { error: "unknown command: " + command };
  const call = { command, words: [], ids: [], tag: [], untag: [] };
  let changes = 0;
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === "--") {
      call.words.push(...args.splice(0));
    } else if (arg.startsWith("--")) {
      const cut = arg.indexOf("=");
      const name = cut < 0 ? arg : arg.slice(0, cut);
      const option = name.slice(2);
      if (!ALLOWED[command].split(" ").includes(option) || option === "") return { error: "unknown option: " + name };
      if (option === "all" || option === "overdue") {
        if (cut >= 0) return { error: "option takes no value: " + name };
        call[option] = true;
        continue;
      }
      if (cut < 0 && args.length === 0) return { error: "option needs a value: " + name };
      const value = cut < 0 ? args.shift() : arg.slice(cut + 1);
      const error = wrongValue(command, option, value);
      if (error) return { error };
      if (option.endsWith("tag")) call[option].push(value);
      else call[option] = value;
      changes++;
    } else {
      call.words.push(arg);
    }
  }
  return { ...call, ...finish(command, call, changes) };
}

function finish(command, call, changes) {
  const { words } = call;
  if (command === "list") return words.length > 0 ? { error: "unexpected argument: " + words[0] } : {};
  if (command === "add") {
    const text = words.join(" ").trim();
    return text === "" ? { error: "no text" } : { text };
  }
  const ids = command === "edit" ? words.splice(0, 1) : words;
  if (ids.length === 0) return { error: "no id" };
  for (const id of ids) if (/\D/.test(id) || id === "") return { error: "bad id: " + id };
  const text = command === "edit" ? words.join(" ").trim() : "";
  if (command === "edit" && text === "" && changes === 0) return { error: "nothing to change" };
  return { ids: Array.from(new Set(ids.map((id) => parseInt(id, 10)))), text };
}

function wrongValue(command, option, value) {
  if (option === "sort") return ["id", "due"].includes(value) ? "" : "bad sort: " + value;
  if (option !== "due") return /^[a-z\d-]+$/.test(value) ? "" : "bad tag: " + value;
  if (command === "edit" && value === "none") return "";
  const [, year, month, day] = value.match(/^(\d\d\d\d)-(\d\d)-(\d\d)$/) ?? [];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return day >= 1 && day <= days ? "" : "bad date: " + value;
}

class Todo {
  static from(text, today) {
    const todo = new Todo();
    todo.today = today;
    todo.last = 0;
    todo.tasks = new Map();
    if (text === null) return todo;
    try {
      const { format, last, tasks } = JSON.parse(text);
      if (format !== "todo 1") return null;
      todo.last = last;
      for (const task of tasks) todo.tasks.set(task.id, task);
      return todo;
    } catch {
      return null;
    }
  }

  toText() {
    return JSON.stringify({ format: "todo 1", last: this.last, tasks: [...this.tasks.values()] });
  }

  add({ text, due = "", tag }) {
    const id = ++this.last;
    this.tasks.set(id, { id, text, due, tags: [...new Set(tag)].sort(), done: false });
    return [`added ${id}: ${text}`];
  }

  #each(ids, verb, change) {
    return ids.map((id) => {
      const task = this.tasks.get(id);
      change(task);
      return `${verb} ${id}: ${task.text}`;
    });
  }

  done = ({ ids }) => this.#each(ids, "done", (task) => { task.done = true; });
  undo = ({ ids }) => this.#each(ids, "opened", (task) => { task.done = false; });
  rm = ({ ids }) => this.#each(ids, "removed", (task) => this.tasks.delete(task.id));
  edit = ({ ids, text, due, tag, untag }) => this.#each(ids, "changed", (task) => {
    task.text = text || task.text;
    if (due !== undefined) task.due = due === "none" ? "" : due;
    task.tags = [...new Set(task.tags.concat(tag))].filter((each) => !untag.includes(each)).sort();
  });

  list({ all, overdue, tag, sort }) {
    const lines = [];
    const rows = [...this.tasks.values()].map((task) => ({ ...task, late: !task.done && task.due !== "" && task.due < this.today }));
    rows.sort((a, b) => a.id - b.id);
    if (sort === "due") rows.sort((a, b) => Number(a.due === "") - Number(b.due === "") || a.due.localeCompare(b.due));
    for (const row of rows) {
      if (row.done && !all) continue;
      if (overdue && !row.late) continue;
      if (tag.some((each) => !row.tags.includes(each))) continue;
      let line = `${row.id}`.padStart(3, " ") + (row.done ? " [x] " : " [ ] ") + row.text;
      if (row.due !== "") line += row.late ? ` (overdue since ${row.due})` : ` (due ${row.due})`;
      lines.push([line, ...row.tags].join(" #"));
    }
    return lines.length > 0 ? lines : ["nothing to do"];
  }
}
