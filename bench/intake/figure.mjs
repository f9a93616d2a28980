/**
 * @typedef {{ bench: string, unit: string, ours: number, peer: number, ratio: number, goal: string, holds: boolean }}
 * Figure
 */

/**
 * @param {{ bench: string, unit: string, ours: number, peer: number, least?: number, most?: number }} measured `least`
 * or `most`: what the ratio has to keep to
 * @returns {Figure}
 */
export function figure({ bench, unit, ours, peer, least = 0, most = Infinity }) {
  const ratio = ours / peer;
  const goal = least > 0 ? `at least ${least} of it` : most < Infinity ? `at most ${most} of it` : 'none';
  return {
    bench,
    unit,
    ours: rounded(ours),
    peer: rounded(peer),
    ratio: rounded(ratio),
    goal,
    holds: ratio >= least && ratio <= most,
  };
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 100) / 100;
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
