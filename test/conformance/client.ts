import { answerOf } from "./verify-bundle.ts";

/**
 * The client that the public conformance suite of Sigstore drives, over the worker's own verification:
 *
 *     node test/conformance/client.ts verify-bundle --bundle F \
 *       (--certificate-identity I --certificate-oidc-issuer U | --key PEM) [--trusted-root F] FILE_OR_DIGEST
 *
 * Ends with 0 if it is verified, with 1 and the reason in one line if not, with 2 if it was not asked properly.
 *
 * @see sigstore/sigstore-conformance, docs/cli_protocol.md
 */
const { code, line } = await answerOf(process.argv.slice(2));
(code === 0 ? process.stdout : process.stderr).write(`${line}\n`);
process.exitCode = code;
