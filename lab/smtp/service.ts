import type { Socket } from 'node:net'
import type { SMTPServer, SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import type { LabClock } from '../clock'
import type { Certificate } from '../tls/certificate'
import { parseMail, type ReceivedMail } from './mail'

/** What goes wrong, and when. */
export interface SmtpFault {
  readonly at: 'connect' | 'login' | 'sender' | 'recipient' | 'data'
  /** Only for this recipient. */
  readonly recipient?: string
  /** `450 4.2.0 greylisted`: the reply instead of taking it; `cut`: the connection breaks (after `data`: the mail was taken). */
  readonly reply: string
  /** So many times, then it is over; for ever if not given. */
  readonly times?: number
}

export interface SmtpOptions {
  readonly clock: LabClock
  readonly certificate: Certificate | undefined
  /** 0: free ones. */
  readonly ports?: { readonly starttls?: number; readonly tls?: number }
  /** User and password; none: nobody can log in. */
  readonly users?: Readonly<Record<string, string>>
  /** User and access token, for XOAUTH2. */
  readonly tokens?: Readonly<Record<string, string>>
  /** Takes mail only from those who have logged in; default false, as a relay does for its own network. */
  readonly demandLogin?: boolean
  /** Bytes. */
  readonly size?: number
  /** Plain SMTP without STARTTLS. */
  readonly withoutTls?: boolean
  /** Addresses of these domains only; others are relaying, which is refused. Default: any. */
  readonly domains?: readonly string[]
  readonly demandClientCertificate?: boolean
}

/** A mail server of the pocket cloud: takes mail, keeps it, hands it to nobody. */
export interface SmtpService {
  /** SMTP, with STARTTLS where there is a certificate. */
  readonly port: number
  /** TLS from the first byte; undefined without a certificate. */
  readonly tlsPort: number | undefined
  readonly mails: ReceivedMail[]
  readonly faults: SmtpFault[]
  /** How many connections there were. */
  readonly connections: number
  /** Who tried to log in, and how. */
  readonly logins: readonly { readonly method: string; readonly user: string; readonly ok: boolean }[]
  /** Ends all connections that stand now, as a server does that was idle for long. */
  hangUp(): void
  close(): Promise<void>
}

/** The package smtp-server is not installed. */
export class NoMailServer extends Error {}

/** It is a development dependency: whoever installs the palette gets a pocket cloud without a mail server. */
async function library(): Promise<typeof import('smtp-server')> {
  try {
    return await import('smtp-server')
  } catch (cause) {
    throw new NoMailServer(
      'The mail server of the pocket cloud needs the package "smtp-server": npm install smtp-server@3',
      {
        cause,
      },
    )
  }
}

/** Rejects, saying what to install, where the package smtp-server is missing. */
export async function listenSmtp(options: SmtpOptions): Promise<SmtpService> {
  const { SMTPServer } = await library()
  const { certificate, ports = {} } = options
  const state = new State(options)
  const servers: SMTPServer[] = []
  const listen = (port: number, extra: SMTPServerOptions): Promise<number> => {
    const server = new SMTPServer({ ...serverOptions(options, state), ...extra })
    servers.push(server)
    state.watch(server)
    return new Promise((resolve, reject) => {
      server.on('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        // A client that breaks off is no fault of the pocket cloud.
        server.on('error', () => {})
        const address = server.server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  }
  const close = async () => {
    state.hangUp()
    for (const server of servers) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  try {
    const plain = certificate === undefined || options.withoutTls === true
    const port = await listen(ports.starttls ?? 0, plain ? { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] } : {})
    const tlsPort = certificate === undefined ? undefined : await listen(ports.tls ?? 0, { secure: true })
    return {
      port,
      tlsPort,
      mails: state.mails,
      faults: state.faults,
      get connections() {
        return state.connections
      },
      logins: state.logins,
      hangUp: () => state.hangUp(),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

class State {
  readonly mails: ReceivedMail[] = []
  readonly faults: SmtpFault[] = []
  readonly logins: { method: string; user: string; ok: boolean }[] = []
  connections = 0
  readonly #used = new Map<SmtpFault, number>()
  readonly #sockets = new Map<number, { readonly socket: Socket; readonly number: number }>()
  readonly #clock: LabClock

  constructor({ clock }: SmtpOptions) {
    this.#clock = clock
  }

  watch({ server }: SMTPServer): void {
    server.on('connection', (socket: Socket) => {
      const port = socket.remotePort ?? 0
      this.connections += 1
      this.#sockets.set(port, { socket, number: this.connections })
      socket.once('close', () => this.#sockets.delete(port))
    })
  }

  hangUp(): void {
    for (const { socket } of this.#sockets.values()) socket.destroy()
  }

  /** The error that a fault makes of a step; it may also cut the connection. */
  trouble(at: SmtpFault['at'], session: SMTPServerSession, recipient?: string): Error | undefined {
    for (const fault of this.faults) {
      if (fault.at !== at || (fault.recipient !== undefined && fault.recipient !== recipient)) continue
      const used = this.#used.get(fault) ?? 0
      if (fault.times !== undefined && used >= fault.times) continue
      this.#used.set(fault, used + 1)
      if (fault.reply !== 'cut') return replied(fault.reply)
      this.#sockets.get(session.remotePort)?.socket.destroy()
      return replied('421 4.3.2 cut')
    }
    return undefined
  }

  keep(session: SMTPServerSession, raw: Buffer): void {
    const { mailFrom, rcptTo } = session.envelope
    const text = raw.toString('latin1')
    this.mails.push({
      at: this.#clock.now(),
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      user: typeof session.user === 'string' ? session.user : undefined,
      encrypted: session.secure,
      connection: this.#sockets.get(session.remotePort)?.number ?? 0,
      raw: text,
      ...parseMail(text),
    })
  }
}

function serverOptions(options: SmtpOptions, state: State): SMTPServerOptions {
  const { certificate, users = {}, tokens = {}, demandLogin = false, size, domains } = options
  const methods = [...(Object.keys(users).length > 0 ? ['PLAIN', 'LOGIN'] : [])]
  if (Object.keys(tokens).length > 0) methods.push('XOAUTH2')
  return {
    ...(certificate === undefined ? {} : { key: certificate.key, cert: certificate.cert }),
    ...(options.demandClientCertificate === true && certificate !== undefined
      ? { ca: certificate.ca, requestCert: true, rejectUnauthorized: true }
      : {}),
    authMethods: methods,
    authOptional: !demandLogin,
    ...(methods.length === 0 ? { disabledCommands: ['AUTH'] } : {}),
    ...(options.withoutTls === true || certificate === undefined ? { allowInsecureAuth: true } : {}),
    ...(size === undefined ? {} : { size }),
    disableReverseLookup: true,
    closeTimeout: 1000,
    logger: false,
    onConnect: (session, done) => done(state.trouble('connect', session)),
    onAuth: (auth, session, done) => {
      const user = auth.username ?? ''
      const trouble = state.trouble('login', session)
      if (trouble !== undefined) return void done(trouble)
      const ok =
        auth.method === 'XOAUTH2'
          ? Object.hasOwn(tokens, user) && tokens[user] === auth.accessToken
          : Object.hasOwn(users, user) && users[user] === auth.password
      state.logins.push({ method: auth.method, user, ok })
      if (ok) return void done(null, { user })
      if (auth.method === 'XOAUTH2') return void done(null, { data: { status: '401', schemes: 'bearer' } })
      done(replied('535 5.7.8 Authentication credentials invalid'))
    },
    onMailFrom: (_address, session, done) => done(state.trouble('sender', session)),
    onRcptTo: ({ address }, session, done) => {
      const trouble = state.trouble('recipient', session, address)
      if (trouble !== undefined) return void done(trouble)
      const relaying = domains !== undefined && !domains.includes(address.slice(address.lastIndexOf('@') + 1))
      done(relaying && session.user === undefined ? replied('554 5.7.1 Relay access denied') : null)
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (stream.sizeExceeded) return void done(replied('552 5.3.4 Message too big'))
        const fault = state.faults.find(({ at, reply }) => at === 'data' && reply === 'cut')
        const trouble = state.trouble('data', session)
        // A cut after the mail is one that nobody knows of: it was taken.
        if (trouble !== undefined && fault === undefined) return void done(trouble)
        state.keep(session, Buffer.concat(chunks))
        done(trouble ?? null, 'queued')
      })
    },
  }
}

function replied(reply: string): Error {
  const [, code = '451', text = reply] = /^(\d{3}) (.*)$/s.exec(reply) ?? []
  return Object.assign(new Error(text), { responseCode: Number(code) })
}
