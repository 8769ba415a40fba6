import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { discoverIdentity } from '../../../src/openstack/discovery'
import { OpenStackError } from '../../../src/openstack/openstack-error'
import { type FakeAnswer, fakeHttp } from '../../support/fake-http'

const versions = (href: string) => ({
  status: 300,
  json: {
    versions: {
      values: [
        { id: 'v2.0', status: 'deprecated', links: [{ rel: 'self', href: 'http://k:5000/v2.0/' }] },
        { id: 'v3.14', status: 'stable', links: [{ rel: 'self', href }] },
      ],
    },
  },
})

describe('Finding Keystone v3', () => {
  const cases: {
    title: string
    written: string
    answer?: FakeAnswer
    url: string
    asked?: string[]
    notice?: RegExp
  }[] = [
    {
      title: 'a written /v3 needs no question',
      written: 'https://k.example.net:5000/v3/',
      url: 'https://k.example.net:5000/v3',
    },
    { title: 'a whole login address is cut', written: 'https://k/v3/auth/tokens', url: 'https://k/v3' },
    {
      title: 'a written /v2.0 is taken as /v3, and reported',
      written: 'http://k:5000/v2.0/',
      url: 'http://k:5000/v3',
      notice: /v2\.0.*no longer exists/,
    },
    {
      title: 'the link of the version document',
      written: 'http://k:5000',
      answer: versions('http://k:5000/v3/'),
      url: 'http://k:5000/v3',
      asked: ['http://k:5000/'],
    },
    {
      title: 'a prefix is kept',
      written: 'https://cloud/identity/',
      answer: versions('https://cloud/identity/v3/'),
      url: 'https://cloud/identity/v3',
      asked: ['https://cloud/identity/'],
    },
    {
      title: 'a link to the inside: the configured scheme, host and prefix stay, and it is reported',
      written: 'https://cloud/identity',
      answer: versions('http://10.0.0.5:5000/v3/'),
      url: 'https://cloud/identity/v3',
      asked: ['https://cloud/identity/'],
      notice: /http:\/\/10\.0\.0\.5:5000.*configured address is kept/,
    },
    {
      title: 'http behind a TLS terminator',
      written: 'https://k:5000',
      answer: versions('http://k:5000/v3/'),
      url: 'https://k:5000/v3',
      asked: ['https://k:5000/'],
      notice: /kept/,
    },
    {
      title: 'the document of one version',
      written: 'http://k',
      answer: { json: { version: { id: 'v3.14', status: 'stable', links: [{ rel: 'self', href: 'http://k/v3/' }] } } },
      url: 'http://k/v3',
      asked: ['http://k/'],
    },
  ]
  for (const { title, written, answer, url, asked = [], notice } of cases) {
    it(title, async () => {
      const http = fakeHttp(() => answer ?? assert.fail('asked'))
      const found = await discoverIdentity(http, written)
      assert.equal(found.url, url)
      assert.deepEqual(
        http.requests.map((request) => request.url),
        asked,
      )
      if (notice === undefined) assert.deepEqual(found.notices, [])
      else assert.match(found.notices.join(), notice)
    })
  }

  it("reads the real Keystone's document of /v3", async () => {
    const recorded = JSON.parse(readFileSync('test/fixtures/recordings/rest/keystone-v3.json', 'utf8'))
    const http = fakeHttp(() => ({ status: recorded.status, json: recorded.body }))
    assert.equal((await discoverIdentity(http, 'http://127.0.0.1:5000')).url, 'http://127.0.0.1:5000/v3')
  })

  const refusals: [title: string, written: string, answer: FakeAnswer, code: string, message: RegExp][] = [
    ['not a URL', 'keystone', {}, 'KEYSTONE_CONFIGURATION', /not a URL/],
    ['another scheme', 'ftp://k/', {}, 'KEYSTONE_CONFIGURATION', /https/],
    ['a password in the address', 'http://me:pw@k/v3', {}, 'KEYSTONE_CONFIGURATION', /must not hold/],
    [
      'only v2.0',
      'http://k',
      { json: { versions: { values: [{ id: 'v2.0', links: [] }] } } },
      'KEYSTONE_DISCOVERY',
      /offered: v2\.0/,
    ],
    ['another service', 'http://k', { json: { hello: 1 } }, 'KEYSTONE_DISCOVERY', /no v3/],
    ['a web page', 'http://k', { text: '<html><title>Log in</title></html>' }, 'OPENSTACK_ANSWER', /Log in/],
    ['nothing there', 'http://k', { status: 404, text: 'Not here' }, 'KEYSTONE_DISCOVERY', /404.*Not here/],
  ]
  for (const [title, written, answer, code, message] of refusals) {
    it(`says what is wrong: ${title}`, async () => {
      await assert.rejects(
        discoverIdentity(
          fakeHttp(() => answer),
          written,
        ),
        (error: unknown) => {
          assert.ok(error instanceof OpenStackError)
          assert.equal(error.code, code)
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /pw@/)
          return true
        },
      )
    })
  }
})
