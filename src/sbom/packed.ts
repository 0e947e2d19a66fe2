import { deflateSync } from "node:zlib";
import type { ComponentList } from "./component.ts";

/** A component list as it is stored. Whoever reads an SBOM packs its list, so that it is handed on and stored without being read again. */
export interface PackedComponents {
  /** JSON, deflated with zlib's header. */
  readonly deflated: Uint8Array;
}

export function packedOf(list: ComponentList): PackedComponents {
  return { deflated: deflateSync(JSON.stringify(list)) };
}
