import { testCallerRows, type CallerRow } from '../support/caller-rows.ts';

const REFUSED = ['400 malformed_request', 'closed'];

/** The first line as it is, with a Host behind it. */
const line = (text: string, ending = '\r\n'): string => `${text}${ending}Host: a.test\r\n\r\n`;
const host = (value: string): string => `GET /h HTTP/1.1\r\nHost: ${value}\r\n\r\n`;

/** RFC 9112 §2.2 and §3: what begins a request, the forms of its target, and its host. */
const ROWS: readonly CallerRow[] = [
  {
    title: '§3 method, target and version with one space between',
    bytes: line('GET /a HTTP/1.1'),
    expect: ['GET /a', 'open'],
  },
  { title: '§3 two spaces behind the method', bytes: line('GET  /a HTTP/1.1'), expect: REFUSED },
  { title: '§3 two spaces behind the target', bytes: line('GET /a  HTTP/1.1'), expect: REFUSED },
  { title: '§3 a tab for a space', bytes: line('GET\t/a\tHTTP/1.1'), expect: REFUSED },
  { title: '§3 a vertical tab for a space', bytes: line('GET\u000b/a HTTP/1.1'), expect: REFUSED },
  { title: '§3 a form feed for a space', bytes: line('GET /a\u000cHTTP/1.1'), expect: REFUSED },
  { title: '§3 white space behind the version', bytes: line('GET /a HTTP/1.1 '), expect: REFUSED },
  { title: '§3 white space in front of the method', bytes: line(' GET /a HTTP/1.1'), expect: REFUSED },
  { title: '§3 a second target', bytes: line('GET /a /b HTTP/1.1'), expect: REFUSED },
  { title: '§3 no target', bytes: line('GET HTTP/1.1'), expect: REFUSED },
  { title: '§3 an empty target', bytes: line('GET  HTTP/1.1'), expect: REFUSED },
  { title: '§3 no version: HTTP/0.9', bytes: line('GET /a'), expect: REFUSED },
  { title: '§2.3 a version we do not speak', bytes: line('GET /a HTTP/1.2'), expect: REFUSED },
  { title: '§2.3 the major version of another protocol', bytes: line('GET /a HTTP/2.0'), expect: REFUSED },
  { title: '§2.3 a version of three digits', bytes: line('GET /a HTTP/1.11'), expect: REFUSED },
  { title: '§2.3 the name of the protocol has case', bytes: line('GET /a Http/1.1'), expect: REFUSED },
  { title: '§2.3 a comma for the dot', bytes: line('GET /a HTTP/1,1'), expect: REFUSED },
  { title: '§3.1 the method has case', bytes: line('get /a HTTP/1.1'), expect: REFUSED },
  { title: '§3.1 the method is a token', bytes: line('G(T /a HTTP/1.1'), expect: REFUSED },
  {
    title: '§3.1 an unknown method',
    bytes: line('BREW /a HTTP/1.1'),
    expect: ['405 method_not_allowed', 'closed'],
    reply: { allow: 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE' },
  },
  { title: '§3.2 a target with a byte over 127', bytes: line('GET /\u00e9 HTTP/1.1'), expect: REFUSED },
  { title: '§3.2 a target with a control character', bytes: line('GET /a\u0001 HTTP/1.1'), expect: REFUSED },
  { title: '§3.2 a target with a fragment', bytes: line('GET /a#b HTTP/1.1'), expect: REFUSED },

  {
    title: '§2.2 one empty line in front is let pass',
    bytes: `\r\n${line('GET /a HTTP/1.1')}`,
    expect: ['GET /a', 'open'],
  },
  { title: '§2.2 a bare LF in front', bytes: `\n${line('GET /a HTTP/1.1')}`, expect: REFUSED },
  { title: '§2.2 a bare CR in front', bytes: `\r${line('GET /a HTTP/1.1')}`, expect: REFUSED },
  { title: '§2.2 a request line that ends in a bare LF', bytes: line('GET /a HTTP/1.1', '\n'), expect: REFUSED },
  { title: '§2.2 a request line that ends in a bare CR', bytes: line('GET /a HTTP/1.1', '\r'), expect: REFUSED },
  { title: '§2.2 a request line that ends in CR CR LF', bytes: line('GET /a HTTP/1.1', '\r\r\n'), expect: REFUSED },
  { title: '§2.2 a bare CR in the target', bytes: line('GET /a\rb HTTP/1.1'), expect: REFUSED },
  { title: '§2.2 NUL in the target', bytes: line('GET /a\u0000 HTTP/1.1'), expect: REFUSED },
  {
    title: '§2.2 white space between the request line and the first field',
    bytes: 'GET /a HTTP/1.1\r\n Host: a.test\r\n\r\n',
    expect: REFUSED,
  },
  { title: '§2.2 a head that ends in LF LF', bytes: 'GET /a HTTP/1.1\nHost: a.test\n\n', expect: REFUSED },
  { title: '§2.2 a byte order mark in front', bytes: `\u00ef\u00bb\u00bf${line('GET /a HTTP/1.1')}`, expect: REFUSED },

  {
    title: '§3.2.1 origin-form with a query',
    bytes: line('GET /a?b=/../c?d HTTP/1.1'),
    expect: ['GET /a?b=/../c?d', 'open'],
  },
  { title: '§3.2.1 origin-form of nothing but a query', bytes: line('GET ?a HTTP/1.1'), expect: REFUSED },
  {
    title: '§3.2.2 absolute-form is turned into origin-form, and its authority is the host',
    bytes: line('GET http://b.test:81/a?q HTTP/1.1'),
    expect: ['GET /a?q', 'open'],
    fields: { host: ['b.test:81'] },
  },
  {
    title: '§3.2.2 absolute-form with the other case',
    bytes: line('GET HTTP://B.test/a HTTP/1.1'),
    expect: ['GET /a', 'open'],
    fields: { host: ['B.test'] },
  },
  {
    title: '§3.2.2 absolute-form without a path',
    bytes: line('GET http://b.test HTTP/1.1'),
    expect: ['GET /', 'open'],
  },
  {
    title: '§3.2.2 absolute-form without a path, with a query',
    bytes: line('GET http://b.test?q HTTP/1.1'),
    expect: ['GET /?q', 'open'],
  },
  {
    title: '§3.2.2 absolute-form needs a Host field all the same',
    bytes: 'GET http://b.test/a HTTP/1.1\r\n\r\n',
    expect: REFUSED,
  },
  {
    title: '§3.2.2 absolute-form beside a Host that is none',
    bytes: 'GET http://b.test/a HTTP/1.1\r\nHost: a b\r\n\r\n',
    expect: REFUSED,
  },
  {
    title: '§3.2.2 absolute-form with user information',
    bytes: line('GET http://u:p@b.test/a HTTP/1.1'),
    expect: REFUSED,
  },
  { title: '§3.2.2 absolute-form without an authority', bytes: line('GET http:///a HTTP/1.1'), expect: REFUSED },
  { title: '§3.2.2 absolute-form of another scheme', bytes: line('GET ftp://b.test/a HTTP/1.1'), expect: REFUSED },
  {
    title: '§3.2.2 absolute-form with a backslash in its authority',
    bytes: line('GET http://b.test\\@c.test/a HTTP/1.1'),
    expect: REFUSED,
  },
  {
    title: '§3.2.2 a path that looks like an authority is a path, and refused for its slashes',
    bytes: line('GET //b.test/a HTTP/1.1'),
    expect: ['400 malformed_request', 'open'],
  },
  { title: '§3.2.3 authority-form', bytes: line('GET b.test:80 HTTP/1.1'), expect: REFUSED },
  {
    title: '§3.2.3 authority-form with CONNECT, which is not served',
    bytes: line('CONNECT b.test:80 HTTP/1.1'),
    expect: ['405 method_not_allowed', 'closed'],
  },
  {
    title: '§3.2.4 asterisk-form with OPTIONS asks us, and no route is asked',
    bytes: line('OPTIONS * HTTP/1.1'),
    expect: ['400 malformed_request', 'open'],
  },
  { title: '§3.2.4 asterisk-form with another method', bytes: line('GET * HTTP/1.1'), expect: REFUSED },
  { title: '§3.2.4 asterisk-form with something behind it', bytes: line('OPTIONS *?a HTTP/1.1'), expect: REFUSED },

  {
    title: '§3.2 a Host with a port',
    bytes: host('a.test:8080'),
    expect: ['GET /h', 'open'],
    fields: { host: ['a.test:8080'] },
  },
  {
    title: '§3.2 a Host that is an IPv6 address',
    bytes: host('[2001:db8::1]:80'),
    expect: ['GET /h', 'open'],
    fields: { host: ['[2001:db8::1]:80'] },
  },
  { title: '§3.2 no Host', bytes: 'GET /h HTTP/1.1\r\n\r\n', expect: REFUSED },
  { title: '§3.2 an empty Host', bytes: host(''), expect: REFUSED },
  { title: '§3.2 two Hosts that differ', bytes: host('a.test\r\nHost: b.test'), expect: REFUSED },
  { title: '§3.2 two Hosts that agree', bytes: host('a.test\r\nhost: a.test'), expect: REFUSED },
  { title: '§3.2 a list of hosts', bytes: host('a.test, b.test'), expect: REFUSED },
  { title: '§3.2 a Host with user information', bytes: host('u@a.test'), expect: REFUSED },
  { title: '§3.2 a Host with a path', bytes: host('a.test/x'), expect: REFUSED },
  { title: '§3.2 a Host with a port over 65535', bytes: host('a.test:65536'), expect: REFUSED },
  { title: '§3.2 a Host with two ports', bytes: host('a.test:80:81'), expect: REFUSED },
  { title: '§3.2 a Host with a port that is no number', bytes: host('a.test:8o'), expect: REFUSED },
  { title: '§3.2 an unclosed IPv6 address', bytes: host('[2001:db8::1'), expect: REFUSED },
  {
    title: '§3 HTTP/1.0 needs no Host',
    bytes: 'GET /h HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    expect: ['GET /h', 'open'],
    fields: { host: [''] },
  },
  { title: '§3 HTTP/1.0 with two Hosts', bytes: 'GET /h HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', expect: REFUSED },
  {
    title: '§3 a request line over the limit',
    bytes: line(`GET /${'a'.repeat(8192)} HTTP/1.1`),
    expect: ['414 uri_too_long', 'closed'],
  },
  {
    title: '§3 a request line just under 8000 bytes',
    bytes: line(`GET /${'a'.repeat(7900)} HTTP/1.1`),
    expect: [`GET /${'a'.repeat(7900)}`, 'open'],
  },
];

await testCallerRows(ROWS);
