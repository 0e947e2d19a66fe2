import { readFileSync } from "node:fs";
import {
  buildSchema,
  execute,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  print,
  validate,
  visit,
} from "graphql";
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { z } from "zod";
import { findVisible } from "../access.ts";
import type { Mischief } from "../faults.ts";
import { lackedBy, Refused } from "../world.ts";
import type { ApiAnswer, Caller, Edition, World } from "../world.ts";
import { failureOf, GraphFailure } from "./failure.ts";
import { MUTATIONS } from "./mutations.ts";
import { findNode, renderNode } from "./nodes.ts";
import { actorOf, repositoryOf } from "./objects.ts";

/** A request to the one address of the GraphQL API. */
export interface GraphCall {
  readonly world: World;
  readonly caller: Caller;
  readonly body: unknown;
  /** `stop-after` and `fail-field` happen within the document. */
  readonly mischief: Mischief | undefined;
  readonly rateLimit: () => object;
}

/** What a document asks for, known before it is executed. */
export interface Asked {
  readonly type: "query" | "mutation";
  /** Of the operation; undefined for an anonymous one. */
  readonly name: string | undefined;
  /** The fields at the root, in order, without aliases. */
  readonly fields: readonly string[];
}

/** The GraphQL API without HTTP. */
export interface GraphApi {
  /** Undefined for what is no document. */
  asked(body: unknown): Asked | undefined;
  handle(call: GraphCall): Promise<ApiAnswer>;
}

const BODY = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/** Reads `schema.graphql` beside this folder. What violates it is handed to `report`, unless only this edition lacks it. */
export function createGraphApi(report: (fault: string) => void, edition: Edition): GraphApi {
  const text = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");
  const whole = buildSchema(text);
  const lacked = lackedBy(edition);
  const schema = lacked.size === 0 ? whole : buildSchema(without(text, lacked));
  return {
    asked(body) {
      const parsed = BODY.safeParse(body);
      if (!parsed.success) return undefined;
      try {
        return askedBy(parse(parsed.data.query), parsed.data.operationName);
      } catch {
        return undefined;
      }
    },
    async handle(call) {
      const parsed = BODY.safeParse(call.body);
      if (!parsed.success) {
        report("graphql request: has no query");
        return { status: 400, body: { message: "Problems parsing JSON" } };
      }
      const read = readDocument(schema, parsed.data.query);
      if (read.kind === "refused") {
        const faults = readDocument(whole, parsed.data.query);
        const errors = faults.kind === "refused" ? faults.errors : [];
        for (const { message } of errors) report(`graphql request: ${message}`);
        return { status: 200, body: { errors: read.errors.map(renderError) } };
      }
      return answer(schema, read.document, { call, ...parsed.data });
    },
  };
}

/** A schema without these fields: of mutations by their name alone, of others as `PullRequest.mergeable`. */
function without(schema: string, lacked: ReadonlySet<string>): string {
  return print(
    visit(parse(schema), {
      ObjectTypeDefinition: (type) => ({
        ...type,
        fields: (type.fields ?? []).filter(
          ({ name }) =>
            !lacked.has(type.name.value === "Mutation" ? name.value : `${type.name.value}.${name.value}`),
        ),
      }),
    }),
  );
}

type ReadDocument =
  | { readonly kind: "valid"; readonly document: DocumentNode }
  | { readonly kind: "refused"; readonly errors: readonly GraphQLError[] };

function readDocument(schema: GraphQLSchema, text: string): ReadDocument {
  try {
    const document = parse(text);
    const errors = validate(schema, document);
    return errors.length === 0 ? { kind: "valid", document } : { kind: "refused", errors };
  } catch (thrown) {
    if (thrown instanceof GraphQLError) return { kind: "refused", errors: [thrown] };
    throw thrown;
  }
}

