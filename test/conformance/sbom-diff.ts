import { answerOf } from "./diff-documents.ts";

/**
 * What changed between the packages of two SBOMs, by the readers and the comparison that the workers use:
 *
 *     node test/conformance/sbom-diff.ts OLD NEW
 *
 * Files are documents, statements, envelopes or bundles, as they are or compressed with gzip or xz. Prints JSON and ends with 0 whether or not they
 * differ; with 1 and the reason in one line if one cannot be read; with 2 if it was not asked properly.
 */
const { code, text } = await answerOf(process.argv.slice(2));
(code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
process.exitCode = code;
