import * as tf from '../entry/tf.ts';
import { isTapeOpen, outsideTape } from './outside-tape.ts';

describe('outsideTape', () => {
  it('makes its result a constant of the gradient around it', () => {
    const [withTape, without] = tf.tidy(() => {
      const x = tf.scalar(3);
      const square = (value: tf.Tensor) => value.mul(value) as tf.Scalar;
      return [
        tf.grad((value) => value.mul(square(value)))(x),
        tf.grad((value) => value.mul(outsideTape(() => square(value))))(x),
      ];
    });
    expect(withTape.dataSync()[0]).toBe(27); // d x^3 = 3 x^2
    expect(without.dataSync()[0]).toBe(9); // x^2 is a constant
  });

  it('takes gradients inside of a gradient', () => {
    const inner: number[] = [];
    const outer = tf.tidy(() =>
      tf.grad((x) => {
        inner.push(outsideTape(() => tf.grad((y) => y.square())(tf.scalar(5))).dataSync()[0] as number);
        return x.square();
      })(tf.scalar(2)),
    );
    expect(inner).toEqual([10]);
    expect(outer.dataSync()[0]).toBe(4);
  });

  it('leaves no tensor of an inner gradient behind, even before the outer one ends', () => {
    tf.tidy(() => {
      const x = tf.scalar(2);
      tf.grad((value) => {
        const before = tf.memory().numTensors;
        outsideTape(() => tf.tidy(() => void tf.grad((y) => y.square().exp())(tf.scalar(1))));
        expect(tf.memory().numTensors).toBe(before);
        return value.square();
      })(x);
    });
  });

  it('goes on recording after an error', () => {
    const gradient = tf.tidy(() =>
      tf.grad((x) => {
        expect(() =>
          outsideTape(() => {
            throw new RangeError('inside');
          }),
        ).toThrow(RangeError);
        return x.square();
      })(tf.scalar(2)),
    );
    expect(gradient.dataSync()[0]).toBe(4);
  });
});

describe('isTapeOpen', () => {
  it('is true while ops are recorded, not outside of that tape', () => {
    const seen: boolean[] = [isTapeOpen()];
    tf.tidy(() =>
      tf.grad((x) => {
        seen.push(isTapeOpen(), outsideTape(isTapeOpen));
        return x.square();
      })(tf.scalar(1)),
    );
    expect([...seen, isTapeOpen()]).toEqual([false, true, false, false]);
  });
});
