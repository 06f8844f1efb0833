// The model: from the pixels of its own size to scores, shares and what spoke for a class. Whole numbers, and the results of
// `tally predict`: 32 bits where the tables promise it, else doubles, which the exporter has checked to stay below 2^53.

"use strict";

// Base 64 of little-endian numbers, as every browser's machine has them.
function tallyArray(Type, text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Type(bytes.buffer);
}

// Adds up to the ones of two words: eight sums of four bits, each at most 4.
function tallyQuads(a) {
  a = (a - ((a >>> 1) & 0x55555555)) | 0;
  return ((a & 0x33333333) + ((a >>> 2) & 0x33333333)) | 0;
}

// The sum of eight numbers of four bits, each at most 8.
function tallySumQuads(a) {
  return Math.imul(((a & 0x0f0f0f0f) + ((a >>> 4) & 0x0f0f0f0f)) | 0, 0x01010101) >>> 24;
}

// Bits that differ between each of `count` patches and a filter, raised by the position's own number, at least 0.
function tallyDistances(patches, count, filters, at, words, raise, out) {
  if (words === 1) {
    const first = filters[at];
    for (let i = 0; i < count; i++) {
      const d = (tallySumQuads(tallyQuads(patches[i] ^ first)) + raise[i]) | 0;
      out[i] = d > 0 ? d : 0;
    }
  } else if (words === 2) {
    const first = filters[at], second = filters[at + 1];
    for (let i = 0, j = 0; i < count; i++, j += 2) {
      const quads = (tallyQuads(patches[j] ^ first) + tallyQuads(patches[j + 1] ^ second)) | 0;
      const d = (tallySumQuads(quads) + raise[i]) | 0;
      out[i] = d > 0 ? d : 0;
    }
  } else {
    const even = words & ~1;
    for (let i = 0, j = 0; i < count; i++) {
      let d = raise[i], f = at;
      const end = at + even;
      for (; f < end; f += 2, j += 2)
        d = (d + tallySumQuads((tallyQuads(patches[j] ^ filters[f]) + tallyQuads(patches[j + 1] ^ filters[f + 1])) | 0)) | 0;
      if (even < words) d = (d + tallySumQuads(tallyQuads(patches[j++] ^ filters[f]))) | 0;
      out[i] = d > 0 ? d : 0;
    }
  }
}

// The same where only the bits of a mask matter.
function tallyMaskedDistances(patches, count, filters, masks, at, words, raise, out) {
  for (let i = 0, j = 0; i < count; i++) {
    let d = raise[i];
    for (let f = at; f < at + words; f++, j++)
      d = (d + tallySumQuads(tallyQuads((patches[j] ^ filters[f]) & masks[f]))) | 0;
    out[i] = d > 0 ? d : 0;
  }
}

// By square of the grid, whose positions stand side by side: how far distances are on the near or far side of a threshold, or
// how many are.
function tallyCount(distances, starts, threshold, far, plain, sums) {
  const squares = starts.length - 1;
  // A distance counts as far as it is beyond the threshold, without branches: all bits of `side` are ones on the near side.
  const side = far ? 0 : -1;
  for (let s = 0; s < squares; s++) {
    let sum = 0;
    const end = starts[s + 1];
    for (let i = starts[s]; i < end; i++) {
      const beyond = (((distances[i] - threshold) ^ side) - side) | 0;
      sum = (sum + (plain ? 1 + (beyond >> 31) : beyond & ~(beyond >> 31))) | 0;
    }
    sums[s] = sum;
  }
}

// Adds some bits of words to words whose bits are still zero.
function tallyAppend(out, bit, words, from, count) {
  while (count > 0) {
    const n = Math.min(32 - (from & 31), 32 - (bit & 31), count);
    let bits = words[from >> 5] >>> (from & 31);
    if (n < 32) bits &= (1 << n) - 1;
    out[bit >> 5] |= bits << (bit & 31);
    bit += n;
    from += n;
    count -= n;
  }
}

