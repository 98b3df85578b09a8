/** Draws a heat map into the container; returns { update, destroy }. */
export function renderHeatmap(container, data, options = {}) {
  const { palette = ["#ffffff", "#08306b"], domain = null, unit = "", digits = 0 } = options;
  const document = container.ownerDocument;
  const title = data.title, rows = [...data.rows], columns = [...data.columns];
  const stops = palette.map(parseColour);
  const write = (value) => value.toFixed(digits) + unit;
  let values = checked(data.values), selected = null, legend = null, alive = true;

  const make = (name, attributes = {}, children = []) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const cells = rows.map(() => columns.map(() => make("td", { role: "gridcell", tabindex: "-1", "aria-selected": "false" })));
  const flat = cells.flat();
  flat[0]?.setAttribute("tabindex", "0");
  const head = make("thead", {}, [make("tr", {}, [make("td"), ...columns.map((name) => make("th", { scope: "col" }, [name]))])]);
  const body = make("tbody", {}, rows.map((name, row) => make("tr", {}, [make("th", { scope: "row" }, [name]), ...cells[row]])));
  const table = make("table", { role: "grid" }, [make("caption", {}, [title]), head, body]);
  container.replaceChildren(table);
  paint();

  table.addEventListener("focusin", ({ target }) => {
    if (flat.includes(target)) for (const cell of flat) cell.setAttribute("tabindex", cell === target ? "0" : "-1");
  });
  table.addEventListener("click", ({ target }) => {
    const cell = target.closest("td");
    if (flat.includes(cell)) select(cell);
  });
  table.addEventListener("keydown", (event) => {
    const at = flat.indexOf(event.target);
    if (at < 0 || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      select(flat[at]);
      return;
    }
    const row = Math.floor(at / columns.length), column = at % columns.length;
    const [lastRow, lastColumn] = [rows.length - 1, columns.length - 1];
    const targets = {
      ArrowUp: [Math.max(row - 1, 0), column],
      ArrowDown: [Math.min(row + 1, lastRow), column],
      ArrowLeft: [row, Math.max(column - 1, 0)],
      ArrowRight: [row, Math.min(column + 1, lastColumn)],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? lastRow : row, lastColumn],
    };
    if (!Object.hasOwn(targets, event.key)) return;
    event.preventDefault();
    const [toRow, toColumn] = targets[event.key];
    cells[toRow][toColumn].focus();
  });

  function checked(given) {
    const fits = given.length === rows.length && given.every((row) => row.length === columns.length);
    if (!fits) throw new RangeError(`values must be ${rows.length} x ${columns.length}`);
    return given.map((row) => [...row]);
  }

  function select(cell) {
    selected = selected === cell ? null : cell;
    for (const each of flat) each.setAttribute("aria-selected", String(each === selected));
    const at = flat.indexOf(cell);
    const [row, column] = [Math.floor(at / columns.length), at % columns.length];
    const detail = { row, column, value: values[row][column], selected: selected === cell };
    container.dispatchEvent(new document.defaultView.CustomEvent("heatmapselect", { bubbles: true, detail }));
  }

  function bounds() {
    if (domain) return [...domain];
    const numbers = values.flat().filter((value) => value !== null);
    return numbers.length ? [Math.min(...numbers), Math.max(...numbers)] : null;
  }

  function paint() {
    const range = bounds();
    cells.forEach((line, row) => line.forEach((cell, column) => {
      const value = values[row][column];
      cell.textContent = value === null ? "n/a" : write(value);
      cell.setAttribute("aria-label", `${rows[row]}, ${columns[column]}: ${value === null ? "no data" : cell.textContent}`);
      cell.classList.toggle("missing", value === null);
      const colour = value === null ? null : colourAt(stops, place(value, range));
      cell.style.backgroundColor = colour ? rgb(colour) : "";
      cell.style.color = colour ? textColour(colour) : "";
    }));
    legend?.remove();
    legend = range && make("ul", { "aria-label": "Legend" }, stops.map((colour, at) => {
      const item = make("li", {}, [write(range[0] + ((range[1] - range[0]) * at) / (stops.length - 1))]);
      item.style.backgroundColor = rgb(colour);
      return item;
    }));
    if (legend) container.append(legend);
  }

  return {
    update(next) {
      if (!alive) return;
      values = checked(next);
      paint();
    },
    destroy() {
      alive = false;
      container.replaceChildren();
    },
  };
}

const parseColour = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
const rgb = (colour) => `rgb(${colour.join(", ")})`;

function place(value, [least, greatest]) {
  if (least === greatest) return 0.5;
  return Math.min(1, Math.max(0, (value - least) / (greatest - least)));
}

function colourAt(stops, position) {
  const scaled = position * (stops.length - 1);
  const at = Math.min(Math.floor(scaled), stops.length - 2);
  return stops[at].map((from, part) => Math.round(from + (stops[at + 1][part] - from) * (scaled - at)));
}

function textColour(colour) {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? "black" : "white";
}
