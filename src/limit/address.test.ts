import assert from 'node:assert/strict';
import { isIP, SocketAddress } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressKey, callerAddress, createAddressBlocks, parseAddress } from './address.ts';

const trusted = createAddressBlocks(['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8', '192.0.2.7']);

test('IP-01 X-Forwarded-For from a stranger is ignored', () => {
  assert.equal(callerAddress('203.0.113.9', ['1.1.1.1', '127.0.0.1'], trusted), '203.0.113.9');
  assert.equal(callerAddress('127.0.0.1', ['1.1.1.1'], createAddressBlocks([])), '127.0.0.1');
  assert.equal(callerAddress('2001:db8::1', ['1.1.1.1'], trusted), '2001:db8::1');
});

test('IP-02 the walk goes right to left and ends at the first hop that is not trusted or not readable', () => {
  const cases: readonly (readonly [fields: string[], address: string])[] = [
    [[], '10.0.0.1'],
    [['198.51.100.1'], '198.51.100.1'],
    [['6.6.6.6, 198.51.100.1'], '198.51.100.1'],
    [['6.6.6.6, 198.51.100.1, 10.2.2.2'], '198.51.100.1'],
    [['6.6.6.6', '198.51.100.1', '10.2.2.2,10.3.3.3'], '198.51.100.1'],
    [['6.6.6.6,198.51.100.1', '10.2.2.2'], '198.51.100.1'],
    [['  198.51.100.1\t,\t 10.2.2.2  '], '198.51.100.1'],
    [['198.51.100.1:1234'], '198.51.100.1'],
    [['[2001:db8::5]:443, 10.2.2.2'], '2001:db8::5'],
    [['[2001:db8::5]'], '2001:db8::5'],
    [['2001:DB8:0::5'], '2001:db8::5'],
    [['198.51.100.1, fd00::1, 192.0.2.7'], '198.51.100.1'],
    // All trusted: the leftmost is the caller.
    [['10.9.9.9, 10.2.2.2'], '10.9.9.9'],
    // Unreadable: the last hop that was vouched for.
    [['198.51.100.1, unknown'], '10.0.0.1'],
    [['198.51.100.1, , 10.2.2.2'], '10.2.2.2'],
    [['198.51.100.1,'], '10.0.0.1'],
    [[''], '10.0.0.1'],
    [['198.51.100.1', ''], '10.0.0.1'],
    [['198.51.100.1, _hidden, 10.2.2.2'], '10.2.2.2'],
    [['"198.51.100.1"'], '10.0.0.1'],
    [['for=198.51.100.1'], '10.0.0.1'],
    [['198.51.100.1:'], '10.0.0.1'],
    [['198.51.100.1:123456'], '10.0.0.1'],
    [['198.51.100.1:a'], '10.0.0.1'],
    [['[198.51.100.1]'], '10.0.0.1'],
    [['[2001:db8::5'], '10.0.0.1'],
    [['[2001:db8::5]x'], '10.0.0.1'],
    [['198.51.100.1 10.0.0.2'], '10.0.0.1'],
    [['fe80::1%eth0'], '10.0.0.1'],
  ];
  for (const [fields, address] of cases) {
    assert.equal(callerAddress('10.0.0.1', fields, trusted), address, JSON.stringify(fields));
  }
});

test('IP-05 an IPv4 address in IPv6 clothes is the IPv4 address, in a peer, a field and a list', () => {
  for (const text of ['::ffff:1.2.3.4', '::FFFF:102:304', '0:0:0:0:0:ffff:1.2.3.4', '::ffff:0102:0304']) {
    assert.equal(parseAddress(text), '1.2.3.4', text);
    assert.equal(callerAddress(text, [], trusted), '1.2.3.4', text);
    assert.equal(callerAddress('10.0.0.1', [text], trusted), '1.2.3.4', text);
    assert.equal(addressKey(text, 64), '1.2.3.4', text);
  }
  assert.equal(callerAddress('::ffff:10.0.0.1', ['1.2.3.4'], trusted), '1.2.3.4');
  assert.ok(createAddressBlocks(['::ffff:10.0.0.0/104']).has('10.9.9.9'));
  assert.ok(!createAddressBlocks(['::ffff:10.0.0.0/104']).has('11.0.0.1'));
});

