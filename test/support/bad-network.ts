/** A stretch of network between the gateway and a service that is slow, breaks off, or swallows everything. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface BadNetwork {
  readonly url: string;
  /** Milliseconds that every read takes longer, in each direction. */
  delayMs: number;
  /** Bytes of the service that still come through before the connection is reset. */
  cutAfter: number;
  /** Nothing comes through any more, and nobody is told: the other side of a cable that was pulled. */
  silent: boolean;
  close(): Promise<void>;
}

export async function startBadNetwork(servicePort: number): Promise<BadNetwork> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: servicePort, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        if (!network.silent) (socket === near ? far : near).destroy();
      });
    }
    near.on('data', (bytes) => later(() => far.write(bytes)));
    far.on('data', (bytes) =>
      later(() => {
        const part = bytes.subarray(0, network.cutAfter);
        network.cutAfter -= part.length;
        near.write(part, () => part.length < bytes.length && near.resetAndDestroy());
      }),
    );
  });
  function later(pass: () => void): void {
    if (network.silent) return;
    if (network.delayMs === 0) pass();
    else setTimeout(pass, network.delayMs);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const network: BadNetwork = {
    url: `http://127.0.0.1:${port}`,
    delayMs: 0,
    cutAfter: Number.POSITIVE_INFINITY,
    silent: false,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return network;
}
