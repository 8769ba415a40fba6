export type { Clock, NodeInstance, Ports, Runtime, Wire } from './ports'
export { DeliveryTracker } from './tracker'
