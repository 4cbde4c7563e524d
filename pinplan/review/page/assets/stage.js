/* The stage: one group in a large dialog. */

/* The two images of a group of duplicates that are shown, and the group that they are of. */
const compared = { left: 0, right: 1, group: /** @type {Group | null} */ (null) };

function stage() {
  return dialogOf("stage");
}

function stageIsOpen() {
  return stage().open;
}

/**
 * @param {Group} group
 * @param {number} [member]
 */
function openStage(group, member = 1) {
  select(group, { scroll: false });
  Object.assign(compared, { left: 0, right: Math.max(1, member), group });
  if (!stageIsOpen()) Object.assign(lens, { scale: 1, x: 0, y: 0 });
  drawStage();
  if (!stage().open) {
    stage().showModal();
    focusOn("#stage .stage-head h2", { scroll: false });
  }
}

function closeStage() {
  stage().close();
  select(current);
}

/** Zoom and position stay from one group to the next, to compare the same corner of many pairs in a row. */
function drawStage() {
  const group = current;
  if (!group) return;
  if (compared.group !== group) Object.assign(compared, { left: 0, right: 1, group });
  const focused = focusIn(stage());
  stageContent().replaceChildren(
    stageHead(group),
    stageBar(),
    el(
      "div",
      { class: "stage-main" },
      drawnSafely(group, () => stagePictures(group)),
    ),
    el(
      "aside",
      { class: "stage-side", "aria-label": "Facts and decision" },
      stageFoot(group),
      safely(
        group,
        () => stageFacts(group),
        () => "",
      ),
    ),
    film(group),
  );
  moveLens();
  drawConsequence();
  focusAgain(stage(), focused);
  preload(group);
}

/** The part of the dialog that is redrawn; the live region beside it is not. */
function stageContent() {
  const box = stage();
  if (!box.firstChild) {
    box.append(
      el("div", { class: "stage-content" }),
      el("div", { role: "status", "aria-live": "polite", class: "unseen live" }),
    );
  }
  return within(box, ".stage-content");
}

/**
 * What the focused element is recognised by after it was redrawn.
 * @param {HTMLElement} box
 */
function focusIn(box) {
  const one = focusedIn(box);
  return one && { does: one.dataset.does, label: one.getAttribute("aria-label"), text: one.textContent };
}

/**
 * @param {HTMLElement} box
 * @param {ReturnType<typeof focusIn>} was
 */
function focusAgain(box, was) {
  if (!was || box.contains(document.activeElement)) return;
  /** @param {HTMLElement} one */
  const fits = (one) =>
    was.does
      ? one.dataset.does === was.does
      : was.label
        ? one.getAttribute("aria-label") === was.label
        : one.textContent === was.text;
  /** @type {NodeListOf<HTMLElement>} */
  const able = box.querySelectorAll("button:enabled, input:enabled, select:enabled, a[href]");
  const found = [...able].find(fits);
  (found || within(box, ".stage-head h2")).focus({ preventScroll: true });
}

/* Groups on each side in the film strip. */
const NEIGHBOURS = 9;

/** @param {Group} group */
function film(group) {
  const at = Math.max(0, queue.indexOf(group));
  const list = queue.slice(Math.max(0, at - NEIGHBOURS), at + NEIGHBOURS + 1);
  return el(
    "nav",
    { class: "film", "aria-label": "What comes before and after" },
    list.map((one) =>
      button(
        safely(
          one,
          () => filmPicture(one),
          () => "",
        ),
        {
          class: "frame",
          "aria-label": nameOf(one),
          "aria-current": one === group ? "true" : undefined,
          "data-verdict": verdictOf(one).verdict,
          on: { click: () => goTo(one) },
        },
      ),
    ),
  );
}

/** @param {Group} group */
function filmPicture(group) {
  const first = action(group.actions[0]);
  if (!(first.views || []).length) return el("span", { class: "symbol", text: model.kinds[group.kind].symbol });
  return isPair(group) ? picture(first.id, 1) : picture(first.id, 0);
}

/**
 * @param {Group} group
 * @returns {Show[]}
 */
function showsOf(group) {
  if (isPair(group)) {
    const there = members(group);
    /* Also asked for the next group, whose images are loaded ahead. */
    const { left, right } = compared.group === group ? compared : { left: 0, right: 1 };
    const places = measuredBetween(group, right, left)?.places;
    return [left, right].map((number) => {
      const fate = fateOf(group, number);
      return { ...there[number], label: `${number + 1} ${fate}`, tone: fate.toLowerCase(), places };
    });
  }
  return imagesOf(group).map(({ one, number }) => {
    const view = viewOf(one, number);
    return { id: one.id, number, view, label: roleLabel(view.role), tone: "" };
  });
}

