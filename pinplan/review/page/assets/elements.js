/* Elements are built from text only: nothing from a pin is ever parsed as HTML. */

function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name === "text") made.textContent = value;
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/* Text from pins: <bdi> keeps right-to-left text from reordering its surroundings. */
function foreign(text, className) {
  return el("bdi", { class: className, text });
}

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

function button(label, properties = {}) {
  return el("button", { type: "button", ...properties }, label);
}

function key(name) {
  return el("kbd", { text: name, "aria-hidden": "true" });
}

function count(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many || `${one}s`}`;
}

function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (number >= 1000 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return unit ? `${number.toFixed(1)} ${units[unit]}` : `${number} B`;
}

function dimensions(view) {
  return view.width && view.height ? `${view.measured ? "" : "~"}${view.width}×${view.height}` : "";
}

/* Behind an open dialog nothing is read out: the dialog has a live region of its own. */
function announce(text) {
  (document.querySelector("dialog[open] .live") || document.getElementById("live")).textContent = text;
}

/* An image, or the reason why it cannot be shown. */
function picture(id, number, { full = false, label } = {}) {
  const view = viewOf(action(id), number);
  const box = el("div", { class: "picture" });
  const address = imageAddress(id, number, full);
  if (!address) {
    box.append(nothingToSee(view.missing || "not embedded in this file"));
    return box;
  }
  const image = el("img", {
    alt: label || view.path.split("/").pop() || `pin ${view.pin}`,
    decoding: "async",
    draggable: "false",
  });
  if (view.width && view.height) {
    /* Width and height reserve the room, so that the list does not jump while images load. */
    image.width = view.width;
    image.height = view.height;
  }
  /* An <img> does not tell its HTTP status or body; the reason takes a second request. */
  image.addEventListener("error", () => whyNot(address).then((why) => box.replaceChildren(nothingToSee(why))));
  loadSoon(image, address, { soon: full });
  box.append(image);
  return box;
}

function nothingToSee(why) {
  return el("p", { class: "nothing" }, el("span", { text: "No image", class: "strong" }), el("span", { text: why }));
}

async function whyNot(address) {
  if (!manner.serves) return "it cannot be displayed";
  try {
    const answer = await fetch(address);
    return answer.ok ? "it cannot be displayed" : await answer.text();
  } catch {
    return "pinplan review is not responding";
  }
}
