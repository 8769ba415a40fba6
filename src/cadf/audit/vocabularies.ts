import { type PathVocabulary, vocabulary } from './collections'

/**
 * The collections of the services' APIs, from their API references. A name that is missing here is read generically; being
 * here lets a member be named by something that does not look like an id, and lets a creation be told from a change.
 */

export const networkPaths: PathVocabulary = vocabulary(
  'network',
  `networks subnets subnetpools ports routers floatingips security-groups security-group-rules default-security-group-rules
  address-groups address-scopes rbac-policies trunks agents segments network_segment_ranges network-ip-availabilities
  availability_zones extensions service-profiles flavors quotas logs local_ips log-resources auto-allocated-topology
  floatingips/port_forwardings=port-forwarding routers/conntrack_helpers=conntrack-helper local_ips/port_associations
  ndp_proxies bgp-speakers bgp-peers bgpvpns
  (qos) policies=qos-policy rule-types=qos-rule-type policies/bandwidth_limit_rules=qos-rule policies/dscp_marking_rules=qos-rule
  policies/minimum_bandwidth_rules=qos-rule policies/minimum_packet_rate_rules=qos-rule alias-bandwidth-limit-rules=qos-rule
  (metering) metering-labels metering-label-rules (log) (vpn) vpnservices ikepolicies ipsecpolicies
  ipsec-site-connections endpoint-groups (fwaas) firewall_groups firewall_policies firewall_rules (bgpvpn) (sfc)
  port_pairs port_pair_groups port_chains flow_classifiers`,
)

export const loadBalancerPaths: PathVocabulary = vocabulary(
  'network/loadbalancer',
  `(lbaas) (octavia) loadbalancers=. listeners pools pools/members healthmonitors l7policies l7policies/rules=l7policy/rule
  pools/members=pool/member quotas amphorae=amphora flavors flavorprofiles availabilityzones availabilityzoneprofiles providers`,
)

export const computePaths: PathVocabulary = vocabulary(
  'compute',
  `servers flavors images extensions limits os-keypairs os-aggregates os-hypervisors os-services os-server-groups os-agents
  os-quota-sets os-quota-class-sets os-availability-zone os-migrations os-hosts os-cells os-networks os-floating-ips
  os-security-groups os-security-group-rules os-volumes os-snapshots os-simple-tenant-usage=tenant-usage
  os-instance_usage_audit_log os-server-external-events os-assisted-volume-snapshots os-console-auth-tokens os-tenant-networks
  os-baremetal-nodes os-virtual-interfaces servers/os-volume_attachments=server/volume-attachment
  servers/os-interface=server/interface servers/metadata=server/metadata servers/migrations=server/migration
  servers/os-instance-actions=server/instance-action servers/ips=server/ip servers/remote-consoles=server/remote-console
  servers/os-security-groups=security-group servers/consoles=server/console flavors/os-extra_specs=flavor/extra-spec
  flavors/os-flavor-access=flavor/access flavors/flavor-access=flavor/access images/metadata=image/metadata`,
)

export const blockStoragePaths: PathVocabulary = vocabulary(
  'storage',
  `volumes snapshots backups types=volume-type group_types=group-type groups group_snapshots attachments=volume-attachment
  qos-specs default-types=default-type consistencygroups cgsnapshots os-volume-transfer=volume-transfer volume-transfers
  os-quota-sets os-quota-class-sets os-services os-hosts clusters workers messages limits extensions resource_filters
  scheduler-stats os-availability-zone types/extra_specs=volume-type/extra-spec types/encryption=volume-type/encryption
  group_types/group_specs=group-type/spec volumes/metadata=volume/metadata snapshots/metadata=snapshot/metadata
  os-volume-manage=volume manageable_volumes=volume manageable_snapshots=snapshot`,
)

export const sharedFilesPaths: PathVocabulary = vocabulary(
  'storage',
  `shares snapshots=share-snapshot share-networks share-servers security-services types=share-type share-types share-groups
  share-group-types share-group-snapshots share_instances share-replicas share-access-rules share-backups share-transfers
  snapshot-instances quota-sets os-quota-sets quota-class-sets services os-services messages resource-locks limits
  scheduler-stats availability-zones qos-types shares/export_locations=share/export-location shares/metadata=share/metadata
  share_instances/export_locations=share/export-location share-networks/subnets=share-network-subnet
  share-types/extra_specs=share-type/extra-spec types/extra_specs=share-type/extra-spec`,
)

export const imagePaths: PathVocabulary = vocabulary(
  'data',
  `images images/members=image/member images/locations=image/location tasks=image/task schemas=image/schema
  stores=image/store (info) cache=image/cache (metadefs) namespaces=metadef/namespace resource_types=metadef/resource-type
  namespaces/objects=metadef/object namespaces/properties=metadef/property namespaces/tags=metadef/tag
  namespaces/resource_types=metadef/resource-type`,
)

export const identityPaths: PathVocabulary = vocabulary(
  'data/security',
  `users=account/user projects tenants=project domains groups roles regions endpoints services policies credentials
  (auth) tokens=token registered_limits=registered-limit limits role_assignments role_inferences
  users/application_credentials=credential users/access_rules=access-rule (OS-EC2) (OS-TRUST) trusts (OS-OAUTH1)
  consumers=account users/access_tokens=credential access_tokens=credential request_tokens=credential (OS-OAUTH2)
  (OS-FEDERATION) identity_providers mappings service_providers identity_providers/protocols=protocol (OS-EP-FILTER)
  endpoint_groups (OS-INHERIT) (OS-ENDPOINT-POLICY) (OS-SIMPLE-CERT) (OS-PKI) (OS-REVOKE) events=revocation (system)`,
)

export const keyManagerPaths: PathVocabulary = vocabulary(
  'data/security/keymanager',
  `secrets containers orders containers/consumers=container/consumer secrets/consumers=secret/consumer
  secrets/metadata=secret/metadata cas=ca secret-stores transport_keys quotas project-quotas`,
)

export const dnsPaths: PathVocabulary = vocabulary(
  'network/dns',
  `zones zones/recordsets=recordset recordsets pools tlds tsigkeys blacklists quotas limits service_statuses (reverse)
  floatingips=floatingip transfer_requests=zone/transfer-request transfer_accepts=zone/transfer-accept
  imports=zone/import exports=zone/export zones/nameservers=zone/nameserver zones/shares=zone/share`,
)

export const orchestrationPaths: PathVocabulary = vocabulary(
  'service/orchestration',
  `stacks resource_types template_versions software_configs software_deployments services build_info
  stacks/resources=stack/resource stacks/events=stack/event stacks/snapshots=stack/snapshot stacks/outputs=stack/output`,
)

export const bareMetalPaths: PathVocabulary = vocabulary(
  'compute/baremetal',
  `nodes ports portgroups chassis drivers allocations deploy_templates runbooks conductors shards inspection_rules (volume)
  connectors=volume-connector targets=volume-target nodes/traits=node/trait nodes/vifs=node/vif nodes/bios=node/bios
  nodes/firmware=node/firmware nodes/history=node/history nodes/portgroups=portgroup nodes/ports=port portgroups/ports=port`,
)
