/* The stage: one group in a large dialog. */

let rival = 1;

function stage() {
  return document.getElementById("stage");
}

function stageIsOpen() {
  return stage().open;
}

function openStage(group, member = 1) {
  select(group, { scroll: false });
  rival = Math.max(1, member);
  if (!stageIsOpen()) Object.assign(lens, { scale: 1, x: 0, y: 0 });
  drawStage();
  if (!stage().open) {
    stage().showModal();
    stage().querySelector(".stage-head h2").focus({ preventScroll: true });
  }
}

function closeStage() {
  stage().close();
  select(current);
}

/* Zoom and place are kept from one group to the next: the same corner of many pairs is looked at in a row. */
function drawStage() {
  const group = current;
  if (!group) return;
  if (rival > group.actions.length) rival = 1;
  const focused = focusIn(stage());
  stageContent().replaceChildren(
    stageHead(group),
    el("div", { class: "stage-main" }, drawnSafely(group, () => stagePictures(group))),
    el("aside", { class: "stage-side", "aria-label": "Facts and decision" },
      stageFoot(group), safely(group, () => stageFacts(group), () => "")),
    film(group),
  );
  moveLens();
  focusAgain(stage(), focused);
  preload(group);
}

/* The dialog holds what is drawn, and beside it the live region, which is not drawn again. */
function stageContent() {
  if (!stage().firstChild) {
    stage().append(el("div", { class: "stage-content" }), el("div", { role: "status", "aria-live": "polite", class: "unseen live" }));
  }
  return stage().firstChild;
}

/* What has the focus keeps it, also where it was drawn again. */
function focusIn(box) {
  const one = box.contains(document.activeElement) ? document.activeElement : null;
  return one && { does: one.dataset.does, label: one.getAttribute("aria-label"), text: one.textContent };
}

function focusAgain(box, was) {
  if (!was || box.contains(document.activeElement)) return;
  const fits = (one) => (was.does ? one.dataset.does === was.does : was.label ? one.getAttribute("aria-label") === was.label : one.textContent === was.text);
  const found = [...box.querySelectorAll("button, input, select, a[href]")].find((one) => !one.disabled && fits(one));
  (found || box.querySelector(".stage-head h2")).focus({ preventScroll: true });
}

/* The neighbours of a group, to see what comes and to go there. */
const NEIGHBOURS = 9;

function film(group) {
  const at = Math.max(0, queue.indexOf(group));
  const list = queue.slice(Math.max(0, at - NEIGHBOURS), at + NEIGHBOURS + 1);
  return el("nav", { class: "film", "aria-label": "What comes before and after" }, list.map((one) =>
    button(safely(one, () => filmPicture(one), () => ""), { class: "frame", "aria-label": nameOf(one), "aria-current": one === group ? "true" : undefined, "data-verdict": verdictOf(one).verdict,
      on: { click: () => goTo(one) } })));
}

function filmPicture(group) {
  const first = action(group.actions[0]);
  if (!(first.views || []).length) return el("span", { class: "symbol", text: model.kinds[group.kind].symbol });
  return isPair(group) ? picture(first.id, 1) : picture(first.id, 0);
}

function showsOf(group) {
  if (isPair(group)) {
    const there = members(group);
    return [0, rival].map((number) => {
      const fate = fateOf(group, number);
      return { ...there[number], label: `${number + 1} ${fate}`, tone: fate.toLowerCase() };
    });
  }
  const one = action(group.actions[0]);
  return (one.views || []).map((_, number) => {
    const view = viewOf(one, number);
    return { id: one.id, number, view, label: { before: "Before", after: "After" }[view.role] || "", tone: "" };
  });
}

function stageHead(group) {
  const at = queue.indexOf(group);
  const one = action(group.actions[0]);
  return el("header", { class: "stage-head" },
    button("‹", { class: "step", "aria-label": "Previous", "aria-keyshortcuts": "ArrowLeft", disabled: at <= 0, on: { click: () => step(-1) } }),
    el("span", { class: "position", text: at < 0 ? "–" : `${(at + 1).toLocaleString("en")} of ${queue.length.toLocaleString("en")}` }),
    button("›", { class: "step", "aria-label": "Next", "aria-keyshortcuts": "ArrowRight", disabled: at < 0 || at >= queue.length - 1, on: { click: () => step(1) } }),
    el("h2", { id: "stage-title", tabindex: "-1" }, el("span", { class: `symbol ${model.kinds[group.kind].tone}`, text: model.kinds[group.kind].symbol, "aria-hidden": "true" }),
      el("span", { class: "kind-name", text: model.kinds[group.kind].title }), foreign(one.name, "name")),
    safely(group, () => showsOf(group).length === 2, () => false) ? mannerBar() : null,
    button("Close", { class: "close", "aria-keyshortcuts": "Escape", on: { click: closeStage } }),
  );
}

