// What the page shows, and where its pictures come from: a file, the clipboard, a drop, the camera.

"use strict";

const $ = (id) => document.getElementById(id);
const model = new TallyModel(JSON.parse($("tables").textContent));

// What is shown: the picture as it is drawn, the model's image of it, the answer.
let shown = null;
// The class whose evidence is drawn: the best one, or the one that a person picked.
let chosen = null;
let picked = null;
let stream = null;
// Counts what was asked for, so that a large file that is read slowly does not take the place of a later one.
let asked = 0;

// MARK: Pictures

// A picture that the browser draws, `rows` at a time: few enough that every browser has memory for them.
function drawable(source, width, height, rows = Math.min(height, 256)) {
  const strip = document.createElement("canvas");
  strip.width = width;
  strip.height = rows;
  const context = strip.getContext("2d", { willReadFrequently: true });
  return {
    width, height, orientation: 1, source,
    *strips() {
      for (let y = 0; y < height; y += rows) {
        const count = Math.min(rows, height - y);
        context.fillStyle = "white";
        context.fillRect(0, 0, width, rows);
        context.drawImage(source, 0, y, width, count, 0, 0, width, count);
        yield { rgba: context.getImageData(0, 0, width, count).data, rows: count };
      }
    },
  };
}

// A picture that is in memory.
async function stored({ width, height, rgba, orientation }) {
  const source = await createImageBitmap(new ImageData(rgba, width, height));
  return { width, height, orientation, source, strips: () => [{ rgba, rows: height }] };
}

async function pictureOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (tallyIsPNG(bytes)) return stored(await tallyReadPNG(bytes));
  // Values as they are stored, as Tally takes them; older browsers know no such wishes.
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", imageOrientation: "from-image" })
    .catch(() => createImageBitmap(file))
    .catch(() => { throw new Error("This is no picture that the browser can read. Try a JPEG, PNG or WebP file."); });
  tallyCheckSize(bitmap.width, bitmap.height);
  return drawable(bitmap, bitmap.width, bitmap.height);
}

async function open(file, name) {
  stopCamera();
  const mine = ++asked;
  try {
    const picture = await pictureOf(file);
    if (mine !== asked) return;
    picked = null;
    classify(picture, name);
  } catch (error) {
    if (mine === asked) say(error.message);
  }
}

function classify(picture, name) {
  const pixels = tallyFitted(picture, model);
  const start = performance.now();
  const answer = model.classify(pixels);
  shown = { picture, pixels, answer, name, milliseconds: performance.now() - start };
  say("");
  showAnswer();
  draw();
}

// MARK: The answer

const percent = (share) => `${(share / 2 ** 30 * 100).toFixed(1)} %`;

// The classes, best first; of equal scores the first.
function ranking({ scores }) {
  return model.classes.map((_, c) => c).sort((a, b) => scores[b] - scores[a] || a - b);
}

function showAnswer() {
  const { answer } = shown, order = ranking(answer), best = order[0];
  chosen = picked ?? best;
  document.body.classList.remove("fresh");
  $("verdict").textContent = model.classes[best];
  $("sure").textContent = answer.shares ? percent(answer.shares[best]) : "";
  const all = $("all").getAttribute("aria-expanded") === "true";
  const visible = all ? order : order.slice(0, 5);
  if (!visible.includes(chosen)) visible.push(chosen);
  const list = $("classes");
  while (list.children.length > visible.length) list.lastChild.remove();
  while (list.children.length < visible.length) list.append($("row").content.cloneNode(true));
  const lowest = answer.scores[order[order.length - 1]], span = Math.max(1, answer.scores[best] - lowest);
  visible.forEach((c, i) => {
    const row = list.children[i], button = row.querySelector("button");
    row.dataset.score = answer.scores[c];
    row.dataset.class = c;
    button.setAttribute("aria-pressed", c === chosen);
    row.querySelector(".label").textContent = model.classes[c];
    row.querySelector(".share").textContent = answer.shares ? percent(answer.shares[c]) : "";
    row.querySelector(".score").textContent = answer.scores[c].toLocaleString("en");
    const share = answer.shares ? answer.shares[c] / 2 ** 30 : (answer.scores[c] - lowest) / span;
    row.querySelector(".fill").style.width = `${100 * share}%`;
  });
  const looks = answer.looks > 1 ? "; looked at twice, the second time mirrored"
    : answer.layers < model.layers.length ? `; sure after layer ${answer.layers} of ${model.layers.length}` : "";
  $("cost").textContent = `Classified in ${shown.milliseconds.toFixed(shown.milliseconds < 10 ? 1 : 0)} ms${looks}.`;
}

