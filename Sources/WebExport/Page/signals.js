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
    const { width, height } = image, count = this.count, factors = this.factors;
    const n = this.window * this.window * image.channels;
    const isContrasted = this.kind === "contrasted";
    const values = new Int32Array(n);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i += words) {
        this.readWindow(image, x, y, isContrasted ? 128 : 0, values);
        const scale = isContrasted ? tallyOverContrast(values) : 0;
        let k = 0, f = 0;
        for (; k + 4 <= count; k += 4, f += 4 * n) {
          let a = 0, b = 0, c = 0, d = 0;
          for (let j = 0, g = f; j < n; j++, g++) {
            const value = values[j];
            a = (a + Math.imul(factors[g], value)) | 0;
            b = (b + Math.imul(factors[g + n], value)) | 0;
            c = (c + Math.imul(factors[g + 2 * n], value)) | 0;
            d = (d + Math.imul(factors[g + 3 * n], value)) | 0;
          }
          this.code(isContrasted ? tallyScaled(a, scale) : a, k, map, i);
          this.code(isContrasted ? tallyScaled(b, scale) : b, k + 1, map, i);
          this.code(isContrasted ? tallyScaled(c, scale) : c, k + 2, map, i);
          this.code(isContrasted ? tallyScaled(d, scale) : d, k + 3, map, i);
        }
        for (; k < count; k++) {
          let sum = 0;
          for (let j = 0; j < n; j++, f++) sum = (sum + Math.imul(factors[f], values[j])) | 0;
          this.code(isContrasted ? tallyScaled(sum, scale) : sum, k, map, i);
        }
      }
    }
  }

  readWindow(image, x, y, less, values) {
    const { pixels, width, height, channels } = image, window = this.window, before = (window - 1) >> 1;
    const left = x - before, inside = left >= 0 && left + window <= width;
    for (let dy = 0, to = 0; dy < window; dy++) {
      const row = tallyClamp(y + dy - before, height) * width;
      if (inside) {
        for (let p = (row + left) * channels, end = p + window * channels; p < end; p++) values[to++] = pixels[p] - less;
        continue;
      }
      for (let dx = 0; dx < window; dx++) {
        let p = (row + tallyClamp(left + dx, width)) * channels;
        for (let c = 0; c < channels; c++) values[to++] = pixels[p++] - less;
      }
    }
  }
}

// 51,811 over the contrast of some values, rounded to the nearest: the root of their variance plus 30.
function tallyOverContrast(values) {
  const n = values.length;
  let sum = 0, squares = 0;
  for (let i = 0; i < n; i++) {
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
