import { CodedError, messageOf } from "../../errors.ts";
import type { HookDeliveries, HookTarget } from "../../ports/hook-deliveries.ts";
import type { Finding } from "./report.ts";

/** How webhooks of the code host are taken. */
export interface WebhooksToLookAt {
  /** Whether `github.webhookSecret` is set. */
  readonly secret: "set" | "missing";
  /** Where the pages are reached from outside. */
  readonly publicUrl: string | undefined;
  /** Where those of an App go; absent where a token is used, which cannot say. */
  readonly deliveries?: Pick<HookDeliveries, "target">;
}

/** Where webhooks are taken, below the address of the pages. */
const PATH = "/hooks/code-host";

/** What there is to say about webhooks of the code host. They are not needed, so none of it is a fault. */
export async function webhookFindings(
  { secret, publicUrl, deliveries }: WebhooksToLookAt,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const subject = "webhooks";
  if (secret === "missing") {
    const detail =
      "are not taken: github.webhookSecret is not set, so what people do is noticed by the next look";
    return [{ subject, state: "not-checked", detail }];
  }
  if (deliveries === undefined) {
    const detail = `are taken at ${wantedOf(publicUrl)}; whether any are sent there cannot be asked with a token`;
    return [{ subject, state: "not-checked", detail }];
  }
  try {
    const faults = faultsOf(await deliveries.target(signal), publicUrl);
    return faults.length === 0
      ? [{ subject, state: "well", detail: `of the App come to ${wantedOf(publicUrl)}` }]
      : faults.map((detail) => ({ subject, state: "warning", detail }));
  } catch (error) {
    const code = error instanceof CodedError ? error.code : "unknown";
    return [{ subject, state: "warning", detail: `could not be asked about: ${messageOf(error)} (${code})` }];
  }
}

function faultsOf(
  { url, contentType, hasSecret }: HookTarget,
  publicUrl: string | undefined,
): readonly string[] {
  if (url === undefined) return [`of the App go nowhere: give it the URL ${wantedOf(publicUrl)}`];
  return [
    ...(isOurs(url, publicUrl) ? [] : [`of the App go to ${url}, and not to ${wantedOf(publicUrl)}`]),
    ...(contentType === "json"
      ? []
      : [`of the App have the content type ${contentType ?? "form"}: let it be application/json`]),
    ...(hasSecret ? [] : ["of the App are not signed: give it the secret of github.webhookSecret"]),
  ];
}

/** Whether webhooks come to us; without an address of ours only the path can be compared. */
function isOurs(url: string, publicUrl: string | undefined): boolean {
  const given = URL.parse(url);
  if (given === null) return false;
  const wanted = publicUrl === undefined ? undefined : URL.parse(wantedOf(publicUrl));
  if (wanted === undefined || wanted === null) return given.pathname.replace(/\/$/, "").endsWith(PATH);
  return given.origin === wanted.origin && given.pathname.replace(/\/$/, "") === wanted.pathname;
}

function wantedOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? PATH : `${publicUrl.replace(/\/+$/, "")}${PATH}`;
}