// MARK: Drawing

// Values averaged over squares of about the size of the finest grid's, row by row, then column by column.
function smooth(map, width, height) {
  const grid = Math.max(1, ...model.layers.map((layer) => (layer.head ? layer.head.grid : 1)));
  const pass = (from, length, lines, step, line, radius) => {
    const to = new Float64Array(from.length);
    for (let l = 0; l < lines; l++)
      for (let i = 0; i < length; i++) {
        let sum = 0, count = 0;
        for (let j = Math.max(0, i - radius); j <= Math.min(length - 1, i + radius); j++, count++) sum += from[l * line + j * step];
        to[l * line + i * step] = sum / count;
      }
    return to;
  };
  const across = pass(map, width, height, 1, width, Math.round(width / grid / 2));
  return pass(across, height, width, width, 1, Math.round(height / grid / 2));
}

// Evidence as colours: blue for the class, orange against it, the weaker the more transparent.
function evidenceImage(against) {
  const { width, height } = model, map = smooth(model.evidence(chosen, against), width, height);
  const sizes = Float64Array.from(map, Math.abs).sort();
  const top = sizes[Math.floor((sizes.length - 1) * 0.99)] || 1;
  const image = new ImageData(width, height);
  map.forEach((value, i) => {
    const strength = Math.min(1, Math.abs(value) / top);
    image.data.set([...(value > 0 ? [40, 130, 255] : [255, 120, 20]), 200 * strength], 4 * i);
  });
  return image;
}

function modelImage() {
  const { width, height, channels } = model, image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = shown.pixels[i * channels + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  return image;
}

// A small image as something to draw.
function small(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Draws the part of the picture that the model sees, upright.
function drawPicture(context, canvas) {
  const { source, width, height, orientation } = shown.picture;
  const lies = orientation >= 5;
  const across = lies ? height : width, down = lies ? width : height;
  const scale = Math.max(canvas.width / across, canvas.height / down);
  context.save();
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.scale(scale, scale);
  context.transform(...[
    [1, 0, 0, 1], [-1, 0, 0, 1], [-1, 0, 0, -1], [1, 0, 0, -1], [0, 1, 1, 0], [0, 1, -1, 0], [0, -1, -1, 0], [0, -1, 1, 0],
  ][orientation - 1], 0, 0);
  context.imageSmoothingEnabled = scale < 4;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, -width / 2, -height / 2, width, height);
  context.restore();
}

function draw() {
  if (!shown) return;
  const canvas = $("picture"), longest = Math.max(model.width, model.height);
  const size = Math.max(640, longest);
  canvas.width = Math.round(size * model.width / longest);
  canvas.height = Math.round(size * model.height / longest);
  const context = canvas.getContext("2d");
  const view = document.querySelector("input[name=view]:checked").value;
  const second = ranking(shown.answer).find((c) => c !== chosen);
  const names = [model.classes[chosen], second === undefined ? "" : model.classes[second]];
  const compares = $("compare").checked && second !== undefined;
  $("other").textContent = names[1];
  $("legend").hidden = view !== "map";
  $("for").textContent = `for ${names[0]}`;
  $("against").textContent = compares ? `for ${names[1]}` : `against ${names[0]}`;
  if (view === "model") {
    context.imageSmoothingEnabled = false;
    context.drawImage(small(modelImage()), 0, 0, canvas.width, canvas.height);
  } else {
    drawPicture(context, canvas);
  }
  if (view === "map") {
    // The picture as pale grey, as in the reports.
    context.globalCompositeOperation = "saturation";
    context.fillStyle = "grey";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.globalCompositeOperation = "source-over";
    context.fillStyle = "rgba(105,105,105,.38)";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small(evidenceImage(compares ? second : undefined)), 0, 0, canvas.width, canvas.height);
  }
  const what = { map: `What spoke for ${names[0]}, over ${shown.name}`, picture: shown.name, model: `${shown.name} as the model sees it` };
  canvas.setAttribute("aria-label", what[view]);
}

