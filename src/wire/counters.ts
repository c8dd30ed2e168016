/** What the wire counts, for the metrics. Plain numbers: adding to one costs a nanosecond. */
export interface WireCounters {
  connectionsOpen: number;
  connectionsAccepted: number;
  /** Over the limit of all. */
  connectionsRefused: number;
  /** Over the limit of their address. */
  connectionsRefusedByAddress: number;
  /** Because memory was short. */
  connectionsShed: number;
  /** Of TLS. */
  handshakesFailed: number;
  requests: number;
  /** Heads that could not be read. */
  malformed: number;
  slowHeads: number;
  slowBodies: number;
  slowReaders: number;
  /** HTTP/2: sessions that broke the protocol. */
  protocolErrors: number;
  /** HTTP/2: sessions of which too many streams were reset. */
  resets: number;
  /** HTTP/2: sessions that sent too much that is neither head nor body. */
  floods: number;
  /** The gateway stopped, and a request on it did not end in time. */
  drainsCut: number;
  tunnelsOpen: number;
}

export function createWireCounters(): WireCounters {
  return {
    connectionsOpen: 0,
    connectionsAccepted: 0,
    connectionsRefused: 0,
    connectionsRefusedByAddress: 0,
    connectionsShed: 0,
    handshakesFailed: 0,
    requests: 0,
    malformed: 0,
    slowHeads: 0,
    slowBodies: 0,
    slowReaders: 0,
    protocolErrors: 0,
    resets: 0,
    floods: 0,
    drainsCut: 0,
    tunnelsOpen: 0,
  };
}