// One layer: its tables, and the memory that it works in.
class TallyLayer {
  constructor(tables, classes, next) {
    Object.assign(this, tables);
    this.next = next;
    this.classes = classes;
    this.exit = tables.exit ?? null;
    this.countedFeatures = tables.features.filter((feature) => feature.counted).length;
    const positions = this.positions = this.width * this.height;
    this.filterBits = tallyArray(Int32Array, this.filterBits);
    this.masks = this.masks && tallyArray(Int32Array, this.masks);
    this.thresholds = tallyArray(Uint16Array, this.thresholds);
    this.balance = this.balance && tallyArray(Int16Array, this.balance);
    this.signals = this.parts.map((part) => part.map((signal) => new TallySignal(signal)));
    if (this.head) {
      const side = this.head.grid - this.head.span + 1;
      this.cells = side * side;
      this.weights = tallyArray(this.head.weightBytes === 1 ? Int8Array : Int16Array, this.head.weights);
      this.counts = new Int32Array(this.cells);
      this.evidence = [0, 1].map(() => new Float64Array(classes * this.cells));
    }
    this.orderPositions();
    this.sums = new Int32Array(this.starts.length - 1);
    this.map = new Int32Array(positions * this.words);
    this.patches = new Int32Array(positions * this.patchWords);
    this.raise = new Int32Array(positions);
    this.distances = new Int32Array(positions);
    this.pool = new Uint8Array(next ? next.positions : 0);
  }

  // Positions square by square of the head's grid: `order` says which, `starts` where each square begins.
  orderPositions() {
    const { width, height } = this, grid = this.head ? this.head.grid : 1;
    const columns = Array.from({ length: grid + 1 }, (_, i) => Math.ceil(i * width / grid));
    const rows = Array.from({ length: grid + 1 }, (_, i) => Math.ceil(i * height / grid));
    const order = [];
    const starts = [0];
    for (let i = 0; i < grid; i++)
      for (let j = 0; j < grid; j++) {
        for (let y = rows[i]; y < rows[i + 1]; y++)
          for (let x = columns[j]; x < columns[j + 1]; x++) order.push(y * width + x);
        starts.push(order.length);
      }
    this.order = Int32Array.from(order);
    this.starts = Int32Array.from(starts);
    this.columns = columns;
    this.rows = rows;
  }

  // Counts what an image's bits say, as evidence of its first or second look, and fills the next layer's map if that gets features of
  // this one. The features of the layer before are in `map` unless the layer looks at the image alone.
  run(image, look) {
    if (this.next) this.next.map.fill(0);
    if (this.head) this.evidence[look].fill(0);
    const each = this.filters / this.groups;
    for (let group = 0; group < this.groups; group++) {
      if (group < this.signals.length) {
        if (this.isImage) this.map.fill(0);
        for (const signal of this.signals[group]) signal.encode(image, this.map, this.words);
      }
      this.gather(group);
      this.raiseDistances(group);
      for (let k = group * each; k < (group + 1) * each; k++) this.runFilter(k, look);
    }
  }

  runFilter(k, look) {
    const { distances, positions, features, patchWords: words } = this;
    if (this.masks)
      tallyMaskedDistances(this.patches, positions, this.filterBits, this.masks, k * words, words, this.raise, distances);
    else tallyDistances(this.patches, positions, this.filterBits, k * words, words, this.raise, distances);
    if (this.holds) for (let i = 0; i < positions; i++) if (distances[i] > 65535) distances[i] = 65535;
    let counted = 0, handed = 0;
    for (let f = 0; f < features.length; f++) {
      const threshold = this.thresholds[k * features.length + f], far = features[f].far;
      if (this.head && features[f].counted) {
        tallyCount(distances, this.starts, threshold, far, this.head.counts === "plain", this.sums);
        this.weigh(k * this.countedFeatures + counted++, this.evidence[look]);
      }
      if (this.next && features[f].handed) this.handOn(threshold, far, k + this.filters * handed++);
    }
  }

