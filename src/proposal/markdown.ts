/**
 * What turns text from outside into Markdown that says the same and does nothing: no formatting, links, mentions, references to
 * issues, closing keywords, HTML or comments, no end of a table cell or line, no change of direction.
 */

/** Characters of one piece of foreign text that are shown. */
const SHOWN_LENGTH_MAX = 120;
/** Characters of an identity that are shown: one that is cut is nobody's. */
const EXACT_LENGTH_MAX = 400;

/** Characters that are seen as nothing, or turn what is around them: controls, line ends, marks of direction, fillers, halves of a pair. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** What all of is seen, and is one character each: most of what there is to show. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/** A text in one visible line of at most 120 characters; what cannot be seen is written as its code point. */
export function visible(text: string, lengthMax: number = SHOWN_LENGTH_MAX): string {
  if (text.length <= lengthMax && PRINTABLE.test(text)) return text;
  const characters = Array.from(text.slice(0, 4 * lengthMax));
  const isCut = characters.length > lengthMax || text.length > 4 * lengthMax;
  const shown = isCut ? `${characters.slice(0, lengthMax - 1).join("")}…` : characters.join("");
  return shown.replaceAll(INVISIBLE, escapedOf);
}

/**
 * Foreign text as a code span: the form for names, versions, paths and ids. Pipes are written as their code point, because cells of a
 * table are split before code spans are read; so is what begins a comment, so that nothing reads as our marker.
 */
export function code(text: string): string {
  return codeSpan(text, SHOWN_LENGTH_MAX);
}

/** The same for what is told apart by its end as well, as identities are: at most 400 characters. */
export function codeExactly(text: string): string {
  return codeSpan(text, EXACT_LENGTH_MAX);
}

/** What means something in a code span, or at its ends; nothing at all, too. */
const NEEDS_CARE = /[|<`]|^ | $|^$/;

function codeSpan(text: string, lengthMax: number): string {
  const seen = visible(text, lengthMax);
  if (!NEEDS_CARE.test(seen)) return `\`${seen}\``;
  const shown = seen.replaceAll("|", escapedOf).replaceAll("<!--", "\\u003c!--");
  if (shown === "") return "(empty)";
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const isPadded = /^[ `]|[ `]$/.test(shown);
  return isPadded ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

/** Foreign text as prose: the form for names of people's choice and for reasons. */
export function prose(text: string): string {
  return plain(visible(text, 2 * SHOWN_LENGTH_MAX)).replaceAll(
    /[\\`*_[\]<>&|~$]/g,
    (character) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`,
  );
}

/**
 * Foreign text where there is no Markdown, yet mentions and references to issues still work: titles, commit messages, statuses.
 * Nothing is removed: a zero-width space stands where a reader sees no difference.
 */
export function plain(text: string): string {
  return visible(text, 4 * SHOWN_LENGTH_MAX)
    .replaceAll(/[@#]/g, "$&\u200b")
    .replaceAll(/\b(GH)-(?=\d)/gi, "$1-\u200b")
    .replaceAll("://", ":\u200b//")
    .replaceAll(/\bwww\./gi, "www\u200b.");
}

/** An id of a vulnerability: as it is where it looks like one, else as a code span. */
export function idText(id: string): string {
  return /^(?:CVE|GHSA|BELL|ALPINE|DSA|DLA|USN|RHSA|GO|PYSEC|RUSTSEC|CGA|OSV)(?:-[A-Za-z0-9]{1,12}){1,5}$/.test(
    id,
  )
    ? id
    : code(id);
}

/** A table; cells are Markdown without line ends and pipes. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, columns.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Something to open. @param summary our own words, or {@link prose}: Markdown is not read there */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n</details>`;
}

/** Lines to copy. */
export function codeBlock(lines: readonly string[]): string {
  const shown = lines.map((line) => visible(line, 2_000).replaceAll("<!--", "\\u003c!--"));
  const longest = Math.max(
    2,
    ...shown.flatMap((line) => Array.from(line.matchAll(/`+/g), ([run]) => run.length)),
  );
  const fence = "`".repeat(longest + 1);
  return [fence, ...shown, fence].join("\n");
}

/** The first of them, and how many more there are. @param total when `items` are not all of them */
export function capped(
  items: readonly string[],
  countMax: number,
  separator: string,
  total: number = items.length,
): string {
  const shown = items.slice(0, countMax);
  const rest = total - shown.length;
  if (rest === 0) return shown.join(separator);
  return shown.length === 0 ? `${total} in all` : `${shown.join(separator)} and ${rest} more`;
}

/** `1 image`, `2 images`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function escapedOf(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
