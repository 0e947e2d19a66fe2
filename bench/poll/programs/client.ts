import { z } from "zod";
import { answerParent } from "../child.ts";
import { measured } from "../measure.ts";
import { type Assignment, assignmentSchema, type Work } from "../work.ts";

/* The process under test: prepares one kind of work, then does it round after round and tells what each cost. */

let work: Work | undefined;

/** Each level loads its own code alone: the memory of a process is mostly that. */
async function prepare(assignment: Assignment): Promise<Work> {
  switch (assignment.level) {
    case "heads":
      return (await import("../heads.ts")).prepareHeads(assignment);
    case "survey":
      return (await import("../survey.ts")).prepareSurvey(assignment);
    case "cycle":
      if (assignment.redisPath === undefined) throw new Error("a cycle needs a Redis");
      return (await import("../cycle.ts")).prepareCycle(assignment, assignment.redisPath);
    default:
      return assignment.level satisfies never;
  }
}

async function round({ run, redis }: Work): Promise<object> {
  const before = await redis?.();
  const measurement = await measured(run);
  const after = await redis?.();
  return {
    ...measurement,
    redisBytes: (after?.bytes ?? 0) - (before?.bytes ?? 0),
    redisCpuMs: (after?.cpuMs ?? 0) - (before?.cpuMs ?? 0),
  };
}

const questionSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("prepare"), assignment: assignmentSchema }),
  z.object({ kind: z.literal("round") }),
  z.object({ kind: z.literal("close") }),
]);

answerParent(questionSchema, async (question) => {
  switch (question.kind) {
    case "prepare":
      work = await prepare(question.assignment);
      return { rssMb: process.resourceUsage().maxRSS / 1_024 };
    case "round":
      if (work === undefined) throw new Error("nothing was prepared");
      return round(work);
    case "close":
      await work?.close();
      return {};
    default:
      return question satisfies never;
  }
});
