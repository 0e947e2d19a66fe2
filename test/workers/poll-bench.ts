import type { Digest } from "../../src/image/digest.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import { later, MINUTE_MS } from "../../src/time.ts";
import { poll } from "../../workers/poll.ts";
import { BASE, type Bench, createBench, digest, indexDocument, MUSL, pin } from "./bench.ts";

/** What a test of the poll worker begins with and does again and again. */

export const JOB = { repository: BASE };
export const DUE = { kind: "poll", repository: BASE } as const;

/** Pushes an index of one image, with something attached to it. */
export function pushIndex(
  { registry }: Bench,
  { image, attached = "0", createdAt }: { image: string; attached?: string; createdAt?: string },
): Digest {
  const document = indexDocument([
    { digest: digest(`1a${image}`), platform: "linux/amd64" },
    { digest: digest(`a7${attached}`), platform: "unknown/unknown" },
  ]);
  return registry.push(BASE, {
    ...Object(document),
    ...(createdAt === undefined ? {} : { annotations: { "org.opencontainers.image.created": createdAt } }),
  });
}

/** A bench whose code repository pins a tag to a digest that it points at. */
export async function watching(line: ImageLine = MUSL, image = "1") {
  const bench = createBench();
  const first = pushIndex(bench, { image });
  await pin(bench, [[line, first]]);
  bench.registry.point(line, first);
  return { bench, first };
}

/** Lets time pass until the repository is due, and polls it. Answers with how long that was, in milliseconds. */
export async function pollWhenDue(bench: Bench): Promise<number> {
  const dueAt = bench.store.dueAt(DUE);
  if (dueAt === undefined) throw new Error("nothing is due");
  const waitMs = dueAt - bench.clock.at;
  bench.clock.advance(waitMs);
  await bench.run(poll, JOB);
  return waitMs;
}

/** Points the tag elsewhere and polls, some minutes later. */
export async function move(bench: Bench, to: Digest | undefined, minutes = 10): Promise<void> {
  bench.registry.point(MUSL, to);
  bench.clock.advance(minutes * MINUTE_MS);
  await bench.run(poll, JOB);
}

/** How long it is until the repository is due, in minutes. */
export function minutesToDue({ store, clock }: Bench): number {
  return ((store.dueAt(DUE) ?? later(clock.at, -1)) - clock.at) / MINUTE_MS;
}
