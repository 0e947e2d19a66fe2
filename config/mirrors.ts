import { isMeetingPrefix, type Mirror, parseRepositoryPrefix, renderPrefix } from "../src/image/mirror.ts";
import { type ImagePattern, isMeantBelow } from "../src/vendor/pattern.ts";
import { type Fault, renderPath } from "./fault.ts";
import type { Section } from "./schema.ts";

/** A mirror, and where it is configured. */
export interface ConfiguredMirror {
  readonly mirror: Mirror;
  readonly path: string;
}

/** The mirrors that entries of `registries` name, and what is wrong with them. */
export function mirrorsOf(registries: Section<"registries">): {
  readonly mirrors: readonly ConfiguredMirror[];
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const mirrors = new Map<string, ConfiguredMirror>();
  for (const [host, { mirrorOf, mirrors: parts = {} }] of Object.entries(registries)) {
    const named = [
      ...(mirrorOf === undefined ? [] : [{ at: ["mirrorOf"], prefix: host, origin: mirrorOf }]),
      ...Object.entries(parts).map(([path, origin]) => ({
        at: ["mirrors", path],
        prefix: `${host}/${path}`,
        origin,
      })),
    ];
    for (const { at, prefix, origin } of named) {
      const path = renderPath(["registries", host, ...at]);
      if (host.startsWith("*.")) {
        faults.push({
          path,
          reason: "one host is a mirror, not all that end like it: give it an entry of its own",
        });
        continue;
      }
      const mirror = { prefix: parseRepositoryPrefix(prefix), origin };
      const name = renderPrefix(mirror.prefix);
      const other = mirrors.get(name);
      if (other === undefined) mirrors.set(name, { mirror, path });
      else
        faults.push({
          path,
          reason: `${name} is a mirror of ${renderPrefix(other.mirror.origin)} already (${other.path})`,
        });
    }
  }
  const found = [...mirrors.values()];
  return { mirrors: found, faults: [...faults, ...circleFaults(found)] };
}

/** Mirrors whose names no image that a profile claims can have. */
export function idleMirrorWarnings(
  mirrors: readonly ConfiguredMirror[],
  patterns: readonly ImagePattern[],
): readonly string[] {
  return mirrors
    .filter(({ mirror: { origin } }) => {
      const leadsOn = mirrors.some(({ mirror }) => isMeetingPrefix(mirror.prefix, origin));
      return !leadsOn && !patterns.some((pattern) => isMeantBelow(pattern, origin));
    })
    .map(({ mirror, path }) => `${path}: no profile claims an image of ${renderPrefix(mirror.origin)}`);
}

/** A mirror whose origin leads back to it, at each of those that are in the circle. */
function circleFaults(mirrors: readonly ConfiguredMirror[]): readonly Fault[] {
  return mirrors.flatMap((start) => {
    const reached = reachedFrom(start, mirrors);
    if (!reached.has(start)) return [];
    const { prefix, origin } = start.mirror;
    return isMeetingPrefix(prefix, origin)
      ? [
          {
            path: start.path,
            reason: `${renderPrefix(prefix)} is a mirror of itself (${renderPrefix(origin)})`,
          },
        ]
      : [
          {
            path: start.path,
            reason: `${renderPrefix(prefix)} is a mirror of ${renderPrefix(origin)}, which leads back to it`,
          },
        ];
  });
}

function reachedFrom(
  start: ConfiguredMirror,
  mirrors: readonly ConfiguredMirror[],
): ReadonlySet<ConfiguredMirror> {
  const reached = new Set<ConfiguredMirror>();
  const waiting = [start];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { origin } = next.mirror;
    for (const other of mirrors) {
      if (reached.has(other) || !isMeetingPrefix(other.mirror.prefix, origin)) continue;
      reached.add(other);
      waiting.push(other);
    }
  }
  return reached;
}
