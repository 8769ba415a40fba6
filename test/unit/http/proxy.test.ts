import assert from 'node:assert/strict'
import { environmentProxy, reachedDirectly } from '../../../src/http/proxy'

describe('Whether a host is reached without the proxy', () => {
  const cases: [url: string, noProxy: string, direct: boolean][] = [
    ['https://keystone.example.net/', 'keystone.example.net', true],
    ['https://keystone.example.net/', 'KEYSTONE.example.net', true],
    ['https://keystone.example.net/', 'example.net', false],
    ['https://keystone.example.net/', '.example.net', true],
    ['https://keystone.example.net/', '*.example.net', true],
    ['https://badexample.net/', '.example.net', false],
    ['https://keystone.example.net:5000/', 'keystone.example.net:5000', true],
    ['https://keystone.example.net/', 'keystone.example.net:443', true],
    ['https://keystone.example.net/', 'keystone.example.net:5000', false],
    ['http://10.0.0.1/', '10.0.0.1', true],
    ['http://[::1]:5000/', '::1', true],
    ['http://[::1]:5000/', '[::1]:5000', true],
    ['http://anything/', '*', true],
    ['http://anything/', '', false],
  ]
  for (const [url, noProxy, direct] of cases) {
    it(`${url} with "${noProxy}": ${direct ? 'directly' : 'through the proxy'}`, () => {
      assert.equal(reachedDirectly(new URL(url), noProxy.split(',')), direct)
    })
  }
})

describe('The proxy of the environment', () => {
  const env = { https_proxy: 'http://p:1', HTTP_PROXY: 'http://q:2', no_proxy: 'localhost, 127.0.0.1' }
  it('depends on the scheme, in either case of the name', () => {
    assert.equal(environmentProxy(env)(new URL('https://a/'))?.url, 'http://p:1')
    assert.equal(environmentProxy(env)(new URL('http://a/'))?.url, 'http://q:2')
  })
  it('leaves out what no_proxy names, and is absent when not set', () => {
    assert.equal(environmentProxy(env)(new URL('https://localhost/')), undefined)
    assert.equal(environmentProxy({})(new URL('https://a/')), undefined)
  })
})