function stagePictures(group) {
  const shows = showsOf(group);
  return shows.length ? comparison(shows, "The images") : el("p", { class: "empty", text: "This action has no image: it changes records only." });
}

function mannerBar() {
  const ways = MANNERS.map(([name, label, letter]) =>
    button([label, letter && name !== "side" ? key(letter) : ""], { "aria-pressed": String(way === name), class: "way", on: { click: () => compareBy(name) } }));
  const hold = button(["Flicker", key("F")], { class: "way", "aria-label": "Flicker: hold, or tap to switch", on: {
    pointerdown: flickerDown, pointerup: flickerUp, pointerleave: flickerUp } });
  const zoom = button(["Zoom", key("Z")], { class: "way", on: { click: toggleZoom } });
  return el("div", { class: "ways", role: "group", "aria-label": "Comparison mode" }, ways, hold, zoom);
}

function compareBy(name) {
  way = way === name ? "side" : name;
  drawStage();
}

/* Held, the other one shows as long; a tap shows it until the next tap. */
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

/* Flickering needs both images in one place: while the key is held, they overlap. */
function flickerInPlace(on) {
  if (!stageIsOpen() || showsOf(current).length !== 2) return;
  const area = stage().querySelector(".compare");
  if (on && !area.classList.contains("flicker")) {
    const shows = showsOf(current);
    const held = el("div", { class: "compare stacked flicker", role: "group", "aria-label": "Flicker" }, pane([shows[1], shows[0]].reverse()));
    held.querySelector(".fate").textContent = shows[1].label;
    held.querySelector(".fate").className = `fate ${shows[1].tone}`;
    area.replaceWith(held);
    moveLens();
  } else if (!on && area.classList.contains("flicker")) {
    area.replaceWith(comparison(showsOf(current), "The images"));
    moveLens();
  }
}

function verdictLine(group) {
  const keep = fateOf(group, 0);
  const drop = fateOf(group, rival);
  return el("p", { class: "verdicts" },
    ...[[0, keep], [rival, drop]].map(([number, fate]) => el("span", { class: "verdict-part" },
      el("span", { class: `fate ${fate.toLowerCase()}`, text: fate }), ` ${number + 1}: ${whyOf(group, number, fate)}`)));
}

/* Groups of three or more: each image can be compared with the keeper, and each can be chosen. */
function memberStrip(group) {
  return el("div", { class: "strip", role: "group", "aria-label": "All images of this group" }, members(group).map((member, number) => {
    const fate = fateOf(group, number);
    return button([picture(member.id, member.number), el("span", { class: `fate ${fate.toLowerCase()}`, text: `${number + 1} ${fate}` })], {
      class: "look", "aria-pressed": String(number === rival || number === 0), "aria-label": `${number + 1}: ${fate}, ${member.view.path}`,
      on: { click: () => { if (number) { rival = number; drawStage(); } } } });
  }));
}

function stageFacts(group) {
  const shows = showsOf(group);
  const one = action(group.actions[isPair(group) ? rival - 1 : 0]);
  return el("div", { class: "facts" },
    isPair(group) ? verdictLine(group) : null,
    isPair(group) && group.actions.length > 1 ? memberStrip(group) : null,
    isPair(group) ? factTable(group, shows, one) : singleFacts(one),
    el("p", { class: "muted" }, foreign(one.effect || "")),
    needsLine(one),
    one.measured ? el("p", { class: "muted", text: `${one.measured.tier}: ${[one.measured.why, ...one.measured.distances].filter(Boolean).join("; ")}. Decided by ${one.measured.rung}.` }) : null,
  );
}

/* Prerequisites of an action. */
function needsLine(one) {
  const names = (one.requires || []).filter((id) => model.actions[id]).map(calledBy);
  return names.length ? el("p", { class: "muted" }, foreign(`requires ${names.join(", ")} first`)) : null;
}

