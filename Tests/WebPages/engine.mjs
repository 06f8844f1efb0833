// Runs the scripts of exported pages in Node, all but what is shown.
//
//   node engine.mjs PAGE IMAGE... [PAGE IMAGE...]...
//
// A page is a file that ends in .html; an image one that ends in .raw, with the bytes of the model's pixels, or a PNG file. Prints a JSON
// array with what the last page before it says of each image.

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

function load(page) {
  const html = readFileSync(page, "utf8");
  const tables = html.match(/<script type="application\/json" id="tables">([^]*?)<\/script>/)[1];
  const engine = html.match(/<script nonce="\w+" id="engine">([^]*?)<\/script>/)[1];
  const code = `${engine}\n;({ tallyReadPNG, tallyFitted, model: new TallyModel(JSON.parse(tables)) })`;
  return runInNewContext(code, { tables, atob, Blob, DecompressionStream });
}

async function pixelsOf(page, image) {
  const bytes = new Uint8Array(readFileSync(image));
  if (image.endsWith(".raw")) return bytes;
  const picture = await page.tallyReadPNG(bytes);
  return page.tallyFitted({ ...picture, strips: () => [{ rgba: picture.rgba, rows: picture.height }] }, page.model);
}

let page;
const results = [];
for (const file of process.argv.slice(2)) {
  if (file.endsWith(".html")) {
    page = load(file);
    continue;
  }
  try {
    const pixels = await pixelsOf(page, file), { model } = page;
    const start = performance.now();
    const { scores, shares, looks, layers } = model.classify(pixels);
    const milliseconds = performance.now() - start;
    const evidence = model.classes.map((_, c) => model.evidence(c).reduce((a, b) => a + b, 0));
    results.push({
      pixels: Array.from(pixels), classes: model.classes, scores: Array.from(scores), shares, looks, layers, evidence, milliseconds,
    });
  } catch (error) {
    results.push({ error: error.message });
  }
}
console.log(JSON.stringify(results));
