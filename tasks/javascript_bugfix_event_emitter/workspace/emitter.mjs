/**
 * Event names are any texts. A registration is one call of `on` or `once`; the same function may be registered several times,
 * also for the same event, and is then called once for each registration.
 */
export class Emitter {
  #events = {};

  /**
   * Registers a listener for an event, or for all events where the name is "*". Returns a function that removes exactly this
   * registration; calling that function again does nothing.
   */
  on(name, listener) {
    (this.#events[name] ??= []).push(listener);
    return () => this.off(name, listener);
  }

  /** As `on`, but the registration is removed before the listener is called for the first time. */
  once(name, listener) {
    const wrapped = (...values) => {
      listener(...values);
      this.off(name, wrapped);
    };
    return this.on(name, wrapped);
  }

  /**
   * Removes one registration of this listener for this event, whether it was made by `on` or by `once`: the latest one that is
   * still there. Returns whether there was one.
   */
  off(name, listener) {
    const listeners = this.#events[name] ?? [];
    const at = listeners.indexOf(listener);
    listeners.splice(at, 1);
    return at >= 0;
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
    const listeners = this.#events[name] ?? [];
    let error;
    listeners.forEach((listener) => {
      try {
        listener(...values);
      } catch (thrown) {
        error = error || thrown;
      }
    });
    const others = this.#events["*"] ?? [];
    others.forEach((listener) => {
      try {
        listener(name, ...values);
      } catch (thrown) {
        error = error || thrown;
      }
    });
    if (error) throw error;
    return listeners.length + others.length;
  }

  /** How many registrations the event has; those for "*" count for "*" only. */
  count(name) {
    return this.#events[name].length;
  }

  /** The names of all events that have a registration at the moment, "*" included, in alphabetical order. */
  names() {
    return Object.keys(this.#events).sort();
  }
}
