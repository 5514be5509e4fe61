// The real program, started for one suite on a copy of the seeded folder (seed.mjs).
import { spawn, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the project. */
export const top = fileURLToPath(new URL('../../../', import.meta.url));
export const sdl = readFileSync(join(top, 'schema/kraamzicht.graphql'), 'utf8');

const program = setting('KRAAMZICHT');
const seeded = setting('KRAAMZICHT_SEED');

/** Who is there, and what they hold: see seed.mjs. */
export const cast = () => JSON.parse(readFileSync(join(seeded, 'cast.json'), 'utf8'));

/** Runs a command of the program to its end: what it printed. */
export function command(folder, ...args) {
  return execFileSync(program, ['--data-dir', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A running server with a folder of its own. */
export class Server {
  /** The program itself; `limits` are options of prlimit, and `options` of `serve`. */
  static async start({ limits = [], options = [] } = {}) {
    const folder = copy();
    const serve = [program, '--data-dir', folder, 'serve', '--listen', '127.0.0.1:0', ...options];
    return new Server(folder, limits.length ? ['prlimit', ...limits, ...serve] : serve).ready();
  }

  /** The door that asks for no token (door.rs). */
  static async openDoor() {
    const folder = copy();
    return new Server(folder, [setting('KRAAMZICHT_OPEN_DOOR'), folder]).ready();
  }

  /** The program on a folder of somebody else's, which stays. */
  static async on(folder) {
    const server = new Server(folder, [program, '--data-dir', folder, 'serve', '--listen', '127.0.0.1:0']);
    server.keeps = true;
    return server.ready();
  }

  constructor(folder, [name, ...args]) {
    this.folder = folder;
    this.log = '';
    this.process = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve(signal ?? code)));
  }

  async ready() {
    const announced = new Promise((resolve, reject) => {
      const hear = (bytes) => {
        this.log += bytes;
        const found = this.log.match(/listening on (http:\/\/[0-9.:]+)/);
        if (found) resolve(found[1]);
      };
      this.process.stdout.on('data', hear);
      this.process.stderr.on('data', hear);
      this.process.once('error', reject);
      this.ended.then((how) => reject(new Error(`the server ended (${how}) before it listened:\n${this.log}`)));
    });
    this.base = await announced;
    return this;
  }

  get url() {
    return `${this.base}/graphql`;
  }

  get isAlive() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** The most memory it ever held, in MiB. */
  get peak() {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(status.match(/VmHWM:\s+(\d+) kB/)[1]) / 1024;
  }

  /** How many milliseconds it has worked on a processor. */
  get worked() {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    // In hundredths of a second, by user and by system.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** How many files and sockets it holds open. */
  get descriptors() {
    return readdirSync(`/proc/${this.process.pid}/fd`).length;
  }

  /** Asks by POST; `ask.raw` takes whatever comes. */
  client(token) {
    const raw = (body, headers = {}) =>
      fetch(this.url, {
        method: 'POST',
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const ask = async (query, variables) => {
      const answer = await (await raw({ query, variables })).json();
      if (answer.errors) throw new Error(`${query}\n${JSON.stringify(answer.errors)}`);
      return answer.data;
    };
    return Object.assign(ask, { raw, token });
  }

  async stop() {
    this.process.kill('SIGKILL');
    await this.ended;
    if (!this.keeps) rmSync(this.folder, { recursive: true, force: true });
  }
}

function copy() {
  const folder = mkdtempSync(join(tmpdir(), 'kraamzicht-suite-'));
  cpSync(seeded, folder, { recursive: true });
  return folder;
}

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run scripts/suites, which builds, seeds and sets it`);
  return value;
}
