import type { WriterReport } from './model'

/** What a verification says beyond its findings, for people: against whom, and up to where. */
export function proofOf(
  writers: readonly WriterReport[],
  {
    withKey,
    leftOut,
    unsignedRetention,
  }: { readonly withKey: boolean; readonly leftOut: number; readonly unsignedRetention: number },
): string {
  const sentences = writers.map((writer) => sentenceOf(writer, withKey))
  if (writers.length === 0) sentences.push('The trail is empty, and no checkpoint was given that says otherwise.')
  if (leftOut > 0) {
    sentences.push(`Checkpoints that were given but are not signed with a given key were left out: ${leftOut}.`)
  }
  if (unsignedRetention > 0) {
    sentences.push(
      `${unsignedRetention} records of retention stand before the first signature and are not signed themselves: what they removed could have been removed by anybody before then.`,
    )
  }
  return sentences.join(' ')
}

function sentenceOf({ writer, position, provenTo, provenAt, provenBy }: WriterReport, withKey: boolean): string {
  if (provenTo === undefined || provenBy === undefined) {
    return `Nothing proves the chain of writer ${writer} against somebody who can write to the store: this detects accidents only.`
  }
  const rest =
    provenTo < position ? ` What came after it (${provenTo + 1} to ${position}) is held to accidents only.` : ''
  if (provenBy === 'outside') {
    const signed = withKey ? 'signed checkpoint' : 'checkpoint'
    return `Writer ${writer}: up to position ${provenTo} the chain is that of the ${signed} of ${provenAt} that was kept elsewhere.${rest}`
  }
  return (
    `Writer ${writer}: up to position ${provenTo} the chain was signed at ${provenAt}; only who holds the key could have changed it.` +
    ` An end cut off after a signature, or an older copy of the whole store put in its place, needs a checkpoint from elsewhere.${rest}`
  )
}