// MARK: The camera

async function startCamera() {
  const turn = ++asked;
  let mine;
  const isOver = () => {
    if (turn === asked) return false;
    for (const track of mine.getTracks()) track.stop();
    return true;
  };
  const video = document.createElement("video");
  try {
    mine = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" } }, audio: false });
    if (isOver()) return;
    video.srcObject = mine;
    video.muted = true;
    video.playsInline = true;
    await video.play();
    if (isOver()) return;
  } catch (error) {
    for (const track of mine ? mine.getTracks() : []) track.stop();
    if (turn !== asked) return;
    const reason = error.name === "NotAllowedError" ? "it was not allowed" : error.name === "NotFoundError" ? "there is none" : error.message;
    return say(`The camera cannot be used: ${reason}.`);
  }
  stream = mine;
  mine.getVideoTracks()[0].addEventListener("ended", stopCamera);
  $("camera").textContent = "Stop the camera";
  picked = null;
  $("answer").setAttribute("aria-live", "off");
  // All rows at once, as the next frame may come between two strips.
  const frame = drawable(video, video.videoWidth, video.videoHeight, video.videoHeight);
  const step = () => {
    if (stream !== mine) return;
    if (video.videoWidth === frame.width && video.videoHeight === frame.height) {
      classify(frame, "the camera's picture");
    }
    requestAnimationFrame(step);
  };
  step();
}

function stopCamera() {
  if (!stream) return;
  // The last picture stays.
  if (shown && shown.picture.source instanceof HTMLVideoElement) {
    const { source, width, height } = shown.picture, still = document.createElement("canvas");
    still.width = width;
    still.height = height;
    still.getContext("2d").drawImage(source, 0, 0);
    shown.picture = { ...shown.picture, source: still };
  }
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  $("camera").textContent = "Use the camera";
  $("answer").setAttribute("aria-live", "polite");
}

// MARK: The page

function say(message) {
  $("message").textContent = message;
  $("message").hidden = message === "";
}

// The first picture of a drop or of the clipboard.
function pictureIn(transfer) {
  return Array.from(transfer.files).find((file) => file.type.startsWith("image/"));
}

$("choose").addEventListener("click", () => $("file").click());
$("stage").addEventListener("click", () => { if (!shown) $("file").click(); });
$("file").addEventListener("change", () => {
  const file = $("file").files[0];
  if (file) open(file, file.name);
  $("file").value = "";
});
$("camera").addEventListener("click", () => (stream ? stopCamera() : startCamera()));
if (!navigator.mediaDevices) $("camera").hidden = true;

document.addEventListener("paste", (event) => {
  const file = pictureIn(event.clipboardData);
  if (file) open(file, "the pasted picture");
  else say("There is no picture on the clipboard.");
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dragging"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  const file = pictureIn(event.dataTransfer);
  if (file) open(file, file.name);
  else say("That is no picture. Pictures from other pages can be copied and pasted.");
});

$("classes").addEventListener("click", (event) => {
  const row = event.target.closest("li");
  if (!row) return;
  picked = Number(row.dataset.class);
  // Whoever asks of a class wants to see what spoke for it.
  document.querySelector("input[name=view][value=map]").checked = true;
  showAnswer();
  draw();
});
for (const input of document.querySelectorAll("input[name=view], #compare")) input.addEventListener("change", draw);
$("all").hidden = model.classes.length <= 5;
$("all").addEventListener("click", () => {
  const all = $("all").getAttribute("aria-expanded") !== "true";
  $("all").setAttribute("aria-expanded", all);
  $("all").textContent = all ? "Show the best five" : `Show all ${model.classes.length} classes`;
  if (shown) showAnswer();
});
$("all").textContent = `Show all ${model.classes.length} classes`;

// Once before the first picture comes, as scripts are slow the first time.
setTimeout(() => model.classify(new Uint8Array(model.width * model.height * model.channels)), 50);
