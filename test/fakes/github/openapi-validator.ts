import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { z } from "zod";

/** One exchange, as far as the description speaks of it. `path` is below the base of the API and still percent-encoded. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  /** Parsed; undefined when there was none. */
  readonly body: unknown;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Checks exchanges against GitHub's own description. Every fault is one line that names operation and place. */
export interface OpenApiValidator {
  requestFaults(exchange: Exchange): readonly string[];
  /** Of a success, in full. The description lists other statuses incompletely, so they pass. */
  answerFaults(exchange: Exchange, answer: ExchangeAnswer): readonly string[];
  /** Of a webhook's payload. */
  webhookFaults(webhook: {
    readonly name: string;
    readonly action: string | undefined;
    readonly payload: object;
  }): readonly string[];
}

const SCHEMA = z.record(z.string(), z.unknown());
const PARAMETER = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean().default(false),
  schema: SCHEMA,
  "x-multi-segment": z.boolean().default(false),
});
const CONTENT = z.object({ "application/json": z.object({ schema: SCHEMA }) });
const OPERATION = z.object({
  operationId: z.string(),
  parameters: z.array(z.union([z.object({ $ref: z.string() }), PARAMETER])),
  requestBody: z.object({ required: z.boolean().default(false), content: CONTENT }).optional(),
  responses: z.record(z.string(), z.object({ content: CONTENT.optional() })),
});
const DESCRIPTION = z.object({
  paths: z.record(z.string(), z.record(z.string(), OPERATION)),
  webhooks: z.record(z.string(), SCHEMA),
  components: z.object({
    parameters: z.record(z.string(), PARAMETER),
    schemas: z.record(z.string(), SCHEMA),
  }),
});

type Description = z.infer<typeof DESCRIPTION>;
type Parameter = z.infer<typeof PARAMETER>;

interface Operation extends Omit<z.infer<typeof OPERATION>, "parameters"> {
  readonly method: string;
  readonly template: string;
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
}

/** Reads `openapi.json` beside this file. Schemas are compiled when first needed. */
export function createOpenApiValidator(): OpenApiValidator {
  const file = new URL("openapi.json", import.meta.url);
  const description = DESCRIPTION.parse(JSON.parse(readFileSync(file, "utf8")));
  const operations = operationsOf(description);
  const compile = createCompiler(description);

  const findOperation = ({ method, path }: Exchange): Operation | undefined =>
    operations.find((operation) => operation.method === method && operation.pattern.test(path));

  return {
    requestFaults(exchange) {
      const operation = findOperation(exchange);
      if (operation === undefined) return [`${exchange.method} ${exchange.path}: not in the description`];
      return [
        ...parameterFaults(operation, exchange, compile),
        ...bodyFaults(operation, exchange, compile),
      ].map((fault) => `${operation.operationId} request: ${fault}`);
    },

    answerFaults(exchange, { status, body }) {
      const operation = findOperation(exchange);
      if (operation === undefined || status < 200 || status > 299) return [];
      const named = `${operation.operationId} answer ${status}`;
      const response = operation.responses[String(status)];
      if (response === undefined) return [`${named}: not a documented status`];
      const schema = response.content?.["application/json"].schema;
      if (schema === undefined) return body === undefined ? [] : [`${named}: has a body`];
      return faultsOf(compile(schema), body).map((fault) => `${named}: ${fault}`);
    },

    webhookFaults({ name, action, payload }) {
      const kind = [name, ...(action === undefined ? [] : [action])].join("-").replaceAll("_", "-");
      const schema = description.webhooks[kind];
      if (schema === undefined) return [`webhook ${kind}: not in the description`];
      return faultsOf(compile(schema), payload).map((fault) => `webhook ${kind}: ${fault}`);
    },
  };
}

/** With more literal segments first: `/pulls/{n}/merge` before `/pulls/{n}`. */
function operationsOf({ paths, components }: Description): readonly Operation[] {
  const operations = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const parameters = operation.parameters.map((parameter) => {
        if (!("$ref" in parameter)) return parameter;
        const found = components.parameters[parameter.$ref.split("/").at(-1) ?? ""];
        if (found === undefined) throw new Error(`openapi.json lacks ${parameter.$ref}`);
        return found;
      });
      return {
        ...operation,
        method: method.toUpperCase(),
        template,
        parameters,
        pattern: patternOf(template, parameters),
      };
    }),
  );
  const literals = ({ template }: Operation): number =>
    template.split("/").filter((segment) => !segment.startsWith("{")).length;
  return operations.toSorted((left, right) => literals(right) - literals(left));
}

