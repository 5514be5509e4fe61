// A connection on which a probe says every byte itself.
import { connect } from 'node:net';

/** Sends `bytes` (text, or pieces one after the other) and gives all that came back, once the server closes or is silent. */
export function say(base, bytes, { silence = 300, limit = 5_000 } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let heard = '';
    let closed = false;
    let quiet;
    const done = () => {
      clearTimeout(quiet);
      socket.destroy();
      resolve({ heard, closed, answers: heard.match(/HTTP\/1\.1 \d{3}/g) ?? [] });
    };
    const wait = () => {
      clearTimeout(quiet);
      quiet = setTimeout(done, heard ? silence : limit);
    };
    wait();
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      wait();
    });
    // A server that no longer reads may reset the connection once it has said its last.
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
      done();
    });
    for (const piece of [bytes].flat()) socket.write(piece);
  });
}

/** The status of the first answer; 0 when there was none. */
export const statusOf = ({ answers }) => Number(answers[0]?.slice(-3) ?? 0);

/** Opens `count` connections and says `bytes` on each; they stay open until `close` is called. */
export async function hold(base, count, bytes) {
  const { hostname, port } = new URL(base);
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const socket = connect(Number(port), hostname, () => resolve(socket));
          socket.on('error', () => resolve(socket));
          if (bytes) socket.write(bytes);
        }),
    ),
  );
  return { close: () => sockets.forEach((socket) => socket.destroy()) };
}
