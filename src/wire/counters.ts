/** What the wire counts, for the metrics. Plain numbers: adding to one costs a nanosecond. */
export interface WireCounters {
  connectionsOpen: number;
  connectionsAccepted: number;
  /** Over `max_connections`. */
  connectionsRefused: number;
  /** Of TLS. */
  handshakesFailed: number;
  requests: number;
  /** Heads that could not be read. */
  malformed: number;
  slowHeads: number;
  slowBodies: number;
  slowReaders: number;
  tunnelsOpen: number;
}

export function createWireCounters(): WireCounters {
  return {
    connectionsOpen: 0,
    connectionsAccepted: 0,
    connectionsRefused: 0,
    handshakesFailed: 0,
    requests: 0,
    malformed: 0,
    slowHeads: 0,
    slowBodies: 0,
    slowReaders: 0,
    tunnelsOpen: 0,
  };
}
