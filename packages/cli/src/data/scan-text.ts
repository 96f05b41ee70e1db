// What a look at the images of a data set has shown, in words.
import type { ScanReport } from '@ggb/core/node';

export function scanText({ isDecoded }: ScanReport): string {
  return isDecoded ? 'all readable' : 'by their headers all readable (too many to decode each now)';
}
