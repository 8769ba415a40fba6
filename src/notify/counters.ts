/** What a notifying node has done since it was deployed; shown in the status and at the admin route. */
export interface NotifyCounts {
  received: number
  sent: number
  /** Came a second time and was not sent again. */
  repeated: number
  throttled: number
  failed: number
}

export function noCounts(): NotifyCounts {
  return { received: 0, sent: 0, repeated: 0, throttled: 0, failed: 0 }
}
