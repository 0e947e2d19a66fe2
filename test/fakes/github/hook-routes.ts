import type { GlobalRequest, GlobalRoutes } from "./app-routes.ts";
import { renderDate } from "./shapes.ts";
import type { DeliveryState } from "./webhooks.ts";
import { Refused } from "./world.ts";
import type { ApiAnswer, World } from "./world.ts";

const KEPT_MS = 3 * 24 * 60 * 60_000;
const PER_PAGE_DEFAULT = 30;
const PER_PAGE_MAX = 100;

/** What an App may ask about its own webhook. */
export const HOOK_ROUTES: GlobalRoutes = {
  "GET /app/hook/config": forApp(({ world }) => {
    const { target } = world.webhooks;
    if (target === undefined) throw new Refused(404, "Not Found");
    const { url, secret, contentType = "json" } = target;
    return {
      status: 200,
      body: {
        url,
        content_type: contentType,
        insecure_ssl: "0",
        ...(secret === undefined ? {} : { secret: "********" }),
      },
    };
  }),
  "GET /app/hook/deliveries": forApp(listDeliveries),
  "POST /app/hook/deliveries/{delivery_number}/attempts": forApp(({ world, parameter }) => {
    const id = Number(parameter("delivery_number"));
    if (!kept(world).some((delivery) => delivery.id === id)) throw new Refused(404, "Not Found");
    world.webhooks.again(id);
    return { status: 202 };
  }),
};

function forApp(answer: (request: GlobalRequest) => ApiAnswer): GlobalRoutes[string] {
  return async (request) => {
    if (request.identity.kind !== "app") throw new Refused(401, "A JSON web token could not be decoded");
    return answer(request);
  };
}

/** Newest first; a cursor is the id of the last one of the page before. */
function listDeliveries({ world, query }: GlobalRequest): ApiAnswer {
  const perPage = Math.min(Number(query.get("per_page") ?? PER_PAGE_DEFAULT), PER_PAGE_MAX);
  const cursor = query.get("cursor");
  const all = kept(world).toReversed();
  const rest = cursor === null ? all : all.filter(({ id }) => id < Number(cursor));
  const page = rest.slice(0, perPage);
  const last = page.at(-1);
  const more = new URLSearchParams({ per_page: String(perPage), cursor: String(last?.id ?? 0) });
  const link = `<${world.apiUrl}/app/hook/deliveries?${more.toString()}>; rel="next"`;
  return {
    status: 200,
    body: page.map(renderDelivery),
    ...(rest.length > page.length ? { headers: { link } } : {}),
  };
}

function kept({ webhooks, now }: World): readonly DeliveryState[] {
  return webhooks.deliveries.filter(({ at }) => now().getTime() - at.getTime() < KEPT_MS);
}

function renderDelivery({ event, at, isRedelivery, durationS, words, ...delivery }: DeliveryState): object {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: renderDate(at),
    redelivery: isRedelivery,
    duration: durationS,
    status: words,
    status_code: delivery.status,
    event: event.name,
    action: event.action ?? null,
    installation_id: event.installationId ?? null,
    repository_id: event.repositoryId ?? null,
  };
}
