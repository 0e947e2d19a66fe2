import { Octokit, RequestError } from "octokit";
import { describe, expect, test } from "vitest";
import { createOctokits } from "../../../src/adapters/github/octokits.ts";
import { serve } from "./serve.ts";

/** What octokit makes of the answer, be it a success or none. */
async function dataOf(octokit: Octokit): Promise<unknown> {
  try {
    return (await octokit.request("GET /repos/acme/shop")).data;
  } catch (thrown) {
    if (thrown instanceof RequestError) return thrown.response?.data;
    throw thrown;
  }
}

describe("octokit gives out", () => {
  const JSON_TYPE = "application/json; charset=utf-8";
  const rows = [
    { title: "JSON", type: JSON_TYPE, body: '{"a":[1,"ü"]}', data: { a: [1, "ü"] } },
    { title: "JSON without a charset", type: "application/json", body: "[]", data: [] },
    { title: "JSON with a byte-order mark", type: JSON_TYPE, body: "\uFEFF[1]", data: [1] },
    { title: "JSON by another name", type: "application/scim+json", body: "{}", data: {} },
    { title: "what says it is JSON and is none, as text", type: JSON_TYPE, body: "{]", data: "{]" },
    { title: "what says it is JSON and is nothing, as text", type: JSON_TYPE, body: "", data: "" },
    { title: "a page as text", type: "text/html", body: "<html>", data: "<html>" },
    { title: "something like JSON as text", type: "text/json", body: "[]", data: "[]" },
    { title: "nothing as text", type: undefined, body: "", data: "" },
    { title: "no content as text", type: undefined, body: "", data: "", status: 204 },
    { title: "created JSON", type: JSON_TYPE, body: "{}", data: {}, status: 201 },
    { title: "a refusal", type: JSON_TYPE, body: '{"message":"no"}', data: { message: "no" }, status: 422 },
    { title: "a page of a refusal", type: "text/html", body: "<html>", data: "<html>", status: 502 },
    { title: "that nothing changed", type: undefined, body: "", data: "", status: 304 },
  ];

  test.each(rows)("$title, as it does with fetch", async ({ type, body, data, status = 200 }) => {
    const { url } = await serve((response) => {
      if (type !== undefined) response.setHeader("content-type", type);
      response.writeHead(status).end(body);
    });
    const ours = createOctokits({ userAgent: "test" }, url, () => undefined).withToken("ghp_0123456789");
    const theirs = new Octokit({ baseUrl: url, request: { retries: 0 } });
    expect(await dataOf(ours)).toEqual(data);
    expect(await dataOf(theirs)).toEqual(data);
  });
});
