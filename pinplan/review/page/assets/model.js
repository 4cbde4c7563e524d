/* The page's data, from the JSON block in the document. */

const model = JSON.parse(document.getElementById("model").textContent);
const manner = {
  waits: [],
  requires: [],
  notes_on: {},
  reviewer: "",
  serves: false,
  read_only: "",
  done: {},
  decisions: {},
  apply: "",
  show: "",
  notes: [],
  ...model.manner,
};
const done = new Map(Object.entries(manner.done));
const groups = model.groups.map((group, index) => ({ tier: "", gain: 0, ...group, index }));
const groupOf = new Map(groups.flatMap((group) => group.actions.map((id) => [id, group])));

function action(id) {
  return model.actions[id];
}

function actionsOf(group) {
  return group.actions.map(action);
}

function isPair(group) {
  return Boolean(action(group.actions[0]).measured);
}

/* Members of a duplicate group: the keeper, then each duplicate with the action that removes it. */
function members(group) {
  const first = action(group.actions[0]);
  const keeper = { id: first.id, number: 0, view: viewOf(first, 0), facts: first.rival_facts || [] };
  const others = actionsOf(group).map((one) => ({
    id: one.id,
    number: 1,
    view: viewOf(one, 1),
    facts: one.facts || [],
  }));
  return [keeper, ...others];
}

function viewOf(one, number) {
  return {
    path: "",
    size: 0,
    width: 0,
    height: 0,
    quality: 0,
    format: "",
    measured: true,
    thumb: -1,
    missing: "",
    ...(one.views || [])[number],
  };
}

function pinAddress(pin) {
  return `https://www.pinterest.com/pin/${encodeURIComponent(pin)}/`;
}

const blocks = new Map();

function embeddedImage(number) {
  /* 50 thumbnails per block, as IN_A_BLOCK in document.py has it. */
  const block = Math.floor(number / 50);
  if (!blocks.has(block)) {
    const holder = document.getElementById(`thumbs-${block}`);
    if (!holder) return "";
    blocks.set(block, JSON.parse(holder.textContent));
  }
  return `data:image/webp;base64,${blocks.get(block)[number % 50]}`;
}

function imageAddress(id, number, full) {
  if (manner.serves) return `${full ? "full" : "thumb"}/${id}/${number}`;
  const view = viewOf(action(id), number);
  return view.thumb < 0 ? "" : embeddedImage(view.thumb);
}
