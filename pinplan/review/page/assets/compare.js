/* Two images compared: side by side, slider, overlay, difference, flicker. Zoom and position are shared. */

/** @type {[Way, string, string][]} */
const MANNERS = [
  ["side", "Side by side", "1"],
  ["slider", "Slider", "L"],
  ["overlay", "Overlay", "O"],
  ["difference", "Difference", "D"],
];
const lens = { scale: 1, x: 0, y: 0 };
/** @type {Way} */
let way = "side";
let share = 50;
/* Whether the place that differs most is marked. */
let showsMarks = true;

/**
 * The area with the images.
 * @param {Show[]} shows
 * @param {string} label
 */
function comparison(shows, label) {
  const stacked = way !== "side" && Boolean(current && isComparison(current));
  const beside = current && isComparison(current) ? "side" : "slots";
  const area = el("div", { class: `compare ${stacked ? "stacked" : beside}`, "aria-label": label, role: "group" });
  if (stacked) area.append(stack(shows));
  else area.append(...shows.map((show) => pane([show])));
  watchLens(area);
  moveLens();
  return area;
}

/**
 * @param {Show[]} layers
 * @param {HTMLElement[]} [extra]
 */
function pane(layers, extra = []) {
  const box = el("div", { class: "pane" });
  for (const [depth, show] of layers.entries()) {
    const layer = el(
      "div",
      { class: `layer layer${depth}` },
      picture(show.id, show.number, {
        full: true,
        label: `${show.label}: ${show.view.path || `pin ${show.view.pin}`}`,
      }),
      showsMarks ? marksOf(show) : null,
    );
    box.append(layer);
  }
  const show = layers[0];
  const tag = el("span", {
    class: `fate ${show.tone}`,
    text: layers.length > 1 ? layers.map((one) => one.label).join(" / ") : show.label,
  });
  if (show.label) box.append(tag);
  box.append(...extra);
  return box;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A box around each place where the two images come nearest to differing.
 * @param {Show} show
 */
function marksOf({ view, places = [] }) {
  if (!places.length || !view.width || !view.height) return null;
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "marks");
  drawing.setAttribute("aria-hidden", "true");
  /* The shape of the image, so that both are fitted into the pane in the same way. */
  drawing.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
  const air = view.width / 100;
  for (const place of places) {
    for (const kind of ["edge", "mark"]) {
      const box = document.createElementNS(SVG, "rect");
      box.setAttribute("class", kind);
      box.setAttribute("x", String(place.left * view.width - air));
      box.setAttribute("y", String(place.top * view.height - air));
      box.setAttribute("width", String(place.width * view.width + 2 * air));
      box.setAttribute("height", String(place.height * view.height + 2 * air));
      drawing.append(box);
    }
  }
  return drawing;
}

/** @param {Show[]} shows */
function stack(shows) {
  const frame = el("div", { class: `stack ${way}` });
  if (way === "difference") {
    const canvas = el("canvas", { class: "lensed", role: "img", "aria-label": "Difference image" });
    const note = el("p", { class: "note", text: "Comparing …", role: "status" });
    frame.append(el("div", { class: "pane" }, canvas), note);
    difference(shows, canvas).then((words) => {
      note.textContent = words;
    });
    return frame;
  }
  const range = el("input", {
    type: "range",
    min: "0",
    max: "100",
    value: String(share),
    "aria-label": way === "slider" ? "Slider position" : "Opacity of the second image",
  });
  const line = el("span", { class: "line", "aria-hidden": "true" });
  const box = pane(shows, way === "slider" ? [line] : []);
  const show = () => {
    share = Number(range.value);
    const top = within(box, ".layer1");
    top.style.clipPath = way === "slider" ? `inset(0 0 0 ${share}%)` : "";
    top.style.opacity = way === "overlay" ? String(share / 100) : "";
    line.style.left = `${share}%`;
  };
  range.addEventListener("input", show);
  if (way === "slider") slideByHand(box, range, show);
  frame.append(box, range);
  show();
  return frame;
}

