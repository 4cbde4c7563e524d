/* What the browser stores for this plan over a reload: position, steps to undo, decisions that are not saved yet. */

const memory = `pinplan:${model.digest}`;

/**
 * What was stored under a name. Its type is known to the caller.
 * @param {string} [part]
 * @returns {any}
 */
function remembered(part = "") {
  try {
    return JSON.parse(localStorage.getItem(memory + part) || "{}") || {};
  } catch {
    return {};
  }
}

/**
 * @param {Remembered} more
 * @param {string} [part]
 */
function remember(more, part = "") {
  keep(part, { ...remembered(part), ...more });
}

/**
 * Store a value. If the browser stores nothing for files, decisions last as long as the page.
 * @param {string} part
 * @param {unknown} value
 */
function keep(part, value) {
  try {
    if (value === null) localStorage.removeItem(memory + part);
    else localStorage.setItem(memory + part, JSON.stringify(value));
  } catch {
    /* as above */
  }
}

/** @param {string} prefix */
function rememberedParts(prefix) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(memory + prefix));
    return names.map((name) => name.slice(memory.length));
  } catch {
    return [];
  }
}
