import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/** Without what a request adds itself. Credentials belong in the credentials, where no log shows them. */
export function plainUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text.includes('://') ? text : `https://${text}`)
  } catch {
    throw new OperatorError('AUDIT_STORE_REFUSED', 'The address of the cluster is no URL.', {
      remedy: 'Write it like https://search.example.net:9200.',
    })
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new OperatorError(
      'AUDIT_STORE_REFUSED',
      `The address of the cluster ${quote(url.host, 100)} cannot be used.`,
      {
        remedy: 'Write it like https://search.example.net:9200, with user and password in their own fields.',
      },
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
