/* From scores to shares: 2^(score / temperature) of a class over the sum of all. */

/* The product of two numbers below 2 of 62 fractional bits, rounded down. */
static uint64_t tally_product(uint64_t a, uint64_t b) {
  uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
  uint64_t low = al * bl, middle = ah * bl + (low >> 32), other = al * bh + (middle & 0xffffffffu);
  uint64_t high = ah * bh + (middle >> 32) + (other >> 32);
  return high << 2 | (other >> 30 & 3u);
}

/* step^count, step by step, as every other reader of the model does it. */
static uint64_t tally_power(uint64_t step, uint32_t count) {
  uint64_t power = (uint64_t)1 << 62;
  for (uint32_t i = 0; i < count; i++) power = tally_product(power, step);
  return power;
}

/* 2^-x for x of 16 fractional bits; 30 fractional bits, rounded down. */
static uint64_t tally_negative_power(uint64_t x) {
  uint64_t whole = x >> 16;
  if (whole > 30u) return 0;
  uint64_t coarse = tally_power(UINT64_C(4599216278082138665), (uint32_t)(x >> 8 & 255u));
  uint64_t fine = tally_power(UINT64_C(4611637242788701951), (uint32_t)(x & 255u));
  return tally_product(coarse, fine) >> (32u + whole);
}

int tally_model_shares(const tally_model_score scores[], uint32_t shares[]) {
  if (scores == NULL || shares == NULL) return -1;
  int64_t highest = scores[0];
  for (uint32_t c = 1; c < TALLY_CLASSES; c++)
    if (scores[c] > highest) highest = scores[c];
  uint64_t sum = 0;
  for (uint32_t c = 0; c < TALLY_CLASSES; c++) {
    uint64_t below = (uint64_t)highest - (uint64_t)(int64_t)scores[c];
    if (below > (uint64_t)1 << 46) below = (uint64_t)1 << 46;
    shares[c] = (uint32_t)tally_negative_power((below << 16) / TALLY_TEMPERATURE);
    sum += shares[c];
  }
  for (uint32_t c = 0; c < TALLY_CLASSES; c++)
    shares[c] = (uint32_t)((((uint64_t)shares[c] << 30) + sum / 2u) / sum);
  return 0;
}
