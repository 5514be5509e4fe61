// What every hazard has in common: the server stands under a cap on its memory; what is sent to it is refused within a second;
// and afterwards it is alive, answers others, and holds no more than before.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Server, cast } from './server.mjs';
import { say } from './wire.mjs';

/** Memory that is used, in MiB, at any moment; the program needs some 65 to be there at all. */
export const CAP = 128;
/**
 * Memory that is set aside, in MiB, which is what a system can put a wall around. The allocator takes 128 MiB at a time and every
 * thread 2 for its stack, used or not; the busier the machine, the more threads wait for the disk.
 */
const WALL = 384;
/**
 * Within how many milliseconds what is too much is refused: of the server's own time on a processor, which does not depend on what
 * else this machine has to do.
 */
export const SECOND = 1_000;
/** Within how many milliseconds anybody else is answered meanwhile. */
const PATIENCE = 10_000;

export class Siege {
  static async begin(options = []) {
    const limits = [`--data=${WALL * 1024 * 1024}`, '--nofile=1024'];
    const siege = new Siege();
    siege.server = await Server.start({ limits, options });
    const { inspector, organisations } = cast();
    siege.inspector = siege.server.client(inspector);
    siege.officer = siege.server.client(organisations.at(-1).token);
    await siege.isWell();
    siege.descriptors = siege.server.descriptors;
    return siege;
  }

  /** Sends a document, and expects a refusal whose code is one of `codes`. */
  async refuses(body, codes, headers) {
    const { status, text, took } = await this.timed(() => this.inspector.raw(body, headers));
    const answer = JSON.parse(text);
    assert.ok(status >= 400 && status < 500, `${status} ${text.slice(0, 300)}`);
    assert.equal(answer.data, undefined, text.slice(0, 300));
    assert.ok(answer.errors.length <= 20, `${answer.errors.length} errors`);
    assert.ok(codes.includes(answer.errors[0].extensions.code), text.slice(0, 300));
    this.isShort(text, took);
  }

  /** Sends a document that is within the limits, and expects an answer in time. */
  async answers(body, client = this.inspector) {
    const { status, text, took } = await this.timed(() => client.raw(body));
    assert.equal(status, 200, text.slice(0, 300));
    assert.ok(took < SECOND, `it took ${took} ms`);
    return JSON.parse(text);
  }

  /** How a request ends, and after how many milliseconds of the server's work. */
  async timed(send) {
    const begun = this.server.worked;
    const response = await send();
    const text = await response.text();
    return { status: response.status, text, took: this.server.worked - begun };
  }

  /** The same of what is said on the wire. */
  async heard(bytes) {
    const begun = this.server.worked;
    const answer = await say(this.server.base, bytes);
    return { ...answer, took: this.server.worked - begun };
  }

  isShort(text, took) {
    assert.ok(text.length < 16_384, `a refusal of ${text.length} characters`);
    assert.ok(took < SECOND, `it took ${took} ms`);
  }

  /** The server lives and answers, in time and within its memory. */
  async isWell() {
    assert.ok(this.server.isAlive, this.server.log);
    const begun = performance.now();
    const answer = await (await this.inspector.raw({ query: '{ viewer { role } }' })).json();
    assert.deepEqual(answer, { data: { viewer: { role: 'INSPECTOR' } } });
    // Others may be at work at the same time, and so may the machine.
    const took = performance.now() - begun;
    assert.ok(took < PATIENCE, `it took ${took} ms`);
    assert.ok(this.server.peak < CAP, `${this.server.peak} MiB`);
  }

  /** It holds no more open than at the beginning, give or take the connections of this client; and no file is left. */
  async isFlat() {
    const allowed = this.descriptors + 24;
    const spooled = () => readdirSync(join(this.server.folder, 'spool'));
    const isFlat = () => this.server.descriptors <= allowed && spooled().length === 0;
    // Connections that were dropped are let go of when the server next looks.
    const until = performance.now() + 20_000;
    while (!isFlat() && performance.now() < until) await this.isWell();
    assert.ok(this.server.descriptors <= allowed, `${this.server.descriptors} open, where ${this.descriptors} were`);
    assert.deepEqual(spooled(), []);
    assert.doesNotMatch(this.server.log, /panicked|INTERNAL|error\.reference/);
  }

  /** Nothing is left; the server ends however that ends, as these tests would wait for it otherwise. */
  async end() {
    try {
      await this.isFlat();
    } finally {
      await this.server.stop();
    }
  }
}
