// What the pages do beyond htmx. Every page is whole without it.
"use strict";

// What is pressed is not replaced before it is let go: the click would go nowhere. What renews itself leaves what is
// selected, too: somebody is about to copy it.
const whenLetGo = (element, act) => element.matches(":active") ? setTimeout(whenLetGo, 100, element, act) : act();
const isHeld = (element) => {
  const { isCollapsed, anchorNode, focusNode } = getSelection();
  // A selection of the whole page begins and ends beside the element: the page would stand still without a word.
  return element.matches(":active") || !isCollapsed && (element.contains(anchorNode) || element.contains(focusNode));
};

// A running load: what is new replaces the parts of the page, once a second. A hidden page hears nothing, and whoever
// wants to read in peace holds it.
for (const live of document.querySelectorAll("[data-live]")) {
  const gone = live.querySelector("[data-live-gone]");
  const pause = live.querySelector("[data-live-pause]");
  let events = null;
  const shown = new Map(), late = new Map();
  let timer = 0;
  let over = false;

  const renew = () => {
    clearTimeout(timer);
    for (const [part, html] of late) {
      if (isHeld(part)) continue;
      late.delete(part);
      part.innerHTML = html;
    }
    if (late.size) timer = setTimeout(renew, 100);
  };

  const listen = () => {
    const held = document.hidden || pause.getAttribute("aria-pressed") === "true";
    if (events) events.close();
    events = null;
    if (held || over) return;
    events = new EventSource(live.dataset.live);
    events.addEventListener("parts", (event) => {
      gone.hidden = true;
      for (const [name, html] of Object.entries(JSON.parse(event.data))) {
        const part = live.querySelector(`[data-part="${name}"]`);
        if (!part || shown.get(name) === html) continue;
        shown.set(name, html);
        late.set(part, html);
      }
      renew();
    });
    events.addEventListener("over", () => {
      over = true;
      pause.hidden = true;
      events.close();
    });
    events.addEventListener("error", () => { gone.hidden = over; });
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(pause.getAttribute("aria-pressed") !== "true"));
    listen();
  });
  document.addEventListener("visibilitychange", listen);
  listen();
}

// Copying: what a button names goes to the clipboard, or is selected where there is none.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const told = button.parentElement.querySelector("[data-copied]");
  getSelection().selectAllChildren(field);
  try {
    await navigator.clipboard.writeText(field.textContent);
    told.textContent = told.dataset.copied;
  } catch {
    told.textContent = told.dataset.selected;
  }
});

// Runs that are marked stay so on the other pages of the list, and for who comes back: they are in the address.
const marked = () => Array.from(document.querySelectorAll("#runs [name=run]:checked"), (box) => box.value);
document.addEventListener("change", (event) => {
  if (!event.target.matches("#runs [name=run]")) return;
  const marking = (address) => {
    const url = new URL(address);
    url.searchParams.delete("run");
    for (const key of marked()) url.searchParams.append("run", key);
    return url;
  };
  for (const link of document.querySelectorAll(".pages a")) link.href = marking(link.href);
  history.replaceState(history.state, "", marking(location.href));
});

// What was written into an attestation and is not saved is not left in silence, nor by saving something else of it.
let saving = null;
const isUnsaved = (form) => form !== saving && (form.matches("[data-unsaved]") ||
  [...form.querySelectorAll("input")].some((it) => it.value !== it.defaultValue || it.checked !== it.defaultChecked));
document.addEventListener("submit", (event) => { saving = event.target; });
addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form.attest")].some(isUnsaved)) event.preventDefault();
  saving = null;
});

