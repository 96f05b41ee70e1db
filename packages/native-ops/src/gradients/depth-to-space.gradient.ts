// DepthToSpace only moves values, so its gradient moves them back: space to depth. TF.js has no gradient for it.
import * as tf from '../tfjs/registered-core.ts';

export const depthToSpaceGradient: tf.GradConfig = {
  kernelName: tf.DepthToSpace,
  gradFunc: (dy, _saved, attrs) => {
    const { blockSize, dataFormat } = attrs as unknown as tf.DepthToSpaceAttrs;
    return {
      x: () => {
        if (dataFormat === 'NHWC') return spaceToDepth(dy as tf.Tensor4D, blockSize);
        const channelsLast = tf.transpose(dy as tf.Tensor4D, [0, 2, 3, 1]);
        return tf.transpose(spaceToDepth(channelsLast, blockSize), [0, 3, 1, 2]);
      },
    };
  },
};

/** [N, H*b, W*b, C] -> [N, H, W, b*b*C]; the channel of the result counts row in block, column in block, channel. */
export function spaceToDepth(y: tf.Tensor4D, blockSize: number): tf.Tensor {
  const [batch, tallHeight, wideWidth, channels] = y.shape;
  const height = tallHeight / blockSize;
  const width = wideWidth / blockSize;
  const rows = tf.reshape(y, [batch * height, blockSize, width, blockSize * channels]); // [N*H, b, W, b*C]
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batch, height, width, blockSize * blockSize * channels]);
}
