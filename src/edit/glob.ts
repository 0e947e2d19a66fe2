/** Whether a path matches a glob: `*` stands for anything within a folder, `**` for any folders. Time is the product of both lengths. */
export function isMatchedBy(path: string, glob: string): boolean {
  const folders = path.split("/");
  let reached = new Set([0]);
  for (const pattern of glob.split("/")) {
    const next = new Set<number>();
    for (const at of reached) {
      if (pattern === "**") for (let end = at; end <= folders.length; end += 1) next.add(end);
      else if (isNameMatchedBy(folders[at], pattern)) next.add(at + 1);
      if (pattern === "**") break;
    }
    reached = next;
  }
  return reached.has(folders.length);
}

/** The parts between stars stand in this order; the first and the last at the ends. */
function isNameMatchedBy(name: string | undefined, pattern: string): boolean {
  if (name === undefined) return false;
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, position);
    if (at === -1) return false;
    position = at + part.length;
  }
  return name.length - last.length >= position && name.endsWith(last);
}
