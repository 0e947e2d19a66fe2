/** One way to log in that a registry offers. Scheme and parameter names are lower-case; the first value of a name counts. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[-._~+/0-9A-Za-z]+=*(?=[ \t]*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BLANKS = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;

/**
 * Reads WWW-Authenticate, which may come several times and hold several challenges each. What cannot be read ends its header; what
 * stood before it counts.
 *
 * @see RFC 9110, 11.6.1
 */
export function parseChallenges(header: string | string[] | undefined): readonly Challenge[] {
  const headers = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return headers.flatMap((text) => parseHeader(new Scanner(text)));
}

function parseHeader(scanner: Scanner): readonly Challenge[] {
  const challenges: Challenge[] = [];
  for (;;) {
    scanner.take(SEPARATORS);
    const scheme = scanner.take(TOKEN);
    if (scheme === undefined) return challenges;
    const parameters = parseParameters(scanner);
    if (parameters === undefined) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
}

/** The parameters up to the next scheme; undefined when they are malformed. */
function parseParameters(scanner: Scanner): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  scanner.take(BLANKS);
  if (scanner.take(TOKEN68) !== undefined) return parameters;
  for (;;) {
    scanner.take(SEPARATORS);
    const start = scanner.position;
    const name = scanner.take(TOKEN)?.toLowerCase();
    if (name === undefined) return scanner.isAtEnd() ? parameters : undefined;
    if (scanner.take(EQUALS) === undefined) {
      scanner.position = start;
      return parameters;
    }
    const value = scanner.takeQuoted() ?? scanner.take(TOKEN);
    if (value === undefined) return undefined;
    if (!parameters.has(name)) parameters.set(name, value);
  }
}

class Scanner {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.position >= this.#text.length;
  }

  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  takeQuoted(): string | undefined {
    return this.#match(QUOTED)?.[1]?.replaceAll(/\\(.)/g, "$1");
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.position = pattern.lastIndex;
    return match;
  }
}
