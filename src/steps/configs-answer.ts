import type { ConfigsAnswer } from "../assess/config-drift.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";

/** How the images of a digest are run, from stored facts. Needs no signature: a digest says what it runs, whoever signed it. */
export async function configsOf(
  record: VerdictRecord | undefined,
  store: Pick<Store, "configs">,
): Promise<ConfigsAnswer> {
  if (record === undefined) return { kind: "missing", reason: "it was not looked at yet" };
  const { configs, configFaults } = record;
  if (configs === undefined || configFaults === undefined) {
    const reason = record.verdict.kind === "unverifiable" ? record.verdict.reason : "its config was not read";
    return { kind: "missing", reason };
  }
  const kept = await store.configs(configs.map(({ digest }) => digest));
  const read = configs.map(({ digest, platform = "" }) => ({ platform, config: kept.get(digest) }));
  return {
    kind: "configs",
    configs: read.flatMap(({ platform, config }) => (config === undefined ? [] : [{ platform, config }])),
    faults: [
      ...configFaults,
      ...read.flatMap(({ platform, config }) =>
        config === undefined ? [{ platform, reason: "its config is no longer kept" }] : [],
      ),
    ],
  };
}
