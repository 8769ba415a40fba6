/**
 * What a channel of one's own is made with (docs/extending.md), as
 * `node-red-contrib-openstack-events/dist/nodes/shared/notify/extend.js`. What is exported here keeps its meaning between major versions.
 */

export type { HttpClient, HttpRequest, HttpResponse } from '../../../src/http/client'
export { ask, jsonOf, refused } from '../../../src/notify/answers'
export { type Channel, type ChannelDefinition, NotifyError, type Sent } from '../../../src/notify/channel'
export { ChannelSettings } from '../../../src/notify/channel-settings'
export type { Report } from '../../../src/notify/model'
export { registerChannel } from './notify-node'