// Judging by paste: files that are dropped, and what changes when the result is there.
function ready() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  for (const code of document.querySelectorAll(".code")) {
    const marked = code.querySelector(".marked");
    if (marked) code.scrollTop += marked.getBoundingClientRect().top - code.getBoundingClientRect().top - code.clientHeight / 3;
  }
}
function tooLarge(form) {
  const file = form.elements.file.files[0];
  const large = Math.max(file ? file.size : 0, form.elements.text.value.length) > Number(form.dataset.most);
  document.getElementById("too-large").hidden = !large;
  return large;
}
document.addEventListener("DOMContentLoaded", () => {
  ready();
  const form = document.getElementById("paste");
  if (!form) return;
  const drop = form.querySelector(".drop");
  const { file, text } = form.elements;
  const several = document.getElementById("several");
  // Of a text and a file the newer takes the place of the older.
  const take = (files) => {
    several.hidden = files.length < 2;
    if (files.length !== 1) return;
    file.files = files;
    text.value = "";
    tooLarge(form);
  };
  text.addEventListener("input", () => { file.value = ""; });
  form.addEventListener("change", (event) => event.target === file ? take(file.files) : tooLarge(form));
  document.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    take(files);
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer.files);
  });
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest("#paste");
  if (form && tooLarge(form)) event.preventDefault();
});
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history } }) => {
  // What is asked for once more is no step to go back by.
  if (history.path === location.pathname + location.search) history.type = "replace";
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // A filter whose list is pressed, or was marked meanwhile, asks again; what renews itself does so anyway.
  const { target, requestConfig } = event.detail;
  if (requestConfig.verb !== "get") return;
  const form = requestConfig.elt.closest("form");
  const isStale = target.id === "runs" && String(requestConfig.formData.getAll("run")) !== String(marked());
  if (!(form ? isStale || target.matches(":active") : isHeld(target))) return;
  event.detail.shouldSwap = false;
  if (form) whenLetGo(target, () => htmx.trigger(form, "submit"));
});
// What was scrolled stays so when it is renewed.
let scrolled = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  scrolled = Array.from(event.detail.target.querySelectorAll(".wrap[id]"), ({ id, scrollLeft }) => [id, scrollLeft]);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left });
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // A refusal is shown where the result would stand, if it is one of the page.
  const { target, xhr } = event.detail;
  if (xhr.status < 400 || !parsed(xhr).getElementById("result")) return;
  event.detail.shouldSwap = target.id === "result";
  event.detail.isError = !event.detail.shouldSwap;
});

// What comes to nothing is said: htmx itself would leave the page as it is.
const parsed = (xhr) => new DOMParser().parseFromString(xhr.responseText, "text/html");
function tell(words) {
  const told = document.getElementById("unheard");
  if (told.textContent !== words) told.textContent = words;
  told.hidden = !words;
}
const tellUnheard = () => tell(document.getElementById("unheard").dataset.unheard);
function tellRefused(event) {
  const page = parsed(event.detail.xhr);
  tell((page.querySelector("main p") ?? page.body).textContent.trim());
}
document.addEventListener("htmx:sendError", () => {
  // A browser sends no file that was changed since it was chosen.
  const field = document.getElementById("file");
  const read = field?.files[0]?.slice(0, 1).arrayBuffer() ?? Promise.resolve();
  read.then(tellUnheard, () => tell(field.dataset.unreadable));
});
document.addEventListener("htmx:responseError", tellRefused);
let restoring = null;
document.addEventListener("htmx:historyCacheMiss", ({ detail: { xhr } }) => {
  // Whoever goes back waits for nothing that was asked for before.
  restoring?.abort();
  restoring = xhr;
  for (const form of document.querySelectorAll("form[hx-get]")) htmx.trigger(form, "htmx:abort");
  xhr.addEventListener("error", tellUnheard);
});
document.addEventListener("htmx:historyCacheMissLoadError", tellRefused);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) tell("");
});
document.addEventListener("htmx:afterSettle", () => {
  ready();
  const heading = document.querySelector("#result [data-focus]");
  if (!heading || heading.dataset.focused) return;
  heading.dataset.focused = "1";
  // What was pasted is not redacted: it is put away while the result, which is, is shown.
  if (document.querySelector("#result [data-done]")) document.getElementById("input").open = false;
  heading.focus();
});
