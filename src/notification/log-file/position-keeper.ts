import type { SavedPosition } from './position'

/** Each save waits for the disk; so often is enough, as after a crash some lines are only read again. */
const AT_MOST_EVERY_MS = 200

/** Saves the newest position now and then, one at a time; a position that is overtaken is not saved. */
export class PositionKeeper {
  private readonly save: (position: SavedPosition) => Promise<void>
  private readonly onFailure: (error: unknown) => void
  private newest: SavedPosition | undefined
  private timer: NodeJS.Timeout | undefined
  private saving: Promise<void> | undefined

  constructor(save: (position: SavedPosition) => Promise<void>, onFailure: (error: unknown) => void) {
    this.save = save
    this.onFailure = onFailure
  }

  keep(position: SavedPosition): void {
    this.newest = position
    if (this.saving === undefined) this.timer ??= setTimeout(() => this.write(), AT_MOST_EVERY_MS)
  }

  /** Resolves when the newest position is saved, or could not be. */
  async flush(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    await this.saving
    this.write()
    await this.saving
    // What a failed save left to be tried again.
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private write(): void {
    this.timer = undefined
    const position = this.newest
    if (position === undefined) return
    this.newest = undefined
    this.saving = this.save(position)
      .catch((error: unknown) => {
        this.newest ??= position
        this.onFailure(error)
      })
      .finally(() => {
        this.saving = undefined
        if (this.newest !== undefined) this.timer ??= setTimeout(() => this.write(), AT_MOST_EVERY_MS)
      })
  }
}