test('IP-06 one address has one spelling, and odd spellings are none', () => {
  for (const text of ['::1', '0:0:0:0:0:0:0:1', '0000:0000::0001', '::0.0.0.1'])
    assert.equal(parseAddress(text), '::1', text);
  assert.equal(parseAddress('2001:DB8:0:0:1:0:0:1'), '2001:db8::1:0:0:1');
  assert.equal(parseAddress('1:0:2:3:4:5:6:7'), '1:0:2:3:4:5:6:7');
  assert.equal(parseAddress('::'), '::');
  assert.equal(parseAddress('1::'), '1::');
  const oddIpv4 =
    '127.1 0177.0.0.1 0x7f.0.0.1 2130706433 1.2.3 1.2.3.4.5 1.2.3.256 1.2.3.04 1.2.3. .1.2.3 +1.2.3.4 1e1.2.3.4';
  const oddIpv6 =
    ': ::: 1:::2 ::1:: 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7::8 12345:: g:: :1 1: ::1%lo [::1] ::1.2.3';
  const oddMixed = '::1.2.3.04 1.2.3.4:: 1.2.3.4:5:: ::1.2.3.4:5 ::ffff:1.2.3.4/96';
  const odd = [
    ...`${oddIpv4} ${oddIpv6} ${oddMixed}`.split(' '),
    '',
    ' ',
    '1.2.3.4 ',
    '1.2.3.4\n',
    '١.2.3.4',
    'localhost',
  ];
  for (const text of odd) assert.equal(parseAddress(text), undefined, JSON.stringify(text));
});

test('IP-06 a zone is dropped from the peer, and a peer that is no address stays as it is', () => {
  assert.equal(callerAddress('fe80::1%eth0', [], trusted), 'fe80::1');
  assert.equal(callerAddress('', ['1.2.3.4'], trusted), '');
  assert.equal(addressKey('not:an:address', 64), 'not:an:address');
});

test('IP-07 an IPv6 host is counted by its network', () => {
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6', 64), '2001:db8:1:2::');
  assert.equal(addressKey('2001:db8:1:2:ffff::', 64), '2001:db8:1:2::');
  assert.equal(addressKey('2001:db8:1:2ff:3:4:5:6', 56), '2001:db8:1:200::');
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6', 48), '2001:db8:1::');
  assert.equal(addressKey('2001:db8::5', 128), '2001:db8::5');
  assert.equal(addressKey('198.51.100.1', 64), '198.51.100.1');
});

test('blocks hold exactly the addresses under their prefix', () => {
  const blocks = createAddressBlocks(['192.168.4.0/22', '2001:db8::/33', '0.0.0.0/32']);
  for (const address of ['192.168.4.0', '192.168.7.255', '2001:db8:7fff::1', '0.0.0.0']) assert.ok(blocks.has(address));
  for (const address of ['192.168.8.0', '192.168.3.255', '2001:db8:8000::', '::', '0.0.0.1', '', 'x']) {
    assert.ok(!blocks.has(address), address);
  }
  assert.ok(createAddressBlocks(['0.0.0.0/0']).has('8.8.8.8'));
  assert.ok(!createAddressBlocks(['0.0.0.0/0']).has('2001:db8::1'));
  assert.ok(createAddressBlocks(['::/0']).has('8.8.8.8'));
  for (const block of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', 'fd00::/129', 'x/8', '10.0.0/8', '1.2.3.4/8/8']) {
    assert.throws(() => createAddressBlocks([block]), /CIDR/, block);
  }
});

function system(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

test('the parser agrees with the system on every IPv6 text', () => {
  const piece = fc.constantFrom('0', '1', 'ffff', 'dB8', '00', ':', '::', ':', ':', '1.2.3.4', '12345', 'g');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
      const text = pieces.join('');
      if (!text.includes(':')) return;
      const mine = parseAddress(text);
      assert.equal(mine !== undefined, isIP(text) === 6, text);
      if (mine?.includes(':')) {
        assert.equal(parseAddress(mine), mine);
        assert.equal(system(mine), system(text));
      }
    }),
    { numRuns: 5_000 },
  );
});
