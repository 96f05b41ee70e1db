// Weights of a Gaussian window, without a C library, so that every build computes the same.
#pragma once

namespace ggb::ssim {

// e^-t for t >= 0, to a few units in the last place.
inline double ExpOfNegative(double t) {
  if (!(t < 745)) return 0;
  // e^-t = (e^(-t / 2^k))^(2^k), with t / 2^k small enough for 12 terms of the series.
  int halvings = 0;
  while (t > 0.125) {
    t *= 0.5;
    ++halvings;
  }
  double term = 1;
  double sum = 1;
  for (int i = 1; i <= 12; ++i) {
    term *= -t / i;
    sum += term;
  }
  for (; halvings > 0; --halvings) sum *= sum;
  return sum;
}

// exp(-(i - centre)^2 / (2 sigma^2)), normalised to the sum 1.
inline void GaussianWeights(int size, double sigma, double* weights) {
  const int centre = size / 2;
  double total = 0;
  for (int i = 0; i < size; ++i) {
    const double distance = (i - centre) / sigma;
    weights[i] = ExpOfNegative(0.5 * distance * distance);
    total += weights[i];
  }
  for (int i = 0; i < size; ++i) weights[i] /= total;
}

}  // namespace ggb::ssim
