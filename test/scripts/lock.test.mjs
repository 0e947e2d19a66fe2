import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "../../scripts/lib/lock.mjs";

let parent;
let directory;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "hk-lock-"));
  directory = join(parent, "lock");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const hold = async (pid) => {
  await mkdir(directory);
  await writeFile(join(directory, "pid"), String(pid));
};

async function mustNotRun() {
  throw new Error("must not run");
}

test("one works after the other", async () => {
  const order = [];
  const waits = [];
  const first = Promise.withResolvers();
  const held = Promise.withResolvers();
  const one = withLock(directory, async () => {
    order.push("one starts");
    held.resolve();
    await first.promise;
    order.push("one ends");
  });
  await held.promise;
  const other = withLock(directory, async () => order.push("other"), {
    pollMs: 1,
    onWait: (holder) => {
      waits.push(holder);
      first.resolve();
    },
  });
  await Promise.all([one, other]);
  expect(order).toEqual(["one starts", "one ends", "other"]);
  expect(waits).toEqual([String(process.pid)]);
  expect(existsSync(directory)).toBe(false);
});

test("the lock goes when the work fails", async () => {
  await expect(withLock(directory, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(directory)).toBe(false);
});

test("the lock of a dead process is taken over, by one of several", async () => {
  await hold(spawnSync("true").pid);
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(directory, work, { pollMs: 1 })));
  expect(most).toBe(1);
});

test("a lock that never got a name is taken over once it is old", async () => {
  await mkdir(directory);
  await utimes(directory, 1, 1);
  expect(await withLock(directory, async () => "done")).toBe("done");
});

test("a living process is waited for, then named", async () => {
  await hold(process.ppid);
  await expect(withLock(directory, mustNotRun, { waitMs: 0 })).rejects.toThrow(`process ${process.ppid}`);
  expect(existsSync(directory)).toBe(true);
});
