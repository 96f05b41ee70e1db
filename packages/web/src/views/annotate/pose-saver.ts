// Poses on their way to the manifest. None is forgotten, whatever goes wrong with a save: it stays here until it is written.
import type { ViewKeypoints } from '../../run-source/view-data.ts';

export type SaveState = 'changed' | 'saving' | 'saved';

export class PoseSaver {
  /** By photo; what was edited while it is being saved is in here with its newer pose. */
  readonly #unsaved = new Map<number, ViewKeypoints>();
  #saving: number | undefined;
  #underWay: Promise<void> | undefined;

  /**
   * @param save      writes one pose; rejects if it is not written.
   * @param onChange  called whenever {@link stateOf} of a photo, or {@link unsaved}, may be another.
   */
  constructor(
    private readonly save: (photo: number, keypoints: ViewKeypoints) => Promise<void>,
    private readonly onChange: () => void,
  ) {}

  /** Photos whose poses are not written. */
  get unsaved(): readonly number[] {
    return [...this.#unsaved.keys()];
  }

  stateOf(photo: number): SaveState {
    if (!this.#unsaved.has(photo)) return 'saved';
    return this.#saving === photo ? 'saving' : 'changed';
  }

  /** The pose of a photo is another one; it is written by the next {@link saveAll}. */
  edited(photo: number, keypoints: ViewKeypoints): void {
    this.#unsaved.set(photo, keypoints);
    this.onChange();
  }

  /**
   * Writes all that is not written, also what failed before; one after the other, because each save needs the version that
   * the one before gave. Never rejects: what fails stays.
   */
  saveAll(): Promise<void> {
    // Who asks meanwhile may have edited something that the round under way has passed by.
    this.#underWay = (this.#underWay ?? Promise.resolve()).then(() => this.#saveRound());
    return this.#underWay;
  }

  async #saveRound(): Promise<void> {
    for (const photo of this.unsaved) {
      const keypoints = this.#unsaved.get(photo) as ViewKeypoints;
      this.#saving = photo;
      this.onChange();
      try {
        await this.save(photo, keypoints);
        if (this.#unsaved.get(photo) === keypoints) this.#unsaved.delete(photo);
      } catch {
        // The others may go well: a broken photo must not hold them back.
      }
      this.#saving = undefined;
      this.onChange();
    }
  }
}
