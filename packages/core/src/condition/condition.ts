import type { ConditionConfig } from '../config/model-config.ts';
import { jointCount } from './keypoints.ts';

/** Channels of the map c for a condition. */
export function conditionChannels(config: ConditionConfig): number {
  switch (config.kind) {
    case 'keypoints':
      return jointCount * (config.sourceKeypoints ? 2 : 1);
    case 'label':
      return config.length;
    case 'image':
      return 3;
    default:
      return config satisfies never;
  }
}
