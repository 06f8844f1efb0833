// From the pixels of a picture to those of a model: laid on white, cut and averaged to its size, grey where it has no colour, upright.
// Exactly what `tally predict` does with the same pixels.

"use strict";

// What a picture may have: sides and pixels.
const tallyLongestSide = 65535, tallyMostPixels = 2 ** 26;

// Which source pixels lie under each target pixel along one side, and how much of the first and last, in 1 / 2q of a pixel. A
// target pixel is p / q source pixels wide; the part that is seen is centred.
function tallyOverlaps(source, target, p, q) {
  return Array.from({ length: target }, (_, i) => {
    const unit = 2 * q, start = source * q - target * p + 2 * i * p, end = start + 2 * p;
    const first = Math.floor(start / unit), last = Math.floor((end - 1) / unit);
    const firstWeight = Math.min(end, unit * (first + 1)) - start;
    return { first, last, firstWeight, lastWeight: first === last ? firstWeight : end - unit * last, unit };
  });
}

// The largest centred part of a picture with the proportions of a model's images, averaged over areas to their size, exactly and
// with one rounding. The picture's rows come one after the other.
class TallyFit {
  constructor(width, height, targetWidth, targetHeight) {
    const isWide = width * targetHeight > height * targetWidth;
    const [p, q] = isWide ? [height, targetHeight] : [width, targetWidth];
    this.width = width;
    this.columns = tallyOverlaps(width, targetWidth, p, q);
    this.rows = tallyOverlaps(height, targetHeight, p, q);
    this.area = 4 * p * p;
    // At most 255 · (2p)^2 < 2^42.
    this.sums = new Float64Array(targetWidth * targetHeight * 3);
    this.line = new Float64Array(targetWidth * 3);
    this.colours = new Uint8Array(width * 3);
    this.y = 0;
    this.next = 0;
  }

  // Adds the next row, RGBA from an offset on, laid on white.
  add(rgba, from) {
    const { rows, sums, line } = this, y = this.y++;
    while (this.next < rows.length && rows[this.next].last < y) this.next++;
    if (this.next === rows.length || rows[this.next].first > y) return;
    this.layOnWhite(rgba, from);
    this.sumLine();
    for (let r = this.next; r < rows.length && rows[r].first <= y; r++) {
      const row = rows[r], weight = y === row.first ? row.firstWeight : y === row.last ? row.lastWeight : row.unit;
      for (let i = 0, to = r * line.length; i < line.length; i++) sums[to++] += weight * line[i];
    }
  }

  // (v a + 255 (255 - a) + 127) / 255, rounded down.
  layOnWhite(rgba, from) {
    const colours = this.colours;
    for (let i = 0; i < colours.length; i += 3, from += 4) {
      const opacity = rgba[from + 3];
      for (let c = 0; c < 3; c++) {
        const value = rgba[from + c];
        colours[i + c] = opacity === 255 ? value : ((value * opacity + 255 * (255 - opacity) + 127) / 255) | 0;
      }
    }
  }

  // Sums the row over every target column.
  sumLine() {
    const { columns, colours, line } = this;
    for (let i = 0; i < columns.length; i++) {
      const { first, last, firstWeight, lastWeight, unit } = columns[i];
      let red = 0, green = 0, blue = 0;
      for (let at = 3 * (first + 1); at < 3 * last; at += 3) {
        red += colours[at];
        green += colours[at + 1];
        blue += colours[at + 2];
      }
      const sums = [red, green, blue];
      for (let c = 0; c < 3; c++) {
        let sum = firstWeight * colours[3 * first + c] + unit * sums[c];
        if (last > first) sum += lastWeight * colours[3 * last + c];
        line[3 * i + c] = sum;
      }
    }
  }

  // The averages: RGB, or grey by (77 R + 150 G + 29 B + 128) / 256, rounded down.
  pixels(channels) {
    const half = this.area / 2;
    const values = Uint8Array.from(this.sums, (sum) => Math.floor((sum + half) / this.area));
    if (channels === 3) return values;
    const grey = new Uint8Array(values.length / 3);
    for (let i = 0, v = 0; i < grey.length; i++, v += 3)
      grey[i] = (77 * values[v] + 150 * values[v + 1] + 29 * values[v + 2] + 128) >> 8;
    return grey;
  }
}

// A model's image turned and mirrored as an EXIF orientation (1 to 8) asks for.
function tallyTurned(pixels, width, height, channels, orientation) {
  if (orientation < 2 || orientation > 8) return pixels;
  const swaps = orientation >= 5;
  const right = (width - 1) * channels, bottom = (height - 1) * width * channels, column = channels, row = width * channels;
  // Where (x, y) of the result is taken from: start + x · stepX + y · stepY.
  const [start, stepX, stepY] = [
    [right, -column, row], [right + bottom, -column, -row], [bottom, column, -row], [0, row, column],
    [bottom, -row, column], [right + bottom, -row, -column], [right, row, -column],
  ][orientation - 2];
  const out = new Uint8Array(pixels.length);
  for (let y = 0, to = 0; y < (swaps ? width : height); y++)
    for (let x = 0; x < (swaps ? height : width); x++)
      for (let c = 0; c < channels; c++) out[to++] = pixels[start + x * stepX + y * stepY + c];
  return out;
}

// The pixels of a model's image, from a picture whose rows `strips` gives: { width, height, orientation, strips() }, where each
// strip is { rgba, rows } and rows lie without gaps.
function tallyFitted(picture, model) {
  const { width, height, orientation } = picture, lies = orientation >= 5;
  const [targetWidth, targetHeight] = lies ? [model.height, model.width] : [model.width, model.height];
  const fit = new TallyFit(width, height, targetWidth, targetHeight);
  for (const { rgba, rows } of picture.strips())
    for (let y = 0; y < rows; y++) fit.add(rgba, 4 * y * width);
  return tallyTurned(fit.pixels(model.channels), targetWidth, targetHeight, model.channels, orientation);
}
