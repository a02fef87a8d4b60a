// Search runs in a worker, and browsers refuse workers to a page that was opened as a file. There, and only there, this
// runs the worker's script in a hidden frame instead.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    onmessage = null;

    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.documentElement.append(this.frame);
      const inner = this.frame.contentWindow;
      inner.postMessage = (data) => {
        // Workers get copies; what is handed over as it is would be changed under the feet of the page.
        const event = new MessageEvent("message", { data: structuredClone(data) });
        this.onmessage?.(event);
        this.dispatchEvent(event);
      };
      const script = this.frame.contentDocument.createElement("script");
      this.loaded = new Promise((resolve) => { script.onload = resolve; });
      script.src = new URL(url, location.href).href;
      this.frame.contentDocument.documentElement.append(script);
    }

    postMessage(data) {
      this.loaded.then(() => {
        const inner = this.frame.contentWindow;
        // A frame's own onmessage is called by the event, as a worker's would be.
        inner?.dispatchEvent(new inner.MessageEvent("message", { data: inner.structuredClone(data) }));
      });
    }

    terminate() {
      this.frame.remove();
    }
  };
}
