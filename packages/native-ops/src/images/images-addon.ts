// The image addon as TypeScript sees it, and how it is found. It is a file of its own, so that the TensorFlow.js backend
// loads where the image libraries are missing.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BackendUnavailableError } from '../backend/errors.ts';

export interface NativeProblem {
  readonly kind: string;
  readonly message: string;
}

export interface ImagesAddon {
  readonly jpegLibrary: string;
  readonly pngLibrary: string;
  /** `paths`: real, generated, real, generated ... `ended` gives null when the call was cancelled. */
  scorePairFiles(
    paths: readonly string[],
    settings: Float64Array,
    threads: number,
  ): {
    readonly id: number;
    readonly ended: Promise<
      | ({ values: Record<string, number> } | { problem: NativeProblem & { readonly side: 'real' | 'generated' } })[]
      | null
    >;
  };
  cancel(id: number): void;
  /** Since the addon was loaded. */
  statistics(): { readonly decodedRealImages: number };
  decodeFile(path: string): Promise<{ data: Uint8Array; width: number; height: number } | { problem: NativeProblem }>;
}

/** What brings the libraries on Debian and Ubuntu. */
const packages = 'libjpeg62-turbo-dev libdeflate-dev';

const require = createRequire(import.meta.url);

/**
 * Loads the addon from `path`, from GGB_NATIVE_IMAGES_ADDON, or from this package's own build.
 *
 * @throws BackendUnavailableError  with the reason and what to do.
 */
export function loadImagesAddon(
  path = process.env.GGB_NATIVE_IMAGES_ADDON ?? '',
  ownBuild = fileURLToPath(new URL('../../build/Release/native_images.node', import.meta.url)),
): ImagesAddon {
  const file = path || ownBuild;
  if (!existsSync(file)) {
    throw new BackendUnavailableError(
      'native-images',
      path
        ? `the addon ${file} does not exist`
        : 'the image addon was not built, which needs libjpeg-turbo and libdeflate',
      path
        ? "Correct GGB_NATIVE_IMAGES_ADDON, or unset it to use the package's own build."
        : `Install them and build: apt-get install ${packages} && npm run build`,
    );
  }
  let addon: Partial<ImagesAddon>;
  try {
    addon = require(file) as Partial<ImagesAddon>;
  } catch (error) {
    throw new BackendUnavailableError(
      'native-images',
      `${file} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      `Missing libraries come with: apt-get install ${packages}. Else rebuild it: npm run build`,
      { cause: error },
    );
  }
  if (typeof addon.scorePairFiles !== 'function' || typeof addon.decodeFile !== 'function') {
    throw new BackendUnavailableError(
      'native-images',
      `${file} is not the image addon: it exports [${Object.keys(addon).slice(0, 5).join(', ')}]`,
      path
        ? "Correct GGB_NATIVE_IMAGES_ADDON, or unset it to use the package's own build."
        : 'Rebuild it: npm run build',
    );
  }
  return addon as ImagesAddon;
}
