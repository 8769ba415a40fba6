const {
  ask,
  ChannelSettings,
  refused,
  registerChannel,
} = require('node-red-contrib-openstack-events/dist/nodes/shared/notify/extend.js')

/** Posts each report as JSON to an address, with a token. */
const exampleChannel = {
  // The node is audit-notify-example.
  name: 'example',
  // Texts that a template may give instead of the built ones.
  fields: [
    { name: 'title', escape: 'none' },
    { name: 'text', escape: 'none' },
  ],
  // What the service allows on average, and at once.
  rate: { perSecond: 5, burst: 10 },
  // It knows a report again by its id, so a request without an answer may be sent again.
  idempotent: true,

  open(config, { http, now }) {
    const read = new ChannelSettings(config, 'Example')
    const url = read.url('url', read.mandatory('url'), { allowHttp: true })
    const token = read.mandatorySecret('token')
    // Throws one error that names all that is missing or wrong.
    read.done()
    const call = async (method, body, signal) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const request = { method, url: url.href, headers, body: JSON.stringify(body), ...(signal && { signal }) }
      // Whatever keeps an answer from coming becomes an error of the right kind; the token shows in none.
      const response = await ask(http, request, url.host, [token])
      if (response.status < 300) return response
      throw refused(url.host, response, now(), { detail: response.text.slice(0, 200), secrets: [token] })
    }
    return {
      target: url.host,
      async send(report, signal) {
        const { title = report.title, text = report.text } = report.filled
        await call('POST', { id: report.id, title, text, severity: report.severity, facts: report.facts }, signal)
        return { did: 'sent', id: report.id }
      },
      async test(signal) {
        await call('PUT', {}, signal)
        return `${url.host} knows the token. Nothing was sent.`
      },
      close: () => http.close(),
    }
  },
}

module.exports = (RED) => registerChannel(RED, exampleChannel, ['token'])
