// Joints and poses for pages: no TF.js, no Node.
export * from '../condition/keypoints.ts';
export * from '../condition/pose-distance.ts';
