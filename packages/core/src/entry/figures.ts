export { figureIdentity } from '../dataset/figures/figure-identity.ts';
export { figurePose } from '../dataset/figures/figure-pose.ts';
export { renderFigure, layOutFigure } from '../dataset/figures/render-figure.ts';
