export { poseDistance } from '../condition/pose-distance.ts';
export {
  type FigureIdentity,
  figureIdentity,
} from '../dataset/figures/figure-identity.ts';
export {
  type FigurePose,
  type FigureView,
  figurePose,
  figureViews,
  standingPose,
} from '../dataset/figures/figure-pose.ts';
export { type PoseChange, poseChange } from '../dataset/figures/pose-change.ts';
export { layOutFigure, type RenderedFigure, renderFigure } from '../dataset/figures/render-figure.ts';
export {
  FiguresSettingError,
  type FiguresSummary,
  FolderNotEmptyError,
  type WriteFiguresOptions,
  writeFigures,
} from '../dataset/figures/write-figures.ts';
