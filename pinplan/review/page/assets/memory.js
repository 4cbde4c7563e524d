/* What the browser keeps of this plan over a reload: the place, the order of decisions, and those not saved yet. */

const memory = `pinplan:${model.digest}`;

/**
 * What was kept under a name; what that is, its caller knows.
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
 * A browser that keeps nothing for files: decisions last as long as the page.
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