  // Adds what a feature of a filter says to the evidence: by class and cell, weight · count.
  weigh(index, evidence) {
    const { grid, span, counts: kind } = this.head, side = grid - span + 1;
    const { sums, counts, weights, cells, classes } = this;
    let cell = 0, any = 0;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let sum = 0;
        for (let dy = 0; dy < span; dy++) {
          const row = (y + dy) * grid + x;
          for (let dx = 0; dx < span; dx++) sum = (sum + sums[row + dx]) | 0;
        }
        // The root of a whole number below 2^32, rounded down: a double's root is exact enough for that.
        if (kind === "root") sum = Math.floor(Math.sqrt(Math.min(sum, 0xffffff) * 256));
        counts[cell++] = sum;
        any |= sum;
      }
    }
    if (any === 0) return;
    let w = index * classes * cells;
    for (let c = 0, e = 0; c < classes; c++)
      for (let i = 0; i < cells; i++) evidence[e++] += weights[w++] * counts[i];
  }

  // Sets a bit of the next layer's map wherever a feature is on; where the map is halved, where enough of four positions are.
  handOn(threshold, far, bit) {
    const { next, distances, order, width, halves, pool } = this;
    const map = next.map, one = 1 << (bit & 31), word = bit >> 5;
    if (halves > 0) pool.fill(0);
    for (let i = 0; i < distances.length; i++) {
      if (far ? distances[i] < threshold : distances[i] > threshold) continue;
      const place = order[i];
      if (halves === 0) {
        map[place * next.words + word] |= one;
      } else {
        const y = (place / width) | 0, x = place - y * width;
        pool[(y >> 1) * next.width + (x >> 1)]++;
      }
    }
    if (halves > 0)
      for (let i = 0; i < pool.length; i++) if (pool[i] >= halves) map[i * next.words + word] |= one;
  }

  // The patches of all positions, square by square: the map's own words, or windows of it put together; zeros beyond the map.
  gather(group) {
    const { patches, map, order, words, patchWords, width, height, window, bits } = this;
    if (!this.gathers) {
      for (let i = 0, to = 0; i < order.length; i++)
        for (let w = 0, from = order[i] * words; w < words; w++) patches[to++] = map[from++];
      return;
    }
    patches.fill(0);
    const before = (window - 1) >> 1;
    for (let i = 0; i < order.length; i++) {
      const y = (order[i] / width) | 0, x = order[i] - y * width;
      let bit = 32 * i * patchWords;
      for (let row = y - before; row < y - before + window; row++) {
        for (let column = x - before; column < x - before + window; column++, bit += bits) {
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          tallyAppend(patches, bit, map, 32 * (row * width + column) * words + group * bits, bits);
        }
      }
    }
  }

  // What every position's distances are raised by where they are centred: their middle less the mean over the group's filters,
  // which follows from the patch's bits alone.
  raiseDistances(group) {
    const { patches, raise, patchWords, balance } = this;
    if (!balance) return;
    const filters = this.filters / this.groups, first = group * patchWords * 32;
    for (let i = 0, p = 0; i < raise.length; i++) {
      let sum = this.balanceBase[group];
      for (let w = 0; w < patchWords; w++)
        for (let word = patches[p++], bit = first + 32 * w; word !== 0; word >>>= 1, bit++)
          if (word & 1) sum += balance[bit];
      raise[i] = this.middle - Math.floor(sum / filters);
    }
  }

  // Adds the layer's scores, 16 fractional bits.
  addScores(look, scores) {
    if (!this.head) return;
    const unit = 2 ** this.head.shift, evidence = this.evidence[look];
    for (let c = 0, e = 0; c < this.classes; c++) {
      let sum = this.head.bias[c];
      for (let i = 0; i < this.cells; i++) sum += evidence[e++];
      scores[c] += Math.floor(sum / unit);
    }
  }
}

// A model as the exporter wrote it down.
class TallyModel {
  constructor(tables) {
    Object.assign(this, { width: tables.width, height: tables.height, channels: tables.channels, mirrors: tables.mirrors });
    this.classes = tables.classes;
    this.temperature = tables.temperature ?? null;
    this.layers = [];
    for (let i = tables.layers.length - 1; i >= 0; i--) {
      const next = this.layers[0];
      this.layers.unshift(new TallyLayer(tables.layers[i], this.classes.length, next && !next.isImage ? next : undefined));
    }
    this.mirrored = new Uint8Array(this.width * this.height * this.channels);
  }

  // The scores of an image, whole numbers with 16 fractional bits, and after which layer it was answered: the number of layers
  // where it was looked at a second time.
  classify(pixels) {
    const first = this.look(pixels, 0, false);
    let scores = first.scores, looks = 1;
    if (this.mirrors && !first.answered) {
      const { width, height, channels, mirrored } = this;
      for (let y = 0, to = 0; y < height; y++)
        for (let x = width - 1; x >= 0; x--)
          for (let c = 0; c < channels; c++) mirrored[to++] = pixels[(y * width + x) * channels + c];
      const second = this.look(mirrored, 1, true);
      scores = scores.map((score, c) => Math.floor((score + second.scores[c]) / 2));
      looks = 2;
    }
    // What `evidence` takes apart.
    this.last = { looks, layers: first.layers };
    return { scores, looks, layers: first.layers, shares: this.shares(scores) };
  }

