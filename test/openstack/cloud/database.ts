import { userInfo } from 'node:os'
import type { Grounds } from './grounds'
import { ServiceProcess } from './service-process'

export interface Database {
  /** The `connection` of a service's `[database]` section. */
  connection(name: string): string
  stop(): Promise<void>
}

/** A private MariaDB with one empty database and one account for each name. Durability is given up for speed. */
export async function startDatabase(
  grounds: Grounds,
  options: { readonly port: number; readonly password: string; readonly names: readonly string[] },
): Promise<Database> {
  const { port, password, names } = options
  const data = grounds.folder('mariadb')
  const socket = grounds.path('mariadb.sock')
  const user = userInfo().username
  await grounds.run('mariadb-install-db', [
    '--no-defaults',
    `--user=${user}`,
    `--datadir=${data}`,
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
  ])
  const asRoot = (program: string, ...args: string[]) =>
    grounds.run(program, ['--no-defaults', `--socket=${socket}`, '--user=root', ...args])
  const service = await ServiceProcess.start(grounds, {
    name: 'mariadb',
    command: 'mariadbd',
    args: [
      '--no-defaults',
      `--user=${user}`,
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${grounds.path('mariadb.pid')}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--max-connections=400',
      // Keystone 22's indexes are too long for four bytes a character.
      '--character-set-server=utf8mb3',
      '--collation-server=utf8mb3_general_ci',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-doublewrite=0',
    ],
    ready: () =>
      asRoot('mariadb-admin', 'ping').then(
        () => true,
        () => false,
      ),
  })
  const statements = names.map(
    (name) =>
      `CREATE DATABASE ${name}; CREATE USER '${name}'@'127.0.0.1' IDENTIFIED BY '${password}';` +
      ` GRANT ALL ON ${name}.* TO '${name}'@'127.0.0.1';`,
  )
  await asRoot('mariadb', `--execute=${statements.join(' ')}`)
  return {
    connection: (name) => `mysql+pymysql://${name}:${password}@127.0.0.1:${port}/${name}?charset=utf8`,
    stop: () => service.stop(),
  }
}
