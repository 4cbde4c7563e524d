/* How the two images of the stage are compared: buttons, and flickering by hand. */

function mannerBar() {
  const ways = MANNERS.map(([name, label, letter]) =>
    button([label, letter && name !== "side" ? key(letter) : ""], {
      "aria-pressed": String(way === name),
      class: "way",
      on: { click: () => compareBy(name) },
    }),
  );
  const hold = button(["Flicker", key("F")], {
    class: "way",
    "aria-label": "Flicker: hold, or tap to switch",
    on: {
      pointerdown: flickerDown,
      pointerup: flickerUp,
      pointerleave: flickerUp,
    },
  });
  const places = (current && isComparison(current) && showsOf(current)[0].places) || [];
  const mark = places.length
    ? button("Outline", {
        class: "way",
        title: "Outline where the two come nearest to differing",
        "aria-pressed": String(showsMarks),
        on: { click: toggleMarks },
      })
    : null;
  return el("div", { class: "ways", role: "group", "aria-label": "Comparison mode" }, ways, hold, zoomButton(), mark);
}

/** Actual pixels, and back. */
function zoomButton() {
  return button(zoomWords(), { class: "way", "data-does": "zoom", on: { click: toggleZoom } });
}

function zoomWords() {
  return [lens.scale > 1 ? "Fit" : "100 %", key("Z")];
}

function toggleMarks() {
  showsMarks = !showsMarks;
  drawStage();
}

/** @param {Way} name */
function compareBy(name) {
  way = way === name ? "side" : name;
  drawStage();
}

/* Milliseconds: a key held longer flickers until it is released, a tap until the next tap. */
const HELD = 300;
let flickering = 0;

function flickerDown() {
  const on = stage().querySelector(".compare.flicker");
  flickering = on ? 0 : performance.now();
  flickerInPlace(!on);
}

function flickerUp() {
  if (flickering && performance.now() - flickering > HELD) flickerInPlace(false);
  flickering = 0;
}

/**
 * Flickering shows both images in one place: they overlap while the key is held.
 * @param {boolean} on
 */
function flickerInPlace(on) {
  if (!stageIsOpen() || !current || !isComparison(current)) return;
  const area = stage().querySelector(".compare");
  if (!area) return;
  if (on && !area.classList.contains("flicker")) {
    const shows = showsOf(current);
    const held = el("div", { class: "compare stacked flicker", role: "group", "aria-label": "Flicker" }, pane(shows));
    const tag = within(held, ".fate");
    tag.textContent = shows[1].label;
    tag.className = `fate ${shows[1].tone}`;
    area.replaceWith(held);
    moveLens();
  } else if (!on && area.classList.contains("flicker")) {
    area.replaceWith(comparison(showsOf(current), "The images"));
    moveLens();
  }
}
