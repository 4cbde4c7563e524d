/* Keyboard shortcuts. */

const HELP = [
  ["← →", "previous, next"],
  ["Enter", "open large; Esc closes"],
  ["A", "approve"],
  ["S", "skip"],
  ["1 – 9", "duplicates: keep only this one"],
  ["Shift 1 – 9", "groups of three or more: let this one stay as well, or not"],
  ["K", "duplicates: keep all"],
  ["N", "duplicates: mark as different, also for future plans"],
  ["U, Y", "undo and redo"],
  ["X", "mark, for a decision about all that are marked; Shift and a click mark up to there"],
  ["↑ ↓", "groups of three or more: compare with the next; Shift changes the left one"],
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

/** @type {Record<string, (event: KeyboardEvent) => unknown>} */
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
  ArrowUp: (event) => nextRival(-1, event.shiftKey),
  ArrowDown: (event) => nextRival(1, event.shiftKey),
  q: () => openFinish(),
  "/": () => focusOn(stageIsOpen() ? "#stage .search" : ".bar .search"),
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

/**
 * Compare with the next image of the group.
 * @param {number} by
 * @param {boolean} left
 */
function nextRival(by, left) {
  if (!current) return;
  const [side, other] = left ? /** @type {const} */ (["left", "right"]) : /** @type {const} */ (["right", "left"]);
  const number = current.actions.length + 1;
  do compared[side] = (compared[side] + by + number) % number;
  while (compared[side] === compared[other]);
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
  const digit = /^Digit[1-9]$/.test(event.code) || /^[1-9]$/.test(event.key);
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does && !digit) return;
  event.preventDefault();
  if (digit) chooseByKey(Number(event.code.slice(-1) || event.key) - 1, event.shiftKey);
  else does(event);
}

/**
 * @param {number} number
 * @param {boolean} more
 */
function chooseByKey(number, more) {
  if (!current || !mayDecide(current)) return;
  if (more && isPair(current)) toggleStay(current, number);
  else choose(current, number, goOn);
}

function listenToKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => event.key.toLowerCase() === "f" && flickerUp());
  /* Without this, switching windows while F is held would swallow its keyup. */
  window.addEventListener("blur", () => flickerInPlace(false));
}
