/** One flat list of registrations, each with its event's name; the list is searched for everything. */
export class Emitter {
  #all = [];

  on(name, listener) {
    return this.#add({ name, listener, limit: Infinity });
  }

  once(name, listener) {
    return this.#add({ name, listener, limit: 1 });
  }

  off(name, listener) {
    for (let at = this.#all.length - 1; at >= 0; at -= 1) {
      const each = this.#all[at];
      if (each.name === name && each.listener === listener) {
        this.#all.splice(at, 1);
        return true;
      }
    }
    return false;
  }

  emit(name, ...values) {
    const turns = [
      ...this.#all.filter((each) => each.name === name && name !== "*"),
      ...this.#all.filter((each) => each.name === "*"),
    ];
    const failures = [];
    let calls = 0;
    for (const turn of turns) {
      const at = this.#all.indexOf(turn);
      if (at < 0) continue;
      if (turn.limit === 1) this.#all.splice(at, 1);
      calls++;
      try {
        if (turn.name === "*") turn.listener(name, ...values);
        else turn.listener(...values);
      } catch (failure) {
        failures.push({ failure });
      }
    }
    if (failures.length === 0) return calls;
    if (failures.length === 1) throw failures[0].failure;
    throw new AggregateError(failures.map((each) => each.failure));
  }

  count(name) {
    return this.#all.reduce((sum, each) => sum + (each.name === name ? 1 : 0), 0);
  }

  names() {
    return Array.from(new Set(this.#all.map((each) => each.name))).sort();
  }

  #add(registration) {
    this.#all.push(registration);
    return () => {
      const at = this.#all.indexOf(registration);
      if (at >= 0) this.#all.splice(at, 1);
    };
  }
}
