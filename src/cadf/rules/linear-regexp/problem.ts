import { OperatorError } from '../../../errors/operator-error'
import { quote } from '../../../errors/redact'

/**
 * Why an expression is not taken:
 * `REGEXP_SYNTAX` it is no regular expression; `REGEXP_BACK_REFERENCE`, `REGEXP_LOOK_AROUND`, `REGEXP_UNSUPPORTED` it uses
 * what cannot be matched in linear time or is not offered; `REGEXP_TOO_LARGE` it would need too much time or memory.
 */
export type RegexpProblemCode =
  | 'REGEXP_SYNTAX'
  | 'REGEXP_BACK_REFERENCE'
  | 'REGEXP_LOOK_AROUND'
  | 'REGEXP_UNSUPPORTED'
  | 'REGEXP_TOO_LARGE'

export class RegexpProblem extends OperatorError {
  override readonly name = 'RegexpProblem'

  constructor(code: RegexpProblemCode, source: string, problem: string, remedy?: string) {
    super(
      code,
      `The regular expression "${quote(source, 80)}" ${problem}.`,
      remedy === undefined ? {} : { remedy: `${remedy}.` },
    )
  }
}