function singleFacts(one) {
  return el("dl", { class: "plain" },
    el("dt", { text: "pin" }), el("dd", {}, linkTo(pinAddress(one.pin), one.pin, `Pin ${one.pin} on Pinterest`)),
    el("dt", { text: "where" }), el("dd", {}, foreign(one.address)),
    (one.changes || []).flatMap((change) => [el("dt", { text: change.name }), el("dd", {}, foreign(change.before || "nothing"), " → ", foreign(change.after || "nothing"))]),
    (one.facts || []).flatMap((fact) => [el("dt", { text: fact.name }), el("dd", {}, fact.link ? linkTo(fact.link, fact.value) : foreign(fact.value))]),
    el("dt", { text: "why" }), el("dd", {}, foreign(one.reason)),
  );
}

/* Only rows that differ; the duplicate's cell is coloured by whether it is better or worse. */
function factTable(group, shows, one) {
  const [keep, drop] = shows.map((show) => show.view);
  const rows = [
    ["pixels", dimensions(keep), dimensions(drop), Math.sign(drop.width * drop.height - keep.width * keep.height)],
    ["quality", keep.quality || "unknown", drop.quality || "unknown", Math.sign(drop.quality - keep.quality)],
    ["size", bytes(keep.size), bytes(drop.size), Math.sign(drop.size - keep.size)],
    ["format", keep.format, drop.format, 0],
    ["file", keep.path, drop.path, 0],
    ...texts(one.rival_facts || [], one.facts || []),
  ].filter(([, left, right]) => String(left) !== String(right) && (left || right));
  const cell = (value, tone = "") => el("td", { class: tone }, typeof value === "object" ? (value.link ? linkTo(value.link, value.value) : foreign(value.value)) : foreign(String(value)));
  return el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "unseen", text: "What differs" }), shows.map((show) => el("th", { scope: "col" }, `${show.label} · `, linkTo(pinAddress(show.view.pin), show.view.pin, `Pin ${show.view.pin} on Pinterest`))))),
    el("tbody", {}, rows.map(([name, left, right, sign]) => el("tr", {}, el("th", { scope: "row", text: name }), cell(left), cell(right, sign > 0 ? "better" : sign < 0 ? "worse" : "")))),
  );
}

function texts(keeps, drops) {
  const names = [...new Set([...keeps, ...drops].map((fact) => fact.name))];
  const of = (facts, name) => facts.find((fact) => fact.name === name);
  return names
    .filter((name) => of(keeps, name)?.value !== of(drops, name)?.value)
    .map((name) => [name, of(keeps, name) || "–", of(drops, name) || "–", 0]);
}

function stageFoot(group) {
  const foot = el("footer", { class: "stage-foot" });
  fillFoot(group, foot);
  return foot;
}

function fillFoot(group, foot) {
  const controls = controlsOf(group);
  if (isPair(group) && mayDecide(group) && !undrawn.has(group)) controls.prepend(keeperButtons(group));
  foot.replaceChildren(undrawn.has(group) ? "" : consequenceOf(group), mayDecide(group) ? noteField(group) : "", controls);
}

/* Why it is decided so; kept with the decision. */
function noteField(group) {
  const field = el("input", { type: "text", class: "note-field", maxlength: "2000", placeholder: "Note", "aria-label": "Note", value: notes.get(group.actions[0]) || undefined,
    on: { change: () => writeNote(group, field.value.trim()) } });
  return field;
}

function keeperButtons(group) {
  const { verdict, member } = verdictOf(group);
  const box = el("span", { class: "keepers", role: "group", "aria-label": "Image to keep" }, el("span", { class: "label", text: "Keep" }));
  members(group).forEach((_, number) => {
    const problem = whyNoKeeper(group, number);
    const pressed = verdict === "swap" ? member === number : verdict === "approve" && number === 0;
    box.append(button(String(number + 1), { class: "choice no", disabled: Boolean(problem), title: problem || undefined, "aria-pressed": String(pressed), "aria-label": `Keep number ${number + 1}`, "aria-keyshortcuts": String(number + 1), "data-does": `keep${number}`, on: { click: () => choose(group, number, goOn) } }));
  });
  return box;
}

/* Load the next group's images while this one is on screen. */
function preload(group) {
  const next = queue[queue.indexOf(group) + 1];
  if (!next || !manner.serves) return;
  for (const show of safely(next, () => showsOf(next), () => [])) loadSoon(new Image(), imageAddress(show.id, show.number, true), { ahead: true });
}
