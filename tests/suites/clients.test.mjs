// Clients that nobody here wrote, made of the schema by their own generators, ask the real server; what each printed is what
// the server holds.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { Server, cast, top } from './stage/server.mjs';

const server = await Server.start();
const { inspector, organisations, year, file } = cast();
after(() => server.stop());

const suites = join(top, 'tests/suites');
const clients = join(suites, 'clients');
const modules = join(suites, 'node_modules');
const settings = { CLIENT_URL: server.url, CLIENT_TOKEN: inspector, CLIENT_PERIOD: year };

/** Runs a program to its end: what it printed. */
async function run(program, args, options = {}) {
  const env = { ...process.env, ...settings, ...options.env };
  try {
    return (await promisify(execFile)(program, args, { cwd: suites, ...options, env })).stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  }
}

/** What the server holds, by the flat export: another door than GraphQL. */
async function held() {
  const answer = await fetch(`${server.base}/v1/exports/scores?period=${year}&theme=overall&limit=5`, {
    headers: { authorization: `Bearer ${inspector}` },
  });
  const rows = await answer.json();
  assert.equal(rows.length, 5);
  return rows.map(({ agb_code: agbCode, organisation: name, level, score }) => ({ agbCode, name, level: level.toUpperCase(), score }));
}

function compare(printed, rows) {
  const read = JSON.parse(printed);
  assert.equal(read.role.toUpperCase(), 'INSPECTOR');
  assert.equal(read.totalCount, organisations.length);
  const indicators = read.rows.map((row) => row.indicators);
  assert.ok(indicators.some((codes) => codes.includes('KZ01')), printed);
  const plain = read.rows.map(({ agbCode, name, level, score }) => ({ agbCode, name, level: level.toUpperCase(), score }));
  assert.deepEqual(plain, rows);
  assert.ok(rows.some((row) => row.score !== null));
}

test('graphql-codegen: its TypeScript holds by tsc, asks, and reads what the server holds', async () => {
  const folder = join(top, 'target/suites/typescript');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  symlinkSync(modules, join(folder, 'node_modules'));
  cpSync(join(clients, 'typescript/client.ts'), join(folder, 'client.ts'));
  cpSync(join(suites, 'package.json'), join(folder, 'package.json'));
  const node = process.execPath;
  const codegen = join(modules, '@graphql-codegen/cli/cjs/bin.js');
  await run(node, [codegen, '--config', join(clients, 'typescript/codegen.mjs')], { env: { CLIENT_FOLDER: folder } });
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const tsc = join(modules, 'typescript/bin/tsc');
  await run(node, [tsc, ...strict, '--skipLibCheck', '--outDir', 'made', 'client.ts'], { cwd: folder });
  compare(await run(node, [join(folder, 'made/client.js')]), await held());
});

test('gql of Python: its DSL of the schema asks, and reads what the server holds', async () => {
  const python = join(process.env.KRAAMZICHT_PYTHON, 'python');
  compare(await run(python, ['-B', join(clients, 'python/client.py')]), await held());
});

test('graphql_client of Rust: its types of the schema build, ask, and read what the server holds', async () => {
  const manifest = join(clients, 'rust/Cargo.toml');
  const env = { CARGO_TARGET_DIR: join(top, 'target/suites/rust') };
  compare(await run('cargo', ['run', '--quiet', '--locked', '--manifest-path', manifest], { env }), await held());
});

test('apollo-upload-client sends a file by the multipart form', async () => {
  const { token } = organisations.at(-1);
  const printed = JSON.parse(await run(process.execPath, [join(clients, 'upload.mjs')], { env: { CLIENT_TOKEN: token, CLIENT_FILE: file } }));
  assert.deepEqual([printed.userErrors, printed.submission.state, printed.submission.fileName], [[], 'CHECKED', 'van-de-pagina.csv']);
  const query = 'query($id: ID!) { submission(id: $id) { state fileName rows { accepted } } }';
  const { submission } = await server.client(token)(query, { id: printed.submission.id });
  assert.deepEqual(submission, { state: 'CHECKED', fileName: 'van-de-pagina.csv', rows: { accepted: 10 } });
});
