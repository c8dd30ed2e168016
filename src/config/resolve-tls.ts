/** TLS: from file names to certificates that fit their keys. What would fail a handshake is a fault here. */
import { readCertificate, readChain } from '../certificate.ts';
import type {
  AuthoritiesConfig,
  CertificateConfig,
  ClientCertificatesConfig,
  EdgeTlsConfig,
  UpstreamTlsConfig,
} from './config.ts';
import type { Path } from './faults.ts';
import { readNamed, type Surroundings } from './files.ts';
import type { EdgeTlsValue, UpstreamTlsValue } from './schema-tls.ts';

export function resolveEdgeTls(value: EdgeTlsValue, around: Surroundings): EdgeTlsConfig | undefined {
  const path: Path = ['tls'];
  const clients = value.client_certificates;
  const clientCertificates = clients && resolveClients(clients, [...path, 'client_certificates'], around);
  const { certificates, cert, key } = value;
  const short = cert !== undefined || key !== undefined;
  if (certificates !== undefined && short) {
    around.report.error(
      path,
      '`tls` has `certificates` and a `cert` or `key` beside it; write all of them in the list',
    );
    return undefined;
  }
  if (certificates?.length === 0) {
    around.report.error(
      [...path, 'certificates'],
      '`certificates` is empty; write at least one, with `cert` and `key`',
    );
    return undefined;
  }
  const read =
    certificates === undefined
      ? [resolveCertificate({ cert, key }, path, around)]
      : certificates.map((one, at) => one && resolveCertificate(one, [...path, 'certificates', at], around));
  const [first, ...others] = read.filter((one) => one !== undefined);
  return first && { certificates: [first, ...others], minVersion: value.min_version, clientCertificates };
}

function resolveClients(
  { mode, ca }: NonNullable<EdgeTlsValue['client_certificates']>,
  path: Path,
  around: Surroundings,
): ClientCertificatesConfig | undefined {
  const { report } = around;
  if (mode === undefined) report.error(path, '`client_certificates` has no `mode`; write `require` or `optional`');
  if (ca === undefined) {
    report.error(path, '`client_certificates` has no `ca`; name the file of the authorities that may sign them');
  }
  const authorities = ca === undefined ? undefined : resolveAuthorities(ca, [...path, 'ca'], around);
  return authorities && { ...authorities, required: mode !== 'optional' };
}

export function resolveUpstreamTls(value: UpstreamTlsValue, path: Path, around: Surroundings): UpstreamTlsConfig {
  const { cert, key } = value;
  return {
    ca: value.ca === undefined ? undefined : resolveAuthorities(value.ca, [...path, 'ca'], around),
    certificate: cert === undefined && key === undefined ? undefined : resolveCertificate({ cert, key }, path, around),
    serverName: value.server_name,
    verify: !value.insecure_skip_verify,
  };
}

function resolveAuthorities(name: string, path: Path, around: Surroundings): AuthoritiesConfig | undefined {
  const read = readNamed(name, path, around);
  if (read === undefined) return undefined;
  const chain = readChain(read.text);
  if (typeof chain !== 'string') return { pem: read.text, file: read.path };
  around.report.error(path, `the file ${around.report.written(path)} cannot be used; ${chain}`);
  return undefined;
}

interface CertificateValue {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

function resolveCertificate(value: CertificateValue, path: Path, around: Surroundings): CertificateConfig | undefined {
  const { report, files } = around;
  for (const name of ['cert', 'key'] as const) {
    if (value[name] === undefined) {
      report.error([...path, name], `there is no \`${name}\` here; a certificate is two files, \`cert\` and \`key\``);
    }
  }
  if (value.cert === undefined || value.key === undefined) return undefined;
  const cert = readNamed(value.cert, [...path, 'cert'], around);
  const key = readNamed(value.key, [...path, 'key'], around);
  if (cert === undefined || key === undefined) return undefined;
  const read = readCertificate(cert.text, key.text);
  if ('problem' in read) {
    report.error([...path, read.of], `the file ${report.written([...path, read.of])} cannot be used; ${read.problem}`);
    return undefined;
  }
  if (read.notAfter < files.wall()) {
    const when = new Date(read.notAfter).toISOString().slice(0, 10);
    report.warning([...path, 'cert'], `the certificate expired on ${when}: the other side will refuse it; renew it`);
  }
  return { ...read, certFile: cert.path, keyFile: key.path };
}
