import { commentAfter } from "./comment.ts";
import type { YamlScalar } from "./yaml.ts";

/** Whether Flux's image automation keeps the line of one of these scalars, and says so. */
export function isKeptByOther(text: string, ...scalars: readonly (YamlScalar | undefined)[]): boolean {
  return scalars.some(
    (scalar) => scalar !== undefined && commentAfter(text, scalar)?.text.includes('"$imagepolicy"') === true,
  );
}
