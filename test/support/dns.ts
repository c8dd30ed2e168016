/** A name server on a free UDP port of loopback, which knows what a test tells it (RFC 1035 §4). */
import { createSocket } from 'node:dgram';

export interface TestNameServer {
  /** `host:port`, as `setServers` wants it. */
  readonly address: string;
  /** The IPv4 addresses of every name; none: there is no such name. */
  answer(addresses: readonly string[], ttlS: number): void;
  /** Questions so far. */
  asked(): number;
  close(): void;
}

const A = 1;
const NAME_ERROR = 3;

export async function startNameServer(): Promise<TestNameServer> {
  const socket = createSocket('udp4');
  let known: { readonly addresses: readonly string[]; readonly ttlS: number } = { addresses: [], ttlS: 0 };
  let asked = 0;
  socket.on('message', (query, from) => {
    asked++;
    // Behind the head of twelve bytes: the name, ended by a zero, its type and its class.
    const nameEnd = query.indexOf(0, 12);
    const question = query.subarray(12, nameEnd + 5);
    const addresses = query.readUInt16BE(nameEnd + 1) === A ? known.addresses : [];
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (known.addresses.length === 0 ? NAME_ERROR : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) => {
      // The name is the one at byte 12.
      const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
      record.writeUInt32BE(known.ttlS, 6);
      return record;
    });
    socket.send(Buffer.concat([head, question, ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    answer: (addresses, ttlS) => void (known = { addresses, ttlS }),
    asked: () => asked,
    close: () => void socket.close(),
  };
}
