import { messageOf } from "../../errors.ts";
import type { TrustRootState } from "../../ports/trust-roots.ts";
import { DAY_MS, type Instant, renderSpan } from "../../time.ts";
import type { Finding } from "./report.ts";

/** From then on a root may lack keys that are in use. */
const OLD_MS = 7 * DAY_MS;

/** The trust roots, and whether those that are fetched can be. */
export interface TrustRootsToLookAt {
  states(): readonly TrustRootState[];
  /** undefined for a root that is not fetched. @throws {Error} when it cannot be */
  tryUpdate(name: string, signal: AbortSignal): Promise<"answered" | undefined>;
}

/** What there is to say about each trust root. */
export async function trustRootFindings(
  roots: TrustRootsToLookAt,
  now: Instant,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return Promise.all(
    roots.states().map(async (state) => {
      const mirror = await mirrorOf(roots, state, signal);
      return { subject: `trust root ${state.name}`, ...findingOf(state, mirror, now) };
    }),
  );
}

/** What the place says that a root is fetched from. */
type Mirror =
  | { readonly kind: "answers" }
  | { readonly kind: "not-asked" }
  | { readonly kind: "fails"; readonly reason: string };

async function mirrorOf(
  roots: TrustRootsToLookAt,
  { name }: TrustRootState,
  signal: AbortSignal,
): Promise<Mirror> {
  try {
    return { kind: (await roots.tryUpdate(name, signal)) === undefined ? "not-asked" : "answers" };
  } catch (thrown) {
    return { kind: "fails", reason: messageOf(thrown) };
  }
}

function findingOf(state: TrustRootState, mirror: Mirror, now: Instant): Omit<Finding, "subject"> {
  const { origin, renewal } = state;
  if (origin === "none") return missing(state, mirror);
  const held = `${originOf(state, now)}, with ${counted(state.logs, "log")} and ${authoritiesOf(state)}`;
  if (mirror.kind === "fails") return { state: "warning", detail: `${held}; no update: ${mirror.reason}` };
  // What the last attempt of this process met matters no more once the mirror answers.
  if (mirror.kind === "answers") return { state: "well", detail: `${held}; its mirror answers` };
  if (state.fault !== undefined) return { state: "warning", detail: `${held}; not renewed: ${state.fault}` };
  if (renewal === "unused") return { state: "not-checked", detail: `${held}; no policy names it` };
  if (renewal === "on") return { state: "well", detail: held };
  const isOld = state.confirmedAt !== undefined && now - state.confirmedAt > OLD_MS;
  return { state: isOld ? "warning" : "well", detail: `${held}; updates are off` };
}

function missing({ fault, renewal }: TrustRootState, mirror: Mirror): Omit<Finding, "subject"> {
  if (mirror.kind === "answers") return { state: "well", detail: "not held here yet; its mirror answers" };
  if (mirror.kind === "fails") return { state: "fault", detail: `is not held: ${mirror.reason}` };
  if (renewal === "unused") return { state: "not-checked", detail: "is not held; no policy names it" };
  return { state: "fault", detail: `is not held: ${fault ?? "it was not read"}` };
}

function originOf({ origin, confirmedAt }: TrustRootState, now: Instant): string {
  const age = confirmedAt === undefined ? "" : ` ${renderSpan(now - confirmedAt)} ago`;
  switch (origin) {
    case "file":
      return `read from its file${age}`;
    case "update":
      return `verified against its mirror${age}`;
    case "embedded":
      return "came with this release";
    case "none":
      return "not held";
    default:
      return origin satisfies never;
  }
}

function authoritiesOf({ authorities }: TrustRootState): string {
  return authorities === 1 ? "1 authority" : `${authorities} authorities`;
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
