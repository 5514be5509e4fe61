// The schema as others read it: by introspection, by their linter, and beside the last release; and what it must not tell.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { ESLint } from 'eslint';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  parse,
  printSchema,
  validateSchema,
} from 'graphql';
import { Server, cast, sdl, top } from './stage/server.mjs';

const server = await Server.start();
const ask = server.client(cast().inspector);
after(() => server.stop());

const EVERYTHING = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});

test('introspection with every option gives a valid schema, which is that of the file', async () => {
  const schema = buildClientSchema(await ask(EVERYTHING));
  // The engine tells what a schema is, where ours has no words of its own.
  schema.description = undefined;
  assert.deepEqual(validateSchema(schema), []);
  const written = buildSchema(sdl);
  assert.deepEqual(validateSchema(written), []);
  const text = (one) => printSchema(lexicographicSortSchema(one));
  assert.equal(text(schema), text(written));
});

const documents = documentsOfOurs();
const folder = join(top, 'target/suites/documents');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of documents) writeFileSync(join(folder, `${name}.graphql`), text);

test('the schema keeps to graphql-eslint: schema-recommended, relay, and the rules of CONTRIBUTING', async () => {
  await lint('schema/kraamzicht.graphql');
});

test('documents in schema/operations and docs keep to graphql-eslint: operations-recommended', async () => {
  assert.ok(documents.some(([name]) => name.startsWith('api-')), 'docs/api.md has documents');
  for (const [name] of documents) await lint(`target/suites/documents/${name}.graphql`);
});

test('nothing breaks for clients of the last release, by graphql-inspector', async () => {
  const changes = await diff(buildSchema(released()), buildSchema(sdl));
  const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
  assert.deepEqual(
    breaking.map((change) => `${change.path}: ${change.message}`),
    [],
  );
});

test('a wrong name is never answered with a right one', async () => {
  const schema = buildSchema(sdl);
  const near = (name) => [name.slice(0, -1), `${name}s`, name.replace(/[aeiou]/, 'x')].filter((one) => one !== name);
  const documents = [];
  const known = new Set(Object.keys(schema.getTypeMap()));
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type.getFields())) {
      const root = type === schema.getQueryType() ? 'query' : 'mutation';
      for (const wrong of near(field.name)) {
        if (!type.getFields()[wrong]) documents.push([`${root} { ${wrong} }`, wrong]);
      }
      for (const argument of field.args) {
        for (const wrong of near(argument.name)) {
          if (!field.args.some((one) => one.name === wrong)) {
            documents.push([`${root} { ${field.name}(${wrong}: 1) { __typename } }`, wrong]);
          }
        }
      }
    }
  }
  for (const [document, wrong] of [
    ['{ viewer { rol } }', 'rol'],
    ['{ ... on Organisatio { id } }', 'Organisatio'],
    ['{ viewer @skp(if: true) { role } }', 'skp'],
    ['query($a: DateTim) { __typename }', 'DateTim'],
    ['{ riskScores(period: "2025", orderBy: SCORE_ASC) { totalCount } }', 'SCORE_ASC'],
    ['{ organisation(by: {agbCod: "33990000"}) { id } }', 'agbCod'],
  ]) {
    documents.push([document, wrong]);
  }
  assert.ok(documents.length > 100);
  for (const [document, wrong] of documents) {
    const { errors } = await (await ask.raw({ query: document })).json();
    assert.ok(errors?.length, document);
    for (const { message } of errors) {
      // Which argument is wanted the specification's own rule says; that is no guess at what was meant.
      if (message.startsWith('the required argument')) continue;
      assert.doesNotMatch(message, /did you mean|bedoel/i, document);
      // No name that looks like the wrong one and that the document does not have itself.
      const words = message.match(/[A-Za-z_]\w*/g) ?? [];
      const told = words.filter((word) => !document.includes(word) && resembles(word, wrong) && (known.has(word) || isField(schema, word)));
      assert.deepEqual(told, [], `${document}\n${message}`);
    }
  }
});

function resembles(one, other) {
  return one !== other && one.slice(0, 3).toLowerCase() === other.slice(0, 3).toLowerCase() && Math.abs(one.length - other.length) < 8;
}

function isField(schema, word) {
  return [schema.getQueryType(), schema.getMutationType()].some((type) => type.getFields()[word]);
}

/** Lints a file of the project. */
async function lint(path) {
  const eslint = new ESLint({ cwd: top, overrideConfigFile: join(top, 'tests/suites/eslint.config.mjs') });
  const results = await eslint.lintFiles(join(top, path));
  const messages = results.flatMap((result) => result.messages);
  assert.deepEqual(
    messages.map(({ line, column, message, ruleId }) => `${path}:${line}:${column} ${message} (${ruleId})`),
    [],
  );
}

/** Every GraphQL document that a reader may copy: the trusted documents, and docs/api.md. */
function documentsOfOurs() {
  const documents = [];
  const folder = join(top, 'schema/operations');
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.graphql')) documents.push([name.replace('.graphql', ''), readFileSync(join(folder, name), 'utf8')]);
  }
  const guide = readFileSync(join(top, 'docs/api.md'), 'utf8');
  for (const [, query] of guide.matchAll(/"query":"((?:[^"\\]|\\.)*)"/g)) {
    const text = JSON.parse(`"${query}"`);
    // The guide shows how what is wrong is refused.
    if (!text.includes(' Wrong ')) documents.push([`api-${documents.length}`, text]);
  }
  documents.forEach(([name, text]) => assert.ok(parse(text), name));
  return documents;
}

/** The newest schema in schema/released, by version. */
function released() {
  const folder = join(top, 'schema/released');
  const version = (name) => name.match(/\d+/g).map(Number);
  const newer = (one, other) => version(other).map((number, at) => number - version(one)[at]).find((step) => step !== 0) ?? 0;
  const [newest] = readdirSync(folder).filter((name) => /^\d+\.\d+\.\d+\.graphql$/.test(name)).sort(newer);
  return readFileSync(join(folder, newest), 'utf8');
}
