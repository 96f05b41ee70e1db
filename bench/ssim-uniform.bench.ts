// Protocol `ggb`: uniform windows of 7 x 7, sample statistics, scikit-image's defaults. The bar: 50 times scikit-image.
import { ssimProtocols } from '@ggb/metrics';
import { compareImages } from './ssim/compare-images.ts';

await compareImages('SSIM uniform 7 x 7, 256 px RGB uint8, 1 thread', ssimProtocols.ggb, {});
