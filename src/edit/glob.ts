/**
 * Whether a path matches a glob: `*` stands for anything within a folder, `**` for any folders, none too, and at its end for
 * what is in them: `docs/**` is not `docs` itself. Time is the product of both lengths at worst; nothing is
 * kept, since it is asked of each of 100,000 paths.
 */
export function isMatchedBy(path: string, glob: string): boolean {
  // Most paths end in another name.
  const lastOfGlob = glob.lastIndexOf("/") + 1;
  if (!isAnyFolders(glob, lastOfGlob, glob.length)) {
    const last = { glob, pattern: lastOfGlob, patternEnd: glob.length };
    if (!isNameMatchedBy(path, path.lastIndexOf("/") + 1, path.length, last)) return false;
  }
  let folder = 0;
  let pattern = 0;
  // Where the last `**` is, and how far it reaches by now.
  let star = -1;
  let reach = 0;
  while (folder <= path.length) {
    const patternEnd = endOf(glob, pattern);
    if (isAnyFolders(glob, pattern, patternEnd)) {
      star = pattern;
      reach = folder;
      pattern = patternEnd + 1;
      continue;
    }
    const folderEnd = endOf(path, folder);
    if (pattern <= glob.length && isNameMatchedBy(path, folder, folderEnd, { glob, pattern, patternEnd })) {
      folder = folderEnd + 1;
      pattern = patternEnd + 1;
      continue;
    }
    if (star === -1) return false;
    reach = endOf(path, reach) + 1;
    folder = reach;
    pattern = star + "**/".length;
  }
  return pattern > glob.length;
}

/** Where the part of a path ends that begins here. */
function endOf(text: string, start: number): number {
  const slash = text.indexOf("/", start);
  return slash === -1 ? text.length : slash;
}

function isAnyFolders(glob: string, start: number, end: number): boolean {
  return end - start === 2 && glob.startsWith("**", start);
}

interface Part {
  readonly glob: string;
  readonly pattern: number;
  readonly patternEnd: number;
}

/** Whether the characters of one folder match those of one part. */
function isNameMatchedBy(
  path: string,
  start: number,
  end: number,
  { glob, pattern, patternEnd }: Part,
): boolean {
  let at = start;
  let wanted = pattern;
  let star = -1;
  let reach = 0;
  while (at < end) {
    if (wanted < patternEnd && glob[wanted] === "*") {
      star = wanted;
      reach = at;
      wanted += 1;
    } else if (wanted < patternEnd && glob[wanted] === path[at]) {
      wanted += 1;
      at += 1;
    } else if (star === -1) {
      return false;
    } else {
      reach += 1;
      at = reach;
      wanted = star + 1;
    }
  }
  while (wanted < patternEnd && glob[wanted] === "*") wanted += 1;
  return wanted === patternEnd;
}
