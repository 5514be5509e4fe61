// Schemathesis makes requests out of our own descriptions, right ones and wrong ones, from a seed: GraphQL from the schema,
// and the rest from /openapi.json. What it calls a failure of GraphQL is in hooks.py.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Server, cast, top } from './stage/server.mjs';

const server = await Server.start();
const { inspector, organisations } = cast();
const folder = mkdtempSync(join(tmpdir(), 'schemathesis-'));
after(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

function schemathesis(location, token, ...options) {
  const suites = join(top, 'tests/suites');
  const args = ['--config-file', join(suites, 'schemathesis.toml'), 'run', location, '--no-color'];
  args.push('--header', `Authorization: Bearer ${token}`, ...options);
  const env = { ...process.env, PYTHONPATH: suites, SCHEMATHESIS_HOOKS: 'hooks', PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(join(process.env.KRAAMZICHT_PYTHON, 'schemathesis'), args, { cwd: folder, env });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

async function finds(how, location, token, ...options) {
  const { code, output } = await schemathesis(location, token, ...options);
  assert.equal(code, 0, output);
  const cases = Number(output.match(/(\d+) generated/)?.[1]);
  assert.ok(cases > 200, `only ${cases} requests ${how}\n${output}`);
  assert.ok(server.isAlive, server.log);
  assert.doesNotMatch(server.log, /panic|error\.reference/, server.log);
}

const graphql = join(top, 'schema/kraamzicht.graphql');
const graphqlOptions = ['--url', server.url, '--exclude-checks', 'not_a_server_error,positive_data_acceptance'];
for (const mode of ['positive', 'negative']) {
  for (const [who, token] of [
    ['the inspectorate', inspector],
    ['an organisation', organisations[3].token],
  ]) {
    test(`schemathesis finds nothing in GraphQL, ${mode} requests by ${who}`, async () => {
      await finds(mode, graphql, token, '--mode', mode, '--max-examples', '25', ...graphqlOptions);
    });
  }
}

test('schemathesis finds nothing in what /openapi.json describes', async () => {
  await finds('over HTTP', `${server.base}/openapi.json`, organisations[3].token, '--max-examples', '25');
});
