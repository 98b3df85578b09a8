/** Validates the form's fields; returns { detach }. */
export function attachValidator(form, options = {}) {
  throw new Error("not implemented");
}
