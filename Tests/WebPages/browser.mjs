// Uses an exported page in headless Chromium as a person does, and says what it shows.
//
//   node browser.mjs PAGE IMAGE...                 chooses one picture after the other; prints JSON: what the page says of each
//   node browser.mjs PAGE --camera                 lets Chromium's artificial camera be classified
//   node browser.mjs PAGE IMAGE --save OUT.png [--width 390] [--height 800] [--dark] [--view picture] [--whole]
//
// What goes wrong in the page, and every address that it asks for, is in the output, too.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

// Chromium behind two pipes that carry messages of its DevTools protocol, each ended by a zero byte.
class Browser {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "tally-browser-"));
    this.process = spawn(
      chromium,
      [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
        "--remote-debugging-pipe", `--user-data-dir=${this.folder}`, "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream", "--force-color-profile=srgb", "--hide-scrollbars", "about:blank",
      ],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.waiting = new Map();
    this.events = [];
    this.listeners = [];
    let text = "";
    this.process.stdio[4].setEncoding("utf8").on("data", (data) => {
      const messages = (text + data).split("\0");
      text = messages.pop();
      for (const message of messages) this.receive(JSON.parse(message));
    });
  }

  receive(message) {
    if (message.id === undefined) {
      this.events.push(message);
      for (const listener of this.listeners) listener(message);
      return;
    }
    const { resolve, reject } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(new Error(JSON.stringify(message.error)));
    else resolve(message.result);
  }

  send(method, params = {}) {
    const id = (this.next = (this.next ?? 0) + 1);
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  once(method) {
    return new Promise((resolve) => this.listeners.push((event) => event.method === method && resolve(event.params)));
  }

  // A page of its own, loaded.
  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    for (const domain of ["Page", "Network", "Runtime", "Log", "DOM"]) await this.send(`${domain}.enable`);
    const loaded = this.once("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression, awaitPromise: true, returnByValue: true, userGesture: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Addresses that were asked for beyond the page itself, and what was complained of.
  get requests() {
    const asked = this.events.filter(({ method }) => method === "Network.requestWillBeSent");
    return asked.map(({ params }) => params.request.url.slice(0, 80)).slice(1);
  }

  get complaints() {
    return this.events.flatMap(({ method, params }) =>
      method === "Runtime.exceptionThrown" ? [params.exceptionDetails.exception?.description ?? params.exceptionDetails.text]
        : method === "Log.entryAdded" ? [params.entry.text] : []);
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.session = undefined;
    this.send("Browser.close").catch(() => {});
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

// Waits for an answer or a message, and says what the page shows.
const answer = `(async () => {
  const list = document.getElementById("classes"), message = document.getElementById("message");
  while (list.children.length === 0 && message.hidden) await new Promise((resolve) => setTimeout(resolve, 5));
  const text = (row, name) => row.querySelector(name).textContent;
  return {
    message: message.textContent, verdict: document.getElementById("verdict").textContent,
    picture: document.getElementById("picture").getAttribute("aria-label"),
    classes: Array.from(list.children, (row) => (
      { name: text(row, ".label"), score: Number(row.dataset.score), shown: text(row, ".score"), share: text(row, ".share") })),
  };
})()`;

// Takes away what the page says, so that what it says next can be told from it.
const clear = `document.getElementById("classes").replaceChildren(); document.getElementById("message").hidden = true`;

async function choose(browser, path) {
  await browser.evaluate(clear);
  const { root } = await browser.send("DOM.getDocument");
  const { nodeId } = await browser.send("DOM.querySelector", { nodeId: root.nodeId, selector: "#file" });
  await browser.send("DOM.setFileInputFiles", { nodeId, files: [resolve(path)] });
  return { path, ...await browser.evaluate(answer) };
}

// What the page's policy says of a request, and of a picture from elsewhere: the directives that forbid them.
const policy = `(async () => {
  const forbidden = [];
  document.addEventListener("securitypolicyviolation", (event) => forbidden.push(event.effectiveDirective));
  fetch("https://tally.invalid/").catch(() => {});
  new Image().src = "https://tally.invalid/picture.png";
  for (let i = 0; i < 400 && forbidden.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  return forbidden.sort();
})()`;

// How wide the page is on a phone that is 390 pixels wide.
async function phoneWidth(browser) {
  await browser.send("Emulation.setDeviceMetricsOverride", { width: 390, height: 800, deviceScaleFactor: 1, mobile: true });
  return browser.evaluate("document.documentElement.scrollWidth");
}

async function save(browser, path, whole) {
  const { data } = await browser.send("Page.captureScreenshot", { captureBeyondViewport: whole });
  writeFileSync(path, Buffer.from(data, "base64"));
}

async function main() {
  const options = {}, files = [];
  for (let i = 2; i < process.argv.length; i++) {
    const argument = process.argv[i];
    if (["--save", "--width", "--height", "--view"].includes(argument)) options[argument] = process.argv[++i];
    else if (argument.startsWith("--")) options[argument] = true;
    else files.push(argument);
  }
  const [page, ...images] = files, browser = new Browser();
  try {
    await browser.open(pathToFileURL(resolve(page)).href);
    const width = Number(options["--width"] ?? 1100);
    await browser.send("Emulation.setDeviceMetricsOverride", {
      width, height: Number(options["--height"] ?? 800), deviceScaleFactor: 1, mobile: width < 600,
    });
    if (options["--dark"])
      await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "dark" }] });
    const answers = [];
    if (!options["--save"]) await browser.evaluate(`document.getElementById("all").click()`);
    for (const image of images) answers.push(await choose(browser, image));
    if (options["--camera"]) {
      await browser.evaluate(`${clear}; document.getElementById("camera").click()`);
      answers.push(await browser.evaluate(answer));
      await browser.evaluate(`document.getElementById("camera").click()`);
    }
    if (options["--view"]) await browser.evaluate(`document.querySelector("input[value=${options["--view"]}]").click()`);
    if (options["--compare"]) await browser.evaluate(`document.getElementById("compare").click()`);
    if (options["--save"]) {
      if (options["--whole"]) {
        const height = await browser.evaluate("document.documentElement.scrollHeight");
        await browser.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
      }
      await save(browser, options["--save"], false);
    }
    const { requests, complaints } = browser;
    const checks = options["--save"] ? {}
      : { phoneWidth: await phoneWidth(browser), forbidden: await browser.evaluate(policy) };
    console.log(JSON.stringify({ answers, requests, complaints, ...checks }));
  } finally {
    await browser.close();
  }
}

await main();
