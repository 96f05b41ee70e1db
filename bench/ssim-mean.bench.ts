// Protocol `tf`: Gaussian window, 11 taps, sigma 1.5, population statistics. The bar: 50 times scikit-image.
import { ssimProtocols } from '@ggb/metrics';
import { compareImages } from './ssim/compare-images.ts';

await compareImages('SSIM Gaussian, 256 px RGB uint8, 1 thread', ssimProtocols.tf, {
  gaussian_weights: true,
  sigma: 1.5,
  use_sample_covariance: false,
});
