/** Each cell is an object that knows its element, its place and its neighbours. */
class Cell {
  constructor(map, row, column) {
    Object.assign(this, { map, row, column, element: map.document.createElement("td") });
    this.element.setAttribute("role", "gridcell");
    this.element.tabIndex = row + column === 0 ? 0 : -1;
    this.element.ariaSelected = "false";
    this.element.setAttribute("aria-selected", "false");
    this.element.addEventListener("focus", () => this.map.cells.forEach((each) => { each.element.tabIndex = each === this ? 0 : -1; }));
    this.element.addEventListener("click", () => this.map.toggle(this));
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.altKey || event.metaKey) return;
    const { map, row, column } = this;
    const [bottom, right] = [map.rows.length - 1, map.columns.length - 1];
    switch (event.key) {
      case "ArrowUp": map.focus(row - 1, column); break;
      case "ArrowDown": map.focus(row + 1, column); break;
      case "ArrowLeft": map.focus(row, column - 1); break;
      case "ArrowRight": map.focus(row, column + 1); break;
      case "Home": map.focus(event.ctrlKey ? 0 : row, 0); break;
      case "End": map.focus(event.ctrlKey ? bottom : row, right); break;
      case "Enter":
      case " ": map.toggle(this); break;
      default: return;
    }
    event.preventDefault();
  }

  show(value, text, scale) {
    const missing = value === null;
    this.value = value;
    this.element.textContent = missing ? "n/a" : text;
    const label = [this.map.rows[this.row], this.map.columns[this.column]].join(", ");
    this.element.setAttribute("aria-label", label + ": " + (missing ? "no data" : text));
    this.element.className = missing ? "missing" : "";
    this.element.removeAttribute("style");
    if (missing) return;
    const colour = scale(value);
    this.element.style.setProperty("background-color", `rgb(${colour.join(",")})`);
    this.element.style.setProperty("color", isBright(colour) ? "black" : "white");
  }
}

class Heatmap {
  constructor(container, { title, rows, columns, values }, { palette = ["#ffffff", "#08306b"], domain, unit = "", digits = 0 }) {
    Object.assign(this, { container, palette, unit, digits, domain: domain ?? null, rows: rows.slice(), columns: columns.slice() });
    this.check(values);
    this.document = container.ownerDocument;
    this.cells = [];
    this.chosen = null;
    const table = this.document.createElement("table");
    table.setAttribute("role", "grid");
    table.createCaption().textContent = title;
    const head = table.createTHead().insertRow();
    head.insertCell();
    for (const name of this.columns) head.append(this.header("col", name));
    const body = table.createTBody();
    this.rows.forEach((name, row) => {
      const line = body.insertRow();
      line.append(this.header("row", name));
      this.columns.forEach((_, column) => {
        const cell = new Cell(this, row, column);
        this.cells.push(cell);
        line.append(cell.element);
      });
    });
    container.replaceChildren(table);
    this.show(values);
  }

  header(scope, name) {
    const header = this.document.createElement("th");
    header.scope = scope;
    header.textContent = name;
    return header;
  }

  check(values) {
    const [height, width] = [this.rows.length, this.columns.length];
    if (values.length !== height || values.some((line) => line.length !== width)) {
      throw new RangeError("values must be " + height + " x " + width);
    }
  }

  focus(row, column) {
    this.cells.find((each) => each.row === row && each.column === column)?.element.focus();
  }

  toggle(cell) {
    const before = this.chosen;
    this.chosen = before === cell ? null : cell;
    before?.element.setAttribute("aria-selected", "false");
    this.chosen?.element.setAttribute("aria-selected", "true");
    const { row, column, value } = cell;
    const event = this.document.createEvent("CustomEvent");
    event.initCustomEvent("heatmapselect", true, false, { row, column, value, selected: this.chosen === cell });
    this.container.dispatchEvent(event);
  }

  show(values) {
    const known = values.flat().filter((value) => typeof value === "number").sort((a, b) => a - b);
    const [low, high] = this.domain ?? [known[0], known.at(-1)];
    const steps = this.palette.length - 1;
    const channel = (index, part) => Number("0x" + this.palette[index].substr(1 + 2 * part, 2));
    const scale = (value) => {
      let share = low === high ? 0.5 : (value - low) / (high - low);
      share = share < 0 ? 0 : share > 1 ? 1 : share;
      const below = Math.floor(share * steps), above = Math.ceil(share * steps), way = share * steps - below;
      return [0, 1, 2].map((part) => Math.round(channel(below, part) * (1 - way) + channel(above, part) * way));
    };
    const text = (value) => `${value?.toFixed(this.digits)}${this.unit}`;
    for (const cell of this.cells) {
      const value = values[cell.row][cell.column];
      cell.show(value, text(value), scale);
    }
    this.container.querySelector("ul")?.remove();
    if (low === undefined) return;
    const list = this.document.createElement("ul");
    list.setAttribute("aria-label", "Legend");
    this.palette.forEach((colour, index) => {
      const item = this.document.createElement("li");
      item.textContent = text(low + (index / steps) * (high - low));
      item.style.backgroundColor = colour;
      list.append(item);
    });
    this.container.append(list);
  }
}

function isBright(colour) {
  const weights = [0.2126, 0.7152, 0.0722];
  let light = 0.05;
  colour.forEach((part, index) => {
    const c = part / 255;
    light += weights[index] * (c > 0.04045 ? Math.pow((c + 0.055) / 1.055, 2.4) : c / 12.92);
  });
  return light * light >= 1.05 * 0.05;
}

export function renderHeatmap(container, data, options = {}) {
  let map = new Heatmap(container, data, options);
  return {
    update(values) {
      map?.check(values);
      map?.show(values);
    },
    destroy() {
      map = null;
      container.textContent = "";
    },
  };
}
