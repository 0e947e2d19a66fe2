import { z } from "zod";
import type { Delivery } from "../../code-events/redelivery.ts";
import { CodedError } from "../../errors.ts";
import type { HookDeliveries, HookTarget } from "../../ports/hook-deliveries.ts";
import { parseInstant } from "../../time.ts";
import type { Client } from "./client.ts";
import { type Answer, parseAnswer, type Question } from "./exchange.ts";
import type { Session } from "./installations.ts";
import type { Operation } from "./operations.ts";

const PAGE_SIZE = 100;
const PAGES_MAX = 30;
/** Of a page's mark, which GitHub makes. */
const CURSOR_LENGTH_MAX = 200;

/** @see https://docs.github.com/en/rest/apps/webhooks */
const DELIVERIES = z.array(
  z.object({
    id: z.union([z.int(), z.bigint()]),
    guid: z.string().min(1).max(100),
    delivered_at: z.string().max(64),
    event: z.string().max(100),
    status_code: z.number(),
  }),
);
const TARGET = z.object({
  url: z.string().max(2_000).nullish(),
  content_type: z.string().max(100).nullish(),
  secret: z.string().nullish(),
});

/** Webhooks of an App, asked about as the App itself. */
export function createHookDeliveries({ exchange }: Pick<Client, "exchange">, app: Session): HookDeliveries {
  const { octokit, secrets } = app;
  const question = (operation: Operation, signal: AbortSignal): Question => ({
    operation,
    subject: "the App",
    signal,
    secrets,
  });
  return {
    async since(since, signal) {
      const found: Delivery[] = [];
      const asked = question("list-deliveries", signal);
      let cursor: string | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const from = cursor === undefined ? {} : { cursor };
        const answer = await exchange
          .send(asked, (request) =>
            octokit.rest.apps.listWebhookDeliveries({
              per_page: PAGE_SIZE,
              ...from,
              // Octokit's own reader tells integers to their last digit.
              request: { ...request, parseSuccessResponseBody: true },
            }),
          )
          .catch(noneWhereNotFound);
        if (answer === undefined) return { deliveries: [], isPartial: false };
        const deliveries = parseAnswer(asked, exchange.host, DELIVERIES, answer.data).flatMap(deliveryOf);
        const wanted = deliveries.filter(({ deliveredAt }) => deliveredAt >= since);
        found.push(...wanted);
        cursor = nextCursorOf(answer);
        if (wanted.length < deliveries.length || cursor === undefined) {
          return { deliveries: found, isPartial: false };
        }
      }
      return { deliveries: found, isPartial: true };
    },
    async sendAgain({ number }, signal) {
      try {
        await exchange.send(question("redeliver", signal), (request) =>
          octokit.request({ method: "POST", url: `/app/hook/deliveries/${number}/attempts`, request }),
        );
        return "asked";
      } catch (thrown) {
        if (thrown instanceof CodedError && GONE.has(thrown.code)) return "gone";
        throw thrown;
      }
    },
    async target(signal): Promise<HookTarget> {
      const asked = question("get-hook", signal);
      const answer = await exchange
        .send(asked, (request) => octokit.rest.apps.getWebhookConfigForApp({ request }))
        .catch(noneWhereNotFound);
      if (answer === undefined) return { hasSecret: false };
      const { url, content_type, secret } = parseAnswer(asked, exchange.host, TARGET, answer.data);
      return {
        hasSecret: typeof secret === "string" && secret !== "",
        ...(typeof url === "string" && url !== "" ? { url } : {}),
        ...(typeof content_type === "string" ? { contentType: content_type } : {}),
      };
    },
  };
}

/** GitHub keeps what it sent for three days, and refuses to send again what it cannot. */
const GONE: ReadonlySet<string> = new Set(["code-host-not-found", "code-host-rejected"]);

/** An App without a webhook has neither a target nor deliveries; an old GitHub Enterprise Server cannot tell of them. */
function noneWhereNotFound(thrown: unknown): undefined {
  if (thrown instanceof CodedError && thrown.code === "code-host-not-found") return undefined;
  throw thrown;
}

/** None for one that no moment is known of. */
function deliveryOf({
  id,
  guid,
  delivered_at,
  event,
  status_code,
}: z.output<typeof DELIVERIES>[number]): readonly Delivery[] {
  const deliveredAt = parseInstant(delivered_at);
  if (deliveredAt === undefined) return [];
  return [{ number: BigInt(id), id: guid, deliveredAt, event, status: status_code }];
}

/** The mark of the next page. */
function nextCursorOf({ headers }: Answer): string | undefined {
  const link = String(headers?.["link"] ?? "").slice(0, 4_000);
  const url = /<([^<>]*)>;\s*rel="next"/.exec(link)?.[1];
  const cursor = url === undefined ? undefined : URL.parse(url)?.searchParams.get("cursor");
  return typeof cursor === "string" && cursor.length <= CURSOR_LENGTH_MAX ? cursor : undefined;
}
