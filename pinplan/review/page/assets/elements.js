/* Elements are built from text only: nothing from a pin is ever parsed as HTML. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} properties
 * @param {Child[]} children
 */
function el(tag, { on = {}, text, class: className, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [event, listener] of Object.entries(on))
    made.addEventListener(event, /** @type {EventListener} */ (listener));
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flatMap(nodesOf));
  return made;
}

/**
 * @param {Child} child
 * @returns {(Node | string)[]}
 */
function nodesOf(child) {
  if (child === null || child === undefined || child === false) return [];
  return typeof child === "string" || child instanceof Node ? [child] : child.flatMap(nodesOf);
}

/**
 * An element that the page always has, by its id.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind || HTMLElement))) throw new Error(`the page has no #${id}`);
  return /** @type {Kind} */ (found);
}

/**
 * An element that a box always has.
 * @param {Element} box
 * @param {string} selector
 */
function within(box, selector) {
  const found = box.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector} there`);
  return found;
}

/**
 * The closest element around an event's target that matches a selector.
 * @param {Event} event
 * @param {string} selector
 */
function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/** @param {string} id */
function dialogOf(id) {
  return byId(id, HTMLDialogElement);
}

/**
 * The focused element, if it is in a box.
 * @param {Element} box
 */
function focusedIn(box) {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && box.contains(focused) ? focused : null;
}

/**
 * Focus an element, if there is one.
 * @param {string} selector
 * @param {{ box?: ParentNode, scroll?: boolean }} [options]
 */
function focusOn(selector, { box = document, scroll = true } = {}) {
  const found = box.querySelector(selector);
  if (found instanceof HTMLElement) found.focus({ preventScroll: !scroll });
}

/**
 * Text from pins: <bdi> keeps right-to-left text from reordering its surroundings.
 * @param {string} text
 * @param {string} [className]
 */
function foreign(text, className) {
  return el("bdi", { class: className, text });
}

/**
 * @param {string} address
 * @param {string} label
 * @param {string} [description]
 */
function linkTo(address, label, description) {
  /* The server checked this already (is_web_address); a javascript: link must not depend on one check. */
  if (!/^https?:\/\//.test(address)) return foreign(label);
  return el("a", {
    href: address,
    target: "_blank",
    rel: "noopener noreferrer nofollow",
    text: label,
    "aria-label": description,
  });
}

/**
 * @param {Child} label
 * @param {Properties} [properties]
 */
function button(label, properties = {}) {
  return el("button", { type: "button", ...properties }, label);
}

/** @param {string} name */
function key(name) {
  return el("kbd", { text: name, "aria-hidden": "true" });
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 */
function count(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many || `${one}s`}`;
}

/** @param {number} number */
function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (number >= 1000 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return unit ? `${number.toFixed(1)} ${units[unit]}` : `${number} B`;
}

/** @param {string} path */
function fileName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** @param {View} view */
function dimensions(view) {
  return view.width && view.height ? `${view.measured ? "" : "~"}${view.width}×${view.height}` : "";
}

/**
 * Screen readers ignore what is behind an open dialog; it has a live region of its own.
 * @param {string} text
 */
function announce(text) {
  (document.querySelector("dialog[open] .live") || byId("live")).textContent = text;
}

/**
 * An image, or the reason why it cannot be shown.
 * @param {ActionId} id
 * @param {number} number
 * @param {{ full?: boolean, label?: string }} [options]
 */
function picture(id, number, { full = false, label } = {}) {
  const view = viewOf(action(id), number);
  const box = el("div", { class: "picture" });
  const still = full && view.moves && manner.serves;
  const address = still ? stillAddress(id, number) : imageAddress(id, number, full);
  if (view.badge) box.append(el("span", { class: "badge", text: view.badge }));
  if (!address) {
    box.append(nothingToSee(view.missing || "not embedded in this file"));
    return box;
  }
  const image = el("img", {
    alt: label || fileName(view.path) || `pin ${view.pin}`,
    decoding: "async",
    draggable: "false",
  });
  if (view.width && view.height) {
    /* Width and height reserve the room, so that the list does not jump while images load. */
    image.width = view.width;
    image.height = view.height;
  }
  /* An <img> has no HTTP status or body; the reason takes a second request. */
  image.addEventListener("error", () => whyNot(address).then((why) => box.replaceChildren(nothingToSee(why))));
  loadSoon(image, address, { soon: full });
  box.prepend(image);
  if (still) box.append(playButton(image, address, imageAddress(id, number, true)));
  return box;
}

/**
 * An animated image moves on demand.
 * @param {HTMLImageElement} image
 * @param {string} still
 * @param {string} moving
 */
function playButton(image, still, moving) {
  const play = button("Play", {
    class: "choice no play",
    "aria-pressed": "false",
    on: {
      click: () => {
        const plays = play.getAttribute("aria-pressed") === "true";
        play.setAttribute("aria-pressed", String(!plays));
        play.textContent = plays ? "Play" : "Stop";
        image.src = plays ? still : moving;
      },
    },
  });
  return play;
}

/** @param {string} why */
function nothingToSee(why) {
  return el("p", { class: "nothing" }, el("span", { text: "No image", class: "strong" }), el("span", { text: why }));
}

/** @param {string} address */
async function whyNot(address) {
  if (!manner.serves) return "it cannot be displayed";
  try {
    const answer = await fetch(address);
    return answer.ok ? "it cannot be displayed" : await answer.text();
  } catch {
    return "pinplan review is not responding";
  }
}
