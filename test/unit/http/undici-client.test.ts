import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as nodeRequest, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import type { HttpClient } from '../../../src/http/client'
import { HttpError } from '../../../src/http/http-error'
import { throughProxy } from '../../../src/http/proxy'
import { type UndiciClientOptions, undiciClient } from '../../../src/http/undici-client'
import { type Certificates, makeCertificates } from '../../support/certificates'
import { freePort } from '../../support/free-port'
import { type LocalServer, serve } from '../../support/http-server'
import { waitFor } from '../../support/wait-for'

describe('The HTTP client', () => {
  const open: { close(): Promise<void> }[] = []
  const started = async (listener: RequestListener, tls?: Parameters<typeof serve>[1]): Promise<LocalServer> => {
    const server = await serve(listener, tls)
    open.push(server)
    return server
  }
  const client = (options: UndiciClientOptions = {}): HttpClient => {
    const made = undiciClient(options)
    open.unshift(made)
    return made
  }
  const failure = async (promise: Promise<unknown>): Promise<HttpError> => {
    const error = await promise.then(
      () => assert.fail('it should have failed'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof HttpError, String(error))
    return error
  }

  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })

  it('sends method, path, query, headers and body, and answers status, headers and text', async () => {
    const seen: string[] = []
    const server = await started((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${request.headers['x-auth-token']} ${body}`)
        response.setHeader('set-cookie', ['a=1', 'b=2'])
        response.setHeader('X-Mixed', 'Case')
        response.statusCode = 201
        response.end('grün')
      })
    })
    const response = await client().request({
      method: 'POST',
      url: `${server.url}/v3/auth?x=a%20b`,
      headers: { 'x-auth-token': 't' },
      body: '{"ä":1}',
    })
    assert.deepEqual(seen, ['POST /v3/auth?x=a%20b t {"ä":1}'])
    assert.equal(response.status, 201)
    assert.equal(response.text, 'grün')
    assert.equal(response.headers['set-cookie'], 'a=1, b=2')
    assert.equal(response.headers['x-mixed'], 'Case')
  })

  it('keeps connections for later requests', async () => {
    const ports = new Set<number | undefined>()
    const server = await started((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    const one = client()
    for (let i = 0; i < 8; i += 1) await one.request({ method: 'GET', url: server.url })
    // A connection is free again one turn of the event loop after its answer, so two take turns.
    assert.ok(ports.size <= 2, `${ports.size} connections`)
  })

  it('follows no redirect', async () => {
    const asked: (string | undefined)[] = []
    const server = await started((request, response) => {
      asked.push(request.url)
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    const response = await client().request({ method: 'GET', url: `${server.url}/here` })
    assert.equal(response.status, 302)
    assert.deepEqual(asked, ['/here'])
  })

  describe('tells what was never sent from what may have arrived', () => {
    it('refused connection: never sent', async () => {
      const error = await failure(
        client().request({ method: 'POST', url: `http://127.0.0.1:${await freePort()}/x?secret=1`, body: 'b' }),
      )
      assert.equal(error.code, 'HTTP_CONNECT')
      assert.equal(error.sent, false)
      assert.match(error.message, /ECONNREFUSED/)
      assert.doesNotMatch(error.message, /secret/)
    })

    it('a connection that stands too late: never sent', async () => {
      // One connection only, and it is taken: the second request waits for it until its time is up.
      const server = await started(() => {})
      const one = client({ connections: 1 })
      const first = failure(one.request({ method: 'GET', url: server.url, timeoutMs: 400 }))
      const second = await failure(one.request({ method: 'POST', url: server.url, timeoutMs: 100 }))
      assert.equal(second.code, 'HTTP_CONNECT')
      assert.equal(second.sent, false)
      assert.equal((await first).code, 'HTTP_TIMEOUT')
    })

    it('a request whose time was up while it waited is not sent afterwards', async () => {
      const asked: (string | undefined)[] = []
      let release = () => {}
      const server = await started((request, response) => {
        asked.push(request.url)
        if (request.url === '/slow') release = () => response.end()
        else response.end()
      })
      const one = client({ connections: 1 })
      const slow = one.request({ method: 'GET', url: `${server.url}/slow` })
      await failure(one.request({ method: 'POST', url: `${server.url}/late`, timeoutMs: 100 }))
      release()
      await slow
      await one.request({ method: 'GET', url: `${server.url}/after` })
      assert.deepEqual(asked, ['/slow', '/after'])
    })

    it('connection cut after the request: interrupted', async () => {
      const server = await started((request) => {
        request.on('end', () => request.socket.destroy()).resume()
      })
      const error = await failure(client().request({ method: 'POST', url: server.url, body: 'launch' }))
      assert.equal(error.code, 'HTTP_INTERRUPTED')
      assert.equal(error.sent, true)
    })

    it('connection cut in the middle of the answer: interrupted, never a short text', async () => {
      const server = await started((_request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half')
        setImmediate(() => response.socket?.destroy())
      })
      const error = await failure(client().request({ method: 'GET', url: server.url }))
      assert.equal(error.code, 'HTTP_INTERRUPTED')
    })

    it('no answer in time, and an answer that drips too long: timeout', async () => {
      const silent = await started(() => {})
      const dripping = await started((_request, response) => {
        const timer = setInterval(() => response.write('.'), 20)
        response.on('close', () => clearInterval(timer))
      })
      for (const server of [silent, dripping]) {
        const error = await failure(client().request({ method: 'GET', url: server.url, timeoutMs: 200 }))
        assert.equal(error.code, 'HTTP_TIMEOUT')
        assert.equal(error.sent, true)
      }
    })

    it('given up: says whether it was sent', async () => {
      const control = new AbortController()
      const server = await started(() => control.abort())
      const error = await failure(client().request({ method: 'GET', url: server.url, signal: control.signal }))
      assert.equal(error.code, 'HTTP_ABORTED')
      assert.equal(error.sent, true)
      const early = await failure(client().request({ method: 'GET', url: server.url, signal: control.signal }))
      assert.equal(early.sent, false)
    })
  })

  it('stops reading an answer that is too large, announced or not', async () => {
    let written = 0
    const endless = await started((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) written += 64 * 1024
      }
      response.on('drain', more)
      more()
    })
    const announced = await started((_request, response) => {
      response.writeHead(200, { 'content-length': '5000' })
      response.end(Buffer.alloc(5000))
    })
    for (const server of [endless, announced]) {
      const error = await failure(client().request({ method: 'GET', url: server.url, maxBytes: 4096 }))
      assert.equal(error.code, 'HTTP_BODY_TOO_LARGE')
    }
    assert.ok(written < 64 * 1024 * 1024)
  })

  it('shows no secret in an error', async () => {
    const server = await started((request) => request.socket.destroy())
    const url = new URL(server.url)
    url.username = 'me'
    url.password = 'pa55word'
    url.search = '?key=abcdef'
    const error = await failure(
      client().request({ method: 'GET', url: url.href, headers: { authorization: 'Basic c2VjcmV0' } }),
    )
    assert.doesNotMatch(error.message, /pa55word|abcdef|c2VjcmV0/)
  })

  it('refuses a header that would smuggle a second one', async () => {
    const server = await started((_request, response) => response.end())
    const error = await failure(
      client().request({ method: 'GET', url: server.url, headers: { 'x-auth-token': 'a\r\nx-evil: 1' } }),
    )
    assert.equal(error.code, 'HTTP_REQUEST')
    assert.equal(error.sent, false)
  })

  it('closes while a request hangs, and refuses later ones', async () => {
    const server = await started(() => {})
    const one = client({ closeWithinMs: 50 })
    const hanging = failure(one.request({ method: 'GET', url: server.url, timeoutMs: 60_000 }))
    await one.close()
    assert.equal((await hanging).code, 'HTTP_ABORTED')
    assert.equal((await failure(one.request({ method: 'GET', url: server.url }))).code, 'HTTP_ABORTED')
  })

  describe('over TLS', () => {
    let certificates: Certificates
    before(() => {
      certificates = makeCertificates()
    })
    after(() => certificates.remove())

    it('trusts a private CA when told, and otherwise says what is missing', async () => {
      const server = await started((_request, response) => response.end('ok'), certificates.server)
      const trusting = client({ tls: { ca: certificates.ca } })
      assert.equal((await trusting.request({ method: 'GET', url: server.url })).text, 'ok')
      const error = await failure(client().request({ method: 'GET', url: server.url }))
      assert.equal(error.code, 'HTTP_TLS')
      assert.equal(error.sent, false)
      assert.match(error.message, /TLS configuration/)
    })

    for (const [version, code] of [
      ['-tls1_2', 'HTTP_TLS'],
      ['-tls1_3', 'HTTP_INTERRUPTED'],
    ] as const) {
      it(`shows a client certificate; without it the refusal says so (${version})`, async () => {
        // Node's own TLS server hangs up without a word; OpenSSL's sends the alert that real servers send.
        const port = await freePort()
        const files = ['-cert', 'server.pem', '-key', 'server.key', '-CAfile', 'ca.pem']
        const args = ['-accept', `127.0.0.1:${port}`, ...files, '-Verify', '1', '-verify_return_error', '-www', version]
        const server = spawn('openssl', ['s_server', ...args], { cwd: certificates.directory })
        let said = ''
        server.stdout.on('data', (chunk) => {
          said += chunk
        })
        try {
          await waitFor('openssl s_server', () => said.includes('ACCEPT'))
          const url = `https://127.0.0.1:${port}/`
          const known = client({ tls: { ca: certificates.ca, ...certificates.client } })
          assert.equal((await known.request({ method: 'GET', url })).status, 200)
          const error = await failure(client({ tls: { ca: certificates.ca } }).request({ method: 'GET', url }))
          assert.equal(error.code, code, error.message)
          assert.match(error.message, /client certificate/)
        } finally {
          const ended = once(server, 'exit')
          if (server.kill()) await ended
        }
      })
    }
  })

  describe('through a proxy', () => {
    const seen: string[] = []
    const startProxy = async (authorization: string): Promise<LocalServer> => {
      const allowed = (given: string | undefined) => given === authorization
      const proxy = await started((request, response) => {
        seen.push(`plain ${request.url}`)
        if (!allowed(request.headers['proxy-authorization'])) return response.writeHead(407).end('who are you?')
        nodeRequest(request.url ?? '', (answer) => answer.pipe(response)).end()
      })
      proxy.server.on('connect', (request, socket) => {
        seen.push(`tunnel ${request.url}`)
        if (!allowed(request.headers['proxy-authorization'])) {
          socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
          return
        }
        const [host, port] = (request.url ?? '').split(':')
        const onward = connect(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          onward.pipe(socket).pipe(onward)
        })
        const end = () => {
          socket.destroy()
          onward.destroy()
        }
        onward.on('error', end).on('close', end)
        socket.on('error', end).on('close', end)
      })
      return proxy
    }
    const basic = `Basic ${Buffer.from('me:it').toString('base64')}`
    beforeEach(() => seen.splice(0))

    it('tunnels https and hands over plain http, with user and password', async () => {
      const certificates = makeCertificates()
      try {
        const secure = await started((_request, response) => response.end('tls'), certificates.server)
        const plain = await started((_request, response) => response.end('plain'))
        const proxy = await startProxy(basic)
        const one = client({
          tls: { ca: certificates.ca },
          proxy: throughProxy({ url: proxy.url, username: 'me', password: 'it', noProxy: [] }),
        })
        assert.equal((await one.request({ method: 'GET', url: secure.url })).text, 'tls')
        assert.equal((await one.request({ method: 'GET', url: `${plain.url}/p` })).text, 'plain')
        assert.deepEqual(seen, [`tunnel 127.0.0.1:${secure.port}`, `plain ${plain.url}/p`])
      } finally {
        certificates.remove()
      }
    })

    it('names a proxy that refuses: nothing was sent to the server', async () => {
      const server = await started(() => assert.fail('reached'))
      const proxy = await startProxy(basic)
      const one = client({ proxy: throughProxy({ url: proxy.url, username: 'me', password: 'wrong', noProxy: [] }) })
      for (const url of [server.url, server.url.replace('http:', 'https:')]) {
        const error = await failure(one.request({ method: 'GET', url }))
        assert.equal(error.code, 'HTTP_CONNECT', error.message)
        assert.match(error.message, /407/)
        assert.equal(error.sent, false)
        assert.doesNotMatch(error.message, /wrong/)
      }
    })

    it('goes directly where the proxy node says so', async () => {
      const server = await started((_request, response) => response.end('direct'))
      const proxy = await startProxy(basic)
      const one = client({ proxy: throughProxy({ url: proxy.url, noProxy: ['127.0.0.1'] }) })
      assert.equal((await one.request({ method: 'GET', url: server.url })).text, 'direct')
      assert.deepEqual(seen, [])
    })
  })
})
