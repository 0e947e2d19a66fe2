import { connect } from "../../src/adapters/redis/connect.ts";
import { createRedisStore } from "../../src/adapters/redis/store.ts";
import { mapParallel } from "../../src/adapters/registry/parallel.ts";
import {
  type ImageLine,
  parseTag,
  renderLine,
  type Repository,
  type Tag,
} from "../../src/image/reference.ts";
import type { Store } from "../../src/ports/store.ts";
import { DAY_MS, instantOf, later } from "../../src/time.ts";
import type { ScannedPlace } from "../../src/watch/scan.ts";
import { linesAt, manifestOf, type Population, repositoriesAt, tagsOf } from "./population.ts";

/** Lines that one code repository pins. */
const LINES_PER_CODE_REPOSITORY = 20;
const AT_A_TIME = 64;

/**
 * Fills a Redis with what an installation knows that has watched all of this for a day: each line is pinned by one code repository,
 * was seen once, and its digest is verified.
 */
export async function seedRedis(path: string, host: string, population: Population): Promise<void> {
  const complaints: string[] = [];
  const complain = (_fields: unknown, message: string): void => void complaints.push(message);
  const redis = connect({ kind: "socket", path }, { debug() {}, info() {}, warn: complain, error: complain });
  const store = createRedisStore(redis);
  const lines = linesAt(host, population);
  const chunks = Array.from({ length: Math.ceil(lines.length / LINES_PER_CODE_REPOSITORY) }, (_, chunk) =>
    lines.slice(chunk * LINES_PER_CODE_REPOSITORY, (chunk + 1) * LINES_PER_CODE_REPOSITORY),
  );
  await mapParallel([...chunks.entries()], AT_A_TIME, ([number, chunk]) => saveScan(store, number, chunk));
  await mapParallel(lines, AT_A_TIME, (line) => saveVerdict(store, line));
  const tags = tagsOf(population).map(parseTag);
  await mapParallel(repositoriesAt(host, population), AT_A_TIME, (each) => savePoll(store, each, tags));
  redis.disconnect();
  if (complaints.length > 0) throw new Error(`filling Redis failed: ${complaints[0]}`);
}

const SEEN_AT = later(instantOf(Date.now()), -DAY_MS);

function digestAt({ repository, tag }: ImageLine) {
  return manifestOf(repository.path, tag, 0).digest;
}

async function saveScan(store: Store, number: number, lines: readonly ImageLine[]): Promise<void> {
  await store.saveScan({
    codeRepository: { owner: "bench", name: `code-${number}` },
    branch: "main",
    commit: "0".repeat(40),
    scannedAt: SEEN_AT,
    places: lines.map((line, position): ScannedPlace => ({
      path: "Dockerfile",
      line: position + 1,
      raw: `${renderLine(line)}@${digestAt(line)}`,
      state: { kind: "handled", line, digest: digestAt(line), profile: "bench" },
    })),
    skipped: [],
  });
}

async function savePoll(store: Store, repository: Repository, tags: readonly Tag[]): Promise<void> {
  const looks = tags.map((tag) => {
    const digest = digestAt({ repository, tag });
    const history = [{ digest, firstSeenAt: SEEN_AT, lastSeenAt: SEEN_AT }];
    return { tag, record: { history, checkedAt: SEEN_AT } };
  });
  await store.savePoll(repository, { looks, poll: {}, lostAt: SEEN_AT });
}

async function saveVerdict(store: Store, line: ImageLine): Promise<void> {
  await store.saveVerdict({
    image: { repository: line.repository, digest: digestAt(line) },
    verdict: {
      kind: "verified",
      signers: [],
      results: [],
      skipped: [],
      sbom: { kind: "missing" },
      insecure: [],
    },
    policyHash: "bench",
    since: SEEN_AT,
    checkedAt: SEEN_AT,
    platforms: [],
  });
}