/**
 * @param {HTMLElement} box
 * @param {HTMLInputElement} range
 * @param {() => void} show
 */
function slideByHand(box, range, show) {
  /** @param {PointerEvent} event */
  const slide = (event) => {
    /* While zoomed in, dragging pans (see watchLens) instead of moving the slider. */
    if (event.buttons !== 1 || lens.scale > 1) return;
    const frame = box.getBoundingClientRect();
    range.value = String(Math.round(((event.clientX - frame.left) / frame.width) * 100));
    show();
  };
  box.addEventListener("pointerdown", slide);
  box.addEventListener("pointermove", slide);
}

/* -- zoom, linked --------------------------------------------------------------------------------------------- */

function moveLens() {
  /** @type {NodeListOf<HTMLElement>} */
  const panes = document.querySelectorAll(".compare .layer, .compare canvas.lensed");
  for (const layer of panes) layer.style.transform = `translate(${lens.x}px, ${lens.y}px) scale(${lens.scale})`;
  for (const area of document.querySelectorAll(".compare")) area.classList.toggle("zoomed", lens.scale > 1);
  document.querySelector('[data-does="zoom"]')?.replaceChildren(...zoomWords());
}

/**
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 * @param {DOMRect} frame
 */
function setLens(scale, x, y, frame) {
  lens.scale = Math.min(16, Math.max(1, scale));
  /* Clamped, so that an image cannot be dragged out of its frame. */
  lens.x = lens.scale === 1 ? 0 : Math.min(0, Math.max(frame.width * (1 - lens.scale), x));
  lens.y = lens.scale === 1 ? 0 : Math.min(0, Math.max(frame.height * (1 - lens.scale), y));
  moveLens();
}

/**
 * @param {DOMRect} frame
 * @param {number} factor
 * @param {number} [x]
 * @param {number} [y]
 */
function zoomAt(frame, factor, x = frame.width / 2, y = frame.height / 2) {
  const scale = Math.min(16, Math.max(1, lens.scale * factor));
  /* Keeps the point under the pointer where it is. */
  const ratio = scale / lens.scale;
  setLens(scale, x - (x - lens.x) * ratio, y - (y - lens.y) * ratio, frame);
}

/** Toggle between fitted and actual pixels of the larger image. */
function toggleZoom() {
  const box = document.querySelector(".compare .pane");
  if (!box) return;
  const frame = box.getBoundingClientRect();
  const { x, y } = pointed || { x: frame.width / 2, y: frame.height / 2 };
  if (lens.scale > 1) {
    setLens(1, 0, 0, frame);
    announce("Fitted");
    return;
  }
  /** @type {NodeListOf<HTMLImageElement>} */
  const images = document.querySelectorAll(".compare img");
  const fits = [...images].map((image) => {
    const width = image.naturalWidth || 1;
    const height = image.naturalHeight || 1;
    return 1 / Math.min(frame.width / width, frame.height / height);
  });
  const real = Math.max(...fits) / (devicePixelRatio || 1);
  zoomAt(frame, real > 1.2 ? real : 2, x, y);
  announce("Zoomed");
}

/** @type {Point | null} */
let pointed = null;
/** @type {Map<number, Finger>} */
const fingers = new Map();
const SWIPE = 60;

/** @param {HTMLElement} area */
function watchLens(area) {
  area.addEventListener(
    "wheel",
    (event) => {
      const box = closest(event, ".pane");
      if (!box) return;
      event.preventDefault();
      const frame = box.getBoundingClientRect();
      zoomAt(frame, event.deltaY < 0 ? 1.25 : 0.8, event.clientX - frame.left, event.clientY - frame.top);
    },
    { passive: false },
  );
  area.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch")
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, from: event.clientX });
  });
  area.addEventListener("pointermove", (event) => {
    const box = closest(event, ".pane");
    if (!box) return;
    const frame = box.getBoundingClientRect();
    if (event.pointerType !== "touch") pointed = { x: event.clientX - frame.left, y: event.clientY - frame.top };
    if (fingers.size === 2 && fingers.has(event.pointerId)) pinch(event, frame);
    else if (event.buttons === 1 && lens.scale > 1) {
      event.preventDefault();
      setLens(lens.scale, lens.x + event.movementX, lens.y + event.movementY, frame);
    }
  });
  area.addEventListener("pointerup", swipe);
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "pointerleave"]))
    area.addEventListener(end, (event) => fingers.delete(event.pointerId));
  area.addEventListener("pointerout", () => {
    pointed = null;
  });
  area.addEventListener("dblclick", toggleZoom);
}

