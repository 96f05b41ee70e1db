// `ggb evaluate --explain` and `--list-metrics`: every choice in words, without any images.
import { explainProtocol, pairMetricNames, pairMetrics, protocolNamed, protocolNames } from '@ggb/metrics';
import { textTable } from '../../report/text-table.ts';
import { defaultProtocol } from './evaluation-request.ts';

export function explain(protocol = defaultProtocol): void {
  console.log(explainProtocol(protocolNamed(protocol)).join('\n'));
  console.log(`\nProtocols: ${protocolNames.join(', ')}`);
}

export function listMetrics(): void {
  const rows = pairMetricNames.map((name) => {
    const { direction, unit, range, description, needsMask } = pairMetrics[name];
    const bounds = `${range[0]} to ${range[1]}`;
    return [name, direction, bounds, unit, `${description}${needsMask ? '; needs key points (--pairs)' : ''}`];
  });
  const needsFeatures = 'needs --features WEIGHTS.safetensors';
  rows.push(
    ['fid', 'lower', '0 to Infinity', 'none', `Frechet distance of the features of both sets; ${needsFeatures}`],
    ['is', 'higher', '1 to 1008', 'none', `Inception Score of the generated images, ten splits; ${needsFeatures}`],
  );
  console.log(textTable([['metric', 'better', 'range', 'unit', ''], ...rows], [0, 1, 2, 3, 4]));
}
