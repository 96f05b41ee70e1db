// The map c of section 2.1 for one pair, whatever kind of variation the config names.
import type { ConditionConfig } from '../config/model-config.ts';
import type { VariationInput } from '../dataset/example.ts';
import { ConditionError } from './condition-error.ts';
import { drawImage } from './image-map.ts';
import { bones, jointCount } from './keypoints.ts';
import { drawLabel } from './label-map.ts';
import { drawPose } from './pose-map.ts';

/** Number of channels C of the condition map. */
export function conditionChannels(config: ConditionConfig): number {
  switch (config.kind) {
    case 'keypoints':
      return (config.map === 'limbs' ? bones.length : jointCount) * (config.sourceKeypoints ? 2 : 1);
    case 'label':
      return config.length;
    case 'image':
      return 3;
    default:
      throw new TypeError(`unknown condition ${JSON.stringify(config satisfies never)}`);
  }
}

/**
 * Draws the condition map of one sample into `out`, float32 [size, size, C], C = {@link conditionChannels}. Every value is
 * written. With `sourceKeypoints` the planes of the target pose come first, then those of the source pose.
 *
 * @throws ConditionError  for a variation that lacks what the config needs, or has it in the wrong shape.
 */
export function drawCondition(
  config: ConditionConfig,
  variation: VariationInput,
  size: number,
  out: Float32Array,
): void {
  const channels = conditionChannels(config);
  if (out.length !== size * size * channels) {
    throw new ConditionError(
      'out',
      `${size * size * channels} values, [${size}, ${size}, ${channels}]`,
      `${out.length}`,
    );
  }
  switch (config.kind) {
    case 'keypoints': {
      const poses = config.sourceKeypoints ? (['keypoints', 'sourceKeypoints'] as const) : (['keypoints'] as const);
      for (const [position, field] of poses.entries()) {
        const firstPlane = (position * channels) / poses.length;
        drawPose(config, field, variation[field], size, out, { firstPlane, channels });
      }
      return;
    }
    case 'label':
      drawLabel(config.length, variation.label, out);
      return;
    case 'image':
      drawImage(variation.image, size, out);
      return;
    default:
      config satisfies never;
  }
}
