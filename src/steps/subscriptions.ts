import type { Context } from "../context.ts";
import type { CodeRepository } from "../proposal/plan.ts";

/** Forgets what is known of code repositories that are not among these: nobody looks at them any more. */
export async function unsubscribeOthers(
  wanted: readonly CodeRepository[],
  { store, clock }: Pick<Context, "store" | "clock">,
): Promise<void> {
  const names = new Set(wanted.map(({ owner, name }) => `${owner}/${name}`));
  for (const scan of await store.scans()) {
    const { owner, name } = scan.codeRepository;
    if (names.has(`${owner}/${name}`) || scan.isUnsubscribed === true) continue;
    const nothing = { places: [], skipped: [], isUnsubscribed: true } as const;
    await store.saveScan({ ...scan, ...nothing, scannedAt: await clock.now() });
  }
}
