// How much of an error budget a look may use: later looks stay valid because the parts add up to the whole.

/** Lan and DeMets' power family: the part of `alpha` spent when this fraction (0…1) of the planned data is in. */
export function spentAlpha(alpha: number, fraction: number, power = 1): number {
  return alpha * Math.min(1, Math.max(0, fraction)) ** power;
}

/**
 * The level of look k = 1, 2, …: alpha·(1−r)·rᵏ⁻¹. No number of looks is fixed in advance, and by the union bound all
 * looks together err with at most `alpha`.
 */
export function lookLevel(alpha: number, look: number, ratio = 0.5): number {
  return alpha * (1 - ratio) * ratio ** (look - 1);
}
