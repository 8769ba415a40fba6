import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** PEM texts of a server certificate for `localhost` and the loopback addresses, and of the authority that signed it. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  readonly ca: string
  /** A client certificate of the same authority, for servers that ask for one. */
  readonly clientKey: string
  readonly clientCert: string
}

const run = promisify(execFile)

/**
 * Makes a private authority, a server and a client certificate, valid for 30 days, with the `openssl` of the machine
 * (Node can read certificates but not make them). Rejects when there is no openssl.
 */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'pocket-cloud-tls-'))
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: folder })
  try {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    await writeFile(
      at('server.ext'),
      'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n',
    )
    await writeFile(at('client.ext'), 'basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n')
    await openssl(
      'req',
      '-x509',
      ...newKey,
      '-subj',
      '/CN=pocket cloud authority',
      '-days',
      '30',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    )
    for (const who of ['server', 'client']) {
      const subject = who === 'server' ? '/CN=localhost' : '/CN=pocket cloud client'
      await openssl('req', ...newKey, '-subj', subject, '-keyout', `${who}.key`, '-out', `${who}.csr`)
      await openssl(
        'x509',
        '-req',
        '-in',
        `${who}.csr`,
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '30',
        '-extfile',
        `${who}.ext`,
        '-out',
        `${who}.crt`,
      )
    }
    const read = (name: string): Promise<string> => readFile(at(name), 'utf8')
    return {
      key: await read('server.key'),
      cert: await read('server.crt'),
      ca: await read('ca.crt'),
      clientKey: await read('client.key'),
      clientCert: await read('client.crt'),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
