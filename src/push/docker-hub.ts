import { z } from "zod";
import { noticesOf, type PushReading, refused } from "./reading.ts";

const schema = z.object({
  push_data: z.object({ tag: z.string() }),
  repository: z.object({ repo_name: z.string() }),
});

/**
 * Docker Hub: one repository, one tag; no event but a push, and no digest. `callback_url` is never called.
 *
 * @see https://docs.docker.com/docker-hub/repos/manage/webhooks/
 */
export function readDockerHub(payload: unknown): PushReading {
  const { success, data } = schema.safeParse(payload);
  if (!success) return refused("malformed");
  return noticesOf([{ registry: "docker.io", path: data.repository.repo_name, tag: data.push_data.tag }]);
}
