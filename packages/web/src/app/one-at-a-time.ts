// Readings of the same thing, one after the other: answers that overtake each other would leave the older one on the page.

interface UnderWay {
  isWantedAgain: boolean;
  readonly done: Promise<void>;
}

export class OneAtATime {
  readonly #underWay = new Map<string, UnderWay>();

  /**
   * Runs `work`, or, while work of this key is under way, has that done once more after it, however often it is asked for: what
   * is read may have changed since the reading began.
   *
   * @param work  must not reject.
   * @returns when the last of it has ended.
   */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const known = this.#underWay.get(key);
    if (known !== undefined) {
      known.isWantedAgain = true;
      return known.done;
    }
    const begun: UnderWay = {
      isWantedAgain: false,
      // Not at once: `begun` is not there yet, and what reads state must not do so in the name of an effect.
      done: Promise.resolve().then(async () => {
        do {
          begun.isWantedAgain = false;
          await work();
        } while (begun.isWantedAgain);
        this.#underWay.delete(key);
      }),
    };
    this.#underWay.set(key, begun);
    return begun.done;
  }
}
