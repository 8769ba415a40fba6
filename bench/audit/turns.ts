/** Of this thread alone; Node 23.9 has it. */
type ThreadUsage = { threadCpuUsage(): NodeJS.CpuUsage }

/**
 * Processor time that this thread works from one timer of 1 ms to the next, ms, until the answer is called. Unlike a delay, it knows
 * nothing of what else the machine does.
 */
export function watchTurns(): () => number[] {
  const usage = () => {
    const { user, system } = (process as unknown as ThreadUsage).threadCpuUsage()
    return (user + system) / 1000
  }
  const turns: number[] = []
  let before = usage()
  const timer = setInterval(() => {
    const now = usage()
    turns.push(now - before)
    before = now
  }, 1)
  return () => {
    clearInterval(timer)
    return turns
  }
}
