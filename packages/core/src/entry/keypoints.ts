// The 18 joints without TF.js: what draws or edits poses in a page needs nothing else.
export * from '../condition/keypoints.ts';
