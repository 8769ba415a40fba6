import { Turns } from '../audit/trail/turns'

const turns = new Turns()

/**
 * Waits for a turn of the event loop in which no other answer makes a piece of its text: with several exports under way, a piece of
 * each in the same turn would hold up Node-RED's flows as one long piece does.
 */
export function ownTurn(): Promise<void> {
  return turns.next()
}
