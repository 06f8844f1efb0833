// PNG files as Tally reads them: values as they are stored, without colour profiles and gamma, which browsers apply. Of other files the
// browser's decoder takes care.

"use strict";

const tallyChecksums = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

// The CRC-32 of some bytes, as a signed number.
function tallyChecksum(bytes) {
  let sum = -1;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ tallyChecksums[(sum ^ bytes[i]) & 255];
  return ~sum;
}

function tallyIsPNG(bytes) {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
}

const tallyDamaged = (what) => new Error(`The PNG ${what}.`);

// The chunks of a file that matter, by name; IDAT joined. Damaged ones that pictures can do without count as absent.
function tallyChunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks = {}, data = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at), type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (length > bytes.length - at - 12) break;
    if (type === "IEND") break;
    const content = bytes.subarray(at + 8, at + 8 + length);
    const isWhole = tallyChecksum(bytes.subarray(at + 4, at + 8 + length)) === view.getInt32(at + 8 + length);
    if (!isWhole && ["IHDR", "PLTE", "IDAT"].includes(type)) throw tallyDamaged("is damaged");
    if (isWhole && type === "IDAT") data.push(content);
    else if (isWhole && !(type in chunks)) chunks[type] = content;
    at += 12 + length;
  }
  if (!chunks.IHDR || chunks.IHDR.length !== 13) throw tallyDamaged("has no header");
  chunks.IDAT = new Blob(data);
  return chunks;
}

// So many bytes of a zlib stream.
async function tallyInflated(blob, count) {
  const out = new Uint8Array(count);
  const reader = blob.stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let at = 0;
  try {
    while (at < count) {
      const { done, value } = await reader.read();
      if (done) break;
      out.set(value.subarray(0, count - at), at);
      at += value.length;
    }
  } catch {
    // What came before may be all there is to a picture.
  }
  reader.cancel().catch(() => {});
  if (at < count) throw tallyDamaged("is damaged or cut short");
  return out;
}

// Undoes the filter of a row: `row` behind its filter byte, `above` the row before.
function tallyUnfilter(kind, row, above, step) {
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : row[i - step], up = above[i], corner = i < step ? 0 : above[i - step];
    let guess = 0;
    if (kind === 1) guess = left;
    else if (kind === 2) guess = up;
    else if (kind === 3) guess = (left + up) >> 1;
    else if (kind === 4) {
      const p = Math.abs(up - corner), q = Math.abs(left - corner), r = Math.abs(left + up - 2 * corner);
      guess = p <= q && p <= r ? left : q <= r ? up : corner;
    } else if (kind !== 0) throw tallyDamaged("is damaged");
    row[i] += guess;
  }
}

// The whole picture, or the seven that an interlaced one is stored as: where they begin, and in which steps they go on.
const tallyPasses = [
  [[0, 0, 1, 1]], [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]],
];