/**
 * Whether the stage compares two images, not two slots of a carousel; false if the group cannot be drawn.
 * @param {Group} group
 */
function isComparison(group) {
  return safely(
    group,
    () => showsOf(group).length === 2 && showsOf(group).every(({ view }) => view.role !== "image"),
    () => false,
  );
}

/** @param {Group} group */
function stageHead(group) {
  const at = queue.indexOf(group);
  const one = action(group.actions[0]);
  return el(
    "header",
    { class: "stage-head" },
    button("‹", {
      class: "step",
      "aria-label": "Previous",
      "aria-keyshortcuts": "ArrowLeft",
      disabled: at <= 0,
      on: { click: () => step(-1) },
    }),
    el("span", {
      class: "position",
      text: at < 0 ? "–" : `${(at + 1).toLocaleString("en")} of ${queue.length.toLocaleString("en")}`,
    }),
    button("›", {
      class: "step",
      "aria-label": "Next",
      "aria-keyshortcuts": "ArrowRight",
      disabled: at < 0 || at >= queue.length - 1,
      on: { click: () => step(1) },
    }),
    el(
      "h2",
      { id: "stage-title", tabindex: "-1" },
      el("span", {
        class: `symbol ${model.kinds[group.kind].tone}`,
        text: model.kinds[group.kind].symbol,
        "aria-hidden": "true",
      }),
      el("span", { class: "kind-name", text: model.kinds[group.kind].title }),
      foreign(one.name, "name"),
    ),
    isComparison(group) ? mannerBar() : el("div", { class: "ways" }, zoomButton()),
    button("Close", { class: "close", "aria-keyshortcuts": "Escape", on: { click: closeStage } }),
  );
}

/** Filters, and the whole of what is decided, above the pictures. */
function stageBar() {
  return el(
    "div",
    { class: "stage-bar" },
    filterBar({ search: false }),
    el("p", { class: "applied" }),
    el("span", { class: "saved muted", text: savedWords() }),
  );
}

/** @param {Group} group */
function stagePictures(group) {
  const shows = showsOf(group);
  return shows.length
    ? comparison(shows, "The images")
    : el("p", { class: "empty", text: "This action has no image: it changes records only." });
}

/** @param {Group} group */
function stageFoot(group) {
  const foot = el("footer", { class: "stage-foot" });
  fillFoot(group, foot);
  return foot;
}

/**
 * @param {Group} group
 * @param {HTMLElement} foot
 */
function fillFoot(group, foot) {
  const controls = controlsOf(group);
  if (isPair(group) && mayDecide(group) && !undrawn.has(group)) controls.prepend(keeperButtons(group));
  foot.replaceChildren(
    undrawn.has(group) ? "" : consequenceOf(group),
    mayDecide(group) ? noteField(group) : "",
    controls,
  );
}

/**
 * The reason for a decision, saved with it.
 * @param {Group} group
 */
function noteField(group) {
  /** @type {HTMLInputElement} */
  const field = el("input", {
    type: "text",
    class: "note-field",
    maxlength: "2000",
    placeholder: "Note",
    "aria-label": "Note",
    value: notes.get(group.actions[0]) || undefined,
    on: { change: () => writeNote(group, field.value.trim()) },
  });
  return field;
}

/** @param {Group} group */
function keeperButtons(group) {
  const stays = verdictOf(group).verdict ? stayers(group) : [];
  const box = el(
    "span",
    { class: "keepers", role: "group", "aria-label": "Image to keep" },
    el("span", { class: "label", text: group.actions.length > 1 ? "Keep only" : "Keep" }),
  );
  members(group).forEach((_, number) => {
    if (number > 8) return; // there is no key for it
    const problem = whyNoKeeper(group, number);
    const pressed = stays.length === 1 && stays[0] === number;
    box.append(
      button(String(number + 1), {
        class: "choice no",
        disabled: Boolean(problem),
        title: problem || undefined,
        "aria-pressed": String(pressed),
        "aria-label": `Keep number ${number + 1}`,
        "aria-keyshortcuts": String(number + 1),
        "data-does": `keep${number}`,
        on: { click: () => choose(group, number, goOn) },
      }),
    );
  });
  return box;
}

/**
 * Load the next group's images while this one is on screen.
 * @param {Group} group
 */
function preload(group) {
  const next = queue[queue.indexOf(group) + 1];
  if (!next || !manner.serves) return;
  for (const show of safely(
    next,
    () => showsOf(next),
    () => [],
  ))
    loadSoon(new Image(), imageAddress(show.id, show.number, true), { ahead: true });
}
