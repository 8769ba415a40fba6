/**
 * What a CADF event says, by the words that the page uses; `added` is what look-ups brought where it says nothing, by dotted path.
 * Any member may be missing or of another type than it should be.
 */
export function factsOf(event, added) {
  const initiator = { ...objectOf(event?.initiator), ...membersOf(added, 'initiator.') }
  const target = { ...objectOf(event?.target), ...membersOf(added, 'target.') }
  const observer = objectOf(event?.observer)
  const reason = objectOf(event?.reason)
  return {
    id: textOf(event?.id),
    time: textOf(event?.eventTime),
    action: textOf(event?.action),
    outcome: textOf(event?.outcome),
    path: textOf(event?.requestPath),
    reason: [textOf(reason.reasonCode), textOf(reason.reasonType)].filter((text) => text !== '').join(' '),
    reasonCode: textOf(reason.reasonCode),
    who: {
      name: firstText(initiator.name, initiator.username, initiator.user_name),
      id: firstText(initiator.id, event?.initiatorId),
      type: textOf(initiator.typeURI),
      project: textOf(initiator.project_id),
      projectName: textOf(initiator.project_name),
      domain: textOf(initiator.domain_id),
      domainName: firstText(initiator.domain_name, initiator.domain),
      address: textOf(objectOf(initiator.host).address),
      agent: textOf(objectOf(initiator.host).agent),
      request: textOf(initiator.request_id),
      globalRequest: textOf(initiator.global_request_id),
    },
    target: {
      name: textOf(target.name),
      id: firstText(target.id, event?.targetId),
      type: textOf(target.typeURI),
      project: textOf(target.project_id),
      domain: textOf(target.domain_id),
    },
    observer: { name: textOf(observer.name), id: textOf(observer.id), type: textOf(observer.typeURI) },
  }
}

function membersOf(added, start) {
  const paths = Object.entries(objectOf(added)).filter(([path]) => path.startsWith(start))
  return Object.fromEntries(paths.map(([path, value]) => [path.slice(start.length), value]))
}

function objectOf(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function textOf(value) {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

function firstText(...values) {
  return values.map(textOf).find((text) => text !== '') ?? ''
}