// The stored values of all pixels.
async function tallyValues(header, data) {
  const { width, height, depth, channels, interlaced } = header;
  const bits = depth * channels, step = Math.max(1, bits >> 3);
  const passes = tallyPasses[interlaced ? 1 : 0]
    .map(([x, y, dx, dy]) => ({ x, y, dx, dy, columns: Math.ceil((width - x) / dx), rows: Math.ceil((height - y) / dy) }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
    .map((pass) => ({ ...pass, bytes: Math.ceil(pass.columns * bits / 8) }));
  const raw = await tallyInflated(data, passes.reduce((sum, pass) => sum + pass.rows * (1 + pass.bytes), 0));
  const values = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  let at = 0;
  for (const { x, y, dx, dy, columns, rows, bytes } of passes) {
    let above = new Uint8Array(bytes);
    for (let r = 0; r < rows; r++, at += 1 + bytes) {
      const row = raw.subarray(at + 1, at + 1 + bytes);
      tallyUnfilter(raw[at], row, above, step);
      above = row;
      if (depth === 8 && dx === 1) {
        values.set(row, (y + r * dy) * width * channels);
        continue;
      }
      for (let i = 0; i < columns * channels; i++) {
        const value = depth === 16 ? (row[2 * i] << 8) | row[2 * i + 1]
          : depth === 8 ? row[i] : (row[(i * depth) >> 3] >> (8 - depth - ((i * depth) & 7))) & ((1 << depth) - 1);
        const column = x + Math.floor(i / channels) * dx;
        values[((y + r * dy) * width + column) * channels + (i % channels)] = value;
      }
    }
  }
  return values;
}

// What 16-bit values are divided by, for 8 bits: 65535, or 2^bits - 1 where the file states fewer bits that count and the values are those
// of a sensor: neither shifted up nor spread over all 16 bits, and none larger.
function tallyWhite(values, channels, from, to, bits) {
  const most = 2 ** bits - 1;
  if (!(bits >= 1 && bits < 16)) return 65535;
  let largest = 0, isSpread = true;
  for (let i = 0; i < values.length; i++) {
    if (i % channels < from || i % channels >= to) continue;
    const value = values[i], high = value >> (16 - bits);
    largest = Math.max(largest, value);
    if (value !== 0 && value !== high << (16 - bits) && value !== Math.floor((2 * 65535 * high + most) / (2 * most)))
      isSpread = false;
  }
  return !isSpread && largest <= most ? most : 65535;
}

// A function that says what the red, green, blue and opacity of a pixel are.
function tallyColours(header, chunks, values) {
  const { depth, channels, kind } = header, transparent = chunks.tRNS;
  if (kind === 3) {
    const palette = chunks.PLTE;
    if (!palette) throw tallyDamaged("has no palette");
    return (i) => {
      const entry = values[i];
      return [palette[3 * entry] ?? 0, palette[3 * entry + 1] ?? 0, palette[3 * entry + 2] ?? 0, transparent?.[entry] ?? 255];
    };
  }
  const colours = kind & 2 ? 3 : 1, most = 2 ** depth - 1;
  const isOpaque = channels > colours;
  let whites = Array(channels).fill(most);
  if (depth === 16) {
    const stated = chunks.sBIT?.length === channels ? Array.from(chunks.sBIT) : [];
    if (stated.some((bits) => bits === 0 || bits > 16)) stated.length = 0;
    const white = tallyWhite(values, channels, 0, colours, Math.max(...stated.slice(0, colours), 0));
    whites = whites.map((_, c) => (c < colours ? white : tallyWhite(values, channels, colours, channels, stated[colours] ?? 0)));
  }
  const scaled = (i, c) => Math.floor((2 * 255 * values[i * channels + c] + whites[c]) / (2 * whites[c]));
  // The one colour that is transparent, where there is one.
  const key = !isOpaque && transparent?.length === 2 * colours
    ? Array.from({ length: colours }, (_, c) => ((transparent[2 * c] << 8) | transparent[2 * c + 1]) & most) : null;
  return (i) => {
    const red = scaled(i, 0), opacity = isOpaque ? scaled(i, colours)
      : key?.every((value, c) => values[i * channels + c] === value) ? 0 : 255;
    return colours === 1 ? [red, red, red, opacity] : [red, scaled(i, 1), scaled(i, 2), opacity];
  };
}

// Red, green, blue and opacity of all pixels.
function tallyPixels(header, chunks, values) {
  const { width, height, depth, kind } = header;
  // What most files hold has these values already.
  if (depth === 8 && kind === 6) return new Uint8ClampedArray(values.buffer);
  const rgba = new Uint8ClampedArray(4 * width * height);
  if (depth === 8 && kind === 2 && !chunks.tRNS) {
    for (let from = 0, to = 0; from < values.length; to++) {
      rgba[to++] = values[from++];
      rgba[to++] = values[from++];
      rgba[to++] = values[from++];
      rgba[to] = 255;
    }
    return rgba;
  }
  const colour = tallyColours(header, chunks, values);
  for (let i = 0; i < width * height; i++) rgba.set(colour(i), 4 * i);
  return rgba;
}

// How a TIFF structure says that the picture is to be turned, 1 (as it is) to 8.
function tallyOrientation(tiff) {
  if (!tiff || tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const little = view.getUint32(0) === 0x49492a00;
  if (!little && view.getUint32(0) !== 0x4d4d002a) return 1;
  try {
    const directory = view.getUint32(4, little);
    for (let entry = 0; entry < view.getUint16(directory, little); entry++) {
      const at = directory + 2 + 12 * entry;
      if (view.getUint16(at, little) !== 0x0112) continue;
      const isOne = view.getUint16(at + 2, little) === 3 && view.getUint32(at + 4, little) === 1;
      const value = view.getUint16(at + 8, little);
      return isOne && value >= 1 && value <= 8 ? value : 1;
    }
  } catch {
    // It ends too early.
  }
  return 1;
}

// A PNG's pixels: { width, height, rgba, orientation }.
async function tallyReadPNG(bytes) {
  const chunks = tallyChunks(bytes), view = new DataView(chunks.IHDR.slice().buffer);
  const kind = view.getUint8(9), channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[kind];
  const header = {
    width: view.getUint32(0), height: view.getUint32(4), depth: view.getUint8(8), kind, channels, interlaced: view.getUint8(12) === 1,
  };
  const { width, height } = header;
  const depths = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }[kind];
  if (!depths?.includes(header.depth) || width === 0 || height === 0) throw tallyDamaged("has a header that is damaged");
  tallyCheckSize(width, height);
  const values = await tallyValues(header, chunks.IDAT);
  return { width, height, rgba: tallyPixels(header, chunks, values), orientation: tallyOrientation(chunks.eXIf) };
}

function tallyCheckSize(width, height) {
  if (Math.max(width, height) > tallyLongestSide || width * height > tallyMostPixels)
    throw new Error(`The picture has ${width} × ${height} pixels, more than this page reads (64 million). Make it smaller.`);
}