async function answer(
  schema: GraphQLSchema,
  document: DocumentNode,
  request: z.infer<typeof BODY> & { readonly call: GraphCall },
): Promise<ApiAnswer> {
  const { call } = request;
  const run = { stopped: false };
  const asked = askedBy(document, request.operationName);
  const { data, errors = [] } = await execute({
    schema,
    document,
    rootValue: asked?.type === "mutation" ? mutationRoot(call, run) : queryRoot(call),
    ...(request.operationName ? { operationName: request.operationName } : {}),
    ...(request.variables ? { variableValues: request.variables } : {}),
  });
  // What went wrong in the double itself is not an answer.
  const bug = errors.find(({ originalError }) => originalError !== undefined && !isRefusal(originalError));
  if (bug?.originalError !== undefined) throw bug.originalError;
  if (run.stopped) {
    return { status: 502, body: { message: "Server Error" } };
  }
  return {
    status: 200,
    body: {
      ...(data === undefined ? {} : { data }),
      ...(errors.length === 0 ? {} : { errors: errors.map(renderError) }),
    },
  };
}

function isRefusal(error: Error): boolean {
  return error instanceof GraphFailure || error instanceof GraphQLError || error instanceof z.ZodError;
}

function queryRoot({ world, caller, rateLimit }: GraphCall): object {
  const node = async ({ id }: { readonly id: string }): Promise<object | null> =>
    renderNode(findNode(world, caller, id));
  return {
    rateLimit: () => ({ cost: 1, nodeCount: 0, ...rateLimit() }),
    viewer: () => actorOf({ world }, caller.login),
    node,
    nodes: ({ ids }: { readonly ids: readonly string[] }) => ids.map(async (id) => node({ id })),
    repository: async (name: { readonly owner: string; readonly name: string }) => {
      const repository = findVisible(world, caller, name);
      if (repository === undefined) {
        const wanted = `${name.owner}/${name.name}`;
        throw new GraphFailure("NOT_FOUND", `Could not resolve to a Repository with the name '${wanted}'.`);
      }
      return repositoryOf({ world, caller, repository });
    },
  };
}

/** Executed one after the other, by the rules of GraphQL; what one did stays done when the next fails. */
function mutationRoot({ world, caller, mischief }: GraphCall, run: { stopped: boolean }): object {
  let done = 0;
  const start = (name: string): void => {
    if (run.stopped || (mischief?.kind === "stop-after" && done >= mischief.fields)) {
      run.stopped = true;
      throw new GraphFailure("INTERNAL", "Something went wrong while executing your query.");
    }
    done += 1;
    if (mischief?.kind === "fail-field" && mischief.field === name) {
      throw new GraphFailure(mischief.type, mischief.message);
    }
  };
  const fields = Object.entries(MUTATIONS).map(([name, mutation]) => [
    name,
    async ({ input }: { readonly input: { readonly clientMutationId?: string | null } }) => {
      start(name);
      try {
        const payload = await mutation({ world, caller }, input);
        return { clientMutationId: input.clientMutationId ?? null, ...payload };
      } catch (thrown) {
        throw thrown instanceof Refused ? failureOf(thrown) : thrown;
      }
    },
  ]);
  return Object.fromEntries(fields);
}

function askedBy(document: DocumentNode, wanted: string | null | undefined): Asked | undefined {
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const operation = wanted ? operations.find(({ name }) => name?.value === wanted) : operations[0];
  if (operation === undefined) return undefined;
  return {
    type: operation.operation === OperationTypeNode.MUTATION ? "mutation" : "query",
    name: operation.name?.value,
    fields: operation.selectionSet.selections.flatMap((each) =>
      each.kind === Kind.FIELD ? [each.name.value] : [],
    ),
  };
}

function renderError({ message, locations, path, originalError }: GraphQLError): object {
  return {
    ...(originalError instanceof GraphFailure ? { type: originalError.type } : {}),
    ...(originalError instanceof GraphFailure && originalError.type === "FORBIDDEN"
      ? { extensions: { saml_failure: false } }
      : {}),
    ...(path === undefined ? {} : { path }),
    ...(locations === undefined ? {} : { locations }),
    ...wordsOf(message),
  };
}

/** GitHub's server has other words than the library here for what a schema has not. */
function wordsOf(message: string): { readonly message: string; readonly extensions?: object } {
  const [, fieldName, typeName] = /^Cannot query field "(\w+)" on type "(\w+)"\./.exec(message) ?? [];
  if (fieldName === undefined || typeName === undefined) return { message };
  return {
    message: `Field '${fieldName}' doesn't exist on type '${typeName}'`,
    extensions: { code: "undefinedField", typeName, fieldName },
  };
}
