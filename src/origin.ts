/** Where a request comes from: what is known of a connection once, and what a trusted proxy says of each request on it. */
import { readClientCertificate } from './auth/client-certificate.ts';
import type { Config } from './config/config.ts';
import { addressKey, callerAddress, createAddressBlocks } from './limit/address.ts';
import { createRequestId, keepRequestId } from './log/request-id.ts';
import { nextTrace } from './log/trace-context.ts';
import type { Origin, Peer } from './passage.ts';
import type { Plan } from './plan.ts';
import { fieldOf, fieldsOf } from './request.ts';

export function createOrigins({
  trustedProxies,
  ipv6Prefix,
}: Pick<Config, 'trustedProxies' | 'ipv6Prefix'>): Pick<Plan, 'openPeer' | 'seePeer' | 'originOf'> {
  const trusted = createAddressBlocks(trustedProxies);
  return {
    openPeer(remoteAddress, scheme, certificate) {
      const address = callerAddress(remoteAddress, [], trusted);
      return {
        address,
        addressKey: addressKey(address, ipv6Prefix),
        trusted: trusted.has(address),
        scheme,
        certificate: certificate && readClientCertificate(certificate),
      };
    },
    seePeer: (peer) => ({
      ...peer,
      addressKey: addressKey(peer.address, ipv6Prefix),
      trusted: trusted.has(peer.address),
    }),
    originOf(request, peer) {
      const { traceparent, continued } = nextTrace(fieldOf(request, 'traceparent'));
      const state = continued ? fieldsOf(request, 'tracestate').join(',') : '';
      const tracestate = state === '' ? '' : `tracestate: ${state}\r\n`;
      if (!peer.trusted) return { ...peerOrigin(peer), requestId: createRequestId(), traceparent, tracestate };
      const address = callerAddress(peer.address, fieldsOf(request, 'x-forwarded-for'), trusted);
      return {
        peer,
        address,
        addressKey: address === peer.address ? peer.addressKey : addressKey(address, ipv6Prefix),
        requestId: keepRequestId(fieldOf(request, 'x-request-id')),
        traceparent,
        tracestate,
      };
    },
  };
}

function peerOrigin(peer: Peer): Pick<Origin, 'peer' | 'address' | 'addressKey'> {
  return { peer, address: peer.address, addressKey: peer.addressKey };
}
