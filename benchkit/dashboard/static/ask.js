// Requests to the API: JSON goes out, JSON comes back; a refusal has one line for people.
export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    return { ok: false, error: "The server does not answer: is bench_runner.py dashboard still running?" };
  }
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // No JSON: a refusal of the guard, told by its status.
  }
  if (answer.ok) return { ok: true, ...told };
  const why = answer.status === 403 ? "The server was started again: open the address that it printed." : `The server answered ${answer.status}.`;
  return { ok: false, fields: {}, ...told, error: told.error ?? why };
}
