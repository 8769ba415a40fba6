/** A configuration file as osel's README describes it; every secret is a word that can be searched for. */
export const OSEL_YAML = `
batch_interval: 2
debug: true
logfile: /var/log/osel.log
rabbit_uri: "amqp://osel:RabbitSecret@rabbit.example:5672/neutron"
retry_syslog: true
syslog_server: splunk.example
syslog_port: "1514"
syslog_protocol: tcp
openstack:
  identity_endpoint: https://keystone.example:5000/v2.0/
  tenant_name: security
  user: osel
  password: KeystoneSecret
  region: RegionOne
qualys:
  username: scanner
  password: QualysSecret
  option: Initial Options
  proxy_url: http://proxyuser:ProxySecret@proxy.example:3128
  url: https://qualysapi.qualys.com/api/2.0/fo/scan/
  drop6: true
  min_remaining: 20
`
