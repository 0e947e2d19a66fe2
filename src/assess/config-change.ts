/** What a difference may do to who uses the image, the worst first. `note`: nothing that is known to break anything. */
export const CONFIG_RISKS = ["breaking", "review", "note"] as const;

export type ConfigRisk = (typeof CONFIG_RISKS)[number];

/** What can differ, in the order it is shown. */
export const CONFIG_ASPECTS = [
  "platform",
  "user",
  "entrypoint",
  "command",
  "shell",
  "package-manager",
  "working-directory",
  "environment",
  "port",
  "volume",
  "stop-signal",
  "healthcheck",
  "default-shell",
  "on-build",
  "label",
  "size",
] as const;

export type ConfigAspect = (typeof CONFIG_ASPECTS)[number];

/** One difference in how two images are run. */
export interface ConfigChange {
  readonly kind: ConfigAspect;
  readonly risk: ConfigRisk;
  /** Of the variable, port, volume, label or program, where there are several. Foreign text. */
  readonly name?: string;
  /** What was there and what is there, as shown. Absent where there was or is nothing, and where it is not to be shown. Foreign text. */
  readonly from?: string;
  readonly to?: string;
  /** What may break, or what it means: a sentence without its full stop, our own words. */
  readonly sentence: string;
  /** Where it differs, where that is not on every platform that was compared. Sorted. */
  readonly platforms?: readonly string[];
}

/** How the configurations of two images compare. */
export type Configuration =
  | {
      readonly kind: "compared";
      /** Sorted by risk, then by kind in the order of {@link CONFIG_ASPECTS}, then by name. At most {@link CONFIG_CHANGES_MAX}. */
      readonly changes: readonly ConfigChange[];
      /** How many more there are; absent where that is none. */
      readonly omittedCount?: number;
      /** Platforms of both sides that were not compared, with the reason: a fragment for people. */
      readonly uncompared?: readonly { readonly platform: string; readonly reason: string }[];
    }
  | { readonly kind: "not-compared"; readonly reason: string };

export const CONFIG_CHANGES_MAX = 300;

/**
 * Whether the images are run in the same way. How large they are, and labels that every build writes anew, do not count; nor does what could
 * not be compared.
 */
export function isSameConfiguration(configuration: Configuration | undefined): boolean {
  return (
    configuration?.kind !== "compared" ||
    configuration.changes.every(({ kind, risk }) => kind === "size" || (kind === "label" && risk === "note"))
  );
}
