import type { ApiAnswer, ApiRequest } from "./world.ts";
import { Refused } from "./world.ts";

const PER_PAGE_DEFAULT = 30;
const PER_PAGE_MAX = 100;

/** One page of a list as GitHub cuts it, with its `link` header. `path` is below the base of the API. */
export function renderPage(
  { world, query }: Pick<ApiRequest, "world" | "query">,
  path: string,
  items: readonly object[],
): ApiAnswer {
  const perPage = Math.min(numberOf(query, "per_page", PER_PAGE_DEFAULT), PER_PAGE_MAX);
  const page = numberOf(query, "page", 1);
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const linkTo = (target: number, rel: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set("page", String(target));
    return `<${world.apiUrl}${path}?${parameters.toString()}>; rel="${rel}"`;
  };
  const link = [
    ...(page > 1 ? [linkTo(page - 1, "prev"), linkTo(1, "first")] : []),
    ...(page < pages ? [linkTo(page + 1, "next"), linkTo(pages, "last")] : []),
  ].join(", ");
  return {
    status: 200,
    body: items.slice((page - 1) * perPage, page * perPage),
    ...(link === "" ? {} : { headers: { link } }),
  };
}

function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Refused(422, `${name} is not a positive number`);
  return Number(text);
}
