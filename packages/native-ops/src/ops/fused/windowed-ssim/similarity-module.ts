// Structural similarity of 8-bit images in WebAssembly: the portable kernels of this folder, compiled by wasm/build.mjs, in
// any browser or runtime with WebAssembly SIMD. Imports nothing of Node and fetches nothing.
import { type ByteImage, checkImages, type ImageSimilarity, type SimilarityOptions } from './similarity-images.ts';
import { similarityModuleBase64 } from './similarity-module.generated.ts';
import { completeSettings, type SimilaritySettings } from './similarity-settings.ts';

interface Exports {
  readonly memory: WebAssemblyMemory;
  readonly __heap_base: { readonly value: number };
  workspaceBytes(...settings: number[]): number;
  score(...settings: number[]): number;
}

// The types of WebAssembly come with those of the DOM, which this package does without.
interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
};
declare const atob: (text: string) => string;

const page = 65536;
/** What the kernels ask of their workspace; also good for everything else. */
const alignment = 64;

export class SimilarityModule {
  private constructor(private readonly exports: Exports) {}

  /**
   * Compiles the module; may be called any number of times, each with a memory of its own.
   *
   * @throws WebAssembly.CompileError  where there is no WebAssembly SIMD (browsers before 2021 to 2023).
   */
  static async load(): Promise<SimilarityModule> {
    const bytes = Uint8Array.from(atob(similarityModuleBase64), (letter) => letter.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes);
    return new SimilarityModule(instance.exports as Exports);
  }

  /**
   * Structural similarity of two 8-bit images. The data range is 255 unless given. Within 1e-6 of float64 on any image; with
   * uniform windows the same bits as the addon.
   *
   * @throws InvalidArgumentError  unless the images have the same size, at least the window's, and 1 or 3 channels.
   */
  score(
    a: ByteImage,
    b: ByteImage,
    settings: SimilaritySettings = {},
    { map = false }: SimilarityOptions = {},
  ): ImageSimilarity {
    const complete = completeSettings('SimilarityModule.score', settings, 255);
    const channels = checkImages('SimilarityModule.score', a, b, complete);
    const { window, statistics, dataRange, k1, k2 } = complete;
    const { width, height } = a;
    const isGaussian = window.kind === 'gaussian';
    const choices = [isGaussian ? 1 : 0, window.size, isGaussian ? window.sigma : 0, statistics === 'sample' ? 1 : 0];
    const workspaceBytes = this.exports.workspaceBytes(width, height, ...choices, k1, k2);
    const windows = (width - window.size + 1) * (height - window.size + 1);

    const place = this.layOut();
    const workspace = place(workspaceBytes);
    const means = place(4 * 8);
    const mapPlace = map ? place(4 * windows) : 0;
    const [first, second] = [place(a.data.length), place(b.data.length)];
    this.makeRoom(place(0));
    const { buffer } = this.exports.memory;
    new Uint8Array(buffer, first, a.data.length).set(a.data);
    new Uint8Array(buffer, second, b.data.length).set(b.data);
    const sizes = [first, second, width, height, channels];
    const places = [workspace, workspaceBytes, means, means + 8, mapPlace];
    const outcome = this.exports.score(...sizes, ...choices, k1, k2, dataRange, ...places);
    // Everything it could refuse was checked.
    if (outcome !== 0) throw new RangeError(`SimilarityModule: the kernel refused with outcome ${outcome}`);
    const results = new Float64Array(buffer, means, 1 + channels);
    return {
      mean: results[0] as number,
      perChannel: results.slice(1),
      ...(map && { map: new Float32Array(buffer, mapPlace, windows).slice() }),
    };
  }

  /** A function that gives places behind the module's own data, one after another. */
  private layOut(): (bytes: number) => number {
    let end = Math.ceil(this.exports.__heap_base.value / alignment) * alignment;
    return (bytes) => {
      const start = end;
      end += Math.ceil(bytes / alignment) * alignment;
      return start;
    };
  }

  private makeRoom(end: number): void {
    const { memory } = this.exports;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / page));
  }
}
