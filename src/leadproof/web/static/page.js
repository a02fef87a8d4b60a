// What the pages do beyond htmx. Every page is whole without it.
"use strict";

// A running load: what is new replaces the parts of the page, once a second. A hidden page hears nothing, and whoever
// wants to read in peace holds it.
for (const live of document.querySelectorAll("[data-live]")) {
  const gone = live.querySelector("[data-live-gone]");
  const pause = live.querySelector("[data-live-pause]");
  let events = null;
  const shown = new Map();
  let over = false;

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
        if (part && shown.get(name) !== html) part.innerHTML = html;
        shown.set(name, html);
      }
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
