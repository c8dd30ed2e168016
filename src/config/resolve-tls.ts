/** TLS: from file names to certificates that fit their keys. What would fail a handshake is a fault here. */
import { readCertificate } from '../certificate.ts';
import type { CertificateConfig, EdgeTlsConfig } from './config.ts';
import type { Path } from './faults.ts';
import { readNamed, type Surroundings } from './files.ts';
import type { EdgeTlsValue } from './schema-tls.ts';

export function resolveEdgeTls(value: EdgeTlsValue, around: Surroundings): EdgeTlsConfig | undefined {
  const path: Path = ['tls'];
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
  return first && { certificates: [first, ...others], minVersion: value.min_version };
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
    report.warning([...path, 'cert'], `the certificate expired on ${when}: callers will refuse it; renew it`);
  }
  return { ...read, certFile: cert.path, keyFile: key.path };
}
