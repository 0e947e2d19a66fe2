import { quote } from "../../errors.ts";
import { faultOf, hostOf, type Subject } from "./fault.ts";

/**
 * The next page an answer points to, resolved against the page it came with; undefined on the last one.
 *
 * @throws {CodedError} `registry-refused` for a page of another origin, `registry-protocol` for what is no URL
 * @see RFC 8288
 */
export function nextPageOf(
  header: string | string[] | undefined,
  page: URL,
  subject: Subject,
): URL | undefined {
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  const target = [...text.matchAll(/<([^<>]*)>([^<]*)/g)].find(([, , parameters = ""]) =>
    isNext(parameters),
  )?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, page.href)) {
    throw faultOf("registry-protocol", subject, `the next page is not a URL: ${quote(target)}`);
  }
  const next = new URL(target, page);
  if (next.origin === page.origin && next.username === "" && next.password === "") return next;
  const places = `${quote(next.host)}, not at ${hostOf(page)}`;
  throw faultOf("registry-refused", subject, `the next page is at ${places}: not followed`);
}

function isNext(parameters: string): boolean {
  const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters) ?? [];
  return (quoted ?? bare ?? "").toLowerCase().split(/\s+/).includes("next");
}
