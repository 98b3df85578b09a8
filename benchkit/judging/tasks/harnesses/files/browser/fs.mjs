// Files of the workspace, read as they are asked for.
export function readFileSync(name, encoding) {
  const request = new XMLHttpRequest();
  request.open("GET", new URL(String(name), document.baseURI), false);
  request.send();
  if (request.status !== 200 && request.status !== 0) throw new Error(`ENOENT: no such file, open '${name}'`);
  return request.responseText;
}
export default { readFileSync };
