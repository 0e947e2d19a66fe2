import { describe, expect, test } from "vitest";
import { createGraphs, type GraphDocument, type Looked } from "../../../src/adapters/github/graphs.ts";
import { HOUR_MS } from "../../../src/time.ts";

function looked(id: string): Looked {
  return { commit: "c", id, ordinary: [] };
}

const DOCUMENTS: readonly GraphDocument[] = ["look", "propose", "read"];

describe("what the host said of documents", () => {
  test.each(DOCUMENTS)("holds for an hour, of %s alone", (document) => {
    const clock = { ms: 5 };
    const graphs = createGraphs(() => clock.ms);
    expect(DOCUMENTS.filter((each) => graphs.areAbsent(each))).toEqual([]);
    graphs.absent(document);
    clock.ms += HOUR_MS - 1;
    expect(DOCUMENTS.filter((each) => graphs.areAbsent(each))).toEqual([document]);
    clock.ms += 1;
    expect(DOCUMENTS.filter((each) => graphs.areAbsent(each))).toEqual([]);
  });
});

describe("what a look told", () => {
  const SHOP = { owner: "acme", name: "shop" };
  test("is found by the name, whatever its case, as it was told last", () => {
    const graphs = createGraphs();
    graphs.remember(SHOP, looked("a"));
    graphs.remember({ owner: "Acme", name: "SHOP" }, looked("b"));
    expect(graphs.looked(SHOP)?.id).toBe("b");
    expect(graphs.looked({ owner: "acme", name: "other" })).toBeUndefined();
  });

  test("is forgotten of who was looked at longest ago, beyond a thousand", () => {
    const graphs = createGraphs();
    for (let n = 0; n < 1_000; n += 1) graphs.remember({ owner: "acme", name: `r${n}` }, looked(`${n}`));
    graphs.remember({ owner: "acme", name: "r0" }, looked("again"));
    graphs.remember(SHOP, looked("one more"));
    expect(graphs.looked({ owner: "acme", name: "r1" })).toBeUndefined();
    expect(graphs.looked({ owner: "acme", name: "r0" })?.id).toBe("again");
    expect(graphs.looked(SHOP)?.id).toBe("one more");
  });
});
