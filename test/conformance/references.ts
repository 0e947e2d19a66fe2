import { answerOf } from "./reference-lines.ts";

/**
 * Which places of files name images, and what the files are after an edit, by the formats and the editor that the workers use:
 *
 *     node test/conformance/references.ts [--root DIR] [--shell] FILE…
 *     node test/conformance/references.ts [--root DIR] [--shell] --set-digest sha256:<hex> [--pin] FILE
 *
 * Ends with 0 when every file was read, whatever is in it; with 1 if one could not be, which its line and a line of the error output say with
 * what helps, while the others are shown; with 2 if it was not asked properly.
 */
const { code, output, error } = await answerOf(process.argv.slice(2));
process.stdout.write(output);
process.stderr.write(error);
process.exitCode = code;
