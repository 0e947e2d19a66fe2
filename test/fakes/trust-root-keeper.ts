import { CodedError } from "../../src/errors.ts";
import type { TrustRootKeeper } from "../../src/ports/trust-roots.ts";
import { type TrustRootSource, parseTrustRoot } from "../../src/trust/trust-root.ts";

/** A keeper that holds exactly these roots, for good. */
export function fixedKeeper(sources: readonly TrustRootSource[] = []): TrustRootKeeper {
  const roots = sources.map((source) => ({ source, root: parseTrustRoot(source) }));
  return {
    held: (names) =>
      names.map((name) => {
        const found = roots.find(({ source }) => source.name === name);
        if (found === undefined) {
          throw new CodedError("trust-root-unavailable", `trust root "${name}" is not held`);
        }
        return { source: found.source, version: found.root.version };
      }),
    states: () =>
      roots.map(({ root: { name, version } }) => ({
        name,
        origin: "embedded",
        version,
        renewal: "off",
        logs: 0,
        authorities: 0,
      })),
  };
}
