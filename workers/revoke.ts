import { renderImage } from "../src/image/reference.ts";
import { REVOKE, VERIFY } from "../src/queues.ts";
import { storedDistrust } from "../src/steps/distrust.ts";
import { imagesInUse } from "../src/steps/in-use.ts";
import { keepVerdict } from "../src/steps/kept-verdict.ts";
import { isTouched, joinedDistrust, withdrawn } from "../src/trust/distrust.ts";
import { profileOf } from "../src/vendor/profile.ts";
import { worker } from "../src/worker.ts";

/** Images looked at in one job. The next job goes on after the last of them. */
const BATCH = 500;

/**
 * Takes trust away at once from what rests on something that is distrusted, from stored facts alone: no registry has to answer for that. Then it
 * has everything judged anew that distrust touched, be it put or lifted. Run again it takes nothing away twice.
 */
export const revoke = worker(REVOKE, async ({ after }, context, signal) => {
  const { store, enqueue, clock, settings } = context;
  // Taken off before anything is read: what is asked for from now on is asked for again.
  if (after === undefined) await store.unschedule({ kind: "revoke" });

  const stored = await storedDistrust(store);
  const used = await imagesInUse(store);
  const rest = used.filter(({ image }) => after === undefined || renderImage(image) > after);
  const batch = rest.slice(0, BATCH).map(({ image }) => image);
  for (const record of await store.verdicts(batch)) {
    signal.throwIfAborted();
    const { image, verdict } = record;
    const policy = profileOf(settings.profiles, image.repository)?.policy;
    if (policy === undefined) continue;
    const distrust = joinedDistrust(policy.distrust, stored);
    if (!isTouched(image.digest, verdict, distrust)) continue;
    const taken = withdrawn(image.digest, verdict, { ...policy, distrust });
    if (taken !== undefined) {
      await keepVerdict({ ...record, verdict: taken, checkedAt: await clock.now() }, record, context);
    }
    await enqueue(VERIFY, { image });
  }
  const last = batch.at(-1);
  if (last !== undefined && rest.length > batch.length) await enqueue(REVOKE, { after: renderImage(last) });
});