function patternOf(template: string, parameters: readonly Parameter[]): RegExp {
  const segments = template.split("/").map((segment) => {
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (name === undefined) return segment;
    const isMulti = parameters.some((parameter) => parameter.name === name && parameter["x-multi-segment"]);
    return `(?<${name}>${isMulti ? ".+" : "[^/]+"})`;
  });
  return new RegExp(`^${segments.join("/")}$`);
}

type Compile = (schema: Readonly<Record<string, unknown>>) => ValidateFunction;

function createCompiler({ components }: Description): Compile {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Those of bots have brackets: `1+x[bot]@users.noreply.github.com`.
  ajv.addFormat("email", /^[^@\s]+@[^@\s]+$/);
  ajv.addFormat("repo.nwo", /^[^/\s]+\/[^/\s]+$/);
  ajv.addSchema({ $id: "github", components: { schemas: toJsonSchema(components.schemas) } });
  const compiled = new Map<object, ValidateFunction>();
  return (schema) => {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const validate = ajv.compile(SCHEMA.parse(toJsonSchema(schema)));
    compiled.set(schema, validate);
    return validate;
  };
}

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, references name the document. */
function toJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (typeof value !== "object" || value === null) return value;
  const { nullable, $ref, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === "$ref" ? item : toJsonSchema(item)]),
  );
  if (typeof $ref === "string") return { $ref: $ref.replace(/^#/, "github#") };
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

function parameterFaults(operation: Operation, exchange: Exchange, compile: Compile): readonly string[] {
  const groups = operation.pattern.exec(exchange.path)?.groups ?? {};
  const known = new Set(operation.parameters.filter((each) => each.in === "query").map(({ name }) => name));
  const unknown = [...exchange.query.keys()].filter((name) => !known.has(name));
  const faults = operation.parameters.flatMap((parameter) => {
    const text =
      parameter.in === "path"
        ? decodeURIComponent(groups[parameter.name] ?? "")
        : (exchange.query.get(parameter.name) ?? undefined);
    if (text === undefined) return parameter.required ? [`${parameter.name} is missing`] : [];
    return faultsOf(compile(parameter.schema), valueOf(text, parameter)).map(
      (fault) => `${parameter.name} ${fault}`,
    );
  });
  return [...unknown.map((name) => `unknown parameter ${name}`), ...faults];
}

/** A parameter is text; what its schema calls a number is read as one. */
function valueOf(text: string, { schema }: Parameter): unknown {
  return schema["type"] === "integer" && /^-?\d+$/.test(text) ? Number(text) : text;
}

function bodyFaults(operation: Operation, exchange: Exchange, compile: Compile): readonly string[] {
  const { requestBody } = operation;
  if (requestBody === undefined) return exchange.body === undefined ? [] : ["takes no body"];
  if (exchange.body === undefined) return requestBody.required ? ["the body is missing"] : [];
  const isJson = exchange.contentType?.startsWith("application/json") === true;
  const { schema } = requestBody.content["application/json"];
  return [
    ...(isJson ? [] : [`content type ${exchange.contentType ?? "none"}`]),
    ...faultsOf(compile(schema), exchange.body),
    ...unknownFields(schema, exchange.body),
  ];
}

/** GitHub ignores fields it does not know, which hides a misspelt one. Looks at the fields of the body itself. */
function unknownFields(schema: Readonly<Record<string, unknown>>, body: unknown): readonly string[] {
  const alternatives = z.array(SCHEMA).safeParse(schema["oneOf"]).data ?? [schema];
  const known = alternatives.flatMap(({ properties }) =>
    Object.keys(SCHEMA.safeParse(properties).data ?? {}),
  );
  const fields = typeof body === "object" && body !== null && !Array.isArray(body) ? Object.keys(body) : [];
  return fields.filter((field) => !known.includes(field)).map((field) => `unknown field ${field}`);
}

function faultsOf(validate: ValidateFunction, value: unknown): readonly string[] {
  return validate(value) ? [] : (validate.errors ?? []).map(renderError);
}

function renderError({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath === "" ? "/" : instancePath} ${message ?? "is invalid"} ${JSON.stringify(params)}`;
}
