// Steps that are run once and replayed from then on: for backends that can record, and unchanged for all others.
import { isTapeOpen } from '../gradients/outside-tape.ts';
import * as tf from '../tfjs/registered-core.ts';
import { isRefusal, type ProgramSummary, type RecordedProgram, type Refusal, type StepRecorder } from './recorder.ts';

/** What a step may return: its results, by position. */
export type StepResult = tf.Tensor | readonly tf.Tensor[];

export interface CompileOptions {
  /** Runs before the recording, in which optimizers make their moments. Default 1. */
  readonly warmUpRuns?: number;
  /** Called once if the step can only be run eagerly. */
  readonly onEager?: (reason: string) => void;
}

/** Programs are kept for so many different shapes of inputs; steps on others run eagerly. */
const maxPrograms = 8;

export class CompiledStep<Inputs extends readonly tf.Tensor[], Result extends StepResult> {
  private readonly programs = new Map<string, { readonly program: RecordedProgram; readonly isSingle: boolean }>();
  private runs = 0;
  private why: string | undefined;

  constructor(
    private readonly step: (...inputs: Inputs) => Result,
    private readonly options: CompileOptions = {},
  ) {}

  /** Why every run is eager; undefined while or when the step can be replayed. */
  get eagerReason(): string | undefined {
    return this.why;
  }

  /** Of each recorded program. */
  get summaries(): ProgramSummary[] {
    return [...this.programs.values()].map(({ program }) => program.summary);
  }

  /**
   * Runs the step. Results belong to the caller, inputs stay the caller's.
   *
   * @throws ReplayError  when a tensor or variable that the step uses was disposed since it was recorded.
   */
  run(...inputs: Inputs): Result {
    const key = inputs.map(({ shape, dtype }) => `${dtype}[${shape}]`).join();
    const known = this.programs.get(key);
    // Under a tape the ops must be seen one by one.
    if (isTapeOpen()) return this.eager(inputs);
    if (known !== undefined) return this.replay(known, inputs);
    this.runs += 1;
    if (this.why !== undefined || this.runs <= (this.options.warmUpRuns ?? 1)) return this.eager(inputs);
    const recorder = stepRecorder();
    if (recorder === undefined) return this.giveUp(`backend ${tf.getBackend()} does not record`, inputs);
    if (this.programs.size === maxPrograms) {
      return this.giveUp(`it is run on more than ${maxPrograms} different shapes of inputs`, inputs);
    }
    return this.record(recorder, key, inputs);
  }

  /** Frees what the programs keep. */
  dispose(): void {
    for (const { program } of this.programs.values()) program.dispose();
    this.programs.clear();
  }

  private eager(inputs: Inputs): Result {
    return tf.tidy(() => this.step(...inputs) as unknown as tf.Tensor) as unknown as Result;
  }

  private giveUp(reason: string, inputs: Inputs): Result {
    this.refused(reason);
    return this.eager(inputs);
  }

  private refused(reason: string): void {
    this.why = reason;
    this.options.onEager?.(reason);
  }

  private record(recorder: StepRecorder, key: string, inputs: Inputs): Result {
    recorder.beginRecording();
    let result: Result;
    try {
      result = this.eager(inputs);
    } catch (error) {
      recorder.abandonRecording();
      throw error;
    }
    const isSingle = result instanceof tf.Tensor;
    const outputs = isSingle ? [result as tf.Tensor] : (result as readonly tf.Tensor[]);
    const program = recorder.endRecording(inputs, outputs);
    if (isRefusal(program)) this.refused(inWords(program));
    else this.programs.set(key, { program, isSingle });
    return result;
  }

  private replay({ program, isSingle }: { program: RecordedProgram; isSingle: boolean }, inputs: Inputs): Result {
    const engine = tf.engine();
    const results = program.replay(inputs).map((info) => engine.makeTensorFromTensorInfo(info));
    return (isSingle ? results[0] : results) as Result;
  }
}

/**
 * A step of static shapes that is recorded at its second run and replayed from the third on: one call instead of one for
 * each kernel, the same commands in the same order, hence the same bits as an eager run. Eager runs may come in between.
 *
 * The function is called while it is recorded and not any more afterwards. So JavaScript in it is frozen: numbers, branches
 * and shapes stay what they were, except random numbers and dropout whose `counter` is a function, and learning rates of
 * `AdamOptimizer`. It runs inside of `tf.tidy`. Whatever it reads in JavaScript (`dataSync`) or runs on a kernel
 * without a native form makes it eager for good; `onEager` is told which kernel and where.
 */
export function compileStep<Inputs extends readonly tf.Tensor[], Result extends StepResult>(
  step: (...inputs: Inputs) => Result,
  options?: CompileOptions,
): CompiledStep<Inputs, Result> {
  return new CompiledStep(step, options);
}

function stepRecorder(): StepRecorder | undefined {
  const backend = tf.backend() as Partial<StepRecorder>;
  return typeof backend.beginRecording === 'function' ? (backend as StepRecorder) : undefined;
}

function inWords({ kernel, what, origin }: Refusal): string {
  return `${kernel}: ${what}, at ${origin}`;
}
