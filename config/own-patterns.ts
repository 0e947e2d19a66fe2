/**
 * Forms of texts in the file that owners of code repositories write. The published schema and the parser hold to these same patterns: regular expressions of
 * ECMAScript with the flag `u`, anchored at both ends, each bounded in length before anything else of it is looked at.
 */

const SEGMENT = "(?=[a-z0-9*])[a-z0-9*]+(?:(?:\\.|_|__|-+)[a-z0-9*]+)*";
const PORT = "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))";
const LABEL = "(?![a-z0-9]{2}--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const BYTE = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
/** The last label of a name begins with a letter: numbers in other forms than a dotted address are two names for one host. */
const NAME = `(?:${LABEL}\\.)*(?=[a-z])${LABEL}`;
/** A dot or a port tells a host from the first component of a path. */
const HOST = `(?:(?=[^/]*[.:][^/]*/)(?:${NAME}|${BYTE}(?:\\.${BYTE}){3})${PORT}?|localhost)`;

const PLACEHOLDER = "\\{(?:reference|name|tag|digest)\\}";
const TEXT = "[^\\p{C}\\p{Zl}\\p{Zp}]";

/** A label of ours is none of theirs. */
export const LABEL_PATTERN =
  "^(?=[^\\p{C},]{1,50}$)(?![Hh][Uu][Ll][Ll][Kk][Ee][Ee][Pp][Ee][Rr](?::|$)|[Ss][Ll][Aa]:)\\S(?:.*\\S)?$";

/** A login, or a team as `organisation/team`. */
export const LOGIN_PATTERN = "^[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$";

export const MILESTONE_PATTERN = `^(?=${TEXT}{1,200}$)\\S(?:.*\\S)?$`;

/** A path within the code repository: 200 characters, 8 stars. */
export const GLOB_PATTERN = `^(?=${TEXT}{1,200}$)(?!(?:[^*]*\\*){9})[^\\s/][^\\\\]*$`;

/** The name of a branch as Git has it, or a glob of such with 8 stars at most; none of our own. 255 characters. */
export const BASE_BRANCH_PATTERN =
  "^(?=[^\\s~^:?[\\\\\\p{Cc}]{1,255}$)(?!(?:[^*]*\\*){9})(?![-/.]|hullkeeper/)(?!.*(?:\\.\\.|//|@\\{))(?!.*(?:[/.]|\\.lock)$).*$";

/** A repository of images with `*` inside components of its path: 200 characters, three stars in each component. */
export const IMAGE_PATTERN = `^(?=.{1,200}$)(?!.*\\*\\*)(?!(?:.*/)?(?:[^*/]*\\*){4})(?:${HOST}/|(?![^/]*[.:][^/]*/))${SEGMENT}(?:/${SEGMENT})*$`;

/** One line around `{reference}`, or around `{name}` and one or both of `{tag}` and `{digest}`. */
export const LINE_PATTERN = [
  `^(?=${TEXT}{1,400}$)`,
  "(?!.*\\*\\*)",
  `(?!.*\\*${PLACEHOLDER})`,
  `(?!.*${PLACEHOLDER}${PLACEHOLDER})`,
  `(?!.*\\{(?!(?:reference|name|tag|digest)\\})[a-z]+\\})`,
  ...["reference", "name", "tag", "digest"].map((name) => `(?!.*\\{${name}\\}.*\\{${name}\\})`),
  "(?!.*\\{reference\\}[A-Za-z0-9._/:@-])",
  "(?!.*\\{name\\}[A-Za-z0-9._/-])",
  "(?!.*\\{tag\\}[A-Za-z0-9_.-])",
  "(?:(?=.*\\{reference\\})(?!.*\\{(?:name|tag|digest)\\})|(?=.*\\{name\\})(?=.*\\{(?:tag|digest)\\})(?!.*\\{reference\\}))",
  ".*$",
].join("");
