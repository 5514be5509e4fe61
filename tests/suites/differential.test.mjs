// The server beside graphql-js, the reference implementation: the same verdict on every document of the corpus, the same
// answers from the same data, and the same nulls and errors where fields fail.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  GraphQLError,
  GraphQLObjectType,
  GraphQLScalarType,
  buildSchema,
  execute,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isCompositeType,
  isRequiredArgument,
  parse,
  validate,
} from 'graphql';
import { answers, faults, verdicts } from './corpus.mjs';
import { Server, cast, sdl } from './stage/server.mjs';

const server = await Server.start();
const door = await Server.openDoor();
const { inspector, organisations } = cast();
const client = server.client(inspector);
after(() => Promise.all([server.stop(), door.stop()]));

/** What the schema's own descriptions say of our scalars. */
const SCALARS = {
  AgbCode: /^\d{8}$/,
  Date: isDay,
  DateTime: (text) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) && isDay(text.slice(0, 10)),
  Period: /^\d{4}(-Q[1-4])?$/,
  UUID: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

function isDay(text) {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`);
  return day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const schema = withScalars(buildSchema(sdl));

function withScalars(schema) {
  for (const [name, form] of Object.entries(SCALARS)) {
    const scalar = schema.getType(name);
    assert.ok(scalar instanceof GraphQLScalarType, name);
    scalar.parseValue = (value) => {
      const holds = typeof value === 'string' && (form instanceof RegExp ? form.test(value) : form(value));
      if (!holds) throw new GraphQLError(`${value} is no ${name}`);
      return value;
    };
    scalar.parseLiteral = (node) => scalar.parseValue(node.kind === 'StringValue' ? node.value : undefined);
  }
  return schema;
}

/** What graphql-js makes of a document before it is executed. */
function reference(text, variables) {
  let document;
  try {
    document = parse(text);
  } catch {
    return 'not parsed';
  }
  if (validate(schema, document).length) return 'invalid';
  const operation = getOperationAST(document);
  if (!operation) return 'no operation';
  // It says so while executing; the specification, while validating.
  if (!schema.getRootType(operation.operation)) return 'invalid';
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
  return errors ? 'wrong variables' : 'executed';
}

const CODES = {
  GRAPHQL_PARSE_FAILED: 'not parsed',
  GRAPHQL_VALIDATION_FAILED: 'invalid',
  OPERATION_RESOLUTION_FAILURE: 'no operation',
  BAD_USER_INPUT: 'wrong variables',
};

async function verdict(query, variables) {
  const response = await client.raw(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
  const answer = await response.json();
  const isRefused = answer.data === undefined;
  assert.equal(response.status, isRefused ? 400 : 200, JSON.stringify(answer));
  return [isRefused ? CODES[answer.errors[0].extensions.code] : 'executed', answer];
}

test('every document of the corpus is judged as graphql-js judges it', async (t) => {
  for (const [name, document, variables] of verdicts) {
    await t.test(name, async () => {
      const json = typeof variables === 'string' ? variables : JSON.stringify(variables ?? null);
      const [found, answer] = await verdict(document, json);
      assert.equal(found, reference(document, JSON.parse(json)), `${document}\n${JSON.stringify(answer).slice(0, 500)}`);
    });
  }
});

/** Everything below a type, `depth` levels of objects deep, without fields that want arguments. */
function everything(type, depth) {
  const fields = Object.values(type.getFields?.() ?? {}).filter((field) => !field.args.some(isRequiredArgument));
  const parts = fields.map((field) => {
    const below = getNamedType(field.type);
    if (!isCompositeType(below)) return field.name;
    return depth > 0 && below instanceof GraphQLObjectType ? `${field.name} ${everything(below, depth - 1)}` : '';
  });
  return `{ __typename ${parts.join(' ')} }`;
}

test('every answer is that of graphql-js over the same data, in the same order', async (t) => {
  const root = await client(`{ catalogue ${everything(schema.getType('Catalogue'), 3)} viewer { role } }`);
  const nodes = {
    organisation: organisations[2].id,
    submission: organisations[2].submissionId,
    nothing: 'org_00000000000000000000000000',
  };
  const node = Object.fromEntries(
    await Promise.all(
      Object.entries(nodes).map(async ([name, id]) => {
        const query = `query($id: ID!) { node(id: $id) { __typename id ... on Organisation { name agbCode } ... on Submission { fileName state } } }`;
        return [id, (await client(query, { id })).node];
      }),
    ),
  );
  assert.ok(node[nodes.organisation].name && node[nodes.submission].state && node[nodes.nothing] === null);
  const rootValue = { ...root, node: ({ id }) => node[id] };
  for (const [name, document, given] of answers) {
    await t.test(name, async () => {
      const variables = typeof given === 'string' ? { id: nodes[given] } : (given ?? {});
      const expected = execute({ schema, document: parse(document), rootValue, variableValues: variables });
      assert.deepEqual(expected.errors, undefined);
      const found = await client(document, variables);
      assert.equal(JSON.stringify(found), JSON.stringify(expected.data), document);
    });
  }
});

const FAULTS = `
  type Query { fine: String! maybe: String sure: String! nothing: String part(number: Int!): Part surePart(number: Int!): Part!
    maybeParts: [Part] parts: [Part]! sureParts: [Part!] }
  type Part { number: Int! maybe: Int sure: Int! below: Part sureBelow: Part! sureParts: [Part!]! }
`;

class Part {
  constructor(number) {
    this.number = number;
  }
  maybe() {
    if (this.number === 1) throw new Error('failed');
    return this.number;
  }
  sure() {
    return this.maybe();
  }
  below() {
    return new Part(this.number);
  }
  sureBelow() {
    return this.below();
  }
  sureParts() {
    return [0, 1, 2].map((number) => new Part(number));
  }
}

const failing = () => {
  throw new Error('failed');
};
const part = ({ number }) => new Part(number);
const parts = () => new Part(0).sureParts();
const faultRoot = { fine: 'fine', maybe: failing, sure: failing, nothing: null, part, surePart: part, maybeParts: parts, parts, sureParts: parts };

/**
 * The one difference there is: of an error whose null goes up through an item of a list, async-graphql 8.0.0-rc.5 tells the
 * path as far as the item, and not the field below it.
 */
const isCut = (path, whole) => /\.\d+$/.test(path) && whole.startsWith(`${path}.`);

test('where fields fail, nulls and errors are those of graphql-js', async (t) => {
  const faultSchema = buildSchema(FAULTS);
  for (const document of faults) {
    await t.test(document, async () => {
      const expected = execute({ schema: faultSchema, document: parse(document), rootValue: faultRoot });
      const response = await fetch(`${door.base}/faults/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query: document }),
      });
      const found = await response.json();
      assert.equal(JSON.stringify(found.data), JSON.stringify(expected.data), JSON.stringify(found));
      const paths = (errors) => (errors ?? []).map((error) => error.path.join('.')).sort();
      // Of errors that null one and the same place, one is enough (6.4.4 of the specification).
      const wanted = paths(expected.errors);
      const told = paths(found.errors);
      const holds = (path) => wanted.includes(path) || wanted.some((whole) => isCut(path, whole));
      assert.deepEqual(told.filter((path) => !holds(path)), [], `wanted ${wanted}`);
      assert.equal(told.length > 0, wanted.length > 0);
    });
  }
});
