// Gradio's upload of audio takes what the browser calls audio, and refuses videos, whose sound is analysed as well, and
// whatever the browser does not know. So they are handed to it as audio; the server looks at what they are.
(() => {
  const KINDS = "audio/*,video/*,.caf,.w64,.amr,.wma,.mkv,.mka,.aiff,.aif";
  const choosing = () => document.querySelector("#ser-recording input[type=file]");
  const asAudio = (file) => (file.type.startsWith("audio/") ? file : new File([file], file.name, { type: "audio/mp4" }));

  addEventListener("click", (event) => {
    if (event.target.closest?.("#ser-recording") && choosing()) choosing().accept = KINDS;
  }, true);

  const hand = (files) => {
    const given = new DataTransfer();
    for (const file of files) given.items.add(asAudio(file));
    choosing().files = given.files;
  };
  addEventListener("change", (event) => {
    if (event.target === choosing()) hand([...event.target.files]);
  }, true);
  addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length || !choosing() || !event.target.closest?.("#ser-recording")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hand(files.slice(0, 1));
    choosing().dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
})();
