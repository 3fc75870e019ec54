// SPDX-License-Identifier: MIT
// <script async src="https://moontide.example/ui/widget.js" data-key="mtpk_…"></script>, also with type="module". Before it has
// loaded: (window.moontide ||= []).push(["do", "bot:scenario:run", ["ID", { name: "Ada" }]]). Commands: createWidget in sdk.js.
{
  const script = document.currentScript ?? document.querySelector('script[src*="/ui/widget.js"]');
  const { url = new URL("..", script.src).href, key } = script.dataset;
  const queue = (window.moontide ??= []);
  if (Array.isArray(queue)) // else it is here already
    import(new URL("sdk.js", script.src)).then(
      ({ createWidget }) => (window.moontide = createWidget({ url, key, queue })),
      (error) => console.warn("moontide:", error),
    );
}
