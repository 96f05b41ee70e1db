// Decoded images in memory, because decoding costs more than the rest of a batch together.
import { decodeImage } from './decode-image.ts';
import type { RgbImage } from './example.ts';

/**
 * Keeps each image once as uint8 until `capacityBytes` is full; further ones are decoded each time. Nothing is thrown out:
 * shuffled epochs use each image about equally often, so with no image is another's place better used.
 */
export class ImageCache {
  private readonly images = new Map<string, RgbImage>();
  private readonly decoding = new Map<string, Promise<RgbImage>>();
  private bytes = 0;

  constructor(private readonly capacityBytes: number) {}

  /** Bytes of pixels that are kept. */
  get usedBytes(): number {
    return this.bytes;
  }

  /** Whether images are being decoded now. */
  get isBusy(): boolean {
    return this.decoding.size > 0;
  }

  /** An image; whoever asks while it is being decoded gets the same one. Do not write to it. */
  async image(path: string): Promise<RgbImage> {
    const kept = this.images.get(path);
    if (kept !== undefined) return kept;
    const underWay = this.decoding.get(path);
    if (underWay !== undefined) return underWay;
    const decoded = this.decode(path).finally(() => this.decoding.delete(path));
    this.decoding.set(path, decoded);
    return decoded;
  }

  /** Resolves when nothing is being decoded any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.decoding.values());
  }

  clear(): void {
    this.images.clear();
    this.bytes = 0;
  }

  private async decode(path: string): Promise<RgbImage> {
    const image = await decodeImage(path);
    if (this.bytes + image.data.length <= this.capacityBytes) {
      this.images.set(path, image);
      this.bytes += image.data.length;
    }
    return image;
  }
}
