// What can go wrong with a Synthesizer, beside what is wrong with the checkpoint itself (CheckpointError, SafetensorsError).

/** The bytes of a checkpoint cannot be had. `source` is what was given, in words. */
export class CheckpointSourceError extends Error {
  override readonly name = 'CheckpointSourceError';

  constructor(
    readonly source: string,
    readonly expected: string,
    readonly received: string,
    readonly remedy = '',
    options?: ErrorOptions,
  ) {
    super(
      `Synthesizer: checkpoint ${source}: expected ${expected}, received ${received}.${remedy && `\n  ${remedy}`}`,
      options,
    );
  }
}

/** What brings each backend of TensorFlow.js; those of this project's own are among them. */
const imports: Readonly<Record<string, string>> = {
  'native-cpu': '@ggb/native-ops/node (Node only)',
  wasm: '@tensorflow/tfjs-backend-wasm',
  webgl: '@tensorflow/tfjs-backend-webgl (pages only)',
  webgpu: '@tensorflow/tfjs-backend-webgpu (pages only)',
  tensorflow: '@tensorflow/tfjs-node (Node only)',
};

/** The backend asked for is not there. TensorFlow.js knows a backend once its package has been imported. */
export class SynthesisBackendError extends Error {
  override readonly name = 'SynthesisBackendError';

  constructor(
    readonly backend: string,
    readonly problem: 'not registered' | 'did not start',
    /** Names of the backends that TensorFlow.js knows. */
    readonly registered: readonly string[],
    version: string,
  ) {
    const source = imports[backend];
    const advice =
      source === undefined
        ? 'Correct the name, or import the package that registers it first.'
        : `Import ${source} first${source.startsWith('@tensorflow/') ? `, in version ${version}` : ''}.`;
    const remedy = problem === 'not registered' ? advice : 'TensorFlow.js has printed why. Take another backend.';
    super(`Synthesizer: backend ${backend} ${problem}; registered: ${registered.join(', ')}.\n  ${remedy}`);
  }
}

/** An input that the model cannot take. `argument` is its path, e.g. `image` or `inputs[2].keypoints`. */
export class SynthesisInputError extends Error {
  override readonly name = 'SynthesisInputError';

  constructor(
    readonly argument: string,
    readonly expected: string,
    readonly received: string,
    options?: ErrorOptions & { readonly advice?: string | undefined },
  ) {
    const advice = options?.advice === undefined ? '' : `\n  ${options.advice}`;
    super(`synthesize: ${argument}: expected ${expected}, received ${received}.${advice}`, options);
  }
}

/** Something was asked of a Synthesizer after `dispose()`. */
export class SynthesizerDisposedError extends Error {
  override readonly name = 'SynthesizerDisposedError';

  constructor() {
    super('Synthesizer: it has been disposed, its weights are gone. Load the checkpoint again.');
  }
}
