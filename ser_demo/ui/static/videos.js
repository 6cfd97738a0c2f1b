// Gradio's upload of audio takes what the browser calls audio, and refuses videos, whose sound is analysed as well, and
// whatever the browser does not know. So they are handed to it as audio; the server looks at what they are.
(() => {
  const KINDS = "audio/*,video/*,.caf,.w64,.amr,.wma,.mkv,.mka,.aiff,.aif,.gsm,.ul,.ulaw,.pcmu,.al,.alaw,.pcma,.sln,.g722";
  const BOXES = "#ser-recording, #ser-compare-recording";
  const choosing = (element) => element.closest?.(BOXES)?.querySelector("input[type=file]");
  const asAudio = (file) => (file.type.startsWith("audio/") ? file : new File([file], file.name, { type: "audio/mp4" }));

  addEventListener("click", (event) => {
    const input = choosing(event.target);
    if (input) input.accept = KINDS;
  }, true);

  const hand = (input, files) => {
    const given = new DataTransfer();
    for (const file of files) given.items.add(asAudio(file));
    input.files = given.files;
  };
  addEventListener("change", (event) => {
    if (event.target === choosing(event.target)) hand(event.target, [...event.target.files]);
  }, true);
  addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    const input = choosing(event.target);
    if (!files.length || !input) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hand(input, files.slice(0, 1));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
})();
