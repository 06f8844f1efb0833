// From pixels to bits: the numbers of every pixel, compared with their thresholds. Whole numbers of 32 bits.

"use strict";

const tallyClamp = (at, count) => (at < 0 ? 0 : at < count ? at : count - 1);

// Halves an image: the mean of each 2 × 2 pixels, rounded half up, or of those that exist at an odd edge.
function tallyHalve(image) {
  const { pixels, channels } = image;
  const width = (image.width + 1) >> 1, height = (image.height + 1) >> 1;
  const out = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    const down = 2 * y + 1 < image.height ? image.width * channels : 0;
    for (let x = 0; x < width; x++) {
      const right = 2 * x + 1 < image.width ? channels : 0;
      for (let c = 0; c < channels; c++) {
        const a = (2 * y * image.width + 2 * x) * channels + c;
        out[to++] = (pixels[a] + pixels[a + right] + pixels[a + down] + pixels[a + down + right] + 2) >> 2;
      }
    }
  }
  return { pixels: out, width, height, channels, level: image.level + 1 };
}

// The numbers of every pixel that are computed in one way.
class TallySignal {
  constructor(tables) {
    Object.assign(this, tables);
    this.factors = tallyArray(Int16Array, this.factors);
    this.thresholds = tallyArray(Int32Array, this.thresholds);
    if (this.kind !== "weighted") this.factors = tallyByFours(this.factors, this.count);
  }

  // Adds the bits of every pixel to the words of its position.
  encode(image, map, words) {
    if (this.kind === "weighted") this.encodeSums(image, map, words);
    else this.encodeWindows(image, map, words);
  }

  // Sets the bits of a number. Thresholds ascend, so the first that is not passed ends it.
  code(value, number, map, word) {
    const levels = this.levels, thresholds = this.thresholds;
    let bit = this.bit + number * levels;
    for (let t = number * levels, end = t + levels; t < end && value > thresholds[t]; t++, bit++)
      map[word + (bit >> 5)] |= 1 << (bit & 31);
  }

  // Sums of a pixel's channels; with a window w, w · w times the sum less the sums of all pixels in the window.
  encodeSums(image, map, words) {
    const { pixels, width, height, channels } = image, window = this.window, radius = window >> 1;
    const sums = new Int32Array(width * height), across = new Int32Array(width * height);
    for (let n = 0; n < this.count; n++) {
      for (let i = 0, p = 0; i < sums.length; i++) {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += this.factors[n * channels + c] * pixels[p++];
        sums[i] = sum;
      }
      for (let y = 0; y < height && window > 0; y++) {
        for (let x = 0; x < width; x++) {
          let sum = 0;
          for (let d = 0; d < window; d++) sum += sums[y * width + tallyClamp(x + d - radius, width)];
          across[y * width + x] = sum;
        }
      }
      for (let y = 0, i = 0; y < height; y++) {
        for (let x = 0; x < width; x++, i++) {
          let value = window > 0 ? window * window * sums[i] : sums[i];
          for (let d = 0; d < window; d++) value -= across[tallyClamp(y + d - radius, height) * width + x];
          this.code(value, n, map, i * words);
        }
      }
    }
  }

  // Sums of all values of the window around a pixel, or, less 128 each, in units of the window's contrast. Even windows reach further
  // down and right, and what lies beyond an edge repeats it.
  encodeWindows(image, map, words) {
    const { width, height } = image, { window, count, factors, kind } = this;
    const n = window * window * image.channels, less = kind === "contrasted" ? 128 : 0;
    // Two pixels side by side, so that factors are read once for both.
    const values = new Int32Array(2 * n), sums = new Int32Array(2 * 4 * Math.ceil(count / 4));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 2) {
        const pixels = Math.min(2, width - x);
        for (let i = 0; i < pixels; i++) this.readWindow(image, x + i, y, less, values, i);
        tallyProducts(factors, values, sums);
        for (let i = 0; i < pixels; i++) {
          const scale = kind === "contrasted" ? tallyOverContrast(values, i) : 0, word = (y * width + x + i) * words;
          for (let k = 0, s = i; k < count; k++, s += 2)
            this.code(kind === "contrasted" ? tallyScaled(sums[s], scale) : sums[s], k, map, word);
        }
      }
    }
  }

  // Every second value from `to` on.
  readWindow(image, x, y, less, values, to) {
    const { pixels, width, height, channels } = image, window = this.window, before = (window - 1) >> 1;
    const left = x - before, inside = left >= 0 && left + window <= width;
    for (let dy = 0; dy < window; dy++) {
      const row = tallyClamp(y + dy - before, height) * width;
      if (inside) {
        for (let p = (row + left) * channels, end = p + window * channels; p < end; p++, to += 2) values[to] = pixels[p] - less;
        continue;
      }
      for (let dx = 0; dx < window; dx++) {
        let p = (row + tallyClamp(left + dx, width)) * channels;
        for (let c = 0; c < channels; c++, to += 2) values[to] = pixels[p++] - less;
      }
    }
  }
}

// Factors of four filters side by side, zeros where there are fewer.
function tallyByFours(factors, count) {
  const n = factors.length / count, out = new Int16Array(4 * Math.ceil(count / 4) * n);
  for (let k = 0; k < count; k++)
    for (let j = 0; j < n; j++) out[((k >> 2) * n + j) * 4 + (k & 3)] = factors[k * n + j];
  return out;
}

// Sums of values times factors, of two pixels side by side. This loop takes most of the encoder's time.
function tallyProducts(factors, values, sums) {
  for (let k = 0, f = 0; k < sums.length; k += 8) {
    let a = 0, b = 0, c = 0, d = 0, e = 0, g = 0, h = 0, i = 0;
    for (let v = 0; v < values.length; v += 2, f += 4) {
      const first = values[v], second = values[v + 1];
      let factor = factors[f];
      a = (a + Math.imul(factor, first)) | 0;
      b = (b + Math.imul(factor, second)) | 0;
      factor = factors[f + 1];
      c = (c + Math.imul(factor, first)) | 0;
      d = (d + Math.imul(factor, second)) | 0;
      factor = factors[f + 2];
      e = (e + Math.imul(factor, first)) | 0;
      g = (g + Math.imul(factor, second)) | 0;
      factor = factors[f + 3];
      h = (h + Math.imul(factor, first)) | 0;
      i = (i + Math.imul(factor, second)) | 0;
    }
    sums[k] = a;
    sums[k + 1] = b;
    sums[k + 2] = c;
    sums[k + 3] = d;
    sums[k + 4] = e;
    sums[k + 5] = g;
    sums[k + 6] = h;
    sums[k + 7] = i;
  }
}

// 51,811 over the contrast of every second value, rounded to the nearest: the root of their variance plus 30.
function tallyOverContrast(values, from) {
  const n = values.length / 2;
  let sum = 0, squares = 0;
  for (let i = from; i < values.length; i += 2) {
    sum = (sum + values[i]) | 0;
    squares = (squares + Math.imul(values[i], values[i])) | 0;
  }
  // Below 2^34; the root of such a number rounds down to the right one.
  const contrast = Math.floor(Math.sqrt(n * squares - sum * sum + 30 * n * n));
  return Math.floor((Math.floor(contrast / 2) + 51811 * n) / contrast);
}

// A sum in units of the contrast, rounded down, held within 16 bits.
function tallyScaled(sum, scale) {
  const value = Math.imul(sum >> 5, scale) >> 12;
  return value > 32767 ? 32767 : value < -32767 ? -32767 : value;
}
