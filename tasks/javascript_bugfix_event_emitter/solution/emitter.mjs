/**
 * Event names are any texts. A registration is one call of `on` or `once`; the same function may be registered several times,
 * also for the same event, and is then called once for each registration.
 */
export class Emitter {
  #events = new Map(); // name -> registrations, none of them empty

  /**
   * Registers a listener for an event, or for all events where the name is "*". Returns a function that removes exactly this
   * registration; calling that function again does nothing.
   */
  on(name, listener) {
    return this.#register(name, { listener, once: false, active: true });
  }

  /** As `on`, but the registration is removed before the listener is called for the first time. */
  once(name, listener) {
    return this.#register(name, { listener, once: true, active: true });
  }

  /**
   * Removes one registration of this listener for this event, whether it was made by `on` or by `once`: the latest one that is
   * still there. Returns whether there was one.
   */
  off(name, listener) {
    const latest = this.#registrations(name).findLast((each) => each.listener === listener);
    if (latest) this.#remove(name, latest);
    return latest !== undefined;
  }

  /**
   * Calls the event's listeners in the order of their registration with the given values, then those of "*" in their order with
   * the event's name before the values. Emitting "*" itself calls the listeners of "*" once each, with "*" as the name.
   *
   * Who is called is decided when `emit` begins: a listener that is added meanwhile is not called by this emit, and one that is
   * removed meanwhile, before its turn, is not called any more.
   *
   * A listener that throws keeps no other from being called. When all were called, a single error is thrown on as it is; several
   * are thrown as an AggregateError with all of them in `errors`, in the order in which they were thrown.
   *
   * Returns the number of listeners that were called.
   */
  emit(name, ...values) {
    const own = name === "*" ? [] : this.#registrations(name).map((each) => [name, each, values]);
    const all = this.#registrations("*").map((each) => ["*", each, [name, ...values]]);
    const errors = [];
    let called = 0;
    for (const [key, registration, given] of [...own, ...all]) {
      if (!registration.active) continue;
      if (registration.once) this.#remove(key, registration);
      called += 1;
      try {
        registration.listener(...given);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} listeners of ${name} failed`);
    return called;
  }

  /** How many registrations the event has; those for "*" count for "*" only. */
  count(name) {
    return this.#registrations(name).length;
  }

  /** The names of all events that have a registration at the moment, "*" included, in alphabetical order. */
  names() {
    return [...this.#events.keys()].sort();
  }

  #registrations(name) {
    return this.#events.get(name) ?? [];
  }

  #register(name, registration) {
    this.#events.set(name, [...this.#registrations(name), registration]);
    return () => this.#remove(name, registration);
  }

  #remove(name, registration) {
    registration.active = false;
    const left = this.#registrations(name).filter((each) => each !== registration);
    if (left.length) this.#events.set(name, left);
    else this.#events.delete(name);
  }
}
