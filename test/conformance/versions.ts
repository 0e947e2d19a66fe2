import { answerOf } from "./ordering-rows.ts";

/**
 * Holds the product's order of versions against rows of somebody else's:
 *
 *     node test/conformance/versions.ts ECOSYSTEM FILE
 *
 * Prints each wrong row, then `N right, M wrong`. Ends with 0, with 1 if a row is wrong, with 2 if it was not asked properly. Lines that
 * are no rows are named on the error output and count for nothing.
 */
const { code, output, errors } = await answerOf(process.argv.slice(2));
for (const line of errors) process.stderr.write(`${line}\n`);
for (const line of output) process.stdout.write(`${line}\n`);
process.exitCode = code;