/**
 * @param {PointerEvent} event
 * @param {DOMRect} frame
 */
function pinch(event, frame) {
  const apart = () => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one.x - other.x, one.y - other.y) || 1;
  };
  const before = apart();
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, from: NaN });
  const [one, other] = [...fingers.values()];
  zoomAt(frame, apart() / before, (one.x + other.x) / 2 - frame.left, (one.y + other.y) / 2 - frame.top);
}

/**
 * A sideways swipe with one finger moves to the next or previous group, unless an image is zoomed.
 * @param {PointerEvent} event
 */
function swipe(event) {
  const finger = fingers.get(event.pointerId);
  if (!finger || lens.scale > 1 || fingers.size > 1 || way === "slider") return;
  const moved = event.clientX - finger.from;
  if (Math.abs(moved) > SWIPE) step(moved < 0 ? 1 : -1);
}

/* -- difference ----------------------------------------------------------------------------------------------- */

/* Pixels of the longer side: a difference of 12-megapixel images would block the page for seconds. */
const LARGEST = 900;

/**
 * @param {Show[]} shows
 * @param {HTMLCanvasElement} canvas
 */
async function difference(shows, canvas) {
  try {
    const [one, other] = await Promise.all(shows.map(loaded));
    const scale = Math.min(1, LARGEST / Math.max(one.naturalWidth, one.naturalHeight));
    canvas.width = Math.max(1, Math.round(one.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(one.naturalHeight * scale));
    /* Both at the first image's size: renditions of one picture differ in size, not in content. */
    const [first, second] = [one, other].map((image) => pixels(image, canvas.width, canvas.height));
    const { data, changed, most } = subtracted(first, second);
    contextOf(canvas).putImageData(new ImageData(data, canvas.width, canvas.height), 0, 0);
    const part = ((100 * changed) / (data.length / 4)).toFixed(1);
    return most === 0
      ? "No pixel differs at this size."
      : `${part} % of pixels differ by more than 8 levels; the largest difference is ${most} of 255. ` +
          "Brightened until that is white.";
  } catch (problem) {
    return `Cannot compare: ${messageOf(problem)}`;
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser draws no canvas");
  return context;
}

/**
 * @param {Show} show
 * @returns {Promise<HTMLImageElement>}
 */
function loaded(show) {
  return new Promise((resolve, reject) => {
    const address = imageAddress(show.id, show.number, true);
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("one image cannot be displayed"));
    if (address) image.src = address;
    else reject(new Error("one image is not available"));
  });
}

/**
 * @param {HTMLImageElement} image
 * @param {number} width
 * @param {number} height
 */
function pixels(image, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = contextOf(canvas, { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/**
 * The difference image, brightened so that the largest difference is white, and how many pixels differ.
 * @param {Uint8ClampedArray} first
 * @param {Uint8ClampedArray} second
 */
function subtracted(first, second) {
  const data = new Uint8ClampedArray(first.length);
  let changed = 0;
  let most = 0;
  for (let at = 0; at < data.length; at += 4) {
    const largest = Math.max(...[0, 1, 2].map((channel) => Math.abs(first[at + channel] - second[at + channel])));
    if (largest > 8) changed += 1;
    if (largest > most) most = largest;
  }
  const factor = most ? 255 / most : 1;
  for (let at = 0; at < data.length; at += 4) {
    for (let channel = 0; channel < 3; channel += 1)
      data[at + channel] = Math.abs(first[at + channel] - second[at + channel]) * factor;
    data[at + 3] = 255;
  }
  return { data, changed, most };
}