  look(pixels, index, full) {
    const scores = new Float64Array(this.classes.length);
    const whole = { pixels, width: this.width, height: this.height, channels: this.channels, level: 0 };
    let image = whole;
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i];
      if (layer.isImage) image = whole;
      if (layer.parts.length > 0) while (image.level < layer.level) image = tallyHalve(image);
      layer.run(image, index);
      layer.addScores(index, scores);
      if (!full && layer.exit !== null && tallyLead(scores) >= layer.exit) return { scores, answered: true, layers: i + 1 };
    }
    return { scores, answered: false, layers: this.layers.length };
  }

  // How probable each class is by the model's own measure, in units of 2^-30; null for a model without a temperature.
  shares(scores) {
    if (this.temperature === null) return null;
    const temperature = BigInt(this.temperature);
    const highest = Math.max(...scores);
    const powers = Array.from(scores, (score) => {
      const below = Math.min(highest - score, 2 ** 46);
      return tallyNegativePower((BigInt(below) << 16n) / temperature);
    });
    const sum = powers.reduce((a, b) => a + b, 0n);
    return powers.map((power) => Number(((power << 30n) + sum / 2n) / sum));
  }

  // What spoke for a class, less what spoke for another one, pixel by pixel of the image classified last, in units of 2^-16: the
  // evidence of every cell spread evenly over its pixels. Its sum is the score but for biases and rounding.
  evidence(of, against) {
    const { width, height } = this, map = new Float64Array(width * height);
    for (const layer of this.layers.slice(0, this.last.layers)) {
      if (!layer.head) continue;
      const unit = 2 ** layer.head.shift * this.last.looks;
      // Sixteen reductions leave one position of any image; those that follow change nothing.
      const level = Math.min(layer.level, 16);
      for (let look = 0; look < this.last.looks; look++) {
        const squares = tallySquares(layer, layer.evidence[look], of, against);
        for (let s = 0; s < squares.length; s++) {
          const row = Math.floor(s / layer.head.grid), column = s % layer.head.grid;
          const top = layer.rows[row] << level, left = layer.columns[column] << level;
          const bottom = Math.min(layer.rows[row + 1] << level, height);
          const right = Math.min(layer.columns[column + 1] << level, width);
          const each = squares[s] / unit / ((bottom - top) * (right - left));
          for (let y = top; y < bottom; y++)
            for (let x = left; x < right; x++) map[y * width + (look ? width - 1 - x : x)] += each;
        }
      }
    }
    return map;
  }
}

// A layer's evidence by square of its grid: that of every cell in equal parts.
function tallySquares(layer, evidence, of, against) {
  const { grid, span } = layer.head, side = grid - span + 1, cells = layer.cells;
  const squares = new Float64Array(grid * grid);
  for (let cell = 0; cell < cells; cell++) {
    const value = evidence[of * cells + cell] - (against === undefined ? 0 : evidence[against * cells + cell]);
    const top = Math.floor(cell / side), left = cell % side;
    for (let y = top; y < top + span; y++)
      for (let x = left; x < left + span; x++) squares[y * grid + x] += value / (span * span);
  }
  return squares;
}

// The lead of the highest score over the second.
function tallyLead(scores) {
  let first = -Infinity, second = -Infinity;
  for (const score of scores) {
    if (score > first) [first, second] = [score, first];
    else if (score > second) second = score;
  }
  return first - second;
}

// 2^-x for x of 16 fractional bits; 30 fractional bits, rounded down. Powers of 2^(-1/256) and of 2^(-1/65536) step by step, as
// every other reader of the model takes them.
const tallyPowers = [4599216278082138665n, 4611637242788701951n].map((step) => {
  const powers = [1n << 62n];
  while (powers.length < 256) powers.push((powers[powers.length - 1] * step) >> 62n);
  return powers;
});

function tallyNegativePower(x) {
  const whole = x >> 16n;
  if (whole > 30n) return 0n;
  const [coarse, fine] = tallyPowers;
  return ((coarse[Number((x >> 8n) & 255n)] * fine[Number(x & 255n)]) >> 62n) >> (32n + whole);
}
