import type { HttpAnswer } from "./http.ts";
import { PAGE_HEADERS, renderIndexPage, renderPullPage, STYLE } from "./pages.ts";
import { PERSON } from "./operator-told.ts";
import { closePull, mergePull, refreshPullsOf } from "./pulls.ts";
import { keyOf, Refused } from "./world.ts";
import type { PullState, RepositoryState, World } from "./world.ts";

/** A request for a page, or of one of its buttons. */
export interface SiteRequest {
  readonly method: string;
  readonly path: string;
  /** The `sec-fetch-site` header: browsers say where a request comes from. */
  readonly from: string | undefined;
}

/** Answers people: pages, and the two buttons of a pull request. */
export async function answerPerson(world: World, request: SiteRequest): Promise<HttpAnswer> {
  const { method, path } = request;
  if (method === "GET" && path === "/") return page(200, renderIndexPage(world));
  if (method === "GET" && path === "/style.css") {
    return {
      status: 200,
      headers: { ...PAGE_HEADERS, "content-type": "text/css; charset=utf-8" },
      body: STYLE,
    };
  }
  const [, owner = "", name = "", number = "", , button] =
    /^\/([^/]+)\/([^/]+)\/pull\/(\d+)(\/(merge|close))?$/.exec(path) ?? [];
  // Names of repositories have no characters that are written otherwise in a path.
  const repository = world.repositories.get(keyOf(owner, name));
  const pull = repository?.pulls.find((each) => String(each.number) === number);
  if (repository === undefined || pull === undefined) return page(404, "<p>There is no such page.</p>");
  if (method === "GET" && button === undefined) {
    await refreshPullsOf(world, repository);
    return page(200, await renderPullPage(repository, pull));
  }
  if (method === "POST" && button !== undefined) return press(world, { repository, pull, button }, request);
  return page(405, "<p>That cannot be done here.</p>");
}

async function press(
  world: World,
  at: { readonly repository: RepositoryState; readonly pull: PullState; readonly button: string },
  { path, from }: SiteRequest,
): Promise<HttpAnswer> {
  if (from !== "same-origin") return page(403, "<p>Only the buttons of these pages do this.</p>");
  const { repository, pull, button } = at;
  try {
    await repository.exclusively(async () => {
      if (button === "merge") await mergePull(world, repository, pull, { method: "merge" });
      else closePull(world, pull, PERSON);
    });
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    return page(409, "<p>This pull request cannot be merged.</p>");
  }
  return {
    status: 303,
    headers: { ...PAGE_HEADERS, location: path.replace(/\/(?:merge|close)$/, "") },
    body: "",
  };
}

function page(status: number, body: string): HttpAnswer {
  return { status, headers: PAGE_HEADERS, body };
}
