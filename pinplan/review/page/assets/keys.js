/* Keyboard shortcuts. */

const HELP = [
  ["← →", "previous, next"],
  ["Enter", "open large; Esc closes"],
  ["A", "approve"],
  ["S", "skip"],
  ["1 – 9", "duplicates: keep this one instead"],
  ["K", "duplicates: keep all"],
  ["N", "duplicates: mark as different, also for future plans"],
  ["U, Y", "undo and redo"],
  ["X", "mark, for a decision about all that are marked; Shift and a click mark up to there"],
  ["↑ ↓", "groups of three or more: compare with the next"],
  ["Z", "zoom both images; also with wheel and drag"],
  ["F", "flicker between the two: hold, or tap to switch"],
  ["L", "slider"],
  ["O", "overlay"],
  ["D", "difference"],
  ["/", "search"],
  ["Q", "finish"],
  ["?", "this help"],
];

/** @param {(group: Group, then: () => void) => void} does */
const decideAndGoOn = (does) => () => {
  if (current && mayDecide(current)) does(current, goOn);
};

/** @type {Record<string, () => unknown>} */
const KEYS = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  Enter: () => current && !stageIsOpen() && openStage(current),
  a: decideAndGoOn(approve),
  s: decideAndGoOn(skip),
  k: decideAndGoOn(skip),
  n: () => current && isPair(current) && decideAndGoOn(different)(),
  u: () => {
    const group = undo();
    if (group) goTo(group);
  },
  y: () => {
    const group = redo();
    if (group) goTo(group);
  },
  x: () => mark(current),
  z: () => stageIsOpen() && toggleZoom(),
  d: () => compareIn("difference"),
  l: () => compareIn("slider"),
  o: () => compareIn("overlay"),
  f: () => flickerDown(),
  ArrowUp: () => nextRival(-1),
  ArrowDown: () => nextRival(1),
  q: () => openFinish(),
  "/": () => byId("search").focus(),
  "?": () => toggleHelp(),
};
const WITHIN_PAIRS = new Set(["ArrowUp", "ArrowDown"]);

/** @param {Way} name */
function compareIn(name) {
  if (!current || !isComparison(current)) return;
  if (stageIsOpen()) {
    compareBy(name);
    return;
  }
  way = name;
  openStage(current);
}

/** @param {number} by */
function nextRival(by) {
  if (!current) return;
  const number = current.actions.length;
  rival = ((rival - 1 + by + number) % number) + 1;
  drawStage();
}

function toggleHelp() {
  const dialog = dialogOf("help");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

const ALL_KEYS = "pinplan:single-keys";

/** Single-letter keys can be switched off: speech input types letters (WCAG 2.1.4). */
function singleKeys() {
  try {
    return localStorage.getItem(ALL_KEYS) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
function switchSingleKeys(on) {
  try {
    localStorage.setItem(ALL_KEYS, on ? "on" : "off");
  } catch {
    announce("This browser keeps no settings");
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  /* Leave the browser's own shortcuts alone. Shift is not tested: "?" needs it on most layouts. */
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length === 1 && !singleKeys()) return;
  const field = closest(event, "input:not([type=range]):not([type=checkbox]), select, textarea");
  if (field instanceof HTMLElement) {
    if (event.key === "Escape" || (event.key === "Enter" && field.matches(".note-field"))) field.blur();
    return;
  }
  if (dialogOf("question").open || dialogOf("decided").open || finishDialog().open) return;
  if (dialogOf("help").open && event.key !== "?") return;
  /* Enter on a focused button presses it. */
  if (event.key === "Enter" && closest(event, "button, a, input")) return;
  if (event.key.startsWith("Arrow") && closest(event, "input[type=range]")) return;
  // A held arrow key moves on; any other is ignored: at thirty groups a second no decision is deliberate.
  if (event.repeat && !event.key.startsWith("Arrow")) {
    event.preventDefault();
    return;
  }
  if (WITHIN_PAIRS.has(event.key) && !(stageIsOpen() && current && isPair(current) && current.actions.length > 1))
    return;
  const digit = /^[1-9]$/.test(event.key);
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does && !digit) return;
  event.preventDefault();
  if (digit) chooseByKey(Number(event.key) - 1);
  else does();
}

/** @param {number} number */
function chooseByKey(number) {
  if (current && mayDecide(current)) choose(current, number, goOn);
}

function listenToKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => event.key.toLowerCase() === "f" && flickerUp());
  /* Without this, switching windows while F is held would swallow its keyup. */
  window.addEventListener("blur", () => flickerInPlace(false));
}
