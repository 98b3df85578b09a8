class Problem extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}
const misuse = (message) => new Problem(message, 2);

const OPTIONS = {
  "--due": { check: (value, command) => isDate(value) || (command === "edit" && value === "none"), bad: "date" },
  "--tag": { check: (value) => /^[a-z0-9-]+$/.test(value), bad: "tag", many: true },
  "--untag": { check: (value) => /^[a-z0-9-]+$/.test(value), bad: "tag", many: true },
  "--sort": { check: (value) => value === "id" || value === "due", bad: "sort" },
  "--all": null,
  "--overdue": null,
};

const COMMANDS = new Map([
  ["add", { options: ["--due", "--tag"], prepare: prepareAdd }],
  ["list", { options: ["--all", "--tag", "--overdue", "--sort"], prepare: prepareList }],
  ["done", { options: [], prepare: forEachId("done", (list, task) => { task.done = true; }) }],
  ["undo", { options: [], prepare: forEachId("opened", (list, task) => { task.done = false; }) }],
  ["rm", { options: [], prepare: forEachId("removed", (list, task) => { list.tasks.splice(list.tasks.indexOf(task), 1); }) }],
  ["edit", { options: ["--due", "--tag", "--untag"], prepare: prepareEdit }],
]);

/** Carries out one command on the list in the store; returns the exit code. */
export function main(argv, { stdout, stderr, store, today }) {
  try {
    const [name, ...rest] = argv;
    if (name === undefined) throw misuse("no command");
    const command = COMMANDS.get(name);
    if (!command) throw misuse(`unknown command: ${name}`);
    const { options, words } = parse(name, command.options, rest);
    const carryOut = command.prepare(options, words, today);
    const list = load(store.read());
    const lines = carryOut(list);
    if (name !== "list") store.write(JSON.stringify(list));
    stdout.write(lines.map((line) => `${line}\n`).join(""));
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    stderr.write(`todo: ${error.message}\n`);
    return error.code;
  }
}

function parse(command, known, argv) {
  const options = {}, words = [];
  for (let at = 0; at < argv.length; at += 1) {
    if (argv[at] === "--") {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!argv[at].startsWith("--")) {
      words.push(argv[at]);
      continue;
    }
    const [name, ...values] = argv[at].split("=");
    if (!known.includes(name)) throw misuse(`unknown option: ${name}`);
    const rule = OPTIONS[name];
    if (!rule) {
      if (values.length) throw misuse(`option takes no value: ${name}`);
      options[name] = true;
      continue;
    }
    let value = values.join("=");
    if (values.length === 0) {
      at += 1;
      if (at === argv.length) throw misuse(`option needs a value: ${name}`);
      value = argv[at];
    }
    if (!rule.check(value, command)) throw misuse(`bad ${rule.bad}: ${value}`);
    if (rule.many) (options[name] ??= []).push(value);
    else options[name] = value;
  }
  return { options, words };
}

function isDate(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function load(text) {
  if (text === null) return { next: 1, tasks: [] };
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    list = null;
  }
  if (!Number.isInteger(list?.next) || !Array.isArray(list.tasks)) throw new Problem("the list cannot be read", 1);
  return list;
}

function readIds(words) {
  if (words.length === 0) throw misuse("no id");
  const bad = words.find((word) => !/^[0-9]+$/.test(word));
  if (bad !== undefined) throw misuse(`bad id: ${bad}`);
  return [...new Set(words.map(Number))];
}

function find(list, id) {
  const task = list.tasks.find((each) => each.id === id);
  if (!task) throw new Problem(`no task ${id}`, 1);
  return task;
}

function prepareAdd(options, words) {
  const text = words.join(" ").trim();
  if (!text) throw misuse("no text");
  return (list) => {
    const task = { id: list.next, text, done: false, due: options["--due"] ?? null, tags: [...new Set(options["--tag"])] };
    list.next += 1;
    list.tasks.push(task);
    return [`added ${task.id}: ${text}`];
  };
}

function forEachId(word, change) {
  return (_, words) => {
    const ids = readIds(words);
    return (list) => {
      const tasks = ids.map((id) => find(list, id));
      tasks.forEach((task) => change(list, task));
      return tasks.map((task) => `${word} ${task.id}: ${task.text}`);
    };
  };
}

function prepareEdit(options, words) {
  const [id] = readIds(words.slice(0, 1));
  const text = words.slice(1).join(" ").trim();
  if (!text && Object.keys(options).length === 0) throw misuse("nothing to change");
  return (list) => {
    const task = find(list, id);
    if (text) task.text = text;
    if (options["--due"]) task.due = options["--due"] === "none" ? null : options["--due"];
    const tags = new Set([...task.tags, ...(options["--tag"] ?? [])]);
    for (const tag of options["--untag"] ?? []) tags.delete(tag);
    task.tags = [...tags];
    return [`changed ${id}: ${task.text}`];
  };
}

function prepareList(options, words, today) {
  if (words.length) throw misuse(`unexpected argument: ${words[0]}`);
  const isOverdue = (task) => !task.done && task.due !== null && task.due < today;
  const shown = (task) =>
    (options["--all"] || !task.done)
    && (options["--tag"] ?? []).every((tag) => task.tags.includes(tag))
    && (!options["--overdue"] || isOverdue(task));
  const row = (task) => {
    const due = task.due === null ? "" : ` (${isOverdue(task) ? "overdue since" : "due"} ${task.due})`;
    const tags = [...task.tags].sort().map((tag) => ` #${tag}`).join("");
    return `${String(task.id).padStart(3)} [${task.done ? "x" : " "}] ${task.text}${due}${tags}`;
  };
  return (list) => {
    const tasks = list.tasks.filter(shown).sort((a, b) => a.id - b.id);
    if (options["--sort"] === "due") {
      const key = (task) => task.due ?? "9999-99-99";
      tasks.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    }
    return tasks.length ? tasks.map(row) : ["nothing to do"];
  };
}
