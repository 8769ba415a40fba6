import type { FaultPages } from './faults'

/** Pages that stand in front of an API when something else answers: any service can be given one. */
export const proxyPages: FaultPages = {
  'proxy-error': {
    status: 502,
    contentType: 'text/html',
    body: () =>
      '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
      '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
  },
  'captive-portal': {
    status: 200,
    contentType: 'text/html; charset=utf-8',
    body: () =>
      '<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n' +
      '<body><form method="post"><input name="user"><input name="password" type="password"></form></body></html>\n',
  },
}
